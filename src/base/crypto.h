// Every cryptographic primitive of Custody, each from a library (libsodium, OpenSSL libcrypto); nothing is invented here.
// The only composition is HPKE base mode (RFC 9180), built from the library's X25519, HKDF and AES-GCM and tested against
// the RFC's vectors. sodium.h and openssl/*.h are included by base/crypto*.cc and base/secret.cc only.
//
// Suite 1 (standard, the default, recognised standards for duty E1): SHA-256, HMAC-SHA-256, AES-256-GCM, HKDF-SHA-256,
// DHKEM(X25519), Ed25519. Suite 2 (modern, opt-in, does not meet E1): keyed BLAKE2b-256, XChaCha20-Poly1305, and the same
// sealing with ChaCha20-Poly1305.
// Threads: free functions are safe; an object serves one thread at a time.
#pragma once

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"

#include <array>
#include <memory>
#include <string_view>

namespace custody {

enum class Suite : std::uint8_t { standard = 1, modern = 2 };

inline constexpr std::size_t kKeySize = 32;  // every symmetric key, X25519 secret and Ed25519 seed
inline constexpr std::size_t kTagSize = 16;  // AEAD tag of both suites
inline constexpr std::size_t kSignatureSize = 64;
using PublicKey = std::array<Byte, 32>;  // X25519
using Signature = std::array<Byte, kSignatureSize>;

void fill_random(MutableByteView out);
template <class AnyId>
[[nodiscard]] AnyId random_id() {
    AnyId id;
    fill_random({id.bytes.data(), id.bytes.size()});
    return id;
}

// Incremental SHA-256 (libcrypto: SHA extensions where the processor has them).
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    void update(ByteView bytes);
    [[nodiscard]] Digest finish();  // once
private:
    struct State;
    std::unique_ptr<State> state_;
};
[[nodiscard]] Digest sha256(ByteView bytes);
template <class To>
[[nodiscard]] To id_of(const Digest& digest) {
    return To::from(digest.view());
}

// A keyed hash with a one-byte domain before the message: HMAC-SHA-256, or keyed BLAKE2b-256. Made once per key and
// thread, used for many short messages; 32 bytes out.
class KeyedHash {
public:
    KeyedHash(Suite suite, const Secret& key);
    ~KeyedHash();
    KeyedHash(KeyedHash&&) noexcept;
    [[nodiscard]] std::array<Byte, 32> hash(Byte domain, ByteView message);
    [[nodiscard]] std::array<Byte, 32> hash2(Byte domain, ByteView first, ByteView second);  // of the concatenation
private:
    struct State;
    std::unique_ptr<State> state_;
};

// Authenticated encryption under one key. The nonce is a number that the caller never uses twice with this key: 12 bytes
// little-endian for AES-256-GCM, 24 for XChaCha20-Poly1305. sealed size = plain size + kTagSize.
// Made once per key and thread (the key schedule is kept).
class Aead {
public:
    Aead(Suite suite, ByteView key);
    ~Aead();
    Aead(Aead&&) noexcept;
    Aead& operator=(Aead&&) noexcept;
    // Precondition: out.size() == plain.size() + kTagSize. `out` may not overlap `plain`.
    void seal(std::uint64_t nonce, ByteView aad, ByteView plain, MutableByteView out);
    // Precondition: out.size() + kTagSize == sealed.size(). false: not authentic; `out` is then wiped.
    [[nodiscard]] bool open(std::uint64_t nonce, ByteView aad, ByteView sealed, MutableByteView out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// HKDF-SHA-256 (RFC 5869), 32 bytes out.
[[nodiscard]] Secret hkdf(ByteView key, ByteView salt, std::string_view info);

// X25519 key pairs.
[[nodiscard]] Secret make_x25519_secret();
[[nodiscard]] PublicKey x25519_public(const Secret& secret);

// Sealing to a public key, anonymous sender. Suite 1: HPKE base mode DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
// AES-256-GCM; suite 2: the same with ChaCha20-Poly1305 (libsodium's sealed box binds neither info nor aad, and a hash in
// front would break the fixed overhead). Output = enc (32) || ciphertext || tag (16).
inline constexpr std::size_t kSealOverhead = 48;
[[nodiscard]] Result<Bytes> seal_to(Suite suite, const PublicKey& to, ByteView info, ByteView aad, ByteView plain);
// Code::wrong_key when it does not open.
[[nodiscard]] Result<Secret> open_sealed(Suite suite, const Secret& secret, ByteView info, ByteView aad, ByteView sealed);
// For the RFC's test vectors only: the ephemeral secret is given.
[[nodiscard]] Result<Bytes> hpke_seal_with_ephemeral(const PublicKey& to, const Secret& ephemeral, ByteView info, ByteView aad,
                                                     ByteView plain);

// Ed25519 (libsodium). The secret is the 32-byte seed.
[[nodiscard]] SignerId signer_id(const Secret& seed);
[[nodiscard]] Signature sign(const Secret& seed, ByteView message);
[[nodiscard]] bool verify_signature(const SignerId& signer, ByteView message, const Signature& signature);

// Argon2id (RFC 9106): 32 bytes from a passphrase, which is NFC-normalised by the caller.
struct Argon2Cost {
    std::uint32_t memory_kib = 65536;
    std::uint32_t passes = 3;
    std::uint32_t lanes = 1;
};
// Code::usage when the cost is outside 8 MiB..4 GiB, 1..64 passes, 1 lane: a hostile header must not exhaust the machine.
[[nodiscard]] Result<Secret> stretch_passphrase(const Secret& passphrase, ByteView salt16, Argon2Cost cost);

// XXH3: checksums against accidents, not against people.
[[nodiscard]] std::uint64_t checksum64(ByteView bytes);
struct Checksum128 {
    std::uint64_t low = 0, high = 0;
    auto operator<=>(const Checksum128&) const = default;
};
[[nodiscard]] Checksum128 checksum128(ByteView bytes);

}  // namespace custody
