// Registered copies of keys, and what they owe to labels that were destroyed.
#include "base/text.h"
#include "vault/keys/key_making.h"

#include <algorithm>

namespace custody {
namespace {

bool owes(const CopyInfo& copy, const LabelId& label) {
    return std::find(copy.labels.begin(), copy.labels.end(), std::pair(label, false)) != copy.labels.end();
}

// Derived, never stored: the copies are the record.
DestroyedLabel described(const KeyringContent& content, const StoredDestruction& destroyed) {
    DestroyedLabel out{destroyed.label, destroyed.name, destroyed.when, "passed with exceptions", {}};
    for (const CopyInfo& copy : content.copies) {
        if (owes(copy, destroyed.label)) out.outstanding_copies.push_back(copy.number);
    }
    if (!out.outstanding_copies.empty()) out.state = "pending";
    return out;
}

}  // namespace

std::vector<DestroyedLabel> Keyring::destroyed_labels() const {
    std::vector<DestroyedLabel> all;
    for (const StoredDestruction& destroyed : content().destroyed) all.push_back(described(content(), destroyed));
    return all;
}

std::optional<DestroyedLabel> Keyring::destroyed(const LabelId& label) const {
    for (const StoredDestruction& destroyed : content().destroyed) {
        if (destroyed.label == label) return described(content(), destroyed);
    }
    return std::nullopt;
}

Result<std::uint32_t> Keyring::register_copy(std::string_view kind, std::string_view note) {
    const std::uint32_t number = content().next_copy;
    TRY(change([&](KeyringContent& next) {
        CopyInfo copy;
        copy.number = next.next_copy++;
        copy.kind = note_text(kind);
        copy.note = note_text(note);
        copy.made = clock().now();
        copy.keys_generation = next.generation;
        for (const StoredLabel& label : next.labels) copy.labels.emplace_back(label.id, false);
        next.copies.push_back(std::move(copy));
        return done();
    }));
    return number;
}

Status Keyring::destroy_label(const UnlockedKeyring& unlocked, std::string_view label_name) {
    const bool is_this_one = is_custodian() && x25519_public(unlocked.state().secret) == content().public_key;
    if (!is_this_one || unlocked.state().family != family()) {
        return Error{Code::wrong_key, say("the keyring that was unlocked is another one")};
    }
    return change([&](KeyringContent& next) -> Status {
        const auto found = std::find_if(next.labels.begin(), next.labels.end(),
                                        [&](const StoredLabel& label) { return label.name == label_name; });
        if (found == next.labels.end()) return Error{Code::usage, say("there is no label '{}'", printable(label_name))};
        next.destroyed.push_back({found->id, found->name, clock().now()});
        next.labels.erase(found);
        ++next.generation;
        return renew_pair(next, unlocked.state().secret);
    });
}

Status Keyring::settle_copy(std::uint32_t number, bool rewritten_without_label, std::string_view how) {
    return change([&](KeyringContent& next) -> Status {
        const auto copy =
            std::find_if(next.copies.begin(), next.copies.end(), [&](const CopyInfo& known) { return known.number == number; });
        if (copy == next.copies.end()) return Error{Code::not_found, say("no copy of keys has the number {}", number)};
        for (auto& [label, settled] : copy->labels) {
            const auto same = [&, id = label](const StoredDestruction& destroyed) { return destroyed.label == id; };
            const bool is_destroyed = std::any_of(next.destroyed.begin(), next.destroyed.end(), same);
            settled = settled || is_destroyed || !rewritten_without_label;
        }
        if (!how.empty()) copy->note = note_text(how);
        copy->proven.reset();  // what was rewritten has not been read back; what was destroyed never will be
        if (!rewritten_without_label) copy->destroyed = clock().now();
        return done();
    });
}

}  // namespace custody
