// custody key destroy and settle: the end of a label's keys, everywhere.
//
// Order: checks in every reachable vault, then the keyring, then an entry in each vault's ledger. Run again it enters what is
// still missing: a vault whose medium was away is told later.
#include "base/text.h"
#include "cli/key_commands.h"
#include "cli/key_file.h"
#include "cli/terminal.h"
#include "vault/history/lawful_term.h"
#include "vault/keys/recovery_kit.h"

#include <algorithm>

namespace custody {
namespace {

struct DestroyFlags {
    std::string label, confirm;
    std::vector<std::string> vaults;
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

// refused: a snapshot of the label is held, or within its lawful term.
Status check_no_duty(Repository& repository, const std::string& label, Time now) {
    TRY_ASSIGN(const auto snapshots, repository.snapshots());
    for (const Repository::Listed& listed : snapshots) {
        if (listed.snapshot.summary.label != label) continue;
        const std::string what = short_id(listed.snapshot.id) + " " + title_of(listed.snapshot);
        if (is_held(listed.ledger, now)) {
            return Error{Code::refused, say("label {} is not destroyed: snapshot {} is held: {}", label, what,
                                            printable(listed.ledger.hold->reason))};
        }
        if (is_within_lawful_term(label, listed.snapshot.summary.time, now)) {
            return Error{Code::refused,
                         say("label {} is not destroyed: snapshot {} is within the term that the law sets (duty {})", label, what,
                             lawful_term(label).duty)};
        }
    }
    return done();
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

struct LabelState {
    LabelId id;
    bool destroyed_before = false;
};

Result<LabelState> find_label(const Keyring& keyring, const std::string& name) {
    for (const LabelInfo& label : keyring.labels()) {
        if (label.name == name) return LabelState{label.id, false};
    }
    const auto all = keyring.destroyed_labels();
    for (auto label = all.rbegin(); label != all.rend(); ++label) {
        if (label->name == name) return LabelState{label->label, true};
    }
    return Error{Code::usage, say("there is no label '{}'; 'custody label list' shows those there are", printable(name))};
}

Status enter_in_ledger(Repository& repository, const LabelId& label, Time now) {
    if (repository.state().destroyed_labels.contains(label)) return done();
    LedgerEntry draft;
    draft.time = now;
    draft.operation = Operation::destroy_label;
    draft.details = {{"label", label.hex()}};
    TRY(repository.publish(std::move(draft), nullptr));
    return done();
}

void report(Context& context, const Keyring& keyring, const LabelState& label, const std::vector<Repository>& vaults) {
    const auto destroyed = keyring.destroyed(label.id);
    Json entered = Json::array(), away = Json::array();
    Output& output = context.output();
    const std::string state = destroyed ? destroyed->state : "pending";
    output.line(say("label {}: keys destroyed in {}", destroyed ? destroyed->name : label.id.hex(), printable(keyring.folder())));
    for (const Repository& vault : vaults) {
        entered.push_back(vault.header().vault.hex());
        output.line(say("entered in the ledger of {}", printable(vault.store().location())));
    }
    for (const VaultId& known : keyring.known_vaults()) {
        const auto same = [&](const Repository& vault) { return vault.header().vault == known; };
        if (std::any_of(vaults.begin(), vaults.end(), same)) continue;
        away.push_back(known.hex());
        context.progress().warn(
            say("vault {} was not reached: run this again with --also and its folder when its medium is here", known.hex()));
    }
    const auto outstanding = destroyed ? destroyed->outstanding_copies : std::vector<std::uint32_t>{};
    for (const std::uint32_t number : outstanding) {
        context.progress().warn(
            say("copy {} still holds the label's keys: present it with 'custody key settle FILE', or declare it with "
                "'custody key settle --declared-destroyed {} --reason R'",
                number, number));
    }
    output.document({{"label", destroyed ? destroyed->name : ""},
                     {"id", label.id.hex()},
                     {"state", state},
                     {"vaults", entered},
                     {"vaults_not_reached", away},
                     {"outstanding_copies", outstanding}});
    output.line(say("state: {}; the storage that held the keyring is not sanitised by this", translate(state)));
    output.line(say("'custody prune' frees what the label stored"));
}

Result<int> run_destroy(Context& context, const DestroyFlags& flags) {
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    TRY_ASSIGN(const LabelState label, find_label(*keyring, flags.label));
    TRY_ASSIGN(std::vector<Repository> vaults, open_vaults(context, *keyring, flags));
    const Time now = context.clock().now();
    if (!label.destroyed_before) {
        for (Repository& vault : vaults) TRY(check_no_duty(vault, flags.label, now));
        TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock());
        TRY(ask_for_label(flags));
        TRY(keyring->destroy_label(unlocked, flags.label));
    }
    for (Repository& vault : vaults) TRY(enter_in_ledger(vault, label.id, now));
    report(context, *keyring, label, vaults);
    return kExitDone;
}

// The new file takes the place of the old one, whose bytes are then overwritten where they lay.
Status replace_and_overwrite(FileSystem& files, const std::string& path, ByteView content) {
    TRY_ASSIGN(const auto before, files.open_writable(path));
    TRY_ASSIGN(const FileInfo info, before->info());
    TRY(replace_file(files, path, content, 0600));
    TRY(write_all(*before, 0, Bytes(static_cast<std::size_t>(info.size))));
    return before->sync();
}

Result<std::uint32_t> number_of_writer_export(ByteView bytes) {
    TRY_ASSIGN(const Json record, parse_json(bytes, bytes.size()));
    TRY_ASSIGN(const std::uint64_t number, json_number(record["body"], "number", "writer export"));
    return static_cast<std::uint32_t>(number);
}

Status settle_file(Context& context, Keyring& keyring, const std::string& given) {
    TRY_ASSIGN(const std::string path, absolute_path(given));
    TRY_ASSIGN(KeyFile file, read_key_file(context.files(), path, false));
    if (file.kind == KeyFile::Kind::public_keys)
        return Error{Code::usage, say("{} holds no secret: nothing to settle", printable(path))};
    if (file.kind == KeyFile::Kind::writer) {
        TRY_ASSIGN(Bytes rewritten, keyring.rewrite_writer_export(file.bytes));
        TRY_ASSIGN(const std::uint32_t number, number_of_writer_export(file.bytes));
        const Status replaced = replace_and_overwrite(context.files(), path, rewritten);
        wipe(rewritten);
        TRY(replaced);
        return keyring.settle_copy(number, true, "");
    }
    TRY_ASSIGN(const Secret passphrase,
               context.passphrases().existing(PassphraseKind::kit, say("Passphrase of the recovery kit {}: ", printable(path))));
    TRY_ASSIGN(const Bytes rewritten, rewrite_kit(keyring, file.bytes, passphrase));
    return replace_and_overwrite(context.files(), path, rewritten);
}

Result<int> run_settle(Context& context, const SettleFlags& flags) {
    if (flags.files.empty() == (flags.destroyed == 0)) {
        return Error{Code::usage, say("settle what? name the files of copies, or give --declared-destroyed N --reason R")};
    }
    if (flags.destroyed != 0 && flags.reason.empty())
        return Error{Code::usage, say("--declared-destroyed needs --reason: how, when, by whom")};
    TRY_ASSIGN(Keyring * keyring, context.keyring());
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
    context.output().document({{"settled", settled}});
    return kExitDone;
}

}  // namespace

void add_key_destroy_commands(CommandTable& table, CLI::App& key) {
    auto flags = std::make_shared<DestroyFlags>();
    CLI::App& destroy = table.add(key, "destroy", say("Destroys the keys of a label: nothing of it can be read any more"),
                                  {"key destroy --label L [--also VAULT]...",
                                   {"custody key destroy --label project-x --vault /mnt/disk-a/vault --also /mnt/disk-b/vault"},
                                   say("Asks for the passphrase and for the label typed back. Refused (exit code 5) while a "
                                       "snapshot of the label is held or within "
                                       "its lawful term. Stays pending until every kit and export that holds the keys was "
                                       "presented or declared destroyed.")});
    add_value(destroy, "--label", flags->label, "L", say("The label"))->required();
    add_value(destroy, "--confirm", flags->confirm, "L", say("The label typed back, where there is no terminal to ask on"));
    add_repeated(destroy, "--also", flags->vaults, "VAULT", say("A further vault of the family whose ledger is to say so"));
    table.runs(destroy, flags, run_destroy);

    auto settle_flags = std::make_shared<SettleFlags>();
    CLI::App& settle = table.add(
        key, "settle", say("Settles copies of keys after a destruction"),
        {"key settle FILE... | --declared-destroyed N --reason R",
         {"custody key settle /media/usb/kit", "custody key settle --declared-destroyed 3 --reason 'shredded, minutes 14/2026'"},
         say("Kits and writers' keys are rewritten in place without the destroyed label.")});
    add_operands(settle, "FILE", settle_flags->files, say("Recovery kits and writers' keys"));
    settle.add_option("--declared-destroyed", settle_flags->destroyed, say("The number of a copy that exists no more"))
        ->type_name("N");
    add_value(settle, "--reason", settle_flags->reason, "R", say("How, when and by whom it was destroyed"));
    table.runs(settle, settle_flags, run_settle);
}

}  // namespace custody
