// Slots: who can open the keyring's secret.
#include "base/records/officer_key.h"
#include "base/text.h"
#include "vault/keys/key_making.h"

#include <algorithm>

namespace custody {
namespace {

WrapPlace slot_place(const KeyringContent& content, std::uint32_t number) {
    return {content.suite, kSlotPurpose, content.family, number};
}

Error writer_cannot(const std::string& folder) {
    return {Code::wrong_key,
            say("{} holds a writer's keys only: names and content open with the custodian's keyring or a recovery kit",
                printable(folder))};
}

bool is_passphrase(const StoredSlot& slot) { return slot.info.kind == "passphrase"; }

// Whoever can write the file could name himself the holder of a slot, and wait until the pair is made anew.
Status check_slots(const KeyringContent& content, const std::string& folder, const Secret& secret) {
    TRY_ASSIGN(const Digest mac, mac_of_slots(content, secret));
    if (mac == content.slots_mac) return done();
    return Error{
        Code::corrupt,
        say("the slots of the keyring {} were changed by somebody who does not hold its secret; find out who, and bring the "
            "keyring back from a recovery kit",
            printable(folder))};
}

// The first slot that opens. An error other than wrong_key (no memory for Argon2id) is told as it is.
template <class Unwrap>
Result<UnlockedKeyring> open_any_slot(const KeyringContent& content, const std::string& folder, bool by_officer, Unwrap unwrap) {
    if (!content.is_custodian) return writer_cannot(folder);
    for (const StoredSlot& slot : content.slots) {
        auto secret = unwrap(slot_place(content, slot.info.number), slot);
        if (!secret.ok() && secret.error().code == Code::wrong_key) continue;
        if (!secret.ok()) return std::move(secret).error();
        if (x25519_public(*secret) != content.public_key) {
            return Error{Code::corrupt,
                         say("slot {} of the keyring {} holds another keyring's secret", slot.info.number, printable(folder))};
        }
        TRY(check_slots(content, folder, *secret));
        auto state = std::make_shared<UnlockedKeyring::State>();
        state->secret = std::move(*secret);
        state->slot = slot.info.number;
        state->by_officer = by_officer;
        state->family = content.family;
        state->suite = content.suite;
        for (const StoredLabel& label : content.labels) state->labels.emplace_back(label.id, label.epochs);
        return UnlockedKeyring(std::move(state));
    }
    const std::string where = printable(folder), slots = describe_slots(infos_of(content.slots));
    return Error{Code::wrong_key, by_officer
                                      ? say("this officer's key opens no slot of the keyring {}, which has {}", where, slots)
                                      : say("wrong passphrase: it opens no slot of the keyring {}, which has {}", where, slots)};
}

Status is_of_this_keyring(const KeyringContent& content, const UnlockedKeyring& unlocked) {
    if (opens_keyring(unlocked, content)) return done();
    return Error{Code::wrong_key, say("the keyring that was unlocked is another one")};
}

Status check_removable(const KeyringContent& content, const StoredSlot& slot, bool by_officer) {
    const std::uint32_t number = slot.info.number;
    if (content.slots.size() == 1) {
        return Error{Code::refused,
                     say("slot {} is the last one: without it nobody could open the keyring; add another first", number)};
    }
    const bool last_passphrase =
        is_passphrase(slot) && std::count_if(content.slots.begin(), content.slots.end(), is_passphrase) == 1;
    // That an officer's key opens it has just been seen when one did.
    if (!last_passphrase || by_officer) return done();
    return Error{Code::refused,
                 say("slot {} is the last one with a passphrase: without it only an officer's key would open "
                     "the keyring; add another first, or prove the officer's key by removing it with --officer-key",
                     number)};
}

// Which passphrase slot gets the new one.
Result<std::uint32_t> slot_to_change(const KeyringContent& content, const UnlockedKeyring& unlocked,
                                     std::optional<std::uint32_t> number) {
    if (!number && !unlocked.state().by_officer) return unlocked.state().slot;
    std::vector<SlotInfo> open;
    for (const StoredSlot& slot : content.slots) {
        if (is_passphrase(slot) && (!number || slot.info.number == *number)) open.push_back(slot.info);
    }
    if (open.size() == 1) return open.front().number;
    if (number) return Error{Code::not_found, say("the keyring has no passphrase in slot {}", *number)};
    if (open.empty()) {
        return Error{Code::usage, say("the keyring has no slot with a passphrase; add one with 'custody key slot add'")};
    }
    return Error{Code::usage, say("which passphrase is to change? give --slot N of one of these: {}", describe_slots(open))};
}

// One passphrase in two slots could not be taken back by removing one of them. Costs one Argon2id a slot.
Status check_passphrase_is_new(const KeyringContent& content, const Secret& passphrase, std::optional<std::uint32_t> changed) {
    for (const StoredSlot& slot : content.slots) {
        if (!is_passphrase(slot) || slot.info.number == changed) continue;
        const auto opened = unseal_with_passphrase(slot_place(content, slot.info.number), slot, passphrase);
        if (!opened.ok() && opened.error().code == Code::wrong_key) continue;
        if (!opened.ok()) return opened.error();
        return Error{Code::usage, say("the new passphrase is that of {} already: choose another, or removing one of the two "
                                      "would take nothing away",
                                      describe_slots({slot.info}))};
    }
    return done();
}

}  // namespace

std::vector<SlotInfo> infos_of(const std::vector<StoredSlot>& slots) {
    std::vector<SlotInfo> infos;
    for (const StoredSlot& slot : slots) infos.push_back(slot.info);
    return infos;
}

std::string describe_slots(const std::vector<SlotInfo>& slots) {
    std::string text;
    for (const SlotInfo& slot : slots) {
        std::string one;
        const bool has_note = !slot.note.empty() && slot.note != to_hex(slot.holder);
        if (slot.kind == "officer") {
            one = has_note ? say("slot {} (officer {}, {})", slot.number, printable(slot.note), short_fingerprint(slot.holder))
                           : say("slot {} (officer {})", slot.number, short_fingerprint(slot.holder));
        } else {
            one = has_note ? say("slot {} (passphrase: {})", slot.number, printable(slot.note))
                           : say("slot {} (passphrase)", slot.number);
        }
        text += (text.empty() ? "" : ", ") + one;
    }
    return text;
}

bool opens_keyring(const UnlockedKeyring& unlocked, const KeyringContent& content) {
    const UnlockedKeyring::State& state = unlocked.state();
    return content.is_custodian && state.family == content.family && !state.secret.empty() &&
           x25519_public(state.secret) == content.public_key;
}

std::vector<SlotInfo> Keyring::slots() const { return infos_of(content().slots); }

Result<UnlockedKeyring> Keyring::unlock(const Secret& passphrase) const {
    return open_any_slot(content(), folder(), false,
                         [&](auto place, auto& slot) { return unseal_with_passphrase(place, slot, passphrase); });
}

Result<UnlockedKeyring> Keyring::unlock_as_officer(const Secret& officer_secret) const {
    return open_any_slot(content(), folder(), true,
                         [&](auto place, auto& slot) { return unwrap_as_officer(place, slot, officer_secret); });
}

Result<std::uint32_t> Keyring::add_passphrase_slot(const UnlockedKeyring& unlocked, const Secret& passphrase, Argon2Cost cost,
                                                   std::string_view note) {
    TRY(is_of_this_keyring(content(), unlocked));
    TRY(check_passphrase_is_new(content(), passphrase, std::nullopt));
    const std::uint32_t number = content().next_slot;
    TRY_ASSIGN(StoredSlot slot, seal_for_passphrase(slot_place(content(), number), unlocked.state().secret, passphrase, cost));
    slot.info.note = note_text(note);
    TRY(add_slot(unlocked, std::move(slot)));
    return number;
}

Result<std::uint32_t> Keyring::add_officer_slot(const UnlockedKeyring& unlocked, const PublicKey& officer,
                                                std::string_view note) {
    TRY(is_of_this_keyring(content(), unlocked));
    for (const StoredSlot& known : content().slots) {
        if (known.info.kind != "officer" || known.info.holder != officer) continue;
        return Error{Code::exists, say("this officer has a slot already: {}", describe_slots({known.info}))};
    }
    const std::uint32_t number = content().next_slot;
    TRY_ASSIGN(StoredSlot slot, wrap_for_officer(slot_place(content(), number), unlocked.state().secret, officer));
    if (!note.empty()) slot.info.note = note_text(note);
    TRY(add_slot(unlocked, std::move(slot)));
    return number;
}

Status Keyring::add_slot(const UnlockedKeyring& unlocked, StoredSlot slot) {
    return change([&](KeyringContent& next) -> Status {
        next.slots.push_back(slot);
        ++next.next_slot;
        TRY_ASSIGN(next.slots_mac, mac_of_slots(next, unlocked.state().secret));
        return done();
    });
}

Status Keyring::remove_slot(const UnlockedKeyring& unlocked, std::uint32_t number) {
    TRY(is_of_this_keyring(content(), unlocked));
    return change([&](KeyringContent& next) -> Status {
        const auto found = std::find_if(next.slots.begin(), next.slots.end(),
                                        [&](const StoredSlot& slot) { return slot.info.number == number; });
        if (found == next.slots.end()) return Error{Code::not_found, say("the keyring has no slot {}", number)};
        TRY(check_removable(next, *found, unlocked.state().by_officer));
        next.slots.erase(found);
        return renew_pair(next, unlocked.state().secret);
    });
}

Status Keyring::change_passphrase(const UnlockedKeyring& unlocked, std::optional<std::uint32_t> number,
                                  const Secret& new_passphrase, Argon2Cost cost) {
    TRY(is_of_this_keyring(content(), unlocked));
    TRY_ASSIGN(const std::uint32_t chosen, slot_to_change(content(), unlocked, number));
    TRY(check_passphrase_is_new(content(), new_passphrase, chosen));
    TRY_ASSIGN(StoredSlot fresh,
               seal_for_passphrase(slot_place(content(), chosen), unlocked.state().secret, new_passphrase, cost));
    return change([&](KeyringContent& next) -> Status {
        for (StoredSlot& slot : next.slots) {
            if (slot.info.number != chosen) continue;
            fresh.info.note = slot.info.note;
            slot = fresh;
        }
        return renew_pair(next, unlocked.state().secret);
    });
}

Result<std::shared_ptr<const LabelSecrets>> UnlockedKeyring::secrets(const LabelId& label) const {
    for (const auto& opened : state_->opened) {
        if (opened->label == label) return opened;
    }
    for (const auto& [id, epochs] : state_->labels) {
        if (id != label) continue;
        auto secrets = std::make_shared<LabelSecrets>();
        secrets->label = label;
        for (const StoredEpoch& epoch : epochs) {
            auto secret = open_epoch(state_->suite, state_->family, label, epoch, state_->secret);
            if (!secret.ok()) return secret_does_not_open(epoch.number);
            secrets->by_epoch.emplace(epoch.number, std::move(*secret));
        }
        return std::shared_ptr<const LabelSecrets>(std::move(secrets));
    }
    return std::shared_ptr<const LabelSecrets>();
}

}  // namespace custody
