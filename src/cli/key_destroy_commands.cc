// custody key destroy and settle: the end of a label's keys, everywhere (vault/keys/key_destruction.h).
#include "base/text.h"
#include "cli/key_commands.h"
#include "cli/key_file.h"
#include "cli/terminal.h"
#include "vault/keys/key_destruction.h"
#include "vault/keys/outstanding_copies.h"

#include <algorithm>

namespace custody {
namespace {

struct DestroyFlags {
    std::string label, confirm;
    std::vector<std::string> vaults, lost;
};
struct SettleFlags {
    std::vector<std::string> files;
    std::uint32_t destroyed = 0;
    std::string reason;
};

Result<std::vector<Repository>> open_vaults(Context& context, Keyring& keyring, const DestroyFlags& flags) {
    std::vector<std::string> references = flags.vaults;
    TRY_ASSIGN(const std::string first, context.vault_reference());
    references.insert(references.begin(), first);
    std::vector<Repository> opened;
    for (const std::string& reference : references) {
        TRY_ASSIGN(Repository repository, context.open_vault(reference, &keyring));
        const auto same = [&](const Repository& other) { return other.header().vault == repository.header().vault; };
        if (std::none_of(opened.begin(), opened.end(), same)) opened.push_back(std::move(repository));
    }
    return opened;
}

// Whole ids, as the refusal and 'custody key list' tell them: one typed amiss must not name another vault.
Result<std::vector<VaultId>> lost_vaults(const Keyring& keyring, const DestroyFlags& flags) {
    const std::vector<VaultId> known = keyring.known_vaults();
    std::vector<VaultId> lost;
    for (const std::string& text : flags.lost) {
        const auto vault = VaultId::from_hex(text);
        if (!vault || std::find(known.begin(), known.end(), *vault) == known.end()) {
            return Error{Code::usage, say("--vault-lost {}: this keyring remembers no vault of that id", printable(text))};
        }
        if (std::find(lost.begin(), lost.end(), *vault) == lost.end()) lost.push_back(*vault);
    }
    return lost;
}

Status ask_for_label(const DestroyFlags& flags) {
    std::string typed = flags.confirm;
    if (typed.empty()) {
        const auto terminal = Terminal::open();
        if (!terminal) {
            return Error{Code::refused,
                         say("nothing was destroyed: type the label back with --confirm, there is no terminal to ask on")};
        }
        TRY_ASSIGN(typed, terminal->ask_line(say("Everything of label {} becomes unreadable for good, in every vault and copy. "
                                                 "Type the label's name: ",
                                                 flags.label)));
    }
    if (typed == flags.label) return done();
    return Error{Code::refused, say("nothing was destroyed: the label was not typed back")};
}

std::vector<Repository*> pointers_to(std::vector<Repository>& vaults) {
    std::vector<Repository*> pointers;
    for (Repository& vault : vaults) pointers.push_back(&vault);
    return pointers;
}

// The latest destruction of a label of that name; none: it was never destroyed.
std::optional<DestroyedLabel> destroyed_before(const Keyring& keyring, const std::string& name) {
    for (const LabelInfo& label : keyring.labels()) {
        if (label.name == name) return std::nullopt;
    }
    const auto all = keyring.destroyed_labels();
    const auto found = std::find_if(all.rbegin(), all.rend(), [&](const DestroyedLabel& label) { return label.name == name; });
    return found == all.rend() ? std::nullopt : std::optional(*found);
}

struct Told {
    std::vector<Repository*> reachable;
    std::vector<VaultId> lost;
};

// What has to be done before it is passed.
void warn_of_open_ends(Context& context, const Keyring& keyring, const DestructionResult& result, const Told& where) {
    for (const VaultId& vault : result.unreached) {
        if (std::find(where.lost.begin(), where.lost.end(), vault) != where.lost.end()) continue;
        context.progress().warn(
            say("vault {} was not reached: run this again with --also and its folder when its medium is here", vault.hex()));
    }
    for (const std::uint32_t number : result.label.outstanding_copies) {
        context.progress().warn(outstanding_line(keyring, result.label, number, where.reachable));
    }
    for (const std::string& line : result.warnings) context.progress().warn(line);
    for (const std::string& line : result.exceptions) context.progress().note(say("exception: {}", line));
}

int report(Context& context, const Keyring& keyring, const DestructionResult& result, const Told& where) {
    warn_of_open_ends(context, keyring, result, where);
    Json told = Json::array(), unreached = Json::array();
    for (const VaultId& vault : result.told) told.push_back(vault.hex());
    for (const VaultId& vault : result.unreached) unreached.push_back(vault.hex());
    Output& output = context.output();
    output.document({{"label", result.label.name},
                     {"id", result.label.label.hex()},
                     {"state", result.label.state},
                     {"vaults", told},
                     {"vaults_not_reached", unreached},
                     {"outstanding_copies", result.label.outstanding_copies},
                     {"exceptions", result.exceptions}});
    output.line(say("label {}: keys destroyed in {}", result.label.name, printable(keyring.folder())));
    for (const VaultId& vault : result.told) output.line(say("entered in the ledger of vault {}", vault.hex()));
    output.line(say("state: {}", translate(result.label.state)));
    output.line(say("'custody prune' frees what the label stored"));
    return result.label.outstanding_copies.empty() ? kExitDone : kExitSomeUnread;
}

// Run again: vaults that were away are told, and keyrings that finished meanwhile owe nothing any more.
Result<DestructionResult> tell_again(Keyring& keyring, const DestroyedLabel& label, std::span<Repository* const> vaults) {
    DestructionResult result;
    result.label = label;
    result.unreached = keyring.known_vaults();
    result.exceptions = destruction_exceptions(keyring, label.label);
    TRY(look_for_other_keyrings(keyring, vaults, true));
    for (Repository* vault : vaults) {
        TRY(announce_destructions(*vault, vaults));
        result.told.push_back(vault->header().vault);
        std::erase(result.unreached, vault->header().vault);
    }
    TRY(keyring.settle_keyrings(passed_keyrings(keyring, vaults)));
    result.label = *keyring.destroyed(label.label);
    return result;
}

Result<int> run_destroy(Context& context, const DestroyFlags& flags) {
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    const auto before = destroyed_before(*keyring, flags.label);
    if (!before) TRY(keyring->writer_keys(flags.label));  // no such label: said before anything is asked
    TRY_ASSIGN(std::vector<Repository> vaults, open_vaults(context, *keyring, flags));
    TRY_ASSIGN(std::vector<VaultId> lost, lost_vaults(*keyring, flags));
    const Told where{pointers_to(vaults), std::move(lost)};
    if (before) {
        TRY_ASSIGN(const DestructionResult again, tell_again(*keyring, *before, where.reachable));
        return report(context, *keyring, again, where);
    }
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock());
    TRY(ask_for_label(flags));
    TRY_ASSIGN(const DestructionResult result, destroy_label(*keyring, unlocked, flags.label, where.reachable, where.lost));
    return report(context, *keyring, result, where);
}

// A kit that was rewritten is read back and compared, which also finds one that is older than the newest keys.
Status prove_again(Context& context, Keyring& keyring, const std::string& path, const KitKey& key) {
    TRY_ASSIGN(const KeyFile file, read_key_file(context.files(), path));
    const auto kit = check_kit(keyring, file.bytes, key.opener());
    if (kit.ok()) return done();
    if (kit.error().code != Code::refused) return kit.error();
    context.progress().warn(say("{} was settled, but {}", printable(path), kit.error().message));
    return done();
}

Status settle_file(Context& context, Keyring& keyring, const std::string& given) {
    TRY_ASSIGN(const std::string path, absolute_path(given));
    TRY_ASSIGN(const KeyFile file, read_key_file(context.files(), path));
    switch (file.kind) {
        case KeyFile::Kind::public_keys:
            return Error{Code::usage, say("{} holds no secret: nothing to settle", printable(path))};
        case KeyFile::Kind::officer:
            return Error{Code::usage, say("{} is an officer's key: it holds no key of a label", printable(path))};
        case KeyFile::Kind::writer:
            return present_writer_export(context.files(), keyring, path);
        case KeyFile::Kind::page:
            return page_is_not_rewritten(keyring, path);
        case KeyFile::Kind::kit:
            break;
    }
    if (file.form == KitForm::text) return page_is_not_rewritten(keyring, path);
    TRY_ASSIGN(const KitContents kit, describe_kit(file.bytes));
    TRY_ASSIGN(const KitKey key, context.kit_key(kit, say("Passphrase of the recovery kit {}: ", printable(path))));
    TRY(present_kit(context.files(), keyring, path, key.opener()));
    return prove_again(context, keyring, path, key);
}

// Other keyrings go by what the vaults' ledgers say of this one.
void tell_settled(Context& context, const std::vector<DestroyedLabel>& before, const std::vector<DestroyedLabel>& now) {
    for (std::size_t i = 0; i < std::min(before.size(), now.size()); ++i) {
        if (before[i].outstanding_copies == now[i].outstanding_copies) continue;
        context.output().line(
            say("'custody key destroy --label {}' enters that in the vaults, for other keyrings that wait for it",
                printable(now[i].name)));
    }
}

Result<int> run_settle(Context& context, const SettleFlags& flags) {
    if (flags.files.empty() == (flags.destroyed == 0)) {
        return Error{Code::usage, say("settle what? name the files of copies, or give --declared-destroyed N --reason R")};
    }
    if (flags.destroyed != 0 && flags.reason.empty())
        return Error{Code::usage, say("--declared-destroyed needs --reason: how, when, by whom")};
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    const std::vector<DestroyedLabel> before = keyring->destroyed_labels();
    Json settled = Json::array();
    for (const std::string& file : flags.files) {
        TRY(settle_file(context, *keyring, file));
        settled.push_back(file);
        context.output().line(say("{} was rewritten without the keys of destroyed labels", printable(file)));
    }
    if (flags.destroyed != 0) {
        TRY(keyring->settle_copy(flags.destroyed, false, flags.reason));
        settled.push_back(flags.destroyed);
        context.output().line(say("copy {} is declared destroyed", flags.destroyed));
    }
    tell_settled(context, before, keyring->destroyed_labels());
    context.output().document({{"settled", settled}});
    return kExitDone;
}

}  // namespace

void add_key_destroy_commands(CommandTable& table, CLI::App& key) {
    auto flags = std::make_shared<DestroyFlags>();
    CLI::App& destroy = table.add(
        key, "destroy", say("Destroys the keys of a label: nothing of it can be read any more"),
        {"key destroy --label L [--also VAULT]... [--vault-lost ID]...",
         {"custody key destroy --label project-x --vault /mnt/disk-a/vault --also /mnt/disk-b/vault"},
         say("Asks for the passphrase and for the label typed back. Refused (exit code 5) while a "
             "snapshot of the label is held or within "
             "its lawful term, and while a vault that this keyring remembers was not looked at. "
             "Stays pending until every kit and export that holds the keys was "
             "presented or declared destroyed, and until every other keyring of the family that "
             "the vaults know of ran this too and says that its own copies are settled: run it there again when they are. Exit "
             "code 3, each is named. Nothing is entered anywhere before every "
             "vault named was asked and found writable.")});
    add_value(destroy, "--label", flags->label, "L", say("The label"))->required();
    add_value(destroy, "--confirm", flags->confirm, "L", say("The label typed back, where there is no terminal to ask on"));
    add_repeated(destroy, "--also", flags->vaults, "VAULT", say("A further vault of the family whose ledger is to say so"));
    add_repeated(destroy, "--vault-lost", flags->lost, "ID",
                 say("A vault that exists no more, by its id; the ledgers keep that it was declared lost"));
    table.runs(destroy, flags, run_destroy);

    auto settle_flags = std::make_shared<SettleFlags>();
    CLI::App& settle = table.add(
        key, "settle", say("Settles copies of keys after a destruction"),
        {"key settle FILE... | --declared-destroyed N --reason R",
         {"custody key settle /media/usb/kit", "custody key settle --declared-destroyed 3 --reason 'shredded, minutes 14/2026'"},
         say("Kits and writers' keys are rewritten in place without the destroyed label; a writer's keys settle what its signer "
             "owes, "
             "whichever keyring of the family exported them. A printed page cannot be rewritten: destroy the paper, declare it, "
             "and "
             "print a new one with 'custody key export --recovery --page'.")});
    add_operands(settle, "FILE", settle_flags->files, say("Recovery kits and writers' keys"));
    settle.add_option("--declared-destroyed", settle_flags->destroyed, say("The number of a copy that exists no more"))
        ->type_name("N");
    add_value(settle, "--reason", settle_flags->reason, "R", say("How, when and by whom it was destroyed"));
    table.runs(settle, settle_flags, run_settle);
}

}  // namespace custody
