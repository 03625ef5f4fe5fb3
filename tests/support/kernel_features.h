// Whether this kernel lets tests use what they are about: asked of the kernel itself, not of the code under test, so that a fault
// in that is a failure and never a skip. Empty: it does; else the reason.
#pragma once

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sys/fanotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace custody::test {

[[nodiscard]] inline bool is_kept_from_us(int error) { return error == ENOSYS || error == EPERM || error == EACCES; }

[[nodiscard]] inline std::string why_no_kernel_keys() {
    const long asked = ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1);
    if (asked >= 0 || !is_kept_from_us(errno)) return {};
    return std::string("the kernel keeps no keys for this process: ") + std::strerror(errno);
}

[[nodiscard]] inline std::string why_no_fanotify() {
    const int opened = ::fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_REPORT_DFID_NAME, O_RDONLY);
    if (opened >= 0) {
        (void)::close(opened);
        return {};
    }
    if (!is_kept_from_us(errno) && errno != EINVAL) return {};  // EINVAL: a kernel before 5.9 cannot name files
    return std::string("fanotify cannot be used here: ") + std::strerror(errno);
}

}  // namespace custody::test
