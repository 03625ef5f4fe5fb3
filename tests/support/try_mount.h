// Mounting a memory file system in a test.
#pragma once

#include <sys/mount.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace custody::test {

// Empty: it is mounted. Else why it cannot be had here: no right to mount, or not in this kernel. Anything else fails the test.
inline std::string try_mount(const char* kind, const std::string& at, const char* options = nullptr) {
    if (::mount(kind, at.c_str(), kind, 0, options) == 0) return {};
    const int reason = errno;
    if (reason == EPERM) return "mounting needs root and the right to mount";
    if (reason != ENODEV) ADD_FAILURE() << "mounting " << kind << " on " << at << ": " << std::strerror(reason);
    return std::string("this kernel has no ") + kind;
}

}  // namespace custody::test
