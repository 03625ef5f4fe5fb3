#include "daemon/service/powers.h"

#include "base/file.h"
#include "base/mounts.h"
#include "base/text.h"

#include <linux/capability.h>

#include <algorithm>
#include <charconv>

namespace custody {
namespace {

constexpr const char* kDisks = "disks.conf";
constexpr const char* kDrills = "drills.conf";
constexpr const char* kStatus = "/proc/self/status";
constexpr std::string_view kField = "\nCapEff:\t";

bool has(std::uint64_t capabilities, unsigned one) { return (capabilities >> one & 1) != 0; }

std::string install(const char* drop_in) {
    return fmt::format(
        "cp /usr/share/custody/systemd/{} /etc/systemd/system/custodyd.service.d/ && systemctl daemon-reload && systemctl "
        "restart custodyd",
        drop_in);
}

bool acts_on_disks(const Config& config) {
    const bool mounts =
        std::any_of(config.media.begin(), config.media.end(), [](const MediumConfig& one) { return one.removable; });
    const bool images = std::any_of(config.plans.begin(), config.plans.end(),
                                    [](const PlanConfig& one) { return kind_of(one.source) == "image"; });
    return mounts || images;
}

}  // namespace

Result<std::uint64_t> effective_capabilities() {
    // procfs gives no size, so the file is read until it ends.
    TRY_ASSIGN(const auto file, posix_file_system().open(kStatus));
    Bytes content(std::size_t{64} << 10);
    TRY_ASSIGN(const std::size_t size, read_up_to(*file, 0, content));
    const std::string_view text = as_text(ByteView(content).first(size));
    const std::size_t at = text.find(kField);
    std::uint64_t capabilities = 0;
    if (at != std::string_view::npos) {
        const char* digits = text.data() + at + kField.size();
        if (std::from_chars(digits, text.data() + text.size(), capabilities, 16).ec == std::errc()) return capabilities;
    }
    return Error{Code::corrupt, say("{} does not say what this process may do", kStatus)};
}

Result<std::vector<std::string>> plans_on_btrfs(const Config& config, const KernelView& view) {
    TRY_ASSIGN(const auto lines, mounts::read_mount_lines(view));
    const auto is_on_btrfs = [&](const std::string& path) {
        const mounts::MountLine* holder = nullptr;  // the longest, and of those the last that was mounted there
        for (const mounts::MountLine& line : lines) {
            const std::string& point = line.mount.point;
            const bool holds = point == "/" || path == point || path.starts_with(point + "/");
            if (holds && (holder == nullptr || point.size() >= holder->mount.point.size())) holder = &line;
        }
        return holder != nullptr && holder->mount.file_system == "btrfs";
    };
    std::vector<std::string> plans;
    for (const PlanConfig& plan : config.plans) {
        const auto* files = std::get_if<FilesSource>(&plan.source);
        if (files == nullptr || !files->snapshot) continue;
        if (std::any_of(files->paths.begin(), files->paths.end(), is_on_btrfs)) plans.push_back(plan.name);
    }
    return plans;
}

std::vector<std::string> lesser_ways(const Config& config, std::uint64_t capabilities) {
    std::vector<std::string> watched;
    for (const PlanConfig& plan : config.plans) {
        if (plan.on_change) watched.push_back(plan.name);
    }
    if (watched.empty() || has(capabilities, CAP_SYS_ADMIN)) return {};
    return {
        say("changes of the plans {} are watched folder by folder, for custodyd may not watch whole file systems (fanotify); "
            "where there are very many folders: {}",
            printable_list(watched), install("disks.conf"))};
}

std::vector<NeedsPerson> missing_powers(const Config& config, std::uint64_t capabilities,
                                        const std::vector<std::string>& on_btrfs) {
    std::vector<NeedsPerson> needs;
    if (acts_on_disks(config) && !has(capabilities, CAP_SYS_ADMIN)) {
        needs.push_back({say("the configuration has removable media or image plans, and custodyd may neither mount nor freeze"),
                         say("plans of files and databases to media that are mounted"), install(kDisks)});
    }
    if (!on_btrfs.empty() && !has(capabilities, CAP_SYS_ADMIN)) {
        needs.push_back({say("the plans {} are read from snapshots of btrfs, and custodyd may not make and remove them",
                             printable_list(on_btrfs)),
                         say("plans whose source is not on btrfs"), install("disks.conf")});
    }
    const bool databases = std::any_of(config.plans.begin(), config.plans.end(), [](const PlanConfig& one) {
        return kind_of(one.source) == "postgresql" || kind_of(one.source) == "mariadb";
    });
    if (databases && (!has(capabilities, CAP_SETUID) || !has(capabilities, CAP_SETGID) || !has(capabilities, CAP_KILL))) {
        needs.push_back(
            {say("the configuration has live databases, and custodyd may not act as the user of one, nor end its programs"),
             say("plans of files, and databases that let custodyd's own user in"),
             "systemctl revert custodyd && systemctl restart custodyd"});
    }
    if (!has(capabilities, CAP_DAC_READ_SEARCH)) {
        needs.push_back({say("custodyd may not read the files of all users"), say("what its own user may read"),
                         "systemctl restart custodyd"});
    }
    if (config.keys.role == KeyRole::custodian && (!has(capabilities, CAP_MKNOD) || !has(capabilities, CAP_LINUX_IMMUTABLE))) {
        needs.push_back({say("this server runs restore drills, and custodyd may not restore device nodes and immutable flags"),
                         say("every backup; a drill names such files as not restored"), install(kDrills)});
    }
    return needs;
}

std::vector<std::string> drop_ins_for(const Config& config) {
    std::vector<std::string> names;
    if (acts_on_disks(config)) names.emplace_back(kDisks);
    if (config.keys.role == KeyRole::custodian) names.emplace_back(kDrills);
    return names;
}

}  // namespace custody
