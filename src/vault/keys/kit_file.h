// The form of a recovery kit, for the files that make, open and fuzz it. docs/FORMAT.md is the prose of this file.
//
// A kit file: the text "custody recovery kit 1\n"; u32 size and canonical JSON of the header, in clear; u32 size and the sealed
// payload; SHA-256 of all before it, so that damage is told from a wrong passphrase. Integers are little-endian.
//   header:  number, family, suite, time, salt, vaults with their heads, slots. Each slot wraps the same random kit key.
//   payload: sealed under HKDF(kit key, salt, "custody recovery kit payload 1"), nonce 0, AAD = every byte before its size. A
//            rewritten kit has a new salt, so the nonce never meets a key twice. Binary, because it has to fit on one page.
// Ownership: values. Threads: none. Errors: corrupt; usage: a newer format.
#pragma once

#include "vault/keys/keyring_file.h"

#include <map>

namespace custody {

inline constexpr std::string_view kKitMagic = "custody recovery kit 1\n";
inline constexpr std::size_t kMaxKitSize = 16 * 1024 * 1024;

struct KitHeader {
    std::uint32_t number = 0;
    FamilyId family;
    Suite suite = Suite::standard;
    Time made;
    Bytes salt;  // 16 bytes
    std::vector<std::pair<VaultId, RememberedHead>> vaults;
    std::vector<StoredSlot> slots;
};
struct KitLabel {
    LabelId id;
    std::string name;
    Secret chunk_id_key, gear_key, summary_key;
    std::map<std::uint32_t, Secret> epochs;  // never empty
};
struct KitOfficer {
    PublicKey key{};
    std::string note;
};
struct KitPayload {
    std::uint64_t generation = 0;
    std::vector<KitLabel> labels;
    std::vector<SignerInfo> signers;
    std::vector<KitOfficer> officers;
    std::vector<StoredDestruction> destroyed;
    std::vector<CopyInfo> copies;
};

struct ParsedKit {
    KitHeader header;
    Bytes aad;     // every byte before the payload's size
    Bytes sealed;  // the payload
};

[[nodiscard]] Result<Bytes> encode_kit(const KitHeader& header, const KitPayload& payload, const Secret& kit_key);
// Form and checksum; opens nothing.
[[nodiscard]] Result<ParsedKit> parse_kit(ByteView file);
// wrong_key: it is another kit's key.
[[nodiscard]] Result<KitPayload> open_kit_payload(const ParsedKit& kit, const Secret& kit_key);

// The payload alone, for its fuzzer.
[[nodiscard]] Bytes encode_kit_payload(const KitPayload& payload);
[[nodiscard]] Result<KitPayload> decode_kit_payload(ByteView bytes);

}  // namespace custody
