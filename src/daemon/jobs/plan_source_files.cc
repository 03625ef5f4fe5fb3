// Files and folders: guarded, from a btrfs snapshot's view where there is one, without what is Custody's own and without live
// databases that another plan backs up.
//
// Those are in this process: their files are under POSIX locks that SQLite holds while it copies them, and closing any descriptor
// of such a file would end them all (base/sqlite.h). So the walk may not so much as open them.
#include "base/counts.h"
#include "base/text.h"
#include "daemon/jobs/plan_guard.h"
#include "daemon/jobs/plan_source_kinds.h"
#include "vault/sources/btrfs_snapshot.h"
#include "vault/sources/file_selection.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace custody {
namespace {

struct LiveDatabase {
    std::string path;  // behind links
    std::string why;   // it is left out
};

std::string real_path_or_same(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    return real ? std::string(real.get()) : path;
}

std::vector<LiveDatabase> live_databases(const Config& config) {
    std::vector<LiveDatabase> databases;
    for (const PlanConfig& plan : config.plans) {
        const auto* source = std::get_if<SqliteSource>(&plan.source);
        if (source == nullptr) continue;
        databases.push_back(
            {real_path_or_same(source->file), say("it is a live database, which the plan {} backs up", printable(plan.name))});
    }
    return databases;
}

// The database, and what SQLite puts beside it.
void leave_out(const LiveDatabase& database, FileTreeOptions& options) {
    struct stat folder {};
    if (::stat(parent_path(database.path).c_str(), &folder) != 0) return;  // not there: nothing to be left out
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
        LeftOutFile file;
        file.folder_device = folder.st_dev;
        file.folder_inode = folder.st_ino;
        file.name = std::string(base_name(database.path)) + suffix;
        file.why = database.why;
        struct stat status {};
        if (::lstat((database.path + suffix).c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
            file.device = status.st_dev;
            file.inode = status.st_ino;
        }
        options.left_out.push_back(std::move(file));
    }
}

const LeftOutFile* left_out_as(const std::string& path, const FileTreeOptions& options) {
    struct stat status {
    }, folder{};
    const bool is_there = ::lstat(path.c_str(), &status) == 0;
    const bool has_folder = ::stat(parent_path(path).c_str(), &folder) == 0;
    for (const LeftOutFile& file : options.left_out) {
        if (is_there && file.inode != 0 && file.inode == status.st_ino && file.device == status.st_dev) return &file;
        if (has_folder && file.folder_inode == folder.st_ino && file.folder_device == folder.st_dev &&
            file.name == base_name(path))
            return &file;
    }
    return nullptr;
}

// What was named is looked at before anything is opened: what may not be opened must not get so far.
Status choose_paths(const FilesSource& source, PlanSourceNotes& notes, FileTreeOptions& options) {
    for (const std::string& path : source.paths) {
        TRY(check_is_not_own(path, options));
        if (const LeftOutFile* file = left_out_as(path, options); file != nullptr) {
            notes.remarks.push_back(say("left out: {}: {}", printable(path), file->why));
            continue;
        }
        struct stat status {};
        if (::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) {
            notes.warnings.push_back(say("{} is a symbolic link, and only the link itself is stored", printable(path)));
        }
        options.paths.push_back(path);
    }
    if (options.paths.empty()) {
        return Error{Code::refused,
                     say("nothing is left to back up: what this plan names is live databases of other plans; remove "
                         "the plan, or name something else")};
    }
    return lead_around_stored_links(options.paths, notes.warnings);
}

// What is left out on purpose, at the place where everybody knows it to be, is nothing to warn of every night.
bool is_expected(const std::string& note, const PlanSourceRun& run, const std::vector<LiveDatabase>& databases) {
    for (const LiveDatabase& database : databases) {
        for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
            if (note == say("left out: {}: {}", printable(database.path + suffix), database.why)) return true;
        }
    }
    const auto& own = run.own_as_known;
    return std::any_of(own.begin(), own.end(), [&](const std::string& folder) {
        return note == say("left out: {} belongs to Custody itself", printable(folder));
    });
}

void take_notes(FileTreeNotes& walked, PlanSourceRun& run, const std::vector<LiveDatabase>& databases) {
    for (std::string& note : walked.warnings) {
        auto& into = is_expected(note, run, databases) ? run.notes.remarks : run.notes.warnings;
        into.push_back(std::move(note));
    }
    if (walked.unlisted_warnings > 0) {
        run.notes.warnings.push_back(say_count(walked.unlisted_warnings, "and {} more warning", "and {} more warnings"));
    }
    for (const std::string& glob : walked.unmatched_excludes) {
        run.notes.remarks.push_back(say("note: nothing matched --exclude {}", printable(glob)));
    }
}

// Also on a thread that sees btrfs snapshots: inodes are looked at as it sees them.
Result<BackupResult> walk(PlanSourceRun& run, const FilesSource& source, const PlanGuard& guard) {
    FileTreeOptions options;
    options.excludes = source.exclude;
    options.one_file_system = source.one_file_system;
    exclude_own(run, options);
    const auto databases = live_databases(*run.context.config);
    for (const LiveDatabase& database : databases) leave_out(database, options);
    TRY(choose_paths(source, run.notes, options));
    FileTreeNotes walked;
    auto tree = open_file_tree(options, walked);
    if (!tree.ok()) {
        note_absence(tree.error(), run.notes);
        return std::move(tree).error();
    }
    PassedOn with;
    with.plan_facts = plan_facts_of(options);
    with.may_publish = [&guard](const BackupResult& so_far) { return guard.may_publish(so_far); };
    auto result = pass_on(run, **tree, std::move(with));
    take_notes(walked, run, databases);
    return result;
}

Result<BackupResult> walk_in_view(PlanSourceRun& run, const FilesSource& source, const PlanGuard& guard) {
    if (!source.snapshot) return walk(run, source, guard);
    BtrfsViewOptions view;
    view.paths = source.paths;
    view.live = run.request.own_folders;
    view.live.push_back(run.context.catalog.folder());
    view.one_file_system = source.one_file_system;
    BtrfsViewNotes viewed;
    std::optional<Result<BackupResult>> result;
    const Status ended = run_in_snapshot_view(view, viewed, [&]() -> Status {
        result = walk(run, source, guard);
        return result->ok() ? done() : Status(result->error());
    });
    auto& into = viewed.from_snapshot ? run.notes.remarks : run.notes.warnings;
    into.insert(into.end(), viewed.notes.begin(), viewed.notes.end());
    TRY(ended);
    return std::move(*result);
}

}  // namespace

PlanSourceResult back_up_files(PlanSourceRun& run, const FilesSource& source) {
    std::optional<PlanGuard> guard;
    auto result = with_hooks(run, source.hooks, [&]() -> Result<BackupResult> {
        TRY_ASSIGN(guard, PlanGuard::look(run.context, run.request, run.notes, source.mounted, source.paths, true));
        return walk_in_view(run, source, *guard);
    });
    if (result.ok() && guard) guard->remember(**result);
    return result;
}

}  // namespace custody
