#include "vault/keys/key_making.h"

#include "base/passphrase_text.h"
#include "base/records/canonical_json.h"
#include "base/text.h"

#include <array>

namespace custody {
namespace {

constexpr std::string_view kLabelSecretInfo = "custody label secret 1";
constexpr std::string_view kSlotsInfo = "custody keyring slots 1";

Bytes epoch_aad(const FamilyId& family, const LabelId& label, std::uint32_t number) {
    Bytes aad;
    ByteWriter writer(aad);
    writer.raw(family.view());
    writer.raw(label.view());
    writer.u32(number);
    return aad;
}

Bytes wrap_aad(const WrapPlace& place) {
    Bytes aad;
    ByteWriter writer(aad);
    writer.raw(as_bytes(place.purpose));
    writer.raw(place.family.view());
    writer.u32(place.number);
    return aad;
}

Result<Bytes> sealed_to_holder(const WrapPlace& place, const Secret& key, const PublicKey& holder) {
    return seal_to(place.suite, holder, as_bytes(place.purpose), wrap_aad(place), key.view());
}

Result<Secret> unsealed_by_holder(const WrapPlace& place, const StoredSlot& slot, const Secret& secret, const Error& wrong_key) {
    auto key = open_sealed(place.suite, secret, as_bytes(place.purpose), wrap_aad(place), slot.wrapped);
    if (!key.ok() || key->size() != kKeySize) return wrong_key;
    return key;
}

Result<StoredSlot> passphrase_slot(const WrapPlace& place, const Secret& passphrase, Argon2Cost cost) {
    if (passphrase.empty()) return Error{Code::usage, say("the passphrase is empty; choose one")};
    StoredSlot slot;
    slot.info.number = place.number;
    slot.info.kind = "passphrase";
    slot.cost = cost;
    slot.salt.resize(16);
    fill_random(slot.salt);
    return slot;
}

}  // namespace

Result<StoredEpoch> seal_epoch(const KeyringContent& keyring, const LabelId& label, std::uint32_t number, const Secret& secret) {
    StoredEpoch epoch;
    epoch.number = number;
    epoch.public_key = x25519_public(secret);
    TRY_ASSIGN(epoch.sealed_secret, seal_to(keyring.suite, keyring.public_key, as_bytes(kLabelSecretInfo),
                                            epoch_aad(keyring.family, label, number), secret.view()));
    return epoch;
}

Result<Secret> open_epoch(Suite suite, const FamilyId& family, const LabelId& label, const StoredEpoch& epoch,
                          const Secret& keyring_secret) {
    return open_sealed(suite, keyring_secret, as_bytes(kLabelSecretInfo), epoch_aad(family, label, epoch.number),
                       epoch.sealed_secret);
}

Result<StoredLabel> make_label(const KeyringContent& keyring, std::string_view name) {
    StoredLabel label;
    label.id = random_id<LabelId>();
    label.name = name;
    label.chunk_id_key = Secret::random(kKeySize);
    label.gear_key = Secret::random(kKeySize);
    label.summary_key = Secret::random(kKeySize);
    TRY_ASSIGN(StoredEpoch first, seal_epoch(keyring, label.id, 1, make_x25519_secret()));
    label.epochs.push_back(std::move(first));
    return label;
}

Result<Digest> mac_of_slots(const KeyringContent& keyring, const Secret& keyring_secret) {
    TRY_ASSIGN(const std::string text, to_canonical_json(slots_to_json(keyring.slots)));
    KeyedHash hash(keyring.suite, hkdf(keyring_secret.view(), keyring.family.view(), kSlotsInfo));
    return Digest::from(hash.hash(1, as_bytes(text)));
}

Status renew_pair(KeyringContent& keyring, const Secret& old_secret) {
    const Secret fresh = make_x25519_secret();
    keyring.public_key = x25519_public(fresh);
    for (StoredLabel& label : keyring.labels) {
        for (StoredEpoch& epoch : label.epochs) {
            const auto secret = open_epoch(keyring.suite, keyring.family, label.id, epoch, old_secret);
            if (!secret.ok()) return secret_does_not_open(epoch.number);
            TRY_ASSIGN(epoch, seal_epoch(keyring, label.id, epoch.number, *secret));
        }
    }
    for (StoredSlot& slot : keyring.slots) {
        const WrapPlace place{keyring.suite, kSlotPurpose, keyring.family, slot.info.number};
        TRY_ASSIGN(slot.wrapped, sealed_to_holder(place, fresh, slot.info.holder));
    }
    TRY_ASSIGN(keyring.slots_mac, mac_of_slots(keyring, fresh));
    return done();
}

Error secret_does_not_open(std::uint32_t epoch) {
    return {Code::corrupt, say("the keyring's secret of epoch {} of a label does not open; bring the keyring "
                               "back from a recovery kit",
                               epoch)};
}

Result<StoredSlot> wrap_with_passphrase(const WrapPlace& place, const Secret& key, const Secret& passphrase, Argon2Cost cost) {
    TRY_ASSIGN(StoredSlot slot, passphrase_slot(place, passphrase, cost));
    TRY_ASSIGN(const Secret wrapping_key, stretch_passphrase(normalized_passphrase(passphrase), slot.salt, cost));
    slot.wrapped.resize(key.size() + kTagSize);
    Aead(place.suite, wrapping_key.view()).seal(0, wrap_aad(place), key.view(), slot.wrapped);  // the salt makes the key new
    return slot;
}

Result<StoredSlot> seal_for_passphrase(const WrapPlace& place, const Secret& key, const Secret& passphrase, Argon2Cost cost) {
    TRY_ASSIGN(StoredSlot slot, passphrase_slot(place, passphrase, cost));
    TRY_ASSIGN(const Secret stretched, stretch_passphrase(normalized_passphrase(passphrase), slot.salt, cost));
    slot.info.holder = x25519_public(stretched);
    TRY_ASSIGN(slot.wrapped, sealed_to_holder(place, key, slot.info.holder));
    return slot;
}

Result<StoredSlot> wrap_for_officer(const WrapPlace& place, const Secret& key, const PublicKey& officer) {
    StoredSlot slot;
    slot.info.number = place.number;
    slot.info.kind = "officer";
    slot.info.note = to_hex(officer);
    slot.info.holder = officer;
    TRY_ASSIGN(slot.wrapped, sealed_to_holder(place, key, officer));
    return slot;
}

Result<Secret> unwrap_with_passphrase(const WrapPlace& place, const StoredSlot& slot, const Secret& passphrase) {
    const Error wrong_key{Code::wrong_key, say("wrong passphrase")};
    if (slot.info.kind != "passphrase" || slot.wrapped.size() != kKeySize + kTagSize || passphrase.empty()) return wrong_key;
    TRY_ASSIGN(const Secret wrapping_key, stretch_passphrase(normalized_passphrase(passphrase), slot.salt, slot.cost));
    Secret key(kKeySize);
    if (!Aead(place.suite, wrapping_key.view()).open(0, wrap_aad(place), slot.wrapped, key.mutable_view())) return wrong_key;
    return key;
}

Result<Secret> unseal_with_passphrase(const WrapPlace& place, const StoredSlot& slot, const Secret& passphrase) {
    const Error wrong_key{Code::wrong_key, say("wrong passphrase")};
    if (slot.info.kind != "passphrase" || passphrase.empty()) return wrong_key;
    TRY_ASSIGN(const Secret stretched, stretch_passphrase(normalized_passphrase(passphrase), slot.salt, slot.cost));
    return unsealed_by_holder(place, slot, stretched, wrong_key);
}

Result<Secret> unwrap_as_officer(const WrapPlace& place, const StoredSlot& slot, const Secret& officer_secret) {
    const Error wrong_key{Code::wrong_key, say("this officer's key does not open it")};
    if (slot.info.kind != "officer" || officer_secret.size() != kKeySize) return wrong_key;
    return unsealed_by_holder(place, slot, officer_secret, wrong_key);
}

}  // namespace custody
