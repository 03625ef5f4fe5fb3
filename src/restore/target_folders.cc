#include "restore/target_folders.h"

#include "base/open_file_limit.h"
#include "base/text.h"
#include "restore/leftovers.h"
#include "restore/unfinished_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace custody {
namespace {

// Folders that killed runs were about to name.
void remove_leftovers_in(int parent) {
    const int duplicate = ::openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* const stream = duplicate >= 0 ? ::fdopendir(duplicate) : nullptr;
    if (stream == nullptr) return;  // one that cannot be listed keeps them; they do no harm
    Leftovers leftovers;
    std::vector<std::string> found;
    while (const dirent* item = ::readdir(stream)) {
        const bool may_be_folder = item->d_type == DT_DIR || item->d_type == DT_UNKNOWN;
        if (may_be_folder && leftovers.is_one(::dirfd(stream), item->d_name)) found.emplace_back(item->d_name);
    }
    for (const std::string& name : found) remove_temporary_folder(::dirfd(stream), name.c_str());
    ::closedir(stream);
}

Error not_made(int reason, const std::string& path) {
    if (reason == EEXIST || reason == ESTALE) {
        return {Code::exists,
                say("the target is not made: {} appeared meanwhile; look at what it is and run it again", printable(path))};
    }
    return system_error(reason, "make the folder", path);
}

// mkdir -p of `missing` below `above`, the last with its mark. None of it was there when that was looked for: whatever is there
// now, a link above all, is somebody else's and is not followed.
Result<MadeFolder> make_target(const Fd& above, std::string_view missing, const std::string& target, const std::string& snapshot,
                               mode_t mode) {
    Fd parent;
    for (std::size_t slash = missing.find('/'); slash != std::string::npos; slash = missing.find('/', slash + 1)) {
        const std::size_t begin = slash == 0 ? 0 : missing.rfind('/', slash - 1) + 1;
        const std::string name(missing.substr(begin, slash - begin));
        if (name.empty() || name == ".") continue;
        MadeFolder made = make_plain_folder(parent.valid() ? parent.get() : above.get(), name.c_str(), 0755, snapshot);
        if (made.reason != 0) return not_made(made.reason, target.substr(0, target.size() - missing.size() + slash));
        parent = std::move(made.folder);
    }
    const int at = parent.valid() ? parent.get() : above.get();
    remove_leftovers_in(at);
    const std::string temporary = make_run_prefix() + "0", name(base_name(target));
    MadeFolder made = make_unfinished_folder(at, temporary.c_str(), name.c_str(), mode, snapshot);
    if (made.reason != 0) return not_made(made.reason, target);
    return made;
}

// What make_target() would meet, without making anything.
struct Foreseen {
    Fd above;             // the nearest folder that is there; links to it are the user's own and are followed
    std::string missing;  // from there to the target
};
Result<Foreseen> foresee_target(const std::string& target) {
    for (std::string path = target;;) {
        struct stat status = {};
        const std::string above = parent_path(path);
        if (::lstat(path.c_str(), &status) == 0) {
            return S_ISLNK(status.st_mode) ? system_error(ENOENT, "open the target", path) : not_made(EEXIST, path);
        }
        Fd folder(::open(above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (folder.valid() && ::faccessat(folder.get(), ".", W_OK | X_OK, 0) == 0) {
            const std::size_t begin = path.size() - base_name(path).size();
            return Foreseen{std::move(folder), target.substr(begin)};
        }
        if (folder.valid() || errno != ENOENT || above == path) return system_error(errno, "make the folder", path);
        path = above;
    }
}

// Whether the file system may give a folder another number each time that the kernel has forgotten it: FAT and exFAT, on which
// nothing has an owner, and drivers in user space. What such a driver shows may have owners: then it must be whose the target or
// this process is, so that nobody else's is taken for it.
bool numbers_anew(int folder, const struct stat& status, int target) {
    struct statfs system = {};
    if (::fstatfs(folder, &system) != 0) return false;
    const auto type = static_cast<long>(system.f_type);
    if (type == MSDOS_SUPER_MAGIC || type == EXFAT_SUPER_MAGIC) return true;
    struct stat top = {};
    return type == FUSE_SUPER_MAGIC && ::fstat(target, &top) == 0 &&
           (status.st_uid == top.st_uid || status.st_uid == ::geteuid());
}

}  // namespace

int check_empty(int folder) {
    Fd readable(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR* const stream = readable.valid() ? ::fdopendir(readable.get()) : nullptr;
    if (stream == nullptr) return errno;
    (void)readable.release();  // closedir() closes it
    int names = 0;
    errno = 0;
    while (names <= 2 && ::readdir(stream) != nullptr) ++names;  // "." and ".."
    const int reason = names > 2 ? ENOTEMPTY : errno;
    ::closedir(stream);
    return reason;
}

Error replaced_folder(const std::string& path) {
    return {Code::io, say("the folder {} was replaced by another while restoring: run it again", printable(path))};
}

int open_folder_beneath(int parent, const char* name, int how) {
    open_how request = {};
    request.flags = static_cast<__u64>(how | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    request.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const long opened = ::syscall(SYS_openat2, parent, name, &request, sizeof request);
    if (opened >= 0 || errno != ENOSYS) return static_cast<int>(opened);
    // A kernel or sandbox without openat2: for a single component that is not ".." the flags below say the same.
    return ::openat(parent, name, how | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

// For file systems without RENAME_NOREPLACE: a hard link is exclusive as well; without links either, and for folders, a look must
// do.
int rename_exclusively(int folder, const char* from, const char* to) {
    if (::renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return -1;
    if (::linkat(folder, from, folder, to, 0) == 0) return ::unlinkat(folder, from, 0);
    if (errno == EEXIST) return -1;
    struct stat status = {};
    if (::fstatat(folder, to, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return ::renameat(folder, from, folder, to);
}

Result<std::unique_ptr<TargetFolders>> TargetFolders::open(const std::string& target) {
    std::unique_ptr<TargetFolders> folders(new TargetFolders(target));
    while (folders->target_.size() > 1 && folders->target_.back() == '/') folders->target_.pop_back();
    Slot& top = folders->slots_.emplace_back();
    top.pinned = true;
    struct stat status = {};
    if (::stat(folders->target_.c_str(), &status) != 0) {
        if (errno != ENOENT) return system_error(errno, "open the target", target);
        TRY_ASSIGN(Foreseen foreseen, foresee_target(folders->target_));
        folders->above_ = std::move(foreseen.above);
        folders->missing_ = std::move(foreseen.missing);
        top.facts.state = FolderState::absent;
        return folders;
    }
    if (!S_ISDIR(status.st_mode)) {
        return Error{Code::usage, say("the target {} is not a folder: name a folder, which is made when it is absent",
                                      printable(folders->target_))};
    }
    Fd opened(::open(folders->target_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.valid()) return system_error(errno, "open the target", target);
    TRY(folders->take_target(std::move(opened)));
    return folders;
}

Status TargetFolders::make_absent(const std::string& snapshot, mode_t mode) {
    FolderFacts& facts = slots_[kTargetFolder].facts;
    if (facts.state != FolderState::absent) return done();
    TRY_ASSIGN(MadeFolder made, make_target(above_, missing_, target_, snapshot, mode));
    mark_ = std::move(made.mark);
    above_.reset();
    facts.state = FolderState::made;
    return take_target(std::move(made.folder));
}

Status TargetFolders::take_target(Fd opened) {
    Slot& top = slots_[kTargetFolder];
    struct stat status = {};
    if (::fstat(opened.get(), &status) != 0) return system_error(errno, "open the target", target_);
    top.device = status.st_dev;
    top.inode = status.st_ino;
    devices_.insert(status.st_dev);
    Fd again(::fcntl(opened.get(), F_DUPFD_CLOEXEC, 0));
    if (!again.valid()) return system_error(errno, "open the target", target_);
    synced_.push_back(std::move(again));
    was_empty_ = check_empty(opened.get()) == 0;
    top.handle = std::make_shared<const Fd>(std::move(opened));
    return done();
}

Result<TargetFolders::Handle> TargetFolders::open(FolderId folder) {
    const std::lock_guard lock(mutex_);
    return open_locked(folder);
}

Result<TargetFolders::Handle> TargetFolders::open_locked(FolderId folder) {
    // The closed ones between here and the nearest open ancestor, opened from the top. Held, so that none is evicted meanwhile.
    std::vector<FolderId> closed;
    FolderId at = folder;
    for (; slots_[at].handle == nullptr; at = slots_[at].parent) closed.push_back(at);
    Handle above = slots_[at].handle;
    for (auto next = closed.rbegin(); next != closed.rend(); ++next) {
        TRY(open_child_locked(*next));
        above = slots_[*next].handle;
        keep_few_locked();  // a chain may be longer than what may be open
    }
    if (folder != kTargetFolder) recent_.splice(recent_.begin(), recent_, slots_[folder].recent);
    return above;
}

Status TargetFolders::open_child_locked(FolderId folder) {
    Slot& slot = slots_[folder];
    Fd opened(open_folder_beneath(slots_[slot.parent].handle->get(), slot.name.c_str(), O_PATH));
    struct stat status = {};
    if (!opened.valid() || ::fstat(opened.get(), &status) != 0) return system_error(errno, "open the folder", slot.name);
    if (slot.inode != 0 && (slot.inode != status.st_ino || slot.device != status.st_dev)) {
        const bool is_it =
            slot.device == status.st_dev && numbers_anew(opened.get(), status, slots_[kTargetFolder].handle->get());
        if (!is_it) return replaced_folder(path_of_locked(folder));
    }
    slot.device = status.st_dev;
    slot.inode = status.st_ino;
    slot.handle = std::make_shared<const Fd>(std::move(opened));
    recent_.push_front(folder);
    slot.recent = recent_.begin();
    if (devices_.insert(slot.device).second) {
        Fd readable(::openat(slot.handle->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (readable.valid()) synced_.push_back(std::move(readable));
    }
    return done();
}

void TargetFolders::keep_few_locked() {
    while (recent_.size() > std::max<std::size_t>(share_of_open_files(kOpenFolders), 1)) {
        slots_[recent_.back()].handle = nullptr;
        recent_.pop_back();
    }
}

Result<Fd> TargetFolders::open_readable(FolderId folder) {
    TRY_ASSIGN(const Handle handle, open(folder));
    Fd readable(::openat(handle->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!readable.valid()) return system_error(errno, "open the folder", path_of(folder));
    return readable;
}

FolderId TargetFolders::add(FolderId parent, const std::string& name, FolderState state) {
    const std::lock_guard lock(mutex_);
    FolderId folder = 0;
    if (free_.empty()) {
        folder = static_cast<FolderId>(slots_.size());
        slots_.emplace_back();
    } else {
        folder = free_.back();
        free_.pop_back();
    }
    Slot& slot = slots_[folder];
    slot = Slot{};
    slot.parent = parent;
    slot.name = name;
    slot.facts.state = state;
    ++slots_[parent].children;
    return folder;
}

void TargetFolders::set_facts(FolderId folder, const FolderFacts& facts) {
    const std::lock_guard lock(mutex_);
    slots_[folder].facts = facts;
}

void TargetFolders::expect(FolderId folder, std::uint64_t device, std::uint64_t inode) {
    const std::lock_guard lock(mutex_);
    slots_[folder].device = device;
    slots_[folder].inode = inode;
}

void TargetFolders::pin(FolderId folder) {
    const std::lock_guard lock(mutex_);
    slots_[folder].pinned = true;
}

void TargetFolders::release(FolderId folder) {
    const std::lock_guard lock(mutex_);
    slots_[folder].released = true;
    free_unneeded_locked(folder);
}

bool TargetFolders::is_released(FolderId folder) const {
    const std::lock_guard lock(mutex_);
    return slots_[folder].released;
}

void TargetFolders::free_unneeded_locked(FolderId folder) {
    while (folder != kTargetFolder) {
        Slot& slot = slots_[folder];
        if (!slot.released || slot.pinned || slot.children > 0) return;
        const FolderId parent = slot.parent;
        if (slot.handle != nullptr) recent_.erase(slot.recent);
        slot = Slot{};
        free_.push_back(folder);
        --slots_[parent].children;
        folder = parent;
    }
}

FolderFacts TargetFolders::facts(FolderId folder) const {
    const std::lock_guard lock(mutex_);
    return slots_[folder].facts;
}

FolderId TargetFolders::parent(FolderId folder) const {
    const std::lock_guard lock(mutex_);
    return slots_[folder].parent;
}

std::string TargetFolders::path_of(FolderId folder) const {
    const std::lock_guard lock(mutex_);
    return path_of_locked(folder);
}

std::string TargetFolders::path_of_locked(FolderId folder) const {
    std::vector<const std::string*> names;
    for (FolderId at = folder; at != kTargetFolder; at = slots_[at].parent) names.push_back(&slots_[at].name);
    std::string path = target_ == "/" ? "" : target_;
    for (auto name = names.rbegin(); name != names.rend(); ++name) path += "/" + **name;
    return path;
}

Status TargetFolders::sync_all() {
    const std::lock_guard lock(mutex_);
    for (const Fd& folder : synced_) {
        if (::syncfs(folder.get()) != 0) return system_error(errno, "sync the file system of", target_);
    }
    return done();
}

}  // namespace custody
