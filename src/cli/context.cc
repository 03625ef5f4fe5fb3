#include "cli/context.h"

#include "base/text.h"
#include "cli/key_file.h"
#include "cli/terminal.h"
#include "vault/closed_labels.h"
#include "vault/keys/unlocked_labels.h"
#include "vault/lacking_keys.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace custody {
namespace {

// Before a passphrase is asked for that could open nothing.
Status check_passphrase_opens(const std::vector<SlotInfo>& slots, const std::string& what) {
    const auto is_passphrase = [](const SlotInfo& slot) { return slot.kind == "passphrase"; };
    if (std::any_of(slots.begin(), slots.end(), is_passphrase)) return done();
    return Error{Code::wrong_key,
                 say("{} opens with an officer's key only: name the officer's file with --officer-key; it has {}", what,
                     describe_slots(slots))};
}

}  // namespace

Result<bool> Context::keyring_exists() const { return Keyring::exists(files(), settings_.keyring); }

Result<Keyring*> Context::keyring() {
    if (keyring_) return keyring_.get();
    TRY_ASSIGN(const bool exists, keyring_exists());
    if (!exists) {
        return Error{Code::not_found,
                     say("no keyring in {}: make one with 'custody init', bring one back with 'custody key import KIT', or name "
                         "another folder with --keyring",
                         settings_.keyring)};
    }
    TRY_ASSIGN(Keyring opened, Keyring::open(files(), clock(), settings_.keyring));
    return &adopt(std::move(opened));
}

Keyring& Context::adopt(Keyring keyring) {
    keyring_ = std::make_unique<Keyring>(std::move(keyring));
    return *keyring_;
}

Result<std::string> Context::vault_reference() const {
    if (!settings_.vault.empty()) return settings_.vault;
    return Error{Code::usage, say("no vault named: give --vault, set CUSTODY_VAULT, or list a [[medium]] in the configuration")};
}

Result<Repository> Context::open_vault() {
    TRY_ASSIGN(const std::string reference, vault_reference());
    TRY_ASSIGN(Keyring * with, keyring());
    return open_vault(reference, with);
}

Result<Repository> Context::open_vault_to_read(std::optional<VaultId> elsewhere) {
    TRY_ASSIGN(const std::string reference, vault_reference());
    TRY_ASSIGN(Keyring * with, keyring());
    TRY_ASSIGN(Repository repository, open_vault(reference, with, OpenOptions{true, elsewhere}));
    for (const LedgerDamage& damage : repository.ledger_damage()) {
        if (repository.lost_head() && damage.object == "ledger") {
            progress_.warn(damage.problem);  // sound, only older: said as every command says it
            continue;
        }
        progress_.warn(names_its_object(damage.object, damage.problem)
                           ? damage.problem
                           : say("{} is damaged: {}; what is left of it is used", damage.object, damage.problem));
    }
    return repository;
}

Result<Repository> Context::open_vault(const std::string& reference, Keyring* with, OpenOptions options) {
    TRY_ASSIGN(Repository repository, Repository::open(files(), clock(), reference, with, options));
    for (const std::string& line : repository.take_warnings()) progress_.warn(line);
    if (with != nullptr && !repository.head_witnessed()) {
        progress_.note(say("note: this host sees {} for the first time: that nothing was cut off its end cannot be told",
                           repository.store().location()));
    }
    return repository;
}

Result<Repository> Context::open_relative(const std::string& reference, const Repository& first) {
    TRY_ASSIGN(Keyring * with, keyring());
    auto opened = open_vault(reference, with);
    if (opened.ok() || opened.error().code != Code::wrong_key) return opened;
    return Error{Code::refused, say("{} and {} were made with different keyrings: copying and healing stay within one family",
                                    printable(reference), printable(first.store().location()))};
}

Result<const OfficerKey*> Context::officer_key_for(const std::vector<SlotInfo>& slots, const std::string& what) {
    const std::string& path = settings_.officer_key;
    TRY_ASSIGN(const Bytes file, read_officer_file(files(), path));
    auto identity = read_officer_identity(file);
    if (!identity.ok()) return at_file(path, identity.error());
    const auto is_his = [&](const SlotInfo& slot) { return slot.kind == "officer" && slot.holder == identity->sealing; };
    if (std::none_of(slots.begin(), slots.end(), is_his)) {
        return Error{Code::wrong_key, say("the key of officer {} ({}) opens no slot of {}, which has {}", identity->name,
                                          short_fingerprint(identity->sealing), what, describe_slots(slots))};
    }
    if (officer_) return &*officer_;
    TRY_ASSIGN(const Secret passphrase,
               passphrases_.existing(PassphraseKind::officer, say("Passphrase of the key of officer {}: ", identity->name)));
    auto opened = open_officer_key(file, passphrase);
    if (!opened.ok() && opened.error().code == Code::wrong_key) {
        return Error{Code::wrong_key,
                     say("{}: {}; {} has {}", printable(path), opened.error().message, what, describe_slots(slots))};
    }
    if (!opened.ok()) return at_file(path, opened.error());
    officer_ = std::move(*opened);
    return &*officer_;
}

Result<UnlockedKeyring> Context::unlock(const std::string& prompt) {
    TRY_ASSIGN(const Keyring* with, keyring());
    if (!with->is_custodian()) {
        return Error{Code::wrong_key, say("the keyring {} holds writer keys only: use the custodian's keyring or a recovery kit",
                                          settings_.keyring)};
    }
    const std::string what = say("the keyring {}", printable(settings_.keyring));
    if (!settings_.officer_key.empty()) {
        TRY_ASSIGN(const OfficerKey* officer, officer_key_for(with->slots(), what));
        return with->unlock_as_officer(officer->sealing_secret);
    }
    TRY(check_passphrase_opens(with->slots(), what));
    TRY_ASSIGN(const Secret passphrase,
               passphrases_.existing(PassphraseKind::keyring,
                                     prompt.empty() ? say("Passphrase of the keyring {}: ", settings_.keyring) : prompt));
    return with->unlock(passphrase);
}

bool Context::can_unlock() const {
    return !settings_.officer_key.empty() || passphrases_.is_given(PassphraseKind::keyring) || Terminal::open() != nullptr;
}

Result<UnlockedKeyring> Context::unlock_labels(const std::vector<LabelId>& labels) {
    if (settings_.officer_key.empty() && !passphrases_.is_given(PassphraseKind::keyring)) {
        TRY_ASSIGN(const Keyring* with, keyring());
        TRY_ASSIGN(auto unlocked, open_with_unlocked(*with, labels));
        if (unlocked) return std::move(*unlocked);
    }
    return unlock();
}

Result<KitKey> Context::kit_key(const KitContents& kit, const std::string& prompt) {
    std::vector<SlotInfo> slots = kit.slots;
    // A kit names its officers by their keys only; the keyring knows who they are.
    for (SlotInfo& slot : slots) {
        if (!keyring_ || slot.kind != "officer") continue;
        for (const SlotInfo& known : keyring_->slots()) {
            if (known.kind == "officer" && known.holder == slot.holder) slot.note = known.note;
        }
    }
    const std::string what = say("recovery kit {}", kit.number);
    KitKey key;
    if (!settings_.officer_key.empty()) {
        TRY_ASSIGN(key.officer, officer_key_for(slots, what));
        return key;
    }
    TRY(check_passphrase_opens(slots, what));
    TRY_ASSIGN(key.passphrase, passphrases_.existing(PassphraseKind::kit, prompt));
    return key;
}

Status Context::check_label(const std::string& name) {
    TRY_ASSIGN(const Keyring* with, keyring());
    const auto keys = with->writer_keys(name);
    if (keys.ok()) return done();
    for (const DestroyedLabel& label : with->destroyed_labels()) {
        if (label.name == name) return Error{Code::wrong_key, why_closed({label.label, label.name, label.when, false, {}})};
    }
    return keys.error();
}

Result<Repository::Listed> Context::find_snapshot(Repository& repository, const std::string& reference) {
    std::set<std::string> others;
    TRY_ASSIGN(Repository::Listed found, repository.find_snapshot(reference, &others));
    if (is_id_or_prefix(reference)) return found;
    progress_.note(say("{} is snapshot {}: {}", reference, short_id(found.snapshot.id), title_of(found.snapshot)));
    TRY_ASSIGN(const std::vector<std::string> notes, notes_on_keys(repository, found));
    for (const std::string& note : notes) progress_.note(note);
    if (!others.empty()) {
        progress_.note(
            say("note: there are snapshots of that name under other labels too ({}): name one of those by its id, as "
                "'custody snapshots --name {}' lists it",
                printable_list(others), printable(found.snapshot.summary.name)));
    }
    return found;
}

bool is_id_or_prefix(const std::string& reference) {
    const auto is_digit = [](unsigned char c) { return std::isxdigit(c) != 0; };
    return !reference.empty() && std::all_of(reference.begin(), reference.end(), is_digit);
}

bool names_its_object(const std::string& object, const std::string& problem) { return problem.starts_with(object + " "); }

std::string title_of(const Snapshot& snapshot) {
    return printable(snapshot.summary.label + "/" + snapshot.summary.name) + " " + human_time(snapshot.summary.time);
}

}  // namespace custody
