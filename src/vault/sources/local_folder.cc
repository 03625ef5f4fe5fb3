#include "vault/sources/local_folder.h"

#include "base/open_file_limit.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <vector>

namespace custody {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

}  // namespace

void DescriptorBudget::admit(const std::shared_ptr<LocalFolder>& opened) {
    std::shared_ptr<LocalFolder> oldest;
    {
        const std::lock_guard lock(mutex_);
        open_.push_back(opened);
        if (open_.size() <= share_of_open_files(kMaxOpenFolders)) return;
        oldest = open_.front().lock();
        open_.pop_front();
    }
    if (oldest) oldest->close_if_open();
}

std::shared_ptr<LocalFolder> LocalFolder::root(std::shared_ptr<DescriptorBudget> budget) {
    std::shared_ptr<LocalFolder> folder(new LocalFolder);
    folder->budget_ = std::move(budget);
    folder->name_ = "/";
    folder->way_ = {true, true};
    return folder;
}

std::shared_ptr<LocalFolder> LocalFolder::below(std::shared_ptr<LocalFolder> parent, std::string name, Identity identity,
                                                Way way) {
    std::shared_ptr<LocalFolder> folder(new LocalFolder);
    folder->budget_ = parent->budget_;
    folder->path_length_ = parent->path_length_ + 1 + name.size();
    folder->parent_ = std::move(parent);
    folder->name_ = std::move(name);
    folder->identity_ = identity;
    folder->way_ = way;
    return folder;
}

std::string LocalFolder::path() const {
    if (!parent_) return "/";
    std::string path(path_length_, '/');
    std::size_t end = path_length_;
    for (const LocalFolder* folder = this; folder->parent_; folder = folder->parent_.get()) {
        end -= folder->name_.size();
        path.replace(end, folder->name_.size(), folder->name_);
        --end;
    }
    return path;
}

LocalFolder::Descriptor LocalFolder::current() {
    const std::lock_guard lock(mutex_);
    return descriptor_;
}

void LocalFolder::close_if_open() {
    const std::lock_guard lock(mutex_);
    descriptor_.reset();
}

Result<LocalFolder::Descriptor> LocalFolder::open_in(int parent) {
    const int follow = way_.through_links ? 0 : O_NOFOLLOW;
    Fd fd(open_quietly(parent, name_.c_str(), kFolderFlags | follow));
    if (!fd.valid() && errno == EACCES && way_.only_to_pass)
        fd = Fd(::openat(parent, name_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | follow));
    if (!fd.valid()) return system_error(errno, "open", path());
    if (parent_ && !way_.through_links) {
        struct stat now {};
        if (::fstat(fd.get(), &now) != 0) return system_error(errno, "look at", path());
        if (now.st_dev != identity_.device || now.st_ino != identity_.inode)
            return Error{Code::failed, say("cannot read {}: another folder took its place; back up again", path())};
    }
    auto opened = std::make_shared<const Fd>(std::move(fd));
    {
        const std::lock_guard lock(mutex_);
        if (descriptor_) return descriptor_;
        descriptor_ = opened;
    }
    budget_->admit(shared_from_this());
    return opened;
}

Result<LocalFolder::Descriptor> LocalFolder::use() {
    if (auto open = current()) return open;
    std::vector<LocalFolder*> closed;  // not recursive: a hostile tree may be very deep
    Descriptor above;
    for (LocalFolder* folder = this; folder; folder = folder->parent_.get()) {
        above = folder->current();
        if (above) break;
        closed.push_back(folder);
    }
    for (auto folder = closed.rbegin(); folder != closed.rend(); ++folder) {
        TRY_ASSIGN(above, (*folder)->open_in(above ? above->get() : AT_FDCWD));
    }
    return above;
}

bool LocalFolder::lacks(const std::string& name) {
    const auto folder = use();
    if (!folder.ok()) return folder.error().code == Code::not_found && is_gone();
    struct stat status {};
    if (::fstatat((*folder)->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0 || errno != ENOENT)
        return false;
    Fd fd(::openat((*folder)->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));  // its own place in the list
    const std::unique_ptr<DIR, int (*)(DIR*)> list(fd.valid() ? ::fdopendir(fd.get()) : nullptr, ::closedir);
    if (!list) return false;
    (void)fd.release();  // closedir() closes it
    errno = 0;
    while (const dirent* item = ::readdir(list.get())) {
        if (name == item->d_name) return false;
        errno = 0;
    }
    return errno == 0;
}

int open_quietly(int folder, const char* name, int flags) {
    const int fd = ::openat(folder, name, flags | O_NOATIME);
    if (fd >= 0 || errno != EPERM) return fd;
    return ::openat(folder, name, flags);  // not the owner
}

Fd open_folder_path(const std::string& path) {
    constexpr std::size_t kStep = PATH_MAX - 256;
    if (path.size() < kStep) return Fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    Fd at(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    std::size_t begin = 1;
    while (at.valid() && begin < path.size()) {
        std::size_t end = path.size();
        if (end - begin > kStep) end = path.rfind('/', begin + kStep);
        const std::string part = path.substr(begin, end - begin);
        at = Fd(::openat(at.get(), part.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        begin = end + 1;
    }
    return at;
}

}  // namespace custody
