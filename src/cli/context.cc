#include "cli/context.h"

#include "base/text.h"

#include <algorithm>
#include <cctype>

namespace custody {
namespace {

bool is_id_or_prefix(const std::string& reference) {
    return std::all_of(reference.begin(), reference.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
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

Result<Repository> Context::open_vault_to_read() {
    TRY_ASSIGN(const std::string reference, vault_reference());
    TRY_ASSIGN(Keyring * with, keyring());
    TRY_ASSIGN(Repository repository, open_vault(reference, with, OpenOptions{.tolerate_damage = true}));
    for (const LedgerDamage& damage : repository.ledger_damage()) {
        progress_.warn(say("{} is damaged: {}; what is left of it is used", damage.object, damage.problem));
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

Result<UnlockedKeyring> Context::unlock() {
    TRY_ASSIGN(const Keyring* with, keyring());
    if (!with->is_custodian()) {
        return Error{Code::wrong_key, say("the keyring {} holds writer keys only: use the custodian's keyring or a recovery kit",
                                          settings_.keyring)};
    }
    TRY_ASSIGN(const Secret passphrase,
               passphrases_.existing(PassphraseKind::keyring, say("Passphrase of the keyring {}: ", settings_.keyring)));
    return with->unlock(passphrase);
}

Result<Repository::Listed> Context::find_snapshot(Repository& repository, const std::string& reference) {
    TRY_ASSIGN(Repository::Listed found, repository.find_snapshot(reference));
    if (!is_id_or_prefix(reference)) {
        progress_.note(say("{} is snapshot {}: {}", reference, short_id(found.snapshot.id), title_of(found.snapshot)));
    }
    return found;
}

std::string title_of(const Snapshot& snapshot) {
    return printable(snapshot.summary.label + "/" + snapshot.summary.name) + " " + human_time(snapshot.summary.time);
}

}  // namespace custody
