// custody hold, forget, prune, copy: what is kept, what ends, what is freed, and keeping a second vault in step.
#include "base/counts.h"
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/hold_commands.h"
#include "vault/collector.h"
#include "vault/replicator.h"

namespace custody {
namespace {

struct ForgetFlags {
    std::vector<std::string> snapshots;
    std::string label, name, host, within;
    std::uint32_t last = 0, daily = 0, weekly = 0, monthly = 0, yearly = 0;
    bool dry_run = false, clock_is_right = false;
};
struct PruneFlags {
    std::string grace;
    bool compact = false, dry_run = false;
};
struct CopyFlags {
    std::string to;
    bool read_back = false;
    std::vector<std::string> snapshots;
};

std::optional<std::string> filter_of(const std::string& flag) {
    return flag.empty() ? std::nullopt : std::optional<std::string>(flag);
}

Result<std::optional<RetentionRule>> rule_of(const ForgetFlags& flags) {
    RetentionRule rule;
    rule.last = flags.last;
    rule.daily = flags.daily;
    rule.weekly = flags.weekly;
    rule.monthly = flags.monthly;
    rule.yearly = flags.yearly;
    if (!flags.within.empty()) {
        TRY_ASSIGN(rule.within_ns, parse_duration(flags.within));
    }
    return rule.empty() ? std::optional<RetentionRule>() : std::optional<RetentionRule>(rule);
}

Status check_forget(const ForgetFlags& flags, bool has_rule) {
    const bool filters = !flags.label.empty() || !flags.name.empty() || !flags.host.empty();
    if (flags.snapshots.empty() && !has_rule) {
        return Error{Code::usage, say("forget what? name snapshots, or give a rule such as --keep-daily 14 --keep-monthly 12")};
    }
    if (!flags.snapshots.empty() && (has_rule || filters)) {
        return Error{Code::usage, say("snapshots by id and a rule exclude each other: forget them one after the other")};
    }
    return done();
}

Json lines_json(const std::vector<ForgetResult::Line>& lines) {
    Json array = Json::array();
    for (const ForgetResult::Line& line : lines) {
        array.push_back({{"snapshot", line.snapshot.hex()}, {"text", line.text}, {"why", line.why}});
    }
    return array;
}

void print_lines(Output& output, const std::string& what, const std::vector<ForgetResult::Line>& lines) {
    for (const ForgetResult::Line& line : lines) {
        output.line(what + "  " + printable(line.text) + (line.why.empty() ? "" : "  (" + printable(line.why) + ")"));
    }
}

// A name that was mistyped must not pass for a rule that had nothing to do.
void tell_no_match(Context& context, const ForgetFlags& flags) {
    std::string wanted;
    const auto add = [&wanted](const char* flag, const std::string& value) {
        if (!value.empty()) wanted += (wanted.empty() ? "" : " ") + std::string(flag) + " " + printable(value);
    };
    add("--label", flags.label);
    add("--name", flags.name);
    add("--host", flags.host);
    if (!wanted.empty()) {
        context.progress().warn(
            say("no snapshot is of {}: the rule had nothing to look at; 'custody snapshots' lists them", wanted));
    }
}

// An id may also name a snapshot whose record is lost: how it ends is said by forget_snapshots.
Result<ObjectId> find_to_forget(Context& context, Repository& repository, const std::string& reference) {
    if (is_id_or_prefix(reference)) return repository.find_id(reference);
    TRY_ASSIGN(const Repository::Listed listed, context.find_snapshot(repository, reference));
    return listed.snapshot.id;
}

Result<int> run_forget(Context& context, const ForgetFlags& flags) {
    ForgetOptions options;
    TRY_ASSIGN(options.rule, rule_of(flags));
    TRY(check_forget(flags, options.rule.has_value()));
    options.label = filter_of(flags.label);
    if (!flags.label.empty()) TRY(context.check_label(flags.label));  // one that nobody defined is a slip of the hand
    options.name = filter_of(flags.name);
    options.host = filter_of(flags.host);
    options.dry_run = flags.dry_run;
    options.clock_is_right = flags.clock_is_right;
    TRY_ASSIGN(Repository repository, context.open_vault());
    for (const std::string& reference : flags.snapshots) {
        TRY_ASSIGN(const ObjectId id, find_to_forget(context, repository, reference));
        options.references.push_back(id.hex());
    }
    TRY_ASSIGN(const ForgetResult result, forget_snapshots(repository, options));
    if (result.forgotten.empty() && result.kept.empty() && result.skipped.empty()) tell_no_match(context, flags);
    Output& output = context.output();
    output.document({{"dry_run", flags.dry_run},
                     {"forgotten", lines_json(result.forgotten)},
                     {"kept", lines_json(result.kept)},
                     {"skipped", lines_json(result.skipped)}});
    print_lines(output, say("keep  "), result.kept);
    print_lines(output, say("skip  "), result.skipped);
    print_lines(output, say("forget"), result.forgotten);
    if (flags.dry_run) {
        output.line(say("dry run: would forget {}, keep {}, skip {}", result.forgotten.size(), result.kept.size(),
                        result.skipped.size()));
        return kExitDone;
    }
    output.line(say("forgot {}, kept {}, skipped {}", result.forgotten.size(), result.kept.size(), result.skipped.size()));
    if (!result.forgotten.empty()) output.line(say("'custody prune' frees their space"));
    return kExitDone;
}

Json ids_json(const std::vector<ObjectId>& ids) {
    Json array = Json::array();
    for (const ObjectId& id : ids) array.push_back(id.hex());
    return array;
}

void print_prune(Context& context, const PruneResult& result, bool dry_run) {
    context.progress().clear();
    for (const std::string& line : result.warnings) context.progress().warn(line);
    Output& output = context.output();
    output.document({{"dry_run", dry_run},
                     {"packs_removed", result.packs_removed},
                     {"packs_repacked", result.packs_repacked},
                     {"packs_waiting", result.packs_waiting},
                     {"bytes_freed", result.bytes_freed},
                     {"bytes_copied", result.bytes_copied},
                     {"bytes_before", result.bytes_before},
                     {"bytes_after", result.bytes_after},
                     {"index_segments_before", result.index_segments_before},
                     {"index_segments_after", result.index_segments_after},
                     {"damaged", ids_json(result.damaged)},
                     {"left_alone", result.left_alone},
                     {"warnings", result.warnings}});
    const std::string removed = say_count(result.packs_removed, "{} pack removed", "{} packs removed");
    const std::string freed = human_bytes(result.bytes_freed);
    output.line(dry_run ? say("dry run: would free about {}: {}, {} repacked", freed, removed, result.packs_repacked)
                        : say("freed {}: {}, {} repacked", freed, removed, result.packs_repacked));
    output.line(say("the vault holds {} (before: {})", human_bytes(result.bytes_after), human_bytes(result.bytes_before)));
    if (result.packs_waiting != 0) {
        output.line(say_count(result.packs_waiting, "{} pack waits for running backups to end: the next prune frees it",
                              "{} packs wait for running backups to end: the next prune frees them"));
    }
}

Result<int> run_prune(Context& context, const PruneFlags& flags) {
    PruneOptions options;
    if (!flags.grace.empty()) {
        TRY_ASSIGN(options.grace_ns, parse_duration(flags.grace));
    }
    options.compact = flags.compact;
    options.dry_run = flags.dry_run;
    TRY_ASSIGN(Repository repository, context.open_vault());
    std::optional<UnlockedKeyring> unlocked;
    if (flags.compact) {
        TRY_ASSIGN(unlocked, context.unlock());
        options.unlocked = &*unlocked;
    }
    TRY_ASSIGN(const PruneResult result, prune(repository, options, context.progress(), context.stop()));
    print_prune(context, result, flags.dry_run);
    return result.damaged.empty() && result.left_alone.empty() ? kExitDone : kExitDamage;
}

Json left_out_json(const CopyResult& result) {
    Json array = Json::array();
    for (const CopyResult::LeftOut& one : result.left_out) {
        array.push_back({{"snapshot", one.snapshot.hex()},
                         {"label", one.label.name},
                         {"label_id", one.label.id.hex()},
                         {"destroyed", one.label.destroyed ? json_time(*one.label.destroyed) : Json(nullptr)}});
    }
    return array;
}

// One whose record the source has lost is for copy_snapshots to speak of, which knows whether the target has it.
Result<ObjectId> find_to_copy(Context& context, Repository& from, const std::string& reference) {
    const auto listed = context.find_snapshot(from, reference);
    if (listed.ok()) return listed->snapshot.id;
    if (listed.error().code == Code::corrupt && is_id_or_prefix(reference)) return from.find_id(reference);
    return listed.error();
}

Result<int> run_copy(Context& context, const CopyFlags& flags) {
    TRY_ASSIGN(Repository from, context.open_vault());
    TRY_ASSIGN(Repository to, context.open_relative(flags.to, from));
    if (from.header().vault == to.header().vault) {
        return Error{Code::usage, say("{} and {} are the same vault: name another one with --to",
                                      printable(from.store().location()), printable(to.store().location()))};
    }
    std::vector<ObjectId> snapshots;
    for (const std::string& reference : flags.snapshots) {
        TRY_ASSIGN(const ObjectId id, find_to_copy(context, from, reference));
        snapshots.push_back(id);
    }
    TRY_ASSIGN(const CopyResult result, copy_snapshots(from, to, snapshots, context.progress(), context.stop(),
                                                       CopyOptions{.read_back = flags.read_back}));
    context.progress().clear();
    for (const std::string& line : result.warnings) context.progress().warn(line);
    Output& output = context.output();
    output.document({{"snapshots_copied", result.snapshots_copied},
                     {"snapshots_present", result.snapshots_present},
                     {"packs_copied", result.packs_copied},
                     {"bytes_copied", result.bytes_copied},
                     {"objects_read_back", result.objects_read_back},
                     {"bytes_read_back", result.bytes_read_back},
                     {"left_out", left_out_json(result)},
                     {"damaged", ids_json(result.damaged)},
                     {"damaged_there", ids_json(result.damaged_there)},
                     {"warnings", result.warnings}});
    output.line(say("copied {} to {} ({} there already): {}, {}",
                    say_count(result.snapshots_copied, "{} snapshot", "{} snapshots"), printable(to.store().location()),
                    result.snapshots_present, say_count(result.packs_copied, "{} pack", "{} packs"),
                    human_bytes(result.bytes_copied)));
    if (flags.read_back) {
        output.line(say("read back from the medium: {}, {}", say_count(result.objects_read_back, "{} object", "{} objects"),
                        human_bytes(result.bytes_read_back)));
    }
    const std::size_t left_out = result.left_out.size() + result.damaged.size();
    if (left_out != 0) {
        output.line(say_count(left_out, "{} snapshot was left out: it is named above",
                              "{} snapshots were left out: each is named above"));
    }
    if (!result.damaged_there.empty()) {
        output.line(say_count(result.damaged_there.size(), "{} snapshot is at {} and not whole there: it is named above",
                              "{} snapshots are at {} and not whole there: each is named above",
                              printable(to.store().location())));
    }
    if (!result.damaged.empty() || !result.damaged_there.empty()) return kExitDamage;
    return result.left_out.empty() ? kExitDone : kExitSomeUnread;
}

void add_forget(CommandTable& table) {
    auto flags = std::make_shared<ForgetFlags>();
    CLI::App& forget =
        table.add(table.root(), "forget", say("Ends snapshots, by name or by rule"),
                  {"forget [SNAPSHOT...] | [--label L] [--name N] [--host H] --keep-... [--dry-run]",
                   {"custody forget --label config --keep-daily 14 --keep-weekly 8 --keep-monthly 12 --dry-run",
                    "custody forget 3f9a1c", "custody forget --name etc --keep-last 3 --keep-within 30d"},
                   say("Needs no passphrase. A rule counts for each label, name, host and kind apart, never "
                       "empties a group, and skips what is "
                       "held or within its lawful term: six months of the label log (duty B12). A snapshot whose record "
                       "is lost or damaged is ended by its id (where its label is not known, once the longest term is "
                       "over); the ledger and 'custody status' keep that it was lost. Space is freed by 'custody prune'.")});
    add_operands(forget, "SNAPSHOT", flags->snapshots, say("These snapshots"));
    add_value(forget, "--label", flags->label, "L", say("The rule looks at snapshots of this label only"));
    add_value(forget, "--name", flags->name, "N", say("The rule looks at snapshots of this name only"));
    add_value(forget, "--host", flags->host, "H", say("The rule looks at snapshots of this host only"));
    forget.add_option("--keep-last", flags->last, say("Keeps the newest N"))->type_name("N");
    forget.add_option("--keep-daily", flags->daily, say("Keeps the newest of each of N days"))->type_name("N");
    forget.add_option("--keep-weekly", flags->weekly, say("Keeps the newest of each of N weeks"))->type_name("N");
    forget.add_option("--keep-monthly", flags->monthly, say("Keeps the newest of each of N months"))->type_name("N");
    forget.add_option("--keep-yearly", flags->yearly, say("Keeps the newest of each of N years"))->type_name("N");
    add_value(forget, "--keep-within", flags->within, "30d", say("Keeps all that are younger than this"));
    forget.add_flag("--dry-run", flags->dry_run, say("Says what would be ended, ends nothing"));
    forget.add_flag(
        "--clock-is-right", flags->clock_is_right,
        say("Goes on although the clock is far ahead of the last entry, or behind one; the ledger then counts from this clock"));
    table.runs(forget, flags, run_forget);
}

void add_prune(CommandTable& table) {
    auto flags = std::make_shared<PruneFlags>();
    CLI::App& prune = table.add(table.root(), "prune", say("Frees what no snapshot refers to, beside running backups"),
                                {"prune [--grace 24h] [--compact] [--dry-run]",
                                 {"custody prune --dry-run", "custody prune", "custody prune --grace 0s"},
                                 say("Needs no passphrase, except with --compact. Works on a full medium.")});
    add_value(prune, "--grace", flags->grace, "24h",
              say("Leaves what is younger than this and belongs to no snapshot; default: 24h"));
    prune.add_flag(
        "--compact", flags->compact,
        say("Also rewrites blocks of which less than three quarters is in use, under the keys they have, and frees what "
            "lies twice under one key (asks for the passphrase)"));
    prune.add_flag("--dry-run", flags->dry_run, say("Says about how much would be freed, frees nothing"));
    table.runs(prune, flags, run_prune);
}

void add_copy(CommandTable& table) {
    auto flags = std::make_shared<CopyFlags>();
    CLI::App& copy = table.add(
        table.root(), "copy", say("Brings another vault of the family into step"),
        {"copy --to VAULT [--read-back] [SNAPSHOT...]",
         {"custody copy --vault /mnt/disk-a/vault --to /mnt/disk-b/vault", "custody copy --to /mnt/disk-b/vault latest:etc"},
         say("Needs no passphrase. Never removes anything; what was forgotten there is not brought back unless named. Exit code "
             "3: done, but snapshots of labels whose writer keys are not here, or were destroyed, were left out; each is named. "
             "Exit code 4: some are damaged here and were not copied, or the other vault has them and not whole; each is "
             "named.")});
    add_value(copy, "--to", flags->to, "VAULT", say("The vault to copy to, made with the same keyring"))->required();
    copy.add_flag("--read-back", flags->read_back,
                  say("Reads everything that it writes from the medium again before the snapshots count there"));
    add_operands(copy, "SNAPSHOT", flags->snapshots, say("Only these; default: all"));
    table.runs(copy, flags, run_copy);
}

}  // namespace

void add_retention_commands(CommandTable& table) {
    add_hold_commands(table);
    add_forget(table);
    add_prune(table);
    add_copy(table);
}

}  // namespace custody
