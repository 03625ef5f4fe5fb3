// The immutable and append-only flags of files and folders, read and set; -1 and false where there are none or none may be set.
//
// Threads: any.
#pragma once

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace custody::test {

inline constexpr int kProtection = FS_IMMUTABLE_FL | FS_APPEND_FL;

inline int open_quickly(const std::string& path) { return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC); }

inline int flags_of(const std::string& path) {
    const int fd = open_quickly(path);
    int flags = 0;
    if (fd < 0 || ::ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) flags = -1;
    ::close(fd);
    return flags < 0 ? flags : flags & kProtection;
}

inline bool set_protection(const std::string& path, int wanted) {
    const int fd = open_quickly(path);
    int flags = 0;
    bool done = fd >= 0 && ::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
    flags = (flags & ~kProtection) | wanted;
    done = done && ::ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
    ::close(fd);
    return done;
}

// Of the folder too. Nothing with such a flag could be removed.
inline void clear_protection_below(const std::string& folder) {
    (void)set_protection(folder, 0);
    for (auto at = std::filesystem::recursive_directory_iterator(folder); at != decltype(at)(); ++at) {
        if (at->is_regular_file() || at->is_directory()) (void)set_protection(at->path(), 0);
    }
}

}  // namespace custody::test
