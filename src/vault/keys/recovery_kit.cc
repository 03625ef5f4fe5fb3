#include "vault/keys/recovery_kit.h"

#include "base/text.h"
#include "vault/keys/key_making.h"
#include "vault/keys/kit_file.h"

#include <algorithm>

namespace custody {
namespace {

WrapPlace kit_place(const KitHeader& header, std::uint32_t number) { return {header.suite, kKitPurpose, header.family, number}; }

Result<std::vector<StoredSlot>> wrap_kit_key(const KitHeader& header, const Secret& kit_key, const Secret& passphrase,
                                             const std::vector<PublicKey>& officers, Argon2Cost cost) {
    if (passphrase.empty() && officers.empty()) {
        return Error{Code::usage, say("a recovery kit needs a passphrase or an officer's key")};
    }
    std::vector<StoredSlot> slots;
    if (!passphrase.empty()) {
        TRY_ASSIGN(StoredSlot slot, wrap_with_passphrase(kit_place(header, 1), kit_key, passphrase, cost));
        slots.push_back(std::move(slot));
    }
    for (const PublicKey& officer : officers) {
        const auto number = static_cast<std::uint32_t>(slots.size() + 1);
        TRY_ASSIGN(StoredSlot slot, wrap_for_officer(kit_place(header, number), kit_key, officer));
        slots.push_back(std::move(slot));
    }
    return slots;
}

Result<Secret> unwrap_kit_key(const KitHeader& header, const KitOpener& opener) {
    for (const StoredSlot& slot : header.slots) {
        const WrapPlace place = kit_place(header, slot.info.number);
        auto key = opener.is_officer() ? unwrap_as_officer(place, slot, opener.secret())
                                       : unwrap_with_passphrase(place, slot, opener.secret());
        if (key.ok()) return key;
        if (key.error().code != Code::wrong_key) return std::move(key).error();
    }
    const std::string slots = describe_slots(infos_of(header.slots));
    return Error{Code::wrong_key,
                 opener.is_officer()
                     ? say("this officer's key opens no slot of recovery kit {}, which has {}", header.number, slots)
                     : say("wrong passphrase: it opens no slot of recovery kit {}, which has {}", header.number, slots)};
}

struct OpenedKit {
    ParsedKit parsed;
    Secret key;
    KitPayload payload;
};
Result<OpenedKit> open_kit(ByteView file, const KitOpener& opener) {
    OpenedKit kit;
    TRY_ASSIGN(kit.parsed, parse_kit(file));
    TRY_ASSIGN(kit.key, unwrap_kit_key(kit.parsed.header, opener));
    TRY_ASSIGN(kit.payload, open_kit_payload(kit.parsed, kit.key));
    return kit;
}

KitContents contents_of(const KitHeader& header, ByteView file) {
    KitContents contents;
    contents.number = header.number;
    contents.family = header.family;
    contents.made = header.made;
    contents.vaults = header.vaults;
    contents.fingerprint = sha256(file);
    contents.slots = infos_of(header.slots);
    return contents;
}

KitContents contents_of(const KitHeader& header, const KitPayload& payload, ByteView file) {
    KitContents contents = contents_of(header, file);
    for (const KitLabel& label : payload.labels) {
        contents.labels.push_back({label.id, label.name, label.epochs.rbegin()->first, true});
    }
    return contents;
}

Result<KitLabel> to_kit_label(const KeyringContent& content, const StoredLabel& label, const Secret& keyring_secret) {
    KitLabel out{label.id, label.name, label.chunk_id_key.clone(), label.gear_key.clone(), label.summary_key.clone(), {}};
    for (const StoredEpoch& epoch : label.epochs) {
        TRY_ASSIGN(Secret secret, open_epoch(content.suite, content.family, label.id, epoch, keyring_secret));
        out.epochs.emplace(epoch.number, std::move(secret));
    }
    return out;
}

Result<KitPayload> make_payload(const KeyringContent& content, const Secret& keyring_secret, const std::vector<CopyInfo>& own) {
    KitPayload payload;
    payload.generation = content.generation;
    for (const StoredLabel& label : content.labels) {
        TRY_ASSIGN(KitLabel kit_label, to_kit_label(content, label, keyring_secret));
        payload.labels.push_back(std::move(kit_label));
    }
    // The kit's form has no place to say that one is a writer; of writers that this keyring exported, the copies say it.
    for (const SignerInfo& signer : content.signers) {
        if (!signer.writer || is_registered_writer(content, signer)) payload.signers.push_back(signer);
    }
    for (const StoredSlot& slot : content.slots) {
        if (slot.info.kind != "officer") continue;
        const bool plain_note = slot.info.note == to_hex(slot.info.holder);
        payload.officers.push_back({slot.info.holder, plain_note ? std::string() : slot.info.note});
    }
    payload.destroyed = content.destroyed;
    payload.copies = content.copies;
    payload.copies.insert(payload.copies.end(), own.begin(), own.end());
    return payload;
}

Result<std::vector<std::pair<VaultId, RememberedHead>>> known_heads(const Keyring& keyring) {
    std::vector<std::pair<VaultId, RememberedHead>> heads;
    for (const VaultId& vault : keyring.known_vaults()) {
        TRY_ASSIGN(const auto head, keyring.remembered_head(vault));
        if (head) heads.emplace_back(vault, *head);
    }
    return heads;
}

Bytes fresh_salt() {
    Bytes salt(16);
    fill_random(salt);
    return salt;
}

// Every epoch of a keyring's label is in the kit, and its public half is the keyring's.
Status compare_label(const StoredLabel& ours, const KitLabel& theirs) {
    const bool same_writer_keys = equal_in_constant_time(ours.chunk_id_key.view(), theirs.chunk_id_key.view()) &&
                                  equal_in_constant_time(ours.gear_key.view(), theirs.gear_key.view()) &&
                                  equal_in_constant_time(ours.summary_key.view(), theirs.summary_key.view());
    bool same_secrets = true;
    for (const StoredEpoch& epoch : ours.epochs) {
        const auto secret = theirs.epochs.find(epoch.number);
        if (secret == theirs.epochs.end()) {
            return Error{Code::refused, say("the recovery kit is stale: it lacks epoch {} of label '{}'; export a new one",
                                            epoch.number, ours.name)};
        }
        same_secrets = same_secrets && x25519_public(secret->second) == epoch.public_key;
    }
    if (same_writer_keys && same_secrets) return done();
    return Error{Code::corrupt, say("the recovery kit's keys of label '{}' are not the keyring's; export a new one", ours.name)};
}

Error still_holds(const std::string& label, KitForm form) {
    return {Code::refused, form == KitForm::file
                               ? say("the recovery kit still holds the destroyed label '{}'; rewrite it with 'custody key "
                                     "settle KIT'",
                                     label)
                               : say("this page of the recovery kit still holds the destroyed label '{}': destroy the paper and "
                                     "what was typed from it, declare it with 'custody key settle --declared-destroyed', and "
                                     "print a new one with 'custody key export --recovery --page'",
                                     label)};
}

Status compare_kit(const KeyringContent& content, const OpenedKit& kit, KitForm form) {
    for (const StoredLabel& label : content.labels) {
        const auto found = std::find_if(kit.payload.labels.begin(), kit.payload.labels.end(),
                                        [&](const KitLabel& known) { return known.id == label.id; });
        if (found == kit.payload.labels.end()) {
            return Error{Code::refused, say("the recovery kit is stale: it lacks label '{}'; export a new one", label.name)};
        }
        TRY(compare_label(label, *found));
    }
    for (const KitLabel& label : kit.payload.labels) {
        for (const StoredDestruction& destroyed : content.destroyed) {
            if (destroyed.label != label.id) continue;
            return still_holds(label.name, form);
        }
    }
    return done();
}

Status is_of_family(const Keyring& keyring, const KitHeader& header) {
    if (header.family == keyring.family()) return done();
    return Error{Code::refused, say("recovery kit {} is of another keyring's family", header.number)};
}

// Numbers are given again by a keyring that came out of an older kit; number and time together are not.
bool is_registration_of(const CopyInfo& copy, const KitHeader& header) {
    return copy.kind == "kit" && copy.number == header.number && copy.made == header.made;
}

// A page with a label that these bytes lack was printed before the kit was rewritten.
bool is_page_of(const CopyInfo& copy, const OpenedKit& kit) {
    if (copy.destroyed || copy.made != kit.parsed.header.made || kit_of(copy) != kit.parsed.header.number) return false;
    return std::all_of(copy.labels.begin(), copy.labels.end(), [&](const auto& label) {
        return std::any_of(kit.payload.labels.begin(), kit.payload.labels.end(),
                           [&](const KitLabel& held) { return held.id == label.first; });
    });
}

// The registered copy that was read; null: none. Text that no page can have shown was made from the file.
CopyInfo* copy_that_was_read(std::vector<CopyInfo>& copies, const OpenedKit& kit, KitForm form) {
    CopyInfo* file = nullptr;
    for (CopyInfo& copy : copies) {
        if (form == KitForm::text && is_page_of(copy, kit)) return &copy;
        if (is_registration_of(copy, kit.parsed.header)) file = &copy;
    }
    return file;
}

Result<KeyringContent> content_out_of(const OpenedKit& kit, KitForm form, const Secret& secret, std::string_view host, Time now) {
    KeyringContent content;
    content.is_custodian = true;
    content.family = kit.parsed.header.family;
    content.suite = kit.parsed.header.suite;
    content.host = random_id<HostId>();
    content.host_name = note_text(host);
    content.created = now;
    content.signing_seed = Secret::random(kKeySize);
    content.public_key = x25519_public(secret);
    content.generation = kit.payload.generation;
    for (const KitLabel& label : kit.payload.labels) {
        StoredLabel stored{label.id, label.name, label.chunk_id_key.clone(), label.gear_key.clone(), label.summary_key.clone(),
                           {}};
        for (const auto& [number, label_secret] : label.epochs) {
            TRY_ASSIGN(StoredEpoch epoch, seal_epoch(content, label.id, number, label_secret));
            stored.epochs.push_back(std::move(epoch));
        }
        content.labels.push_back(std::move(stored));
    }
    content.signers = kit.payload.signers;
    content.signers.push_back({signer_id(content.signing_seed), content.host_name, now});
    content.destroyed = kit.payload.destroyed;
    content.copies = kit.payload.copies;
    for (const CopyInfo& copy : content.copies) content.next_copy = std::max(content.next_copy, copy.number + 1);
    if (CopyInfo* const read = copy_that_was_read(content.copies, kit, form)) read->proven = now;  // this very import proves it
    return content;
}

Status add_slots(KeyringContent& content, const KitPayload& payload, const Secret& secret, const Secret& passphrase,
                 Argon2Cost cost) {
    const auto place = [&] { return WrapPlace{content.suite, kSlotPurpose, content.family, content.next_slot}; };
    TRY_ASSIGN(StoredSlot first, seal_for_passphrase(place(), secret, passphrase, cost));
    content.slots.push_back(std::move(first));
    ++content.next_slot;
    for (const KitOfficer& officer : payload.officers) {
        TRY_ASSIGN(StoredSlot slot, wrap_for_officer(place(), secret, officer.key));
        if (!officer.note.empty()) slot.info.note = note_text(officer.note);
        content.slots.push_back(std::move(slot));
        ++content.next_slot;
    }
    TRY_ASSIGN(content.slots_mac, mac_of_slots(content, secret));
    return done();
}

// What it still opens it owes, whatever was declared of it, or done with another file of its number. False: it owed that before.
bool owes_again(const KeyringContent& content, const KitPayload& payload, CopyInfo& copy) {
    bool any = false;
    for (auto& [label, settled] : copy.labels) {
        const auto in_kit = [&, id = label](const KitLabel& each) { return each.id == id; };
        const auto gone = [&, id = label](const StoredDestruction& each) { return each.label == id; };
        if (!settled || std::none_of(payload.labels.begin(), payload.labels.end(), in_kit) ||
            std::none_of(content.destroyed.begin(), content.destroyed.end(), gone)) {
            continue;
        }
        settled = false;
        any = true;
    }
    return any;
}

// A copy that was settled, and still opens destroyed labels: their destruction is pending again.
Status take_back_settled(Keyring& keyring, const OpenedKit& kit, KitForm form) {
    std::vector<CopyInfo> copies = keyring.copies();
    CopyInfo* const known = copy_that_was_read(copies, kit, form);
    if (known == nullptr || !owes_again(keyring.content(), kit.payload, *known)) return done();
    TRY(keyring.change([&](KeyringContent& next) {
        if (CopyInfo* const copy = copy_that_was_read(next.copies, kit, form)) {
            static_cast<void>(owes_again(next, kit.payload, *copy));
        }
        return done();
    }));
    if (!known->destroyed || form != KitForm::file) return done();
    return Error{
        Code::refused,
        say("recovery kit {} was declared destroyed on {}, and here it is, and opens destroyed labels, which are pending "
            "again: rewrite it with 'custody key settle KIT'",
            known->number, to_rfc3339_local(*known->destroyed))};
}

}  // namespace

Secret make_kit_passphrase() {
    constexpr std::string_view kLetters = "abcdefghjkmnpqrstvwxyz0123456789";
    constexpr std::size_t kGroups = 4, kGroupSize = 4;
    const Secret random = Secret::random(kGroups * kGroupSize);
    Secret passphrase(kGroups * (kGroupSize + 1) - 1);
    auto out = passphrase.mutable_view().begin();
    for (std::size_t i = 0; i < random.size(); ++i) {
        if (i > 0 && i % kGroupSize == 0) *out++ = '-';
        *out++ = static_cast<Byte>(kLetters[random.view()[i] % kLetters.size()]);  // 32 letters: no bias
    }
    return passphrase;
}

Result<ExportedKit> export_kit(Keyring& keyring, const UnlockedKeyring& unlocked, const Secret& kit_passphrase,
                               const std::vector<PublicKey>& officers, Argon2Cost cost, bool with_page) {
    const KeyringContent& content = keyring.content();
    if (!opens_keyring(unlocked, content)) {
        return Error{Code::wrong_key, say("the keyring that was unlocked is another one")};
    }
    CopyInfo own;
    own.number = content.next_copy;
    own.kind = "kit";
    own.made = keyring.clock().now();
    own.keys_generation = content.generation;
    for (const StoredLabel& label : content.labels) own.labels.emplace_back(label.id, false);
    std::vector<CopyInfo> copies = {own};
    if (with_page) {
        CopyInfo page = own;
        ++page.number;
        page.kind = "page";
        page.note = note_of_page(own.number, {});
        copies.push_back(std::move(page));
    }

    KitHeader header{own.number, content.family, content.suite, own.made, fresh_salt(), {}, {}};
    TRY_ASSIGN(header.vaults, known_heads(keyring));
    const Secret kit_key = Secret::random(kKeySize);
    TRY_ASSIGN(header.slots, wrap_kit_key(header, kit_key, kit_passphrase, officers, cost));
    TRY_ASSIGN(const KitPayload payload, make_payload(content, unlocked.state().secret, copies));
    ExportedKit kit;
    TRY_ASSIGN(kit.file, encode_kit(header, payload, kit_key));
    kit.contents = contents_of(header, payload, kit.file);
    if (with_page) kit.page = copies.back().number;
    // Registered before it is handed out: a copy that nobody knows of could never be called in.
    TRY(keyring.change([&](KeyringContent& next) {
        next.next_copy = copies.back().number + 1;
        next.copies.insert(next.copies.end(), copies.begin(), copies.end());
        return done();
    }));
    return kit;
}

Result<KitContents> describe_kit(ByteView file) {
    TRY_ASSIGN(const ParsedKit kit, parse_kit(file));
    return contents_of(kit.header, file);
}

Result<KitContents> check_kit(Keyring& keyring, ByteView file, const KitOpener& opener, KitForm form) {
    TRY_ASSIGN(const OpenedKit kit, open_kit(file, opener));
    const KitHeader& header = kit.parsed.header;
    TRY(is_of_family(keyring, header));
    TRY(take_back_settled(keyring, kit, form));
    TRY(compare_kit(keyring.content(), kit, form));
    TRY(keyring.change([&](KeyringContent& next) -> Status {
        CopyInfo* const copy = copy_that_was_read(next.copies, kit, form);
        if (copy == nullptr) {
            return Error{Code::refused,
                         say("recovery kit {} is not registered in this keyring; export a new one", header.number)};
        }
        copy->proven = keyring.clock().now();
        copy->keys_generation = next.generation;  // every key was compared: it is as new as the keyring
        return done();
    }));
    return contents_of(header, kit.payload, file);
}

Result<Keyring> import_kit(FileSystem& files, const Clock& clock, const std::string& folder, ByteView file,
                           const KitOpener& opener, const Secret& new_passphrase, Argon2Cost cost, std::string host,
                           std::string* set_aside, KitForm form) {
    TRY(Keyring::check_replaceable(files, clock, folder));
    TRY_ASSIGN(const OpenedKit kit, open_kit(file, opener));
    const Secret secret = make_x25519_secret();
    TRY_ASSIGN(KeyringContent content, content_out_of(kit, form, secret, host, clock.now()));
    TRY(add_slots(content, kit.payload, secret, new_passphrase, cost));
    // Heads first: once `keyring` is there, everything is.
    for (const auto& [vault, head] : kit.parsed.header.vaults) TRY(write_head(files, folder, vault, head));
    TRY_ASSIGN(const std::string aside, Keyring::set_aside_damaged(files, clock, folder));
    if (set_aside != nullptr) *set_aside = aside;
    return Keyring::create_with(files, clock, folder, std::move(content));
}

Result<Bytes> rewrite_kit(const Keyring& keyring, ByteView file, const KitOpener& opener) {
    TRY_ASSIGN(OpenedKit kit, open_kit(file, opener));
    KitHeader header = kit.parsed.header;
    TRY(is_of_family(keyring, header));
    const auto is_destroyed = [&](const KitLabel& label) { return keyring.destroyed(label.id).has_value(); };
    auto& labels = kit.payload.labels;
    labels.erase(std::remove_if(labels.begin(), labels.end(), is_destroyed), labels.end());
    kit.payload.destroyed = keyring.content().destroyed;
    header.salt = fresh_salt();  // another payload key: nonce 0 is used again
    return encode_kit(header, kit.payload, kit.key);
}

}  // namespace custody
