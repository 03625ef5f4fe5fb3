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
// What to say when it does not: corrupt.
[[nodiscard]] Error secret_does_not_open(std::uint32_t epoch);
// All keys random; epoch 1.
[[nodiscard]] Result<StoredLabel> make_label(const KeyringContent& keyring, std::string_view name);

// Another key pair for the keyring: every label secret sealed to it, every slot's wrapped secret and the slots' MAC made anew.
// corrupt: a label secret does not open with `old_secret`.
[[nodiscard]] Status renew_pair(KeyringContent& keyring, const Secret& old_secret);
// The MAC of the slots as they are, under the keyring's secret.
[[nodiscard]] Result<Digest> mac_of_slots(const KeyringContent& keyring, const Secret& keyring_secret);

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
// For kits. Fills kind, salt, cost, wrapped. usage: an empty passphrase, or a cost out of bounds.
[[nodiscard]] Result<StoredSlot> wrap_with_passphrase(const WrapPlace& place, const Secret& key, const Secret& passphrase,
                                                      Argon2Cost cost);
// For keyrings: sealed to the public half of what the passphrase stretches to, so that it can be sealed anew without it.
[[nodiscard]] Result<StoredSlot> seal_for_passphrase(const WrapPlace& place, const Secret& key, const Secret& passphrase,
                                                     Argon2Cost cost);
[[nodiscard]] Result<StoredSlot> wrap_for_officer(const WrapPlace& place, const Secret& key, const PublicKey& officer);
// wrong_key when it does not open.
[[nodiscard]] Result<Secret> unwrap_with_passphrase(const WrapPlace& place, const StoredSlot& slot, const Secret& passphrase);
[[nodiscard]] Result<Secret> unseal_with_passphrase(const WrapPlace& place, const StoredSlot& slot, const Secret& passphrase);
[[nodiscard]] Result<Secret> unwrap_as_officer(const WrapPlace& place, const StoredSlot& slot, const Secret& officer_secret);

}  // namespace custody
