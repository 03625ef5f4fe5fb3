// custody key import: proves a recovery kit, or makes a keyring out of a kit or a writer export, or trusts public keys.
#include "base/counts.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/key_commands.h"
#include "cli/key_file.h"
#include "cli/making.h"

namespace custody {
namespace {

struct ImportFlags {
    std::string file;
    bool check = false, lines = false;
};

Json vaults_json(const KitContents& kit) {
    Json vaults = Json::array();
    for (const auto& [vault, head] : kit.vaults) vaults.push_back({{"vault", vault.hex()}, {"head", head.n}});
    return vaults;
}

// When a kit that was proven just now was declared destroyed; none: it was not.
std::optional<Time> declared_destroyed(const Keyring& keyring, const KitContents& kit) {
    for (const CopyInfo& copy : keyring.copies()) {
        if (copy.number == kit.number && copy.made == kit.made && copy.kind == "kit") return copy.destroyed;
    }
    return std::nullopt;
}

Result<int> check(Context& context, const KeyFile& file, const std::string& path) {
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    TRY_ASSIGN(const KitKey key, ask_kit_key(context, file.bytes));
    TRY_ASSIGN(const KitContents kit, check_kit(*keyring, file.bytes, key.opener(), file.form));
    const std::optional<Time> declared = declared_destroyed(*keyring, kit);
    context.output().document({{"ok", true},
                               {"number", kit.number},
                               {"made", json_time(kit.made)},
                               {"fingerprint", kit.fingerprint.hex()},
                               {"labels", kit.labels.size()},
                               {"vaults", vaults_json(kit)},
                               {"declared_destroyed", declared ? json_time(*declared) : Json(nullptr)}});
    context.output().line(say("recovery kit {} of {} is good (labels: {}, vaults: {}): {}", kit.number, human_time(kit.made),
                              kit.labels.size(), kit.vaults.size(), printable(path)));
    if (declared) {
        context.progress().warn(
            say("recovery kit {} was declared destroyed on {}, and here it is: it opens {} labels, and nothing relies on it any "
                "more; destroy {}, or keep it and export a new one, which counts",
                kit.number, human_time(*declared), kit.labels.size(), printable(path)));
    }
    return kExitDone;
}

void say_made(Context& context, const Keyring& keyring, const std::string& from) {
    context.output().document({{"keyring", keyring.folder()},
                               {"from", from},
                               {"role", keyring.is_custodian() ? "custodian" : "writer"},
                               {"family", keyring.family().hex()}});
    context.output().line(say("keyring made: {}", printable(keyring.folder())));
    if (keyring.is_custodian()) {
        context.output().line(say("next: custody snapshots --vault V, then custody restore"));
    } else {
        context.output().line(say("this host can back up now; it cannot open what it writes"));
    }
}

Result<int> make_from_kit(Context& context, const KeyFile& file) {
    TRY_ASSIGN(const KeyringFromKit made, make_keyring_from_kit(context, file));
    say_made(context, *made.keyring, "recovery");
    return kExitDone;
}

Result<int> make_from_writer(Context& context, ByteView file) {
    TRY(check_no_keyring(context));
    std::string set_aside;
    TRY_ASSIGN(Keyring made,
               Keyring::import_writer(context.files(), context.clock(), context.settings().keyring, file, &set_aside));
    tell_set_aside(context, set_aside);
    say_made(context, context.adopt(std::move(made)), "writer");
    return kExitDone;
}

Result<int> trust_public(Context& context, ByteView file) {
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    const std::size_t before = keyring->trusted_signers().size();
    TRY(keyring->import_public(file));
    const std::size_t added = keyring->trusted_signers().size() - before;
    context.output().document({{"from", "public"}, {"signers_added", added}});
    context.output().line(added == 0
                              ? say("its signers were trusted already")
                              : say_count(added, "{} signer is trusted from now on", "{} signers are trusted from now on"));
    return kExitDone;
}

Result<int> run_import(Context& context, const ImportFlags& flags) {
    TRY_ASSIGN(const std::string path, absolute_path(flags.file));
    TRY_ASSIGN(KeyFile file, read_key_file(context.files(), path));
    if (file.kind == KeyFile::Kind::page) {
        return Error{Code::usage, say("{} is a printed page of a recovery kit: scan its codes as text, or type its lines, into a "
                                      "text file and name that",
                                      printable(path))};
    }
    if (flags.check) {
        if (file.kind == KeyFile::Kind::kit) return check(context, file, path);
        return Error{Code::usage, say("{} is no recovery kit: --check goes with kits only", printable(path))};
    }
    switch (file.kind) {
        case KeyFile::Kind::kit:
            return make_from_kit(context, file);
        case KeyFile::Kind::page:
            break;
        case KeyFile::Kind::writer:
            return make_from_writer(context, file.bytes);
        case KeyFile::Kind::public_keys:
            return trust_public(context, file.bytes);
        case KeyFile::Kind::officer:
            return Error{Code::usage,
                         say("{} is an officer's key: it is not imported; name it with --officer-key", printable(path))};
    }
    return Error{Code::failed, say("{} is of no kind that is known", printable(path))};
}

}  // namespace

void add_key_import_command(CommandTable& table, CLI::App& key) {
    auto flags = std::make_shared<ImportFlags>();
    CLI::App& command = table.add(
        key, "import", say("Proves a recovery kit, or makes a keyring out of a kit or a writer's keys"),
        {"key import F [--check] [--lines]",
         {"custody key import /media/usb/kit --check", "custody key import /media/usb/kit --keyring /etc/custody/keyring",
          "custody key import typed.txt --lines --check", "custody key import /media/usb/kit --check --officer-key lan.officer",
          "custody key import web01.keys"},
         say("On a bare machine: a kit, its passphrase (CUSTODY_KIT_PASSPHRASE_FILE) and one vault bring everything back. Public "
             "keys are "
             "added to those that are trusted. A keyring that is damaged is set aside beside the new one, as keyring.damaged.")});
    add_operand(command, "F", flags->file, say("A recovery kit, a writer's keys or public keys"))->required();
    command.add_flag("--check", flags->check, say("Only reads a kit and compares it with the keyring: proves it"));
    command.add_flag("--lines", flags->lines, say("F holds the lines of a printed kit, typed in (found out by itself, too)"));
    table.runs(command, flags, run_import);
}

}  // namespace custody
