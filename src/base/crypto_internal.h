// What the files crypto*.cc share; included by nobody else.
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

#include <string_view>

namespace custody::crypto_internal {

// A primitive that cannot fail on valid input has failed: out of memory or a broken library. Going on would be worse.
[[noreturn]] void give_up(const char* what);
inline void require(bool good, const char* what) {
    if (!good) give_up(what);
}

// sodium_init, once.
void start_sodium();

// The two halves of HKDF-SHA-256 (RFC 5869).
[[nodiscard]] Secret hkdf_extract(ByteView salt, ByteView key);
[[nodiscard]] Secret hkdf_expand(ByteView pseudo_random_key, ByteView info, std::size_t size);

// One message under a key used once (HPKE); `nonce` is 12 bytes. Sizes as Aead's.
void aes_256_gcm_seal(ByteView key, ByteView nonce, ByteView aad, ByteView plain, MutableByteView out);
[[nodiscard]] bool aes_256_gcm_open(ByteView key, ByteView nonce, ByteView aad, ByteView sealed, MutableByteView out);

}  // namespace custody::crypto_internal
