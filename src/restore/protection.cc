#include "restore/protection.h"

#include "restore/attributes.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

namespace custody {
namespace {

Fd open_plain(int folder, const char* name) {
    struct stat status = {};
    if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return {};
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return {};  // opening a device may do something to it
    return Fd(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

bool is_protected(int folder, const char* name) {
    const Fd there = open_plain(folder, name);
    std::uint32_t flags = 0;
    return there.valid() && ::ioctl(there.get(), FS_IOC_GETFLAGS, &flags) == 0 && protects(flags);
}

int protect_again(int descriptor, std::uint32_t flags) {
    std::uint32_t now = 0;
    if (::ioctl(descriptor, FS_IOC_GETFLAGS, &now) != 0) return errno;
    now |= flags & (FS_APPEND_FL | FS_IMMUTABLE_FL);
    return ::ioctl(descriptor, FS_IOC_SETFLAGS, &now) == 0 ? 0 : errno;
}

LiftedFlags::LiftedFlags(int folder, const char* name) : there_(open_plain(folder, name)) {
    const bool is_lifted =
        there_.valid() && ::ioctl(there_.get(), FS_IOC_GETFLAGS, &flags_) == 0 && clear_protection(there_.get());
    if (!is_lifted) there_ = Fd();
}

LiftedFlags::LiftedFlags(LiftedFlags&& other) noexcept
    : there_(std::move(other.there_)), flags_(std::exchange(other.flags_, 0)) {}

LiftedFlags& LiftedFlags::operator=(LiftedFlags&& other) noexcept {
    if (this == &other) return *this;
    (void)put_back();
    there_ = std::move(other.there_);
    flags_ = std::exchange(other.flags_, 0);
    return *this;
}

int LiftedFlags::put_back() {
    const Fd there = std::move(there_);
    struct stat status = {};
    if (!there.valid() || (::fstat(there.get(), &status) == 0 && status.st_nlink == 0)) return 0;
    return protect_again(there.get(), flags_);
}

}  // namespace custody
