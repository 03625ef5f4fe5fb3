// An officer's own keys, in a file of mode 0600 that his passphrase opens: the Ed25519 seed he signs approvals with, and the
// X25519 secret to which slots of keyrings and recovery kits are sealed. The file is his alone and lies neither in a vault nor in
// a keyring.
//
// A signed record (canonical_json.h) of purpose "custody officer key 1", signer = his signing key, body {"format", "name",
// "made", "sealing", "salt", "memory_kib", "passes", "sealed"}. `sealed` is AES-256-GCM under Argon2id(passphrase in NFC) of seed
// and secret; all else is in clear and is its associated data. The signature tells damage from a wrong passphrase, and that the
// public parts belong together; that they are the right officer's is said by him, not by the file. docs/FORMAT.md is the prose of
// this file. Ownership: values; secrets in locked memory. Threads: none. Errors: usage, corrupt, wrong_key. Units: bytes.
#pragma once

#include "base/clock.h"
#include "base/crypto.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace custody {

inline constexpr std::size_t kMaxOfficerKeySize = 16 * 1024;
inline constexpr std::size_t kMaxOfficerName = 200;

struct OfficerIdentity {
    std::string name;
    Time made;
    SignerId signer;      // Ed25519
    PublicKey sealing{};  // X25519
};
struct OfficerKey {
    OfficerIdentity identity;
    Secret signing_seed;
    Secret sealing_secret;
};

// New random keys. usage: the name is empty, longer than kMaxOfficerName bytes, no UTF-8, or has control characters.
[[nodiscard]] Result<OfficerKey> make_officer_key(std::string_view name, Time made);
// usage: an empty passphrase, or a cost out of bounds.
[[nodiscard]] Result<Bytes> encode_officer_key(const OfficerKey& key, const Secret& passphrase, Argon2Cost cost = {});

// Whether it claims to be such a file; it may still be damaged.
[[nodiscard]] bool looks_like_officer_key(ByteView file);
// The public part, its signature checked; needs no passphrase. corrupt; usage: a newer format.
[[nodiscard]] Result<OfficerIdentity> read_officer_identity(ByteView file);
// wrong_key: another passphrase.
[[nodiscard]] Result<OfficerKey> open_officer_key(ByteView file, const Secret& passphrase);

// The first 16 hex digits: what people compare by eye.
[[nodiscard]] std::string short_fingerprint(const PublicKey& key);

}  // namespace custody
