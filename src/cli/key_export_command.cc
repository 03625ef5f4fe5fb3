// custody key export: a recovery kit, a writer's keys, or public keys. No default: each opens something else.
#include "base/text.h"
#include "cli/advice.h"
#include "cli/key_commands.h"
#include "cli/key_file.h"
#include "vault/keys/key_destruction.h"
#include "vault/keys/recovery_kit.h"

#include <algorithm>

namespace custody {
namespace {

struct ExportFlags {
    bool recovery = false, writer = false, public_keys = false;
    std::string output, page, host;
    std::vector<std::string> labels, officers;
};

Status check_flags(const ExportFlags& flags) {
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

// Officers' keys open the kit; without them a passphrase of its own.
Result<Secret> ask_kit_passphrase(Context& context, const ExportFlags& flags) {
    if (!flags.officers.empty()) return Secret();
    TRY_ASSIGN(Passphrases::Chosen chosen,
               context.passphrases().chosen_or_made(
                   PassphraseKind::kit, say("New passphrase for this recovery kit (empty: one is made and shown once): ")));
    if (!chosen.weak.empty()) context.progress().warn(chosen.weak);
    return std::move(chosen.secret);
}

// An export failed: nothing of it stays, neither the files that it made nor the copies that it registered; or else it is said
// what stays.
Error taken_back(Keyring& keyring, NewFiles& files, const std::vector<std::uint32_t>& registered, Error error) {
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

Result<int> export_recovery(Context& context, Keyring& keyring, const ExportFlags& flags, const std::string& output) {
    std::string page;
    if (!flags.page.empty()) {
        TRY_ASSIGN(page, absolute_path(flags.page));
        TRY(check_outside_vaults(page, context.settings().keyring));
        TRY(check_new_file(context.files(), page));
    }
    TRY_ASSIGN(const std::vector<PublicKey> officers, find_officers(context, flags.officers));
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock());
    TRY_ASSIGN(const Secret passphrase, ask_kit_passphrase(context, flags));
    NewFiles made(context.files());
    std::vector<std::uint32_t> registered;
    const auto write = [&]() -> Result<ExportedKit> {
        TRY(made.add(output));
        if (!page.empty()) TRY(made.add(page));
        TRY_ASSIGN(ExportedKit kit, export_kit(keyring, unlocked, passphrase, officers, Argon2Cost{}, !page.empty()));
        registered.push_back(kit.contents.number);
        if (kit.page) registered.push_back(*kit.page);
        TRY(made.fill(output, kit.file));
        if (page.empty()) return kit;
        TRY_ASSIGN(const Bytes pdf, render_kit_page(kit.file, kit.contents, context.settings().organisation));
        TRY(made.fill(page, pdf));
        return kit;
    };
    auto kit = write();
    if (!kit.ok()) return taken_back(keyring, made, registered, std::move(kit).error());
    print_kit(context, *kit, output, page, !officers.empty());
    return kExitDone;
}

Result<int> export_writer_keys(Context& context, Keyring& keyring, const ExportFlags& flags, const std::string& output) {
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
    if (!written.ok()) return taken_back(keyring, made, registered, std::move(written).error());
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

bool is_carried(const std::string& label, const ExportFlags& flags) {
    return flags.labels.empty() || std::find(flags.labels.begin(), flags.labels.end(), label) != flags.labels.end();
}

Status check_not_carried(const std::vector<LabelInfo>& destroyed, const ExportFlags& flags) {
    for (const LabelInfo& label : destroyed) {
        if (!is_carried(label.name, flags)) continue;
        return Error{Code::refused,
                     say("label {} was destroyed, as the ledger of a vault says, and this keyring still holds its keys: nothing "
                         "that carries them is exported; finish it with 'custody key destroy --label {}'",
                         label.name, label.name)};
    }
    return done();
}

// A label that was destroyed must not be carried on by who still has its keys. The keyring remembers what it saw, and every vault
// that is at hand is looked at; that one is not is no reason to keep a kit from being made.
Status check_none_destroyed(Context& context, Keyring& keyring, const ExportFlags& flags) {
    std::vector<std::string> references;
    if (auto named = context.vault_reference(); named.ok()) references.push_back(std::move(*named));
    for (const Medium& medium : context.settings().media) references.push_back(medium.vault);
    for (const std::string& reference : references) {
        const auto vault =
            Repository::open(context.files(), context.clock(), reference, &keyring, OpenOptions{.tolerate_damage = true});
        if (vault.ok()) {
            TRY(check_not_carried(destroyed_but_held(*vault), flags));
            continue;
        }
        context.progress().note(
            say("note: {} was not asked for destroyed labels: {}", printable(reference), vault.error().message));
    }
    TRY_ASSIGN(const std::vector<Keyring::Condemned> marks, keyring.condemned());
    for (const Keyring::Condemned& mark : marks) {
        const auto keys = keyring.writer_keys(mark.label);
        if (!keys || !is_carried(keys->name, flags)) continue;
        return Error{
            Code::refused,
            say("label {} was destroyed, as entry {} of the ledger of vault {} said, and this keyring still holds its keys: "
                "nothing that carries them is exported; finish it with 'custody key destroy --label {}', or, where that "
                "entry was wrong, remove {}",
                keys->name, mark.n, mark.vault.hex(), keys->name, printable(mark.path))};
    }
    return done();
}

Result<int> run_export(Context& context, const ExportFlags& flags) {
    TRY(check_flags(flags));
    TRY_ASSIGN(const std::string output, absolute_path(flags.output));
    // With one vault and the kit everything comes back: to whoever finds that disk, too.
    TRY(check_outside_vaults(output, context.settings().keyring));
    TRY(check_new_file(context.files(), output));
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    if (!flags.public_keys) TRY(check_none_destroyed(context, *keyring, flags));
    if (flags.recovery) return export_recovery(context, *keyring, flags, output);
    if (flags.writer) return export_writer_keys(context, *keyring, flags, output);
    return export_public_keys(context, *keyring, output);
}

}  // namespace

void add_key_export_command(CommandTable& table, CLI::App& key) {
    auto flags = std::make_shared<ExportFlags>();
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
