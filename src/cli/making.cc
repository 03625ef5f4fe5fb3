#include "cli/making.h"

#include "base/host_name.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/key_commands.h"
#include "vault/keys/key_destruction.h"
#include "vault/store/vault_header.h"

#include <algorithm>

namespace custody {
namespace {

Result<Suite> parse_suite(const std::string& word) {
    if (word.empty() || word == "standard") return Suite::standard;
    if (word == "modern") return Suite::modern;
    return Error{Code::usage, say("unknown suite '{}': use standard or modern", word)};
}

std::string_view suite_word(Suite suite) { return suite == Suite::standard ? "standard" : "modern"; }

// Officers' keys open the kit; without them a passphrase of its own.
Result<Secret> ask_kit_passphrase(Context& context, const KitRequest& request) {
    if (!request.officers.empty()) return Secret();
    TRY_ASSIGN(Passphrases::Chosen chosen,
               context.passphrases().chosen_or_made(
                   PassphraseKind::kit, say("New passphrase for this recovery kit (empty: one is made and shown once): ")));
    if (!chosen.weak.empty()) context.progress().warn(chosen.weak);
    return std::move(chosen.secret);
}

bool is_carried(const std::string& label, const std::vector<std::string>& labels) {
    return labels.empty() || std::find(labels.begin(), labels.end(), label) != labels.end();
}

Status check_not_carried(const std::vector<LabelInfo>& destroyed, const std::vector<std::string>& labels) {
    for (const LabelInfo& label : destroyed) {
        if (!is_carried(label.name, labels)) continue;
        return Error{Code::refused,
                     say("label {} was destroyed, as the ledger of a vault says, and this keyring still holds its keys: nothing "
                         "that carries them is exported; finish it with 'custody key destroy --label {}'",
                         label.name, label.name)};
    }
    return done();
}

}  // namespace

Result<bool> open_or_make_keyring(Context& context, const std::string& suite_given, std::vector<std::string>& warnings) {
    TRY_ASSIGN(const Suite suite, parse_suite(suite_given));
    TRY_ASSIGN(const bool exists, context.keyring_exists());
    if (exists) {
        TRY_ASSIGN(const Keyring* keyring, context.keyring());
        if (suite_given.empty() || keyring->suite() == suite) return false;
        return Error{Code::usage, say("the keyring {} is of suite {}: its vaults are too; name another keyring for suite {}",
                                      keyring->folder(), suite_word(keyring->suite()), suite_given)};
    }
    const std::string& folder = context.settings().keyring;
    TRY_ASSIGN(
        const Passphrases::Chosen chosen,
        context.passphrases().chosen(PassphraseKind::keyring, say("New passphrase for the keyring {}: ", printable(folder))));
    if (!chosen.weak.empty()) warnings.push_back(chosen.weak);
    TRY_ASSIGN(Keyring made,
               Keyring::create(context.files(), context.clock(), folder, suite, host_name(), chosen.secret, Argon2Cost{}));
    context.adopt(std::move(made));
    return true;
}

Result<MadeVault> make_vault(Context& context, const std::string& reference, const std::string& suite) {
    TRY_ASSIGN(const std::string path, parse_vault_reference(reference));
    TRY(check_outside_vaults(parent_path(path), context.settings().keyring));
    TRY(check_apart(context.settings().keyring, path));
    TRY(check_free_for_vault(context.files(), path));  // a refusal leaves everything as it was
    TRY_ASSIGN(MediumReport medium, check_medium(context.files(), path, likely_sources()));
    std::vector<std::string> warnings;
    TRY_ASSIGN(const bool keyring_made, open_or_make_keyring(context, suite, warnings));
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    TRY_ASSIGN(Repository repository, Repository::create(context.files(), context.clock(), reference, *keyring));
    warnings.insert(warnings.end(), medium.warnings.begin(), medium.warnings.end());
    return MadeVault{std::move(repository), std::move(medium), keyring_made, std::move(warnings)};
}

// An export failed: nothing of it stays, neither the files that it made nor the copies that it registered; or else it is said
// what stays.
Error export_taken_back(Keyring& keyring, NewFiles& files, const std::vector<std::uint32_t>& registered, Error error) {
    const Status gone = files.discard();
    if (registered.empty()) {
        if (!gone.ok()) error.message += "; " + gone.error().message;
        return error;
    }
    const Status withdrawn = gone.ok() ? keyring.withdraw_copies(registered) : gone;
    if (withdrawn.ok()) return error;
    std::string numbers;
    for (const std::uint32_t number : registered) numbers += (numbers.empty() ? "" : ", ") + std::to_string(number);
    error.message =
        say("{}; what was made could not be taken back ({}), and stays registered as copy {} of the keys: "
            "remove its files and declare it with 'custody key settle --declared-destroyed'",
            error.message, withdrawn.error().message, numbers);
    return error;
}

Result<ExportedKit> write_recovery_kit(Context& context, Keyring& keyring, const KitRequest& request) {
    if (!request.page.empty()) TRY(check_new_file(context.files(), request.page));
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock());
    TRY_ASSIGN(const Secret passphrase, ask_kit_passphrase(context, request));
    NewFiles made(context.files());
    std::vector<std::uint32_t> registered;
    const auto write = [&]() -> Result<ExportedKit> {
        const bool with_page = !request.page.empty();
        TRY(made.add(request.output));
        if (with_page) TRY(made.add(request.page));
        TRY_ASSIGN(ExportedKit kit, export_kit(keyring, unlocked, passphrase, request.officers, Argon2Cost{}, with_page));
        registered.push_back(kit.contents.number);
        if (kit.page) registered.push_back(*kit.page);
        TRY(made.fill(request.output, kit.file));
        if (!with_page) return kit;
        TRY_ASSIGN(const Bytes pdf, render_kit_page(kit.file, kit.contents, context.settings().organisation));
        TRY(made.fill(request.page, pdf));
        return kit;
    };
    auto kit = write();
    if (!kit.ok()) return export_taken_back(keyring, made, registered, std::move(kit).error());
    return kit;
}

// A label that was destroyed must not be carried on by who still has its keys. The keyring remembers what it saw, and every vault
// that is at hand is looked at; that one is not is no reason to keep a kit from being made.
Status check_none_destroyed(Context& context, Keyring& keyring, const std::vector<std::string>& labels) {
    std::vector<std::string> references;
    if (auto named = context.vault_reference(); named.ok()) references.push_back(std::move(*named));
    for (const Medium& medium : context.settings().media) references.push_back(medium.vault);
    for (const std::string& reference : references) {
        const auto vault =
            Repository::open(context.files(), context.clock(), reference, &keyring, OpenOptions{.tolerate_damage = true});
        if (vault.ok()) {
            TRY(check_not_carried(destroyed_but_held(*vault), labels));
            continue;
        }
        context.progress().note(
            say("note: {} was not asked for destroyed labels: {}", printable(reference), vault.error().message));
    }
    TRY_ASSIGN(const std::vector<Keyring::Condemned> marks, keyring.condemned());
    for (const Keyring::Condemned& mark : marks) {
        const auto keys = keyring.writer_keys(mark.label);
        if (!keys || !is_carried(keys->name, labels)) continue;
        return Error{
            Code::refused,
            say("label {} was destroyed, as entry {} of the ledger of vault {} said, and this keyring still holds its keys: "
                "nothing that carries them is exported; finish it with 'custody key destroy --label {}', or, where that "
                "entry was wrong, remove {}",
                keys->name, mark.n, mark.vault.hex(), keys->name, printable(mark.path))};
    }
    return done();
}

Result<KitKey> ask_kit_key(Context& context, ByteView file) {
    TRY_ASSIGN(const KitContents kit, describe_kit(file));
    return context.kit_key(kit, say("Passphrase of the recovery kit: "));
}

Status check_no_keyring(Context& context) {
    const Status replaceable = Keyring::check_replaceable(context.files(), context.clock(), context.settings().keyring);
    if (replaceable.ok() || replaceable.error().code != Code::exists) return replaceable;
    return Error{Code::exists,
                 say("there is a keyring in {} already: prove a kit with --check, or name another folder with --keyring",
                     printable(context.settings().keyring))};
}

void tell_set_aside(Context& context, const std::string& path) {
    if (path.empty()) return;
    context.progress().warn(
        say("the damaged keyring was set aside as {}: it holds keys; remove it when nothing is missed", printable(path)));
}

Result<KeyringFromKit> make_keyring_from_kit(Context& context, const KeyFile& file) {
    TRY(check_no_keyring(context));
    TRY_ASSIGN(const KitKey kit_key, ask_kit_key(context, file.bytes));
    const std::string& folder = context.settings().keyring;
    TRY_ASSIGN(
        const Passphrases::Chosen chosen,
        context.passphrases().chosen(PassphraseKind::keyring, say("New passphrase for the keyring {}: ", printable(folder))));
    if (!chosen.weak.empty()) context.progress().warn(chosen.weak);
    std::string set_aside;
    TRY_ASSIGN(Keyring made, import_kit(context.files(), context.clock(), folder, file.bytes, kit_key.opener(), chosen.secret,
                                        Argon2Cost{}, host_name(), &set_aside, file.form));
    tell_set_aside(context, set_aside);
    Keyring& keyring = context.adopt(std::move(made));
    TRY_ASSIGN(UnlockedKeyring unlocked, keyring.unlock(chosen.secret));
    return KeyringFromKit{&keyring, std::move(unlocked)};
}

}  // namespace custody
