// TreeWriter's folders: making, entering, finishing.
#include "base/text.h"
#include "restore/access_list.h"
#include "restore/protection.h"
#include "restore/tree_writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <vector>

namespace custody {
namespace {

// What ext4 and btrfs hand down to new files (EXT4_FL_INHERITED), as far as we set it.
constexpr std::uint32_t kInheritedFlags = FS_SECRM_FL | FS_UNRM_FL | FS_SYNC_FL | FS_NODUMP_FL | FS_NOATIME_FL | FS_DIRSYNC_FL |
                                          FS_COMPR_FL | FS_NOCOMP_FL | FS_NOCOW_FL | FS_JOURNAL_DATA_FL | FS_NOTAIL_FL;

// Of an own folder. False: something else than that there are none kept one.
bool remove_access_lists(int folder) {
    const auto remove = [&](const char* list) {
        return ::fremovexattr(folder, list) == 0 || errno == ENODATA || errno == EOPNOTSUPP;
    };
    const bool is_open_gone = remove(kAccessList);
    return remove(kDefaultAccessList) && is_open_gone;
}

bool has_default_acl(int folder) { return ::getxattr(ProcPath(folder).text(), kDefaultAccessList, nullptr, 0) > 0; }

}  // namespace

void TreeWriter::enter_target(const std::string& snapshot, bool dry_run, const Entry* entry) {
    snapshot_ = snapshot;
    const FolderState state = folders_.facts(kTargetFolder).state;
    if (state == FolderState::absent) return;
    FolderFacts facts = facts_of_existing(kTargetFolder, dry_run);
    facts.state = state;
    const bool is_marked = !folders_.target_was_empty() && look_for_leftovers(kTargetFolder, entry, dry_run);
    facts.is_ours = state == FolderState::made || look_beside(kTargetFolder, entry) || is_marked;
    folders_.set_facts(kTargetFolder, facts);
    if (state == FolderState::made) marks_[kTargetFolder] = {folders_.target_mark()};
}

Status TreeWriter::finish_target(const Entry* entry) {
    if (!folders_.facts(kTargetFolder).is_ours) return done();
    if (entry != nullptr) return finish_folder(kTargetFolder, *entry);
    const auto marks = marks_.extract(kTargetFolder);
    if (!marks.empty()) TRY(remove_marks(kTargetFolder, marks.mapped()));
    return remove_beside(kTargetFolder);
}

TreeWriter::Entered TreeWriter::enter_folder(FolderId parent, const Entry& entry, bool dry_run) {
    const FolderState above = folders_.facts(parent).state;
    if (above == FolderState::absent) return {folders_.add(parent, entry.name, above), {}};
    const auto blocked = [&](const Error& problem) {
        return Entered{folders_.add(parent, entry.name, FolderState::blocked), problem};
    };
    const std::string path = folders_.path_of(parent, entry.name);
    if (above == FolderState::blocked)
        return blocked({Code::io, say("{} is not restored: its folder could not be made", printable(path))});
    const auto in_place = look(parent, entry.name);
    if (!in_place.ok()) return blocked(in_place.error());
    const bool is_folder = in_place->exists && S_ISDIR(in_place->status.st_mode);
    const bool replaces = in_place->exists && !is_folder;
    if (replaces) {
        if (const auto why = why_left(entry, overwrite_, path)) return blocked(*why);
    }
    const FolderState state = is_folder ? FolderState::existing : dry_run ? FolderState::absent : FolderState::made;
    if (const int reason = state == FolderState::absent ? why_unwritable(parent) : 0; reason != 0)
        return blocked(system_error(reason, replaces ? "replace" : "make the folder", path));
    const FolderId folder = folders_.add(parent, entry.name, state);
    const auto note_replaced = [&] {
        if (replaces && ++replaced_ == 1) first_replaced_ = path;
    };
    if (state == FolderState::absent) {
        note_replaced();
        return {folder, {}};
    }
    const auto fail = [&](const Error& problem) {
        folders_.set_facts(folder, {FolderState::blocked, false, false});
        return Entered{folder, problem};
    };
    FolderFacts facts = folders_.facts(folder);
    MadeFolder made;  // held until it is opened as the one that it is
    if (state == FolderState::made) {
        const auto handle = folders_.open(parent);
        if (!handle.ok()) return fail(handle.error());
        const FolderFacts inherited = folders_.facts(parent);
        auto result = make_absent_folder((*handle)->get(), entry, {path, !inherited.is_ours, replaces});
        if (!result.ok()) return fail(result.error());
        made = std::move(*result);
        note_replaced();
        if (made.reason == EEXIST) facts.state = FolderState::existing;
        facts.gives_flags = inherited.gives_flags;
        facts.is_ours = true;
    }
    if (facts.state == FolderState::made) {
        folders_.expect(folder, made.device, made.inode);
        facts.gives_acl = !remove_access_lists(made.folder.get());
    }
    const auto opened = folders_.open(folder);
    if (!opened.ok()) return fail(opened.error());
    if (facts.state == FolderState::made && !made.mark.empty()) marks_[folder] = {std::move(made.mark)};
    if (facts.state == FolderState::existing) facts = meet_existing(folder, entry, dry_run);
    folders_.set_facts(folder, facts);
    return {folder, {}};
}

// Looked at before anything in it is touched, which would move its time.
FolderFacts TreeWriter::meet_existing(FolderId folder, const Entry& entry, bool dry_run) {
    const auto differs = [&] {
        const auto handle = folders_.open(folder);
        struct stat status = {};
        if (!handle.ok() || ::fstat((*handle)->get(), &status) != 0) return true;
        if (compare_attributes((*handle)->get(), status, EntryType::folder, entry.attributes, powers_).difference != nullptr)
            return true;
        const Fd readable(::openat((*handle)->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        return readable.valid() && compare_flags(readable.get(), entry.attributes.flags) != FlagComparison::same;
    };
    const bool may_change = overwrite_ != Overwrite::never;
    const bool is_different = !may_change && !entry.attributes_only && differs();
    FolderFacts facts = facts_of_existing(folder, dry_run);
    const bool is_marked_in = look_for_leftovers(folder, &entry, dry_run);
    const bool is_marked = look_beside(folder, &entry) || is_marked_in;
    facts.is_ours = is_marked || folders_.facts(folders_.parent(folder)).is_ours;
    facts.keeps = !facts.is_ours && (entry.attributes_only || is_different);
    if (facts.keeps && is_different && ++kept_folders_ == 1) first_kept_ = folders_.path_of(folder);
    return facts;
}

MadeFolder TreeWriter::make_folder(int parent, const char* name, bool is_marked) {
    if (!is_marked) return make_plain_folder(parent, name, 0700, snapshot_);
    return make_unfinished_folder(parent, temporary_name().c_str(), name, 0700, snapshot_);
}

// A folder above what is restored may be a link to a bigger disk: what lies behind it would be out of reach.
std::optional<Error> TreeWriter::why_left(const Entry& entry, Overwrite overwrite, const std::string& path) {
    if (entry.attributes_only) {
        return Error{
            Code::exists,
            say("{} is left: a link or file in the place of a folder above the chosen paths is never replaced; move it away, "
                "or restore to where it leads with --target and --strip-prefix",
                printable(path))};
    }
    if (overwrite != Overwrite::never) return std::nullopt;
    return Error{Code::exists, say("{} is left: something that is not a folder is in its place (--overwrite changed replaces it)",
                                   printable(path))};
}

// A file or link in its place goes first: the caller has decided that it may. Somebody else may have made the folder meanwhile.
Result<MadeFolder> TreeWriter::make_absent_folder(int parent, const Entry& entry, const NewFolder& how) {
    const char* const name = entry.name.c_str();
    for (int attempt = 0;; ++attempt) {
        MadeFolder made = make_folder(parent, name, how.is_marked);
        if (made.reason == 0) return made;
        if (made.reason == ESTALE) return replaced_folder(how.path);
        if (made.reason != EEXIST || attempt == 2) return system_error(made.reason, "make the folder", how.path);
        struct stat status = {};
        if (::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode)) return made;
        if (!how.replaces || ::unlinkat(parent, name, 0) == 0) continue;
        int refused = errno;
        if (refused == EPERM) refused = remove_protected(parent, name, how.path);
        if (refused != 0) return system_error(refused, "replace", how.path);
    }
}

bool TreeWriter::may_ease(FolderId folder, int descriptor) const {
    const bool is_wanted =
        overwrite_ != Overwrite::never || folders_.facts(folder).is_ours || folders_.facts(folders_.parent(folder)).is_ours;
    if (powers_.coarse_attributes) return false;
    struct stat status = {};
    if (!is_wanted || ::fstat(descriptor, &status) != 0 || status.st_uid != powers_.uid) return false;
    // chmod() takes the set-group-id bit away from a group that is not ours: it could not be put back.
    return (status.st_mode & S_IRWXU) != S_IRWXU && ((status.st_mode & S_ISGID) == 0 || ::group_member(status.st_gid) != 0);
}

void TreeWriter::ease_mode(FolderId folder, int descriptor) {
    struct stat status = {};
    const bool is_closed = ::faccessat(descriptor, ".", R_OK | W_OK | X_OK, 0) != 0 && errno == EACCES;
    if (!is_closed || !may_ease(folder, descriptor) || ::fstat(descriptor, &status) != 0) return;
    const mode_t mode = status.st_mode & 07777;
    if (::chmod(ProcPath(descriptor).text(), mode | S_IRWXU) == 0) eased_[folder] = mode;
}

// Also lifts the flags that forbid to work in it, where overwriting was asked for; a user who may not do that meets them later.
FolderFacts TreeWriter::facts_of_existing(FolderId folder, bool dry_run) {
    FolderFacts facts;
    const auto handle = folders_.open(folder);
    if (!handle.ok()) return facts;
    if (!dry_run) ease_mode(folder, (*handle)->get());
    struct stat status = {};
    const bool is_own = ::fstat((*handle)->get(), &status) == 0 && status.st_uid == powers_.uid;
    facts.gives_acl = !is_own || has_default_acl((*handle)->get());
    const Fd readable(::openat((*handle)->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::uint32_t flags = 0;
    facts.gives_flags =
        readable.valid() && ::ioctl(readable.get(), FS_IOC_GETFLAGS, &flags) == 0 && (flags & kInheritedFlags) != 0;
    const bool may_lift = overwrite_ != Overwrite::never;
    const bool is_lifted = !dry_run && may_lift && protects(flags) && clear_protection(readable.get());
    if (is_lifted) lifted_[folder] = flags;
    facts.lets_no_name_go = (flags & FS_APPEND_FL) != 0 && !is_lifted && !(dry_run && may_lift);
    return facts;
}

MarkSigns TreeWriter::signs_of(const Entry* entry) const {
    return {snapshot_, entry == nullptr ? std::nullopt : std::optional(entry->attributes.uid), powers_.coarse_attributes};
}

bool TreeWriter::look_for_leftovers(FolderId folder, const Entry* entry, bool dry_run) {
    auto readable = folders_.open_readable(folder);
    DIR* const stream = readable.ok() ? ::fdopendir(readable->get()) : nullptr;
    if (stream == nullptr) return look_for_mark(folder, entry, dry_run);
    (void)readable->release();  // closedir() closes it
    const int at = ::dirfd(stream);
    const MarkSigns signs = signs_of(entry);
    std::vector<std::string> files, folders, marks;
    while (const dirent* item = ::readdir(stream)) {
        std::string name = item->d_name;
        if (is_mark_name(name)) {
            const MarkKind kind = kind_of_mark(at, at, name, signs);
            if (kind == MarkKind::counts) marks.push_back(std::move(name));
            if (kind == MarkKind::stray && overwrite_ != Overwrite::never) files.push_back(std::move(name));
        } else if (leftovers_.is_one(at, name)) {
            (item->d_type == DT_DIR ? folders : files).push_back(std::move(name));
        }
    }
    if (!dry_run) {
        for (const std::string& name : files) (void)::unlinkat(at, name.c_str(), 0);
        for (const std::string& name : folders) remove_temporary_folder(at, name.c_str());
    }
    ::closedir(stream);
    const bool is_marked = !marks.empty();
    if (is_marked && !dry_run) marks_[folder] = std::move(marks);
    return is_marked;
}

// A folder that cannot be listed keeps its leftovers, which do no harm, unless it is one to be finished: that is opened.
bool TreeWriter::look_for_mark(FolderId folder, const Entry* entry, bool dry_run) {
    const auto handle = folders_.open(folder);
    std::string mark = handle.ok() ? mark_name((*handle)->get(), snapshot_) : std::string();
    if (mark.empty()) return false;
    const int at = (*handle)->get();
    if (kind_of_mark(at, at, mark, signs_of(entry)) != MarkKind::counts) return false;
    if (dry_run) return true;
    FolderFacts facts = folders_.facts(folder);
    facts.is_ours = true;
    folders_.set_facts(folder, facts);
    ease_mode(folder, (*handle)->get());
    const Fd readable(::openat((*handle)->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (readable.valid()) return look_for_leftovers(folder, entry, dry_run);
    marks_[folder] = {std::move(mark)};
    return true;
}

Status TreeWriter::remove_marks(FolderId folder, const std::vector<std::string>& marks) {
    TRY_ASSIGN(const TargetFolders::Handle handle, folders_.open(folder));
    for (const std::string& mark : marks) {
        const int reason = ::unlinkat(handle->get(), mark.c_str(), 0) == 0 ? 0 : errno;
        if (reason == 0 || reason == ENOENT) continue;
        const std::string path = folders_.path_of(folder);
        if (reason != EPERM || !is_protected(handle->get(), ".")) return system_error(reason, "finish the folder", path);
        return Error{Code::denied,
                     say("cannot finish the folder {}: it carries the immutable or append-only flag; restore as root "
                         "with --overwrite changed or always, which lifts it",
                         printable(path))};
    }
    return done();
}

// Where numbers do not last it could not be found again.
Fd TreeWriter::open_beside(FolderId folder) {
    const bool is_target = folder == kTargetFolder;
    const FolderId parent = folders_.parent(folder);
    if (powers_.coarse_attributes || (!is_target && folders_.is_released(parent))) return {};
    const auto handle = folders_.open(parent);
    if (!handle.ok()) return {};
    Fd place(::openat((*handle)->get(), is_target ? ".." : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    return place.valid() && takes_marks(place.get()) ? std::move(place) : Fd();
}

// Once for each folder that was there: no more than a look, unless there is something.
bool TreeWriter::look_beside(FolderId folder, const Entry* entry) {
    const bool is_target = folder == kTargetFolder;
    const FolderId parent = folders_.parent(folder);
    if (powers_.coarse_attributes || (!is_target && folders_.facts(parent).is_ours)) return false;
    const auto handle = folders_.open(folder);
    const auto above = folders_.open(parent);
    std::string name = handle.ok() ? mark_name((*handle)->get(), snapshot_) : std::string();
    if (name.empty() || !above.ok()) return false;
    struct stat status = {};
    const std::string path = (is_target ? "../" : "") + name;
    if (::fstatat((*above)->get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
    MarkBeside beside{open_beside(folder), std::move(name)};
    if (!beside.place.valid()) return false;
    if (kind_of_mark((*handle)->get(), beside.place.get(), beside.name, signs_of(entry)) != MarkKind::counts) return false;
    beside_[folder] = std::move(beside);
    return true;
}

void TreeWriter::move_beside(FolderId folder, const std::string& mark) {
    const auto handle = folders_.open(folder);
    MarkBeside beside{open_beside(folder), handle.ok() ? mark_name((*handle)->get(), snapshot_) : std::string()};
    if (!beside.place.valid() || beside.name.empty()) return;
    const unsigned how = RENAME_NOREPLACE;
    if (::renameat2((*handle)->get(), mark.c_str(), beside.place.get(), beside.name.c_str(), how) != 0) return;
    beside_[folder] = std::move(beside);
}

Status TreeWriter::remove_beside(FolderId folder) {
    const auto beside = beside_.extract(folder);
    if (beside.empty() || ::unlinkat(beside.mapped().place.get(), beside.mapped().name.c_str(), 0) == 0) return done();
    if (errno == ENOENT) return done();
    return system_error(errno, "finish the folder", folders_.path_of(folder));
}

Status TreeWriter::remove_marks_last(FolderId folder, const std::vector<std::string>& marks, const AttributeTask& task,
                                     FileTime time) {
    const ShownPath shown{folders_, folder, nullptr};
    struct stat status = {};
    if (::fstatat(task.descriptor, "", &status, AT_EMPTY_PATH) != 0) return system_error(errno, "look at", shown.text());
    move_beside(folder, marks.back());
    Status removed = remove_marks(folder, marks);
    if (!removed.ok() && removed.error().code == Code::denied) {
        // An ordinary user's own: for as short as can be it has the mode that lets them go.
        if (::chmod(ProcPath(task.descriptor).text(), (status.st_mode & 07777) | S_IRWXU) == 0) {
            move_beside(folder, marks.back());
            removed = remove_marks(folder, marks);
        }
    }
    // What it has already, and the time: nothing else is done.
    Attributes last;
    last.uid = status.st_uid;
    last.gid = status.st_gid;
    last.mode = status.st_mode & 07777;
    last.modified = time;
    Shortfalls said_above;
    TRY(set_attributes({task.descriptor, task.access, task.type, {}, false}, last, shown, said_above));
    return removed;
}

Status TreeWriter::finish_folder(FolderId folder, const Entry& entry) {
    const FolderFacts facts = folders_.facts(folder);
    if (facts.state == FolderState::absent || facts.state == FolderState::blocked) return done();
    if (facts.keeps) {
        put_back_folder(folder);
        return done();
    }
    const Status given = give_attributes(folder, entry);
    if (!given.ok()) put_back_folder(folder);
    eased_.erase(folder);  // it has those of the snapshot
    lifted_.erase(folder);
    TRY(given);
    return remove_beside(folder);
}

Status TreeWriter::give_attributes(FolderId folder, const Entry& entry) {
    const FolderFacts facts = folders_.facts(folder);
    const bool was_there = facts.state == FolderState::existing;
    const auto marks = marks_.extract(folder);
    const ShownPath shown{folders_, folder, nullptr};
    const Attributes& wanted = entry.attributes;
    TRY_ASSIGN(const TargetFolders::Handle handle, folders_.open(folder));
    const Fd readable(::openat(handle->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (was_there && readable.valid() && marks.empty()) {
        struct stat status = {};
        if (::fstat(readable.get(), &status) != 0) return system_error(errno, "look at", shown.text());
        const auto found = compare_attributes(readable.get(), status, EntryType::folder, wanted, powers_);
        if (found.difference == nullptr && compare_flags(readable.get(), wanted.flags) == FlagComparison::same) {
            note_time(status, wanted.modified, shown, shortfalls_);
            if (found.lacks_large) note_large_attributes(shown, shortfalls_);
            return done();
        }
    }
    if (was_there && !facts.is_ours && overwrite_ == Overwrite::never && is_protected(handle->get(), ".")) {
        // The user's own: only its time moved, by what came into it, and no flag of his is lifted for that.
        shortfalls_.note(Shortfall::time, shown.text(), EPERM);
        return done();
    }
    if (was_there && readable.valid()) (void)clear_protection(readable.get());
    // One that this user may not read can still be his to change.
    const Access access = readable.valid() ? Access::full : Access::path_only;
    const int descriptor = readable.valid() ? readable.get() : handle->get();
    // A marked one was made where somebody else may have put another empty folder of this user's in its place.
    const bool has_others = was_there || !marks.empty();
    const AttributeTask task{descriptor, access, EntryType::folder, {facts.gives_acl, facts.gives_flags}, has_others};
    const bool has_flags = readable.valid() && (wanted.flags != 0 || has_others || facts.gives_flags);
    TRY(set_attributes(task, wanted, shown, shortfalls_));
    if (!marks.empty()) {
        // Without a mark the folder has to be as it was, but for what the mark does not go with.
        Shortfalls said_below;
        constexpr std::uint32_t kLast = FS_APPEND_FL | FS_IMMUTABLE_FL;
        if (has_flags) set_flags(readable.get(), wanted.flags & ~kLast, shown, said_below);
        TRY(remove_marks_last(folder, marks.mapped(), task, wanted.modified));
    }
    if (has_flags) set_flags(readable.get(), wanted.flags, shown, shortfalls_);
    return done();
}

}  // namespace custody
