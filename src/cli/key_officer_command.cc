// custody key officer: an officer's own keys, in a file that only his passphrase opens.
#include "base/text.h"
#include "cli/advice.h"
#include "cli/key_commands.h"
#include "cli/key_file.h"

namespace custody {
namespace {

struct OfficerFlags {
    std::string output, name;
};

// What cannot be opened again would be found out when it is needed.
Status check_written(Context& context, const std::string& path, const Secret& passphrase) {
    TRY_ASSIGN(const Bytes file, read_officer_file(context.files(), path));
    const auto opened = open_officer_key(file, passphrase);
    if (opened.ok()) return done();
    return Error{Code::io, say("{} does not read back as it was written; the medium may be failing", printable(path))};
}

Result<int> run_officer(Context& context, const OfficerFlags& flags) {
    TRY_ASSIGN(const std::string path, absolute_path(flags.output));
    TRY(check_outside_vaults(path, context.settings().keyring));
    TRY(check_new_file(context.files(), path));
    TRY_ASSIGN(const OfficerKey key, make_officer_key(flags.name, context.clock().now()));
    TRY_ASSIGN(const Passphrases::Chosen chosen,
               context.passphrases().chosen(PassphraseKind::officer,
                                            say("New passphrase for the key of officer {}: ", key.identity.name)));
    if (!chosen.weak.empty()) context.progress().warn(chosen.weak);
    TRY_ASSIGN(const Bytes file, encode_officer_key(key, chosen.secret));
    TRY(write_new_file(context.files(), path, file));
    TRY(check_written(context, path, chosen.secret));
    Output& output = context.output();
    output.document({{"output", path},
                     {"name", key.identity.name},
                     {"public", to_hex(key.identity.sealing)},
                     {"signer", key.identity.signer.hex()},
                     {"fingerprint", short_fingerprint(key.identity.sealing)}});
    output.line(say("key of officer {} written: {}", key.identity.name, printable(path)));
    output.line(say("public key, for 'custody key slot add --officer': {}", to_hex(key.identity.sealing)));
    output.line(say("signing key: {}", key.identity.signer.hex()));
    output.line(say("the file stays with the officer; whoever has it and its passphrase opens and signs as the officer does"));
    return kExitDone;
}

}  // namespace

void add_key_officer_command(CommandTable& table, CLI::App& key) {
    auto flags = std::make_shared<OfficerFlags>();
    CLI::App& command = table.add(
        key, "officer", say("Makes an officer's own keys: they open what is sealed to the officer, and sign approvals"),
        {"key officer --output FILE --name NAME",
         {"custody key officer --output lan.officer --name 'Nguyen Thi Lan'"},
         say("The passphrase is asked for twice, or taken from the file that CUSTODY_OFFICER_PASSPHRASE_FILE names. The public "
             "key that "
             "is printed goes to whoever runs 'custody key slot add --officer' or 'custody key export --recovery --officer'.")});
    add_value(command, "--output", flags->output, "FILE", say("The file; must not exist"))->required();
    add_value(command, "--name", flags->name, "NAME", say("The officer's name, as approvals will show it"))->required();
    table.runs(command, flags, run_officer);
}

}  // namespace custody
