// What a keyring holds, and the form it has on a medium.
//
// The file `keyring`: canonical JSON {"body": {...}, "checksum": hex}, the checksum being SHA-256 over "custody keyring 1\n" and
// the canonical body. The checksum guards against accidents; against people the sealed parts guard themselves. Keys that lie in
// it unwrapped are those of a writer; label secrets are sealed to the keyring's public key, whose secret half the slots wrap.
// docs/FORMAT.md has the fields. Bounds are below; a file beyond them is corrupt.
#pragma once

#include "vault/keys/keyring.h"
#include "vault/keys/secret_record.h"

namespace custody {

inline constexpr std::uint64_t kKeyringFormat = 1;
inline constexpr std::size_t kMaxKeyringSize = 16 * 1024 * 1024;
inline constexpr std::size_t kMaxLabels = 4096, kMaxEpochs = 4096, kMaxSlots = 256, kMaxSigners = 65536, kMaxCopies = 65536;

struct StoredEpoch {
    std::uint32_t number = 0;
    PublicKey public_key{};
    Bytes sealed_secret;  // seal_to the keyring's public key; empty in a writer's keyring
};
struct StoredLabel {
    LabelId id;
    std::string name;
    Secret chunk_id_key, gear_key, summary_key;
    std::vector<StoredEpoch> epochs;  // oldest first, never empty
    [[nodiscard]] StoredLabel clone() const;
};
struct StoredSlot {
    SlotInfo info;
    Bytes salt;  // of a passphrase's slot: 16 bytes
    Argon2Cost cost;
    Bytes wrapped;  // the keyring's secret, sealed to info.holder: 80 bytes; in a kit, under a passphrase: 48
};
[[nodiscard]] std::vector<SlotInfo> infos_of(const std::vector<StoredSlot>& slots);
struct StoredDestruction {
    LabelId label;
    std::string name;
    Time when;
};

struct KeyringContent {
    bool is_custodian = false;
    FamilyId family;
    Suite suite = Suite::standard;
    HostId host;
    std::string host_name;
    Time created;
    Secret signing_seed;
    PublicKey public_key{};  // of a custodian's keyring
    std::uint64_t generation = 0;
    std::uint32_t next_slot = 1, next_copy = 1;
    Digest slots_mac;  // of all slots, under the keyring's secret: renewing seals to whoever they name
    std::vector<StoredLabel> labels;
    std::vector<StoredSlot> slots;
    std::vector<SignerInfo> signers;
    std::vector<CopyInfo> copies;
    std::vector<StoredDestruction> destroyed;
    [[nodiscard]] KeyringContent clone() const;
};

[[nodiscard]] Result<Secret> encode_keyring(const KeyringContent& content);
// corrupt: anything that encode_keyring would not write. usage: a newer format.
[[nodiscard]] Result<KeyringContent> decode_keyring(ByteView bytes);

// {"body", "checksum"} for records of this folder without keys (secret_record.h has those with); `purpose` is hashed in front.
[[nodiscard]] Result<Bytes> encode_checksummed(const Json& body, std::string_view purpose);
[[nodiscard]] Result<Json> decode_checksummed(ByteView bytes, std::string_view purpose, std::size_t max_size);

// A writer got its keys by an export, and every export is registered; also where an older keyring did not keep who is one.
[[nodiscard]] bool is_registered_writer(const KeyringContent& content, const SignerInfo& signer);
// A registered keyring that turned out to be a writer: it opens nothing, and owes nothing of labels destroyed so far.
void become_writer(const KeyringContent& content, CopyInfo& copy, const SignerInfo& writer);
// The same for every signer that is known as a writer's, and of which `by_good_word` says that this may be believed.
void settle_known_writers(KeyringContent& content, const std::function<bool(const SignerId&)>& by_good_word);

// Numbers strictly ascending.
[[nodiscard]] bool are_rising(const std::vector<StoredEpoch>& epochs);
// Parts that writer exports share with the keyring.
[[nodiscard]] Json label_to_json(const StoredLabel& label, KeyPlaces& keys);
[[nodiscard]] Result<StoredLabel> label_from_json(const Json& json, const KeyPlaces& keys);
[[nodiscard]] Json slots_to_json(const std::vector<StoredSlot>& slots);
[[nodiscard]] Json signers_to_json(const std::vector<SignerInfo>& signers);
[[nodiscard]] Result<std::vector<SignerInfo>> signers_from_json(const Json& list);
// Best effort, for a file whose name another has taken: its bytes hold keys that may no longer exist. A copy-on-write file system
// or an SSD keeps them all the same, which is why crypto-erasure names the storage as an exception.
void overwrite_with_zeros(File& file, std::size_t max_size);
// A host or note as it is kept: one line, bounded.
[[nodiscard]] std::string note_text(std::string_view text);
// The note of a page: its kit first, which stays when the rest is replaced (kit_of).
[[nodiscard]] std::string note_of_page(std::uint32_t kit, std::string_view rest);

struct Keyring::State {
    FileSystem* files = nullptr;
    const Clock* clock = nullptr;
    std::string folder;
    KeyringContent content;
    Digest on_disk;  // SHA-256 of the file that `content` was read from or written to
    std::vector<VaultId> vaults;
};

struct UnlockedKeyring::State {
    Secret secret;  // X25519, of the keyring
    std::uint32_t slot = 0;
    bool by_officer = false;
    FamilyId family;
    Suite suite = Suite::standard;
    std::vector<std::pair<LabelId, std::vector<StoredEpoch>>> labels;
    // Instead of all the above but `family`: labels that were unlocked one by one, which open no keyring (unlocked_labels.h).
    std::vector<std::shared_ptr<const LabelSecrets>> opened;
};

// `unlocked` holds the secret of this very keyring, not that of an older pair, of another keyring, or of single labels only.
[[nodiscard]] bool opens_keyring(const UnlockedKeyring& unlocked, const KeyringContent& content);

// heads/<vault id>, checksummed. write_head goes back only when it `may_go_back`, and costs one fsync: after a power cut the
// older head may stand there again, which is still a head of this vault.
[[nodiscard]] Result<std::optional<RememberedHead>> read_head(FileSystem& files, const std::string& folder, const VaultId& vault);
[[nodiscard]] Status write_head(FileSystem& files, const std::string& folder, const VaultId& vault, const RememberedHead& head,
                                bool may_go_back = false);
// Renames a head that cannot be read to <name>.damaged[-<n>] beside it and returns that path; nothing where it can be, or there
// is none. Durable when it returns.
[[nodiscard]] Result<std::optional<std::string>> set_aside_damaged_head(FileSystem& files, const std::string& folder,
                                                                        const VaultId& vault);

// The keyring's file within its folder.
[[nodiscard]] std::string keyring_path(const std::string& folder);

}  // namespace custody
