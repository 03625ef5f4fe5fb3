// custody key export: a recovery kit, a writer's keys, or public keys. No default: each opens something else.
#include "base/text.h"
#include "cli/advice.h"
#include "cli/key_commands.h"
#include "cli/key_file.h"
#include "cli/making.h"

namespace custody {
namespace {

struct KeyExportFlags {
    bool recovery = false, writer = false, public_keys = false;
    std::string output, page, host;
    std::vector<std::string> labels, officers;
};

Status check_flags(const KeyExportFlags& flags) {
    if (flags.recovery + flags.writer + flags.public_keys != 1) {
        return Error{Code::usage,
                     say("export what? give one of --recovery (opens everything), --writer (backs up, opens nothing) or "
                         "--public (signers, no secret)")};
    }
    if (!flags.recovery && (!flags.page.empty() || !flags.officers.empty())) {
        return Error{Code::usage, say("--page and --officer go with --recovery only")};
    }
    if (flags.writer && flags.host.empty())
        return Error{Code::usage, say("--writer needs --host: the name of the host that will write")};
    if (!flags.writer && (!flags.host.empty() || !flags.labels.empty())) {
        return Error{Code::usage, say("--host and --label go with --writer only")};
    }
    return done();
}

Result<std::vector<PublicKey>> find_officers(Context& context, const std::vector<std::string>& given) {
    std::vector<PublicKey> officers;
    for (const std::string& one : given) {
        TRY_ASSIGN(const NamedOfficer officer, find_officer(context.files(), one));
        officers.push_back(officer.sealing);
    }
    return officers;
}

void print_kit(Context& context, const ExportedKit& kit, const std::string& output, const std::string& page, bool for_officers) {
    Output& out = context.output();
    out.document({{"kind", "recovery"},
                  {"number", kit.contents.number},
                  {"output", output},
                  {"page", page.empty() ? Json(nullptr) : Json(page)},
                  {"page_number", kit.page ? Json(*kit.page) : Json(nullptr)},
                  {"fingerprint", kit.contents.fingerprint.hex()}});
    out.line(say("recovery kit {} written: {}", kit.contents.number, printable(output)));
    if (kit.page) out.line(say("page to print: {}; it is a copy of keys of its own, number {}", printable(page), *kit.page));
    out.line(say("fingerprint: {}", kit.contents.fingerprint.hex()));
    if (for_officers) {
        out.line(say("keep it apart from the vault; each of its officers opens every backup with it"));
        out.line(say("now prove it: custody key import {} --check --officer-key FILE", printable(output)));
        return;
    }
    out.line(say("keep it apart from the vault and from its passphrase; whoever has both opens every backup"));
    out.line(say("now prove it: custody key import {} --check", printable(output)));
}

Result<int> export_recovery(Context& context, Keyring& keyring, const KeyExportFlags& flags, const std::string& output) {
    KitRequest request{output, "", {}};
    if (!flags.page.empty()) {
        TRY_ASSIGN(request.page, absolute_path(flags.page));
        TRY(check_outside_vaults(request.page, context.settings().keyring));
    }
    TRY_ASSIGN(request.officers, find_officers(context, flags.officers));
    TRY_ASSIGN(const ExportedKit kit, write_recovery_kit(context, keyring, request));
    print_kit(context, kit, output, request.page, !request.officers.empty());
    return kExitDone;
}

Result<int> export_writer_keys(Context& context, Keyring& keyring, const KeyExportFlags& flags, const std::string& output) {
    NewFiles made(context.files());
    std::vector<std::uint32_t> registered;
    const auto write = [&]() -> Status {
        TRY(made.add(output));
        std::uint32_t number = 0;
        TRY_ASSIGN(const Secret exported, keyring.export_writer(flags.labels, flags.host, &number));
        registered.push_back(number);
        return made.fill(output, exported.view());
    };
    Status written = write();
    if (!written.ok()) return export_taken_back(keyring, made, registered, std::move(written).error());
    context.output().document({{"kind", "writer"}, {"host", flags.host}, {"output", output}});
    context.output().line(say("writer keys for {} written: {}", printable(flags.host), printable(output)));
    context.output().line(say("carry the file to that host, run 'custody key import FILE' there, then delete it"));
    return kExitDone;
}

Result<int> export_public_keys(Context& context, const Keyring& keyring, const std::string& output) {
    TRY_ASSIGN(const Bytes exported, keyring.export_public());
    TRY(write_new_file(context.files(), output, exported));
    context.output().document({{"kind", "public"}, {"output", output}});
    context.output().line(say("public keys written: {}", printable(output)));
    return kExitDone;
}

Result<int> run_export(Context& context, const KeyExportFlags& flags) {
    TRY(check_flags(flags));
    TRY_ASSIGN(const std::string output, absolute_path(flags.output));
    // With one vault and the kit everything comes back: to whoever finds that disk, too.
    TRY(check_outside_vaults(output, context.settings().keyring));
    TRY(check_new_file(context.files(), output));
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    if (!flags.public_keys) TRY(check_none_destroyed(context, *keyring, flags.labels));
    if (flags.recovery) return export_recovery(context, *keyring, flags, output);
    if (flags.writer) return export_writer_keys(context, *keyring, flags, output);
    return export_public_keys(context, *keyring, output);
}

}  // namespace

void add_key_export_command(CommandTable& table, CLI::App& key) {
    auto flags = std::make_shared<KeyExportFlags>();
    CLI::App& command =
        table.add(key, "export", say("Writes a recovery kit, a writer's keys, or public keys to a file"),
                  {"key export (--recovery [--page F.pdf] [--officer FILE-OR-KEY]... | --writer --host NAME [--label L]... | "
                   "--public) --output F",
                   {"custody key export --recovery --output /media/usb/kit --page kit.pdf",
                    "custody key export --recovery --officer lan.officer --officer minh.officer --output kit",
                    "custody key export --writer --host web01 --label config --output web01.keys",
                    "custody key export --public --output family.pub"},
                   say("--recovery: with it and one vault everything comes back; it has a passphrase of its own "
                       "(CUSTODY_KIT_PASSPHRASE_FILE). "
                       "--writer: a host with it backs up, forgets and prunes; it sees the list of snapshots (label, name, host, "
                       "paths that were named, sizes), and can read no name in them and no byte. "
                       "A page is a copy of keys of its own in 'custody key list': it cannot be rewritten when a label is "
                       "destroyed, only be destroyed itself. An export that fails leaves neither file nor copy.")});
    command.add_flag("--recovery", flags->recovery, say("A recovery kit: all keys"));
    command.add_flag("--writer", flags->writer, say("What a host needs to back up, and nothing that opens content"));
    command.add_flag("--public", flags->public_keys, say("Signers and public keys, to verify with"));
    add_value(command, "--output", flags->output, "F", say("The file; must not exist"))->required();
    add_value(command, "--page", flags->page, "F.pdf", say("Also a page to print: QR code and lines to type"));
    add_repeated(command, "--officer", flags->officers, "FILE-OR-KEY",
                 say("Seals the kit to an officer (file or public key) instead of a passphrase; may be repeated"));
    add_value(command, "--host", flags->host, "NAME", say("The host that gets the writer keys"));
    add_repeated(command, "--label", flags->labels, "L", say("Only this label's writer keys; may be repeated; default: all"));
    table.runs(command, flags, run_export);
}

}  // namespace custody
