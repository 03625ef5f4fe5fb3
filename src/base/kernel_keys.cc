#include "base/kernel_keys.h"

#include "base/file.h"
#include "base/text.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace custody {
namespace {

// keyrings(7): possessor in the highest byte, then user, group, others.
constexpr std::uint32_t kView = 1, kRead = 2, kSearch = 8, kLink = 16, kSetAttributes = 32;
constexpr std::uint32_t kOfUser = kView | kRead | kSearch | kSetAttributes;
constexpr std::uint32_t kRights = (kOfUser | kLink) << 24 | kOfUser << 16;
constexpr const char* kType = "user";
using Serial = std::int32_t;

long keyctl(int operation, unsigned long a = 0, unsigned long b = 0, unsigned long c = 0, unsigned long d = 0) {
    return ::syscall(SYS_keyctl, operation, a, b, c, d);
}
unsigned long number(Serial key) { return static_cast<unsigned long>(static_cast<long>(key)); }
unsigned long number(const void* pointer) { return reinterpret_cast<unsigned long>(pointer); }

bool is_no_key(int error) { return error == ENOKEY || error == EKEYEXPIRED || error == EKEYREVOKED || error == ENOSYS; }

Error key_error(int error) {
    return {Code::failed, say("the kernel keeps no keys for this user here: {}; give the service a systemd credential instead",
                              reason_of(error))};
}

// On the user keyring, which every session of the user reaches. None: no such key.
Result<std::optional<Serial>> find(const std::string& description) {
    const long found = keyctl(KEYCTL_SEARCH, number(KEY_SPEC_USER_KEYRING), number(kType), number(description.c_str()));
    if (found >= 0) return std::optional(static_cast<Serial>(found));
    if (is_no_key(errno)) return std::optional<Serial>();
    return key_error(errno);
}

// Wipes its payload at once; the entry that is left says nothing and goes by itself.
void revoke(Serial key) {
    (void)keyctl(KEYCTL_REVOKE, number(key));
    (void)keyctl(KEYCTL_UNLINK, number(key), number(KEY_SPEC_USER_KEYRING));
}

}  // namespace

Status put_kernel_key(const std::string& description, const Secret& payload, std::uint32_t seconds) {
    if (payload.empty() || payload.size() > kMaxKernelKeySize || seconds == 0) {
        return Error{Code::usage, say("the kernel keeps keys of 1 to {} bytes, for one second at least", kMaxKernelKeySize)};
    }
    TRY_ASSIGN(const std::optional<Serial> old, find(description));
    // In a keyring that ends with this process, until it has its time and its rights.
    const long made = ::syscall(SYS_add_key, kType, description.c_str(), payload.view().data(), payload.size(),
                                number(KEY_SPEC_PROCESS_KEYRING));
    if (made < 0) return key_error(errno);
    const auto key = static_cast<Serial>(made);
    int error = 0;
    if (keyctl(KEYCTL_SET_TIMEOUT, number(key), seconds) != 0 || keyctl(KEYCTL_SETPERM, number(key), kRights) != 0 ||
        keyctl(KEYCTL_LINK, number(key), number(KEY_SPEC_USER_KEYRING)) != 0) {
        error = errno;
        (void)keyctl(KEYCTL_REVOKE, number(key));
    }
    (void)keyctl(KEYCTL_UNLINK, number(key), number(KEY_SPEC_PROCESS_KEYRING));
    if (error != 0) return key_error(error);
    if (old) (void)keyctl(KEYCTL_REVOKE, number(*old));  // the link displaced it; a reader may refer to it still
    return done();
}

Result<std::optional<Secret>> get_kernel_key(const std::string& description) {
    TRY_ASSIGN(const std::optional<Serial> key, find(description));
    if (!key) return std::optional<Secret>();
    Secret all(kMaxKernelKeySize);
    const long size = keyctl(KEYCTL_READ, number(*key), number(all.mutable_view().data()), all.size());
    if (size < 0 && is_no_key(errno)) return std::optional<Secret>();  // it ended just now
    if (size < 0) return key_error(errno);
    if (static_cast<std::size_t>(size) > all.size()) return key_error(EMSGSIZE);
    return std::optional(Secret::copy_of(all.view().first(static_cast<std::size_t>(size))));
}

Result<bool> drop_kernel_key(const std::string& description) {
    TRY_ASSIGN(const std::optional<Serial> key, find(description));
    if (!key) return false;
    revoke(*key);
    TRY_ASSIGN(const std::optional<Serial> left, find(description));
    if (left) return key_error(EPERM);
    return true;
}

}  // namespace custody
