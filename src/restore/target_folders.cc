#include "restore/target_folders.h"

#include "base/open_file_limit.h"
#include "base/text.h"
#include "restore/leftovers.h"
#include "restore/unfinished_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

// mkdir -p, the last with its mark. Links on the way to the target are the user's own and are followed. False: somebody else made
// it meanwhile.
Result<bool> make_target(const std::string& target, const std::string& snapshot) {
    for (std::size_t slash = target.find('/', 1); slash != std::string::npos; slash = target.find('/', slash + 1)) {
        const std::string path = target.substr(0, slash);
        if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return system_error(errno, "make the folder", path);
    }
    const Fd parent(::open(parent_path(target).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!parent.valid()) return system_error(errno, "make the folder", target);
    remove_leftovers_in(parent.get());
    const std::string temporary = make_run_prefix() + "0";
    const int reason =
        make_unfinished_folder(parent.get(), temporary.c_str(), std::string(base_name(target)).c_str(), 0777, snapshot);
    if (reason != 0 && reason != EEXIST) return system_error(reason, "make the folder", target);
    return reason == 0;
}

// What make_target() would meet, without making anything. The nearest folder that is there.
Result<Fd> foresee_target(const std::string& target) {
    for (std::string path = target;;) {
        const std::string above = parent_path(path);
        Fd folder(::open(above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (folder.valid() && ::faccessat(folder.get(), ".", W_OK | X_OK, 0) == 0) return folder;
        if (folder.valid() || errno != ENOENT || above == path) return system_error(errno, "make the folder", path);
        path = above;
    }
}

bool is_empty_folder(int folder) {
    const int duplicate = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* const stream = duplicate >= 0 ? ::fdopendir(duplicate) : nullptr;
    if (stream == nullptr) return false;
    int names = 0;
    while (names <= 2 && ::readdir(stream) != nullptr) ++names;  // "." and ".."
    ::closedir(stream);
    return names <= 2;
}

}  // namespace

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
        TRY_ASSIGN(folders->above_, foresee_target(folders->target_));
        top.facts.state = FolderState::absent;
        return folders;
    }
    TRY(folders->open_target());
    return folders;
}

Status TargetFolders::make_absent(const std::string& snapshot) {
    FolderFacts& facts = slots_[kTargetFolder].facts;
    if (facts.state != FolderState::absent) return done();
    TRY_ASSIGN(const bool is_made, make_target(target_, snapshot));
    above_.reset();
    facts.state = is_made ? FolderState::made : FolderState::existing;
    return open_target();
}

Status TargetFolders::open_target() {
    Slot& top = slots_[kTargetFolder];
    struct stat status = {};
    if (::stat(target_.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) {
        return Error{Code::usage,
                     say("the target {} is not a folder: name a folder, which is made when it is absent", printable(target_))};
    }
    Fd opened(::open(target_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.valid() || ::fstat(opened.get(), &status) != 0) return system_error(errno, "open the target", target_);
    top.device = status.st_dev;
    top.inode = status.st_ino;
    devices_.insert(status.st_dev);
    Fd again(::fcntl(opened.get(), F_DUPFD_CLOEXEC, 0));
    if (!again.valid()) return system_error(errno, "open the target", target_);
    synced_.push_back(std::move(again));
    was_empty_ = is_empty_folder(opened.get());
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
        return Error{Code::io, say("the folder {} was replaced by another while restoring: run it again", printable(slot.name))};
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

void TargetFolders::pin(FolderId folder) {
    const std::lock_guard lock(mutex_);
    slots_[folder].pinned = true;
}

void TargetFolders::release(FolderId folder) {
    const std::lock_guard lock(mutex_);
    slots_[folder].released = true;
    free_unneeded_locked(folder);
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
