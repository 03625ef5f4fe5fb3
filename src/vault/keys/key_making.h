// Making and wrapping keys: shared by the keyring's files and the recovery kit. Info strings and AADs are normative
// (docs/FORMAT.md): a key wrapped for one place opens in no other.
#pragma once

#include "vault/keys/keyring_file.h"

namespace custody {

// seal_to(keyring public, info "custody label secret 1", AAD = family | label | u32 epoch).
[[nodiscard]] Result<StoredEpoch> seal_epoch(const KeyringContent& keyring, const LabelId& label, std::uint32_t number,
                                             const Secret& secret);
[[nodiscard]] Result<Secret> open_epoch(Suite suite, const FamilyId& family, const LabelId& label, const StoredEpoch& epoch,
                                        const Secret& keyring_secret);
// All keys random; epoch 1.
[[nodiscard]] Result<StoredLabel> make_label(const KeyringContent& keyring, std::string_view name);

// A 32-byte key wrapped under a passphrase (Argon2id, then the suite's AEAD with nonce 0) or an officer's public key (seal_to).
// AAD = purpose | family | u32 number; the purpose is seal_to's info, too.
struct WrapPlace {
    Suite suite = Suite::standard;
    std::string_view purpose;
    FamilyId family;
    std::uint32_t number = 0;
};
inline constexpr std::string_view kSlotPurpose = "custody keyring slot 1";
inline constexpr std::string_view kKitPurpose = "custody recovery kit 1";
// Fills kind, salt, cost, wrapped. usage: an empty passphrase, or a cost out of bounds.
[[nodiscard]] Result<StoredSlot> wrap_with_passphrase(const WrapPlace& place, const Secret& key, const Secret& passphrase,
                                                      Argon2Cost cost);
[[nodiscard]] Result<StoredSlot> wrap_for_officer(const WrapPlace& place, const Secret& key, const PublicKey& officer);
// wrong_key when it does not open.
[[nodiscard]] Result<Secret> unwrap_with_passphrase(const WrapPlace& place, const StoredSlot& slot, const Secret& passphrase);
[[nodiscard]] Result<Secret> unwrap_as_officer(const WrapPlace& place, const StoredSlot& slot, const Secret& officer_secret);

}  // namespace custody
