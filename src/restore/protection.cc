#include "restore/protection.h"

#include "restore/attributes.h"
#include "restore/proc_path.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cstdint>

namespace custody {
namespace {

Fd open_plain(int folder, const char* name) {
    struct stat status = {};
    if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return {};
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return {};  // opening a device may do something to it
    return Fd(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

bool lift_protection(int folder, const char* name) {
    const Fd there = open_plain(folder, name);
    return there.valid() && clear_protection(there.get());
}

bool is_protected(int folder, const char* name) {
    const Fd there = open_plain(folder, name);
    std::uint32_t flags = 0;
    return there.valid() && ::ioctl(there.get(), FS_IOC_GETFLAGS, &flags) == 0 && protects(flags);
}

}  // namespace custody
