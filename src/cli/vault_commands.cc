// custody init: an empty vault, and the keyring where there is none.
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command_table.h"
#include "cli/making.h"

namespace custody {
namespace {

struct InitFlags {
    std::string suite;
};

std::string_view word_of(Suite suite) { return suite == Suite::standard ? "standard" : "modern"; }

void print_init(Context& context, const MadeVault& made) {
    const Repository& repository = made.repository;
    const Keyring& keyring = *repository.keyring();
    const std::string& location = repository.store().location();
    const std::string& file_system = made.medium.file_system;
    for (const std::string& line : made.warnings) context.progress().warn(line);
    Output& output = context.output();
    output.document({{"vault", repository.header().vault.hex()},
                     {"location", location},
                     {"family", repository.header().family.hex()},
                     {"suite", word_of(repository.header().suite)},
                     {"keyring", keyring.folder()},
                     {"keyring_created", made.keyring_made},
                     {"file_system", file_system},
                     {"warnings", made.warnings}});
    if (made.keyring_made) output.line(say("keyring made: {}", printable(keyring.folder())));
    output.line(
        say("vault made: {} on {}", printable(location), file_system.empty() ? say("an unknown file system") : file_system));
    if (repository.header().suite == Suite::modern) {
        output.line(say("suite modern: not among the recognised national and international standards (duty E1)"));
    }
    output.line(say("next: custody backup PATH --label business --vault {}", printable(location)));
}

Result<int> run_init(Context& context, const InitFlags& flags) {
    TRY_ASSIGN(const std::string reference, context.vault_reference());
    TRY_ASSIGN(MadeVault made, make_vault(context, reference, flags.suite));
    if (std::string line = kit_warning(*made.repository.keyring()); !line.empty()) made.warnings.push_back(std::move(line));
    print_init(context, made);
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
