#include "base/secret.h"

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace custody {
namespace {

// The guarded heap needs libsodium's canary; a Secret may be made before main (a test's constant) or without harden_process.
bool sodium_is_ready() {
    static const bool ready = sodium_init() >= 0;
    return ready;
}

}  // namespace

void Secret::Free::operator()(Byte* bytes) const { sodium_free(bytes); }

Secret::Secret(std::size_t size) : size_(size) {
    if (size == 0) return;
    if (!sodium_is_ready()) throw std::bad_alloc();
    bytes_.reset(static_cast<Byte*>(sodium_malloc(size)));
    if (!bytes_) throw std::bad_alloc();
    sodium_memzero(bytes_.get(), size);
}

Secret Secret::copy_of(ByteView bytes) {
    Secret secret(bytes.size());
    if (!bytes.empty()) std::memcpy(secret.bytes_.get(), bytes.data(), bytes.size());
    return secret;
}

Secret Secret::random(std::size_t size) {
    Secret secret(size);
    if (size != 0) randombytes_buf(secret.bytes_.get(), size);
    return secret;
}

Status harden_process() {
    if (!sodium_is_ready()) return Error{Code::failed, "cannot start libsodium: the system has no source of random numbers"};
    const rlimit none{0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return Error{Code::failed, std::string("cannot switch core dumps off: ") + std::strerror(errno)};
    }
    return done();
}

void wipe(MutableByteView bytes) {
    if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

bool equal_in_constant_time(ByteView a, ByteView b) {
    if (a.size() != b.size()) return false;
    return a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace custody
