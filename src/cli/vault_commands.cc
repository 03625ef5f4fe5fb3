// custody init: an empty vault, and the keyring where there is none.
#include "base/host_name.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command_table.h"
#include "vault/store/medium_check.h"
#include "vault/store/vault_header.h"

namespace custody {
namespace {

struct InitFlags {
    std::string suite;
};

Result<Suite> parse_suite(const std::string& word) {
    if (word.empty() || word == "standard") return Suite::standard;
    if (word == "modern") return Suite::modern;
    return Error{Code::usage, say("unknown suite '{}': use standard or modern", word)};
}

std::string_view suite_word(Suite suite) { return suite == Suite::standard ? "standard" : "modern"; }

// True when it was made now.
Result<bool> open_or_make_keyring(Context& context, const InitFlags& flags, std::vector<std::string>& warnings) {
    TRY_ASSIGN(const Suite suite, parse_suite(flags.suite));
    TRY_ASSIGN(const bool exists, context.keyring_exists());
    if (exists) {
        TRY_ASSIGN(const Keyring* keyring, context.keyring());
        if (flags.suite.empty() || keyring->suite() == suite) return false;
        return Error{Code::usage, say("the keyring {} is of suite {}: its vaults are too; name another keyring for suite {}",
                                      keyring->folder(), suite_word(keyring->suite()), flags.suite)};
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

void print_init(Context& context, const Repository& repository, bool keyring_made, const std::string& file_system,
                const std::vector<std::string>& warnings) {
    const Keyring& keyring = *repository.keyring();
    const std::string& location = repository.store().location();
    for (const std::string& line : warnings) context.progress().warn(line);
    Output& output = context.output();
    output.document({{"vault", repository.header().vault.hex()},
                     {"location", location},
                     {"family", repository.header().family.hex()},
                     {"suite", suite_word(repository.header().suite)},
                     {"keyring", keyring.folder()},
                     {"keyring_created", keyring_made},
                     {"file_system", file_system},
                     {"warnings", warnings}});
    if (keyring_made) output.line(say("keyring made: {}", printable(keyring.folder())));
    output.line(
        say("vault made: {} on {}", printable(location), file_system.empty() ? say("an unknown file system") : file_system));
    if (repository.header().suite == Suite::modern) {
        output.line(say("suite modern: not among the recognised national and international standards (duty E1)"));
    }
    output.line(say("next: custody backup PATH --label business --vault {}", printable(location)));
}

Result<int> run_init(Context& context, const InitFlags& flags) {
    TRY_ASSIGN(const std::string reference, context.vault_reference());
    TRY_ASSIGN(const std::string path, parse_vault_reference(reference));
    TRY(check_outside_vaults(parent_path(path), context.settings().keyring));
    TRY(check_apart(context.settings().keyring, path));
    TRY(check_free_for_vault(context.files(), path));  // a refusal leaves everything as it was
    TRY_ASSIGN(const MediumReport medium, check_medium(context.files(), path, likely_sources()));
    std::vector<std::string> warnings;
    TRY_ASSIGN(const bool made, open_or_make_keyring(context, flags, warnings));
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    TRY_ASSIGN(const Repository repository, Repository::create(context.files(), context.clock(), reference, *keyring));
    warnings.insert(warnings.end(), medium.warnings.begin(), medium.warnings.end());
    if (std::string line = kit_warning(*keyring); !line.empty()) warnings.push_back(std::move(line));
    print_init(context, repository, made, medium.file_system, warnings);
    return kExitDone;
}

}  // namespace

void add_vault_commands(CommandTable& table) {
    auto flags = std::make_shared<InitFlags>();
    CLI::App& init = table.add(
        table.root(), "init", say("Makes an empty vault, and a keyring where there is none"),
        {"init --vault V [--suite standard|modern]",
         {"custody init --vault /mnt/disk-a/vault", "custody init --vault /mnt/disk-b/vault --keyring /etc/custody/keyring"},
         say("The passphrase is asked for, or taken from the file that CUSTODY_PASSPHRASE_FILE names. A second "
             "vault made with the same keyring belongs to the same family: 'custody copy' keeps it in step.")});
    add_value(init, "--suite", flags->suite, "standard|modern",
              say("Ciphers: standard (AES-256-GCM, SHA-256) or modern (XChaCha20, BLAKE2b); default: standard"));
    table.runs(init, flags, run_init);
}

}  // namespace custody
