// TreeWriter's folders: making, entering, finishing.
#include "base/text.h"
#include "restore/protection.h"
#include "restore/tree_writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <vector>

namespace custody {
namespace {

// What ext4 and btrfs hand down to new files (EXT4_FL_INHERITED), as far as we set it.
constexpr std::uint32_t kInheritedFlags = FS_SYNC_FL | FS_NODUMP_FL | FS_NOATIME_FL | FS_DIRSYNC_FL | FS_COMPR_FL | FS_NOCOW_FL;

bool has_default_acl(int folder) { return ::getxattr(ProcPath(folder).text(), "system.posix_acl_default", nullptr, 0) > 0; }

}  // namespace

void TreeWriter::enter_target(bool dry_run) {
    const FolderState state = folders_.facts(kTargetFolder).state;
    if (state == FolderState::absent) return;
    FolderFacts facts = facts_of_existing(kTargetFolder, dry_run);
    facts.state = state;
    folders_.set_facts(kTargetFolder, facts);
    if (!dry_run && !folders_.target_was_empty()) remove_leftovers(folders_.root_descriptor());
}

TreeWriter::Entered TreeWriter::enter_folder(FolderId parent, const Entry& entry, bool dry_run) {
    const FolderState above = folders_.facts(parent).state;
    if (above == FolderState::blocked || above == FolderState::absent) return {folders_.add(parent, entry.name, above), {}};
    const auto blocked = [&](const Error& problem) {
        return Entered{folders_.add(parent, entry.name, FolderState::blocked), problem};
    };
    const std::string path = folders_.path_of(parent, entry.name);
    const auto in_place = look(parent, entry.name);
    if (!in_place.ok()) return blocked(in_place.error());
    const bool is_folder = in_place->exists && S_ISDIR(in_place->status.st_mode);
    if (in_place->exists && !is_folder && overwrite_ == Overwrite::never) {
        return blocked({Code::exists, say("{} is left: something that is not a folder is in its place (--overwrite changed "
                                          "replaces it)",
                                          printable(path))});
    }
    const FolderState state = is_folder ? FolderState::existing : dry_run ? FolderState::absent : FolderState::made;
    const FolderId folder = folders_.add(parent, entry.name, state);
    if (state == FolderState::absent) return {folder, {}};
    const auto fail = [&](const Error& problem) {
        folders_.set_facts(folder, {FolderState::blocked, false, false});
        return Entered{folder, problem};
    };
    FolderFacts facts = folders_.facts(folder);
    if (state == FolderState::made) {
        const auto handle = folders_.open(parent);
        if (!handle.ok()) return fail(handle.error());
        const Status made = make_absent_folder((*handle)->get(), entry, path, facts);
        if (!made.ok()) return fail(made.error());
        const FolderFacts inherited = folders_.facts(parent);
        facts.gives_acl = inherited.gives_acl;
        facts.gives_flags = inherited.gives_flags;
    }
    const auto opened = folders_.open(folder);
    if (!opened.ok()) return fail(opened.error());
    if (facts.state == FolderState::existing) facts = facts_of_existing(folder, dry_run);
    folders_.set_facts(folder, facts);
    if (facts.state == FolderState::existing && !dry_run) remove_leftovers((*opened)->get());
    return {folder, {}};
}

// A file or link in its place goes first: the caller has decided that it may. Somebody else may have made the folder meanwhile.
Status TreeWriter::make_absent_folder(int parent, const Entry& entry, const std::string& path, FolderFacts& facts) {
    const char* const name = entry.name.c_str();
    for (int attempt = 0;; ++attempt) {
        if (::mkdirat(parent, name, 0700) == 0) return done();
        if (errno != EEXIST || attempt == 2) return system_error(errno, "make the folder", path);
        struct stat status = {};
        if (::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode)) {
            facts.state = FolderState::existing;
            return done();
        }
        if (overwrite_ == Overwrite::never || ::unlinkat(parent, name, 0) == 0) continue;
        const bool again = errno == EPERM && lift_protection(parent, name) && ::unlinkat(parent, name, 0) == 0;
        if (!again) return system_error(errno, "replace", path);
    }
}

// Also lifts the flags that forbid to work in it, where overwriting was asked for; a user who may not do that meets them later.
FolderFacts TreeWriter::facts_of_existing(FolderId folder, bool dry_run) {
    FolderFacts facts;
    const auto handle = folders_.open(folder);
    if (!handle.ok()) return facts;
    facts.gives_acl = has_default_acl((*handle)->get());
    const Fd readable(::openat((*handle)->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::uint32_t flags = 0;
    facts.gives_flags =
        readable.valid() && ::ioctl(readable.get(), FS_IOC_GETFLAGS, &flags) == 0 && (flags & kInheritedFlags) != 0;
    if (!dry_run && overwrite_ != Overwrite::never && protects(flags) && clear_protection(readable.get())) {
        lifted_[folder] = flags;
    }
    return facts;
}

void TreeWriter::put_back_flags_of(FolderId folder) {
    const auto lifted = lifted_.find(folder);
    if (lifted == lifted_.end()) return;
    const std::uint32_t flags = lifted->second;
    lifted_.erase(lifted);
    const ShownPath path{folders_, folder, nullptr};
    const auto handle = folders_.open(folder);
    if (!handle.ok()) return shortfalls_.note(Shortfall::flags, path.text(), EIO);
    const Fd readable(::openat((*handle)->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!readable.valid()) return shortfalls_.note(Shortfall::flags, path.text(), errno);
    set_flags(readable.get(), flags, path, shortfalls_);
}

void TreeWriter::put_back_flags() {
    while (!lifted_.empty()) put_back_flags_of(std::prev(lifted_.end())->first);  // children before what they lie in
}

void TreeWriter::remove_leftovers(int folder) {
    Fd readable(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR* const stream = readable.valid() ? ::fdopendir(readable.get()) : nullptr;
    if (stream == nullptr) return;  // a folder that cannot be listed keeps its leftovers; they do no harm
    std::vector<std::string> leftovers;
    while (const dirent* item = ::readdir(stream)) {
        if (item->d_type != DT_DIR && is_leftover_name(item->d_name)) leftovers.emplace_back(item->d_name);
    }
    for (const std::string& name : leftovers) (void)::unlinkat(folder, name.c_str(), 0);
    (void)readable.release();  // closedir() closes it
    ::closedir(stream);
}

Status TreeWriter::finish_folder(FolderId folder, const Entry& entry) {
    const FolderFacts facts = folders_.facts(folder);
    if (facts.state == FolderState::absent || facts.state == FolderState::blocked) return done();
    const bool was_there = facts.state == FolderState::existing;
    if (was_there && entry.attributes_only) {
        put_back_flags_of(folder);
        return done();
    }
    lifted_.erase(folder);  // it gets those of the snapshot
    const ShownPath shown{folders_, folder, nullptr};
    const Attributes& wanted = entry.attributes;
    TRY_ASSIGN(const TargetFolders::Handle handle, folders_.open(folder));
    const Fd readable(::openat(handle->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (was_there && readable.valid()) {
        struct stat status = {};
        if (::fstat(readable.get(), &status) != 0) return system_error(errno, "look at", shown.text());
        const bool same = compare_attributes(readable.get(), status, EntryType::folder, wanted, powers_) == nullptr;
        if (same && compare_flags(readable.get(), wanted.flags) == FlagComparison::same) {
            note_time(status, wanted.modified, shown, shortfalls_);
            return done();
        }
        (void)clear_protection(readable.get());
    }
    // One that this user may not read can still be his to change.
    const Access access = readable.valid() ? Access::full : Access::path_only;
    const int descriptor = readable.valid() ? readable.get() : handle->get();
    TRY(set_attributes({descriptor, access, EntryType::folder, {facts.gives_acl, facts.gives_flags}, was_there}, wanted, shown,
                       shortfalls_));
    if (readable.valid() && (wanted.flags != 0 || was_there || facts.gives_flags)) {
        set_flags(readable.get(), wanted.flags, shown, shortfalls_);
    }
    return done();
}

}  // namespace custody
