// custody key passwd, slot add, slot remove: what opens the keyring.
#include "base/text.h"
#include "cli/key_commands.h"
#include "cli/key_file.h"

namespace custody {
namespace {

struct SlotAddFlags {
    std::string officer, note;
};
struct SlotRemoveFlags {
    std::uint32_t number = 0;
};
struct PasswdFlags {
    std::optional<std::uint32_t> slot;
};

Result<Secret> ask_new(Context& context) {
    TRY_ASSIGN(Passphrases::Chosen chosen,
               context.passphrases().chosen(PassphraseKind::new_keyring,
                                            say("New passphrase for the keyring {}: ", printable(context.settings().keyring))));
    if (!chosen.weak.empty()) context.progress().warn(chosen.weak);
    return std::move(chosen.secret);
}

Result<int> run_passwd(Context& context, const PasswdFlags& flags) {
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    // Before a new one is asked for.
    TRY_ASSIGN(const UnlockedKeyring unlocked,
               context.unlock(say("Present passphrase of the keyring {}: ", printable(keyring->folder()))));
    TRY_ASSIGN(const Secret after, ask_new(context));
    TRY(keyring->change_passphrase(unlocked, flags.slot, after, Argon2Cost{}));
    context.output().document({{"changed", true}});
    context.output().line(say("passphrase changed; recovery kits keep theirs"));
    return kExitDone;
}

Result<int> run_add(Context& context, const SlotAddFlags& flags) {
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    std::optional<NamedOfficer> officer;
    if (!flags.officer.empty()) {
        TRY_ASSIGN(officer, find_officer(context.files(), flags.officer));
    }
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock());
    std::uint32_t number = 0;
    if (officer) {
        TRY_ASSIGN(number,
                   keyring->add_officer_slot(unlocked, officer->sealing, flags.note.empty() ? officer->name : flags.note));
    } else {
        TRY_ASSIGN(const Secret passphrase, ask_new(context));
        TRY_ASSIGN(number, keyring->add_passphrase_slot(unlocked, passphrase, Argon2Cost{}, flags.note));
    }
    context.output().document({{"slot", number}});
    context.output().line(say("slot {} added", number));
    if (officer) context.output().line(say("compare with the officer's own: {}", to_hex(officer->sealing)));
    return kExitDone;
}

Result<int> run_remove(Context& context, const SlotRemoveFlags& flags) {
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock());
    TRY(keyring->remove_slot(unlocked, flags.number));
    context.output().document({{"removed", flags.number}});
    context.output().line(
        say("slot {} removed, and the keyring's own key made anew; a copy of the keyring made before still has the slot",
            flags.number));
    return kExitDone;
}

}  // namespace

void add_key_slot_commands(CommandTable& table, CLI::App& key) {
    auto passwd_flags = std::make_shared<PasswdFlags>();
    CLI::App& passwd =
        table.add(key, "passwd", say("Changes the keyring's passphrase"),
                  {"key passwd [--slot N]",
                   {"custody key passwd", "custody key passwd --officer-key lan.officer"},
                   say("The new one is asked for twice, or taken from the file that CUSTODY_NEW_PASSPHRASE_FILE names. With "
                       "--officer-key a forgotten passphrase is replaced.")});
    passwd.add_option("--slot", passwd_flags->slot, say("Which passphrase; default: the one that was given, or the only one"))
        ->type_name("N");
    table.runs(passwd, passwd_flags, run_passwd);

    CLI::App& slot = table.add_family(key, "slot", say("Further passphrases and officers' keys that open the keyring"));
    auto add_flags = std::make_shared<SlotAddFlags>();
    CLI::App& add = table.add(
        slot, "add", say("Adds a passphrase, or an officer's public key"),
        {"key slot add [--officer FILE-OR-KEY] [--note TEXT]",
         {"custody key slot add --note 'deputy'", "custody key slot add --officer lan.officer",
          "custody key slot add --officer 8f3c...e1 --note 'chief of staff'"},
         say("The officer then opens the keyring with --officer-key. Compare the key that is printed with the officer's own.")});
    add_value(add, "--officer", add_flags->officer, "FILE-OR-KEY",
              say("An officer's file (its public part), or public key of 64 hex digits"));
    add_value(add, "--note", add_flags->note, "TEXT", say("Whose it is"));
    table.runs(add, add_flags, run_add);

    auto remove_flags = std::make_shared<SlotRemoveFlags>();
    CLI::App& remove =
        table.add(slot, "remove", say("Removes one; never the last"), {"key slot remove N", {"custody key slot remove 2"}, ""});
    remove.add_option("N", remove_flags->number, say("Its number, as 'custody key list' shows it"))->required();
    table.runs(remove, remove_flags, run_remove);
}

}  // namespace custody
