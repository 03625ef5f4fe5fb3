// Slots: who can open the keyring's secret.
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

UnlockedKeyring unlocked_with(const KeyringContent& content, Secret secret) {
    auto state = std::make_shared<UnlockedKeyring::State>();
    state->secret = std::move(secret);
    state->family = content.family;
    state->suite = content.suite;
    for (const StoredLabel& label : content.labels) state->labels.emplace_back(label.id, label.epochs);
    return UnlockedKeyring(std::move(state));
}

struct OpenedSlot {
    std::uint32_t number = 0;
    Secret secret;
};

// The first slot that opens. An error other than wrong_key (no memory for Argon2id) is told as it is.
template <class Unwrap>
Result<OpenedSlot> open_any_slot(const KeyringContent& content, const std::string& folder, std::string_view wrong,
                                 Unwrap unwrap) {
    if (!content.is_custodian) return writer_cannot(folder);
    for (const StoredSlot& slot : content.slots) {
        auto secret = unwrap(slot_place(content, slot.info.number), slot);
        if (secret.ok()) {
            if (x25519_public(*secret) == content.public_key) return OpenedSlot{slot.info.number, std::move(*secret)};
            return Error{Code::corrupt,
                         say("slot {} of the keyring {} holds another keyring's secret", slot.info.number, printable(folder))};
        }
        if (secret.error().code != Code::wrong_key) return std::move(secret).error();
    }
    return Error{Code::wrong_key, say(wrong, printable(folder))};
}

Result<OpenedSlot> open_by_passphrase(const KeyringContent& content, const std::string& folder, const Secret& passphrase) {
    return open_any_slot(content, folder, "wrong passphrase: no slot of the keyring {} opens with it",
                         [&](auto place, auto& slot) { return unwrap_with_passphrase(place, slot, passphrase); });
}

Status is_of_this_keyring(const KeyringContent& content, const UnlockedKeyring& unlocked) {
    const auto& state = unlocked.state();
    if (content.is_custodian && state.family == content.family && x25519_public(state.secret) == content.public_key)
        return done();
    return Error{Code::wrong_key, say("the keyring that was unlocked is another one")};
}

}  // namespace

std::vector<SlotInfo> Keyring::slots() const {
    std::vector<SlotInfo> infos;
    for (const StoredSlot& slot : content().slots) infos.push_back(slot.info);
    return infos;
}

Result<UnlockedKeyring> Keyring::unlock(const Secret& passphrase) const {
    TRY_ASSIGN(OpenedSlot opened, open_by_passphrase(content(), folder(), passphrase));
    return unlocked_with(content(), std::move(opened.secret));
}

Result<UnlockedKeyring> Keyring::unlock_as_officer(const Secret& officer_secret) const {
    TRY_ASSIGN(OpenedSlot opened,
               open_any_slot(content(), folder(), "this officer's key opens no slot of the keyring {}",
                             [&](auto place, auto& slot) { return unwrap_as_officer(place, slot, officer_secret); }));
    return unlocked_with(content(), std::move(opened.secret));
}

Result<std::uint32_t> Keyring::add_passphrase_slot(const UnlockedKeyring& unlocked, const Secret& passphrase, Argon2Cost cost,
                                                   std::string_view note) {
    TRY(is_of_this_keyring(content(), unlocked));
    const std::uint32_t number = content().next_slot;
    TRY_ASSIGN(StoredSlot slot, wrap_with_passphrase(slot_place(content(), number), unlocked.state().secret, passphrase, cost));
    slot.info.note = note_text(note);
    TRY(change([&](KeyringContent& next) {
        next.slots.push_back(slot);
        ++next.next_slot;
        return done();
    }));
    return number;
}

Result<std::uint32_t> Keyring::add_officer_slot(const UnlockedKeyring& unlocked, const PublicKey& officer,
                                                std::string_view note) {
    TRY(is_of_this_keyring(content(), unlocked));
    const std::uint32_t number = content().next_slot;
    TRY_ASSIGN(StoredSlot slot, wrap_for_officer(slot_place(content(), number), unlocked.state().secret, officer));
    if (!note.empty()) slot.info.note = note_text(note);
    TRY(change([&](KeyringContent& next) {
        next.slots.push_back(slot);
        ++next.next_slot;
        return done();
    }));
    return number;
}

Status Keyring::remove_slot(const UnlockedKeyring& unlocked, std::uint32_t number) {
    TRY(is_of_this_keyring(content(), unlocked));
    return change([&](KeyringContent& next) -> Status {
        const auto found = std::find_if(next.slots.begin(), next.slots.end(),
                                        [&](const StoredSlot& slot) { return slot.info.number == number; });
        if (found == next.slots.end()) return Error{Code::not_found, say("the keyring has no slot {}", number)};
        if (next.slots.size() == 1) {
            return Error{Code::refused,
                         say("slot {} is the last one: without it nobody could open the keyring; add another first", number)};
        }
        const auto is_passphrase = [](const StoredSlot& slot) { return slot.info.kind == "passphrase"; };
        if (is_passphrase(*found) && std::count_if(next.slots.begin(), next.slots.end(), is_passphrase) == 1) {
            return Error{Code::refused,
                         say("slot {} is the last one with a passphrase: without it only an officer's key would open "
                             "the keyring; add another first",
                             number)};
        }
        next.slots.erase(found);
        return done();
    });
}

Status Keyring::change_passphrase(const Secret& old_passphrase, const Secret& new_passphrase, Argon2Cost cost) {
    TRY_ASSIGN(const OpenedSlot opened, open_by_passphrase(content(), folder(), old_passphrase));
    TRY_ASSIGN(StoredSlot fresh, wrap_with_passphrase(slot_place(content(), opened.number), opened.secret, new_passphrase, cost));
    return change([&](KeyringContent& next) {
        for (StoredSlot& slot : next.slots) {
            if (slot.info.number != opened.number) continue;
            fresh.info.note = slot.info.note;
            slot = fresh;
        }
        return done();
    });
}

Result<std::shared_ptr<const LabelSecrets>> UnlockedKeyring::secrets(const LabelId& label) const {
    for (const auto& [id, epochs] : state_->labels) {
        if (id != label) continue;
        auto secrets = std::make_shared<LabelSecrets>();
        secrets->label = label;
        for (const StoredEpoch& epoch : epochs) {
            auto secret = open_epoch(state_->suite, state_->family, label, epoch, state_->secret);
            if (!secret.ok()) {
                return Error{Code::corrupt, say("the keyring's secret of epoch {} of a label does not open; bring the keyring "
                                                "back from a recovery kit",
                                                epoch.number)};
            }
            secrets->by_epoch.emplace(epoch.number, std::move(*secret));
        }
        return std::shared_ptr<const LabelSecrets>(std::move(secrets));
    }
    return std::shared_ptr<const LabelSecrets>();
}

}  // namespace custody
