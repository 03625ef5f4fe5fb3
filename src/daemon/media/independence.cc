// Duties B1 and B6: on which disks a medium, its sources, the running system and the other media lie.
#include "base/mounts.h"
#include "base/physical_disks.h"
#include "base/text.h"
#include "daemon/media/medium_probe.h"
#include "vault/store/medium_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace custody {
namespace {

using Disks = std::set<std::string>;
constexpr std::array kSystem = {"/", "/usr", "/boot", "/boot/efi", "/var"};

// Empty: none, or not to be known.
Disks disks_at(const std::string& path, const KernelView& view) {
    const auto found = disks_under(path, LoopDevices::are_their_file, view);
    return found.ok() ? *found : Disks{};
}

std::string listed(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

class Judge {
public:
    explicit Judge(const ProbeRequest& request) : request_(request), here_(disks_at(request.medium.vault, request.view)) {}

    std::vector<MediumFinding> run() {
        if (here_.empty()) {
            judge_kind();
            return std::move(findings_);
        }
        for (const char* place : kSystem) {
            if (judge_system(place)) break;
        }
        for (const std::string& source : request_.sources) judge_source(source);
        for (const NamedPath& other : request_.others) judge_other(other);
        return std::move(findings_);
    }

private:
    // On no disk: another machine's is independent; memory and what nobody can tell are not.
    void judge_kind() {
        const auto line = mounts::line_of(request_.medium.vault, request_.view);
        const std::string type = line.ok() ? line->mount.file_system : std::string();
        const MediumKind kind = kind_of_medium(type, "");
        if (kind == MediumKind::network) return;
        const std::string name = printable(request_.medium.name);
        if (kind == MediumKind::memory || type == "overlay") {
            add(MediumFault::in_memory, true, false,
                say("the medium {} ({}) lies in memory: it is gone when the machine stops; name a disk as its vault", name,
                    printable(request_.medium.vault)));
            return;
        }
        add(MediumFault::disk_unknown, true, true,
            say("on which disk the medium {} ({}, {}) lies cannot be told, so nothing shows that it is another than the "
                "source's (duty B1): use a disk of its own, or give 'exception' with document number and reason",
                name, printable(request_.medium.vault), printable(type)));
    }

    bool judge_system(const std::string& place) {
        const auto shared = shared_disks(here_, disks_at(place, request_.view), request_.view);
        if (shared.empty()) return false;
        add(MediumFault::with_system, true, true,
            say("the medium {} ({}) and the running system lie on the same disk ({}): when it fails, both are lost (duty B1); "
                "use "
                "another disk, or give 'exception' with document number and reason",
                printable(request_.medium.name), printable(request_.medium.vault), listed(shared)));
        return true;
    }

    void judge_source(const std::string& source) {
        const auto shared = shared_disks(here_, disks_at(source, request_.view), request_.view);
        if (shared.empty()) return;
        add(MediumFault::with_source, true, true,
            say("the medium {} ({}) and the source {} lie on the same disk ({}): when it fails, both are lost (duty B1); use "
                "another disk, or give 'exception' with document number and reason",
                printable(request_.medium.name), printable(request_.medium.vault), printable(source), listed(shared)));
    }

    void judge_other(const NamedPath& other) {
        const auto shared = shared_disks(here_, disks_at(other.path, request_.view), request_.view);
        if (shared.empty()) return;
        add(MediumFault::with_medium, false, false,
            say("the media {} and {} lie on the same disk ({}) and count as one (duty B6)", printable(request_.medium.name),
                printable(other.name), listed(shared)));
    }

    void add(MediumFault fault, bool hinders, bool may_be_excepted, std::string words) {
        const bool excepted = may_be_excepted && !request_.medium.exception.empty();
        findings_.push_back({fault, Code::refused, std::move(words), hinders, excepted});
    }

    const ProbeRequest& request_;
    const Disks here_;
    std::vector<MediumFinding> findings_;
};

}  // namespace

std::vector<MediumFinding> judge_independence(const ProbeRequest& request) { return Judge(request).run(); }

std::size_t independent_places(const std::vector<std::string>& paths, const KernelView& view) {
    std::vector<Disks> disks;
    for (const auto& path : paths) disks.push_back(disks_at(path, view));
    std::vector<std::size_t> group(paths.size());  // the first place that it is tied to, over others if need be
    std::iota(group.begin(), group.end(), std::size_t{0});
    for (std::size_t a = 0; a < paths.size(); ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            if (group[a] == group[b] || shared_disks(disks[a], disks[b], view).empty()) continue;
            std::replace(group.begin(), group.end(), std::size_t{group[a]}, std::size_t{group[b]});
        }
    }
    return Disks::size_type{std::set<std::size_t>(group.begin(), group.end()).size()};
}

}  // namespace custody
