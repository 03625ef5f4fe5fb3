// Duty B10: what no plan covers. Pure: paths are compared by their text, as the configuration has them.
#include "base/file.h"
#include "base/text.h"
#include "daemon/discover/discovered.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

namespace custody {
namespace {

// The system's own: made again by installing it.
constexpr std::array<std::string_view, 5> kSystem = {"/", "/boot", "/boot/efi", "/efi", "/usr"};

// As sources/file_tree takes them: with '/' the whole path, else the name.
bool is_excluded(const FilesSource& source, const std::string& path) {
    return std::any_of(source.exclude.begin(), source.exclude.end(), [&](std::string glob) {
        while (glob.size() > 1 && glob.ends_with('/')) glob.pop_back();
        const bool whole = glob.find('/') != std::string::npos;
        return glob_matches(fold_for_match(glob, false, false),
                            fold_for_match(whole ? std::string_view(path) : base_name(path), false, false));
    });
}

// Whether what lies at `place` is reached from the named path above it.
bool reaches(const FilesSource& source, const std::string& from, const std::string& place) {
    if (!lies_in(place, from)) return false;
    for (std::string at = place; at != from; at = parent_path(at)) {
        if (is_excluded(source, at)) return false;
        if (at == "/") break;
    }
    return true;
}

enum class Cover { none, part, whole };
struct Covered {
    Cover cover = Cover::none;
    std::vector<std::string> parts;
};

class Coverage {
public:
    Coverage(const Config& config, const Discovered& found) : config_(config), found_(found) {}

    std::vector<std::string> run() {
        for (const FoundFileSystem& each : found_.file_systems) judge(each);
        for (const std::string& folder : found_.data_folders) judge_folder(folder);
        for (const FoundDatabase& each : found_.databases) judge(each);
        return std::move(lines_);
    }

private:
    // The mounted file system that a path lies on; null: none that was found.
    const FoundFileSystem* holder_of(const std::string& path) const {
        const FoundFileSystem* best = nullptr;
        for (const FoundFileSystem& each : found_.file_systems) {
            const bool longer = best == nullptr || each.mount_point.size() > best->mount_point.size();
            if (longer && lies_in(path, each.mount_point)) best = &each;
        }
        return best;
    }

    bool holds_vault(const FoundFileSystem& file_system) const {
        return std::any_of(config_.media.begin(), config_.media.end(), [&](const MediumConfig& medium) {
            return medium.mount_point == file_system.mount_point || holder_of(medium.vault) == &file_system;
        });
    }

    bool is_imaged(const FoundFileSystem& file_system) const {
        return std::any_of(config_.plans.begin(), config_.plans.end(), [&](const PlanConfig& plan) {
            const auto* image = std::get_if<ImageSource>(&plan.source);
            if (image == nullptr) return false;
            const auto& names = file_system.other_names;
            return image->path == file_system.device || std::find(names.begin(), names.end(), image->path) != names.end();
        });
    }

    // `own_mount`: another file system is mounted there, into which not every plan crosses.
    Covered files_at(const std::string& place, bool own_mount) const {
        Covered covered;
        for (const PlanConfig& plan : config_.plans) {
            const auto* files = std::get_if<FilesSource>(&plan.source);
            if (files == nullptr) continue;
            for (const std::string& path : files->paths) {
                const bool stays_out = own_mount && files->one_file_system && path != place;
                if (reaches(*files, path, place) && !stays_out) return {Cover::whole, {}};
                if (path != place && lies_in(path, place)) covered.parts.push_back(printable(path));
            }
        }
        if (!covered.parts.empty()) covered.cover = Cover::part;
        return covered;
    }

    void judge(const FoundFileSystem& file_system) {
        const std::string& point = file_system.mount_point;
        const bool is_system = std::find(kSystem.begin(), kSystem.end(), point) != kSystem.end();
        if (is_system || holds_vault(file_system) || is_imaged(file_system)) return;
        Covered covered = files_at(point, true);
        // What is named below it may lie on yet another file system.
        std::erase_if(covered.parts, [&](const std::string& part) { return holder_of(part) != &file_system; });
        if (covered.cover == Cover::whole) return;
        const std::string used = human_bytes(file_system.used_bytes);
        lines_.push_back(covered.parts.empty() ? say("{} ({}, {} used)", printable(point), printable(file_system.type), used)
                                               : say("{} ({}, {} used) but for {}", printable(point), printable(file_system.type),
                                                     used, fmt::format("{}", fmt::join(covered.parts, ", "))));
    }

    void judge_folder(const std::string& folder) {
        const FoundFileSystem* holder = holder_of(folder);
        const bool is_told = holder != nullptr && std::find(kSystem.begin(), kSystem.end(), holder->mount_point) == kSystem.end();
        if (is_told || (holder != nullptr && is_imaged(*holder))) return;
        const Covered covered = files_at(folder, false);
        if (covered.cover == Cover::whole) return;
        lines_.push_back(covered.parts.empty() ? say("the files below {}", printable(folder))
                                               : say("the files below {} but for {}", printable(folder),
                                                     fmt::format("{}", fmt::join(covered.parts, ", "))));
    }

    void judge(const FoundDatabase& database) {
        const bool covered = std::any_of(config_.plans.begin(), config_.plans.end(), [&](const PlanConfig& plan) {
            if (kind_of(plan.source) != database.kind) return false;
            const auto* sqlite = std::get_if<SqliteSource>(&plan.source);
            return sqlite == nullptr || sqlite->file == database.place;
        });
        if (covered) return;
        if (database.kind == "sqlite" && lies_in(database.place, config_.service.state_folder)) return;
        if (database.kind == "postgresql") {
            lines_.push_back(say("the PostgreSQL databases of {}", printable(database.place)));
        } else if (database.kind == "mariadb") {
            lines_.push_back(say("the MariaDB databases of {}", printable(database.place)));
        } else {
            lines_.push_back(say("the SQLite database {}", printable(database.place)));
        }
    }

    const Config& config_;
    const Discovered& found_;
    std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> not_covered(const Config& config, const Discovered& found) { return Coverage(config, found).run(); }

}  // namespace custody
