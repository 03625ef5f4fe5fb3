// Registered copies of keys, and what they owe to labels that were destroyed.
#include "base/text.h"
#include "vault/keys/key_making.h"
#include "vault/keys/keyring_file.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::uint32_t kCondemnedMode = 0600, kCondemnedFolderMode = 0700;

// An empty file: its name says it.
std::string condemned_path(const std::string& folder, const LabelId& label) {
    return join_path(join_path(folder, "condemned"), label.hex());
}

constexpr std::string_view kSignerNote = "signer ";

// The signer first, so that it stays when the rest is replaced.
std::string note_of_keyring(const SignerId& signer, std::string_view rest) {
    std::string note = std::string(kSignerNote) + signer.hex();
    if (!rest.empty()) note += ": " + std::string(rest);
    return note_text(note);
}

// The registered copy of the keyring that writes with `signer`.
CopyInfo* find_keyring(KeyringContent& content, const SignerId& signer) {
    for (CopyInfo& copy : content.copies) {
        if (signer_of(copy) == signer) return &copy;
    }
    return nullptr;
}

// It owes `label` from now on, unless it was declared destroyed before.
void register_keyring(KeyringContent& content, const SignerInfo& signer, const LabelId& label, Time now) {
    CopyInfo* known = find_keyring(content, signer.id);
    if (known == nullptr) {
        CopyInfo copy;
        copy.number = content.next_copy++;
        copy.kind = "keyring";
        copy.note = note_of_keyring(signer.id, signer.host);
        copy.made = now;
        copy.keys_generation = content.generation;
        content.copies.push_back(std::move(copy));
        known = &content.copies.back();
    }
    const auto is_it = [&](const auto& each) { return each.first == label; };
    if (known->destroyed || std::any_of(known->labels.begin(), known->labels.end(), is_it)) return;
    known->labels.emplace_back(label, false);
}

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

std::optional<SignerId> signer_of(const CopyInfo& copy) {
    const std::string_view note = copy.note;
    if (copy.kind != "keyring" || !note.starts_with(kSignerNote)) return std::nullopt;
    return SignerId::from_hex(note.substr(kSignerNote.size(), 2 * SignerId::size));
}

Status Keyring::condemn(const LabelId& label) {
    FileSystem& files = *state_->files;
    const std::string path = condemned_path(folder(), label);
    const auto known = files.info(path);
    if (known.ok() || known.error().code != Code::not_found) return known.ok() ? done() : Status(known.error());
    TRY(make_directories(files, parent_path(path), kCondemnedFolderMode, Owner::folder));
    const auto made = files.create(path, kCondemnedMode);
    if (!made.ok()) return made.error().code == Code::exists ? done() : Status(made.error());
    TRY((*made)->own_as_folder());
    return files.sync_directory(parent_path(path));
}

Result<std::vector<LabelInfo>> Keyring::condemned_labels() const {
    std::vector<LabelInfo> condemned;
    for (LabelInfo& label : labels()) {
        const auto known = state_->files->info(condemned_path(folder(), label.id));
        if (known.ok()) condemned.push_back(std::move(label));
        if (!known.ok() && known.error().code != Code::not_found) return known.error();
    }
    return condemned;
}

Status Keyring::settle_keyrings(const std::map<LabelId, std::set<SignerId>>& destroyers) {
    const auto settle = [&](KeyringContent& next) {
        bool any = false;
        for (CopyInfo& copy : next.copies) {
            const auto signer = signer_of(copy);
            if (!signer) continue;
            for (auto& [label, settled] : copy.labels) {
                const auto who = destroyers.find(label);
                if (settled || who == destroyers.end() || !who->second.contains(*signer)) continue;
                settled = any = true;
            }
        }
        return any;
    };
    KeyringContent tried = content().clone();
    if (!settle(tried)) return done();
    return change([&](KeyringContent& next) {
        static_cast<void>(settle(next));
        return done();
    });
}

Status Keyring::destroy_label(const UnlockedKeyring& unlocked, std::string_view label_name,
                              const std::vector<SignerInfo>& others) {
    const bool is_this_one = is_custodian() && x25519_public(unlocked.state().secret) == content().public_key;
    if (!is_this_one || unlocked.state().family != family()) {
        return Error{Code::wrong_key, say("the keyring that was unlocked is another one")};
    }
    return change([&](KeyringContent& next) -> Status {
        const auto found = std::find_if(next.labels.begin(), next.labels.end(),
                                        [&](const StoredLabel& label) { return label.name == label_name; });
        if (found == next.labels.end()) return Error{Code::usage, say("there is no label '{}'", printable(label_name))};
        for (const SignerInfo& other : others) register_keyring(next, other, found->id, clock().now());
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
        const auto signer = signer_of(*copy);
        if (!how.empty()) copy->note = signer ? note_of_keyring(*signer, how) : note_text(how);
        copy->proven.reset();  // what was rewritten has not been read back; what was destroyed never will be
        if (!rewritten_without_label) copy->destroyed = clock().now();
        return done();
    });
}

}  // namespace custody
