// custody status: what is protected, what opens it, and what needs a person.
#include "base/block_device.h"
#include "base/counts.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command_table.h"
#include "cli/losses.h"
#include "cli/second_copies.h"
#include "cli/service_status.h"
#include "vault/closed_labels.h"
#include "vault/keys/key_destruction.h"
#include "vault/keys/outstanding_copies.h"
#include "vault/lacking_keys.h"
#include "vault/lost_snapshot.h"
#include "vault/other_copies.h"
#include "vault/packs/format.h"
#include "vault/presence.h"
#include "vault/store/medium_check.h"

#include <sys/statvfs.h>
#include <algorithm>
#include <map>
#include <optional>

namespace custody {
namespace {

constexpr std::int64_t kMonth_ns = 31 * kDay;  // duty B3: important data at least monthly
constexpr std::size_t kPacksShown = 8;         // damaged ones, in text; JSON has all

struct StatusFlags {
    bool check = false;
};

// The snapshots of one label, name and host.
struct Group {
    std::string label, name, host;
    std::uint64_t snapshots = 0;
    SnapshotSummary newest;
    CopyCount copies;
};

struct Overview {
    std::string vault, vault_id, file_system;
    std::uint64_t free_bytes = 0, ledger_entries = 0, holds = 0, unreadable = 0;
    bool vault_open = false, head_witnessed = false;
    std::optional<RememberedHead> lost_head;  // remembered, and this vault does not reach it
    std::vector<ClosedLabel> closed;          // labels whose snapshots no key here opens
    std::string keyring, role;
    KitState kit = KitState::none;
    std::vector<Group> groups;
    std::vector<std::string> empty_labels;
    std::vector<std::string> damaged_packs;              // names, as the ledger knows them
    std::vector<std::string> broken;                     // ids of snapshots that lack what damaged packs had
    std::map<std::string, std::string> damaged_objects;  // by presence and size: name -> problem
    Json lost = Json::array();                           // snapshots whose record was lost
    std::vector<std::string> needs;                      // what a person has to do
    std::vector<std::string> notes;
    std::optional<std::vector<std::string>> outstanding;  // copies of destroyed labels' keys, as the vault's ledger tells of them
};

std::string_view kit_word(KitState state) {
    switch (state) {
        case KitState::proven:
            return "proven";
        case KitState::none:
            return "none";
        case KitState::unproven:
            return "unproven";
        case KitState::stale:
            return "stale";
    }
    return "none";
}

std::string age_text(std::int64_t ns) {
    if (ns < 0) return say("in the future");
    const std::int64_t days = ns / kDay;
    const auto whole = [](std::int64_t count) { return static_cast<std::uint64_t>(count); };
    if (days >= 2) return say_count(whole(days), "{} day", "{} days");
    const std::int64_t hours = ns / kHour;
    if (hours >= 2) return say_count(whole(hours), "{} hour", "{} hours");
    return say_count(whole(ns / kMinute), "{} minute", "{} minutes");
}

void look_at_keyring(Context& context, Overview& overview) {
    overview.keyring = context.settings().keyring;
    const auto keyring = context.keyring();
    if (!keyring.ok()) {
        overview.needs.push_back(keyring.error().message);
        return;
    }
    const Keyring& keys = *keyring.value();
    overview.role = keys.is_custodian() ? "custodian" : "writer";
    overview.kit = kit_state(keys);
    if (std::string line = kit_warning(keys); !line.empty()) overview.needs.push_back(std::move(line));
    if (std::string line = keyring_rights_warning(keys.folder()); !line.empty()) overview.needs.push_back(std::move(line));
}

// After the vault, whose ledger may say that another keyring has finished.
void look_at_destroyed_labels(Context& context, Overview& overview) {
    const auto keyring = context.keyring();
    if (!keyring.ok()) return;
    if (!overview.outstanding) overview.outstanding = outstanding_lines(*keyring.value(), {});
    overview.needs.insert(overview.needs.end(), overview.outstanding->begin(), overview.outstanding->end());
}

// Destroyed by another keyring of the family: here they must go as well.
void look_at_held_labels(Repository& repository, Keyring& keyring, Overview& overview) {
    Repository* const here[] = {&repository};
    if (const Status looked = look_for_other_keyrings(keyring, here, false); !looked.ok()) {
        overview.needs.push_back(looked.error().message);
    }
    if (const Status settled = keyring.settle_keyrings(passed_keyrings(keyring, here)); !settled.ok()) {
        overview.needs.push_back(settled.error().message);
    }
    overview.outstanding = outstanding_lines(keyring, here);
    for (std::string& line : untold_lines(keyring, here)) overview.notes.push_back(std::move(line));
    for (const LabelInfo& label : destroyed_but_held(repository)) {
        const std::string day = human_time(repository.state().destroyed_labels.at(label.id));
        overview.needs.push_back(
            keyring.is_custodian()
                ? say("label {} was destroyed on {}, as the vault's ledger says, and this keyring still holds its secret: "
                      "destroy "
                      "it here too, with 'custody key destroy --label {}'",
                      label.name, day, label.name)
                : say("label {} was destroyed on {}, as the vault's ledger says, and this keyring still holds its writer keys: "
                      "take over the custodian's 'custody key export --public' here with 'custody key import'",
                      label.name, day));
    }
}

// Not for anybody to act on any more, and not to be hidden.
void look_at_lost_snapshots(const Repository& repository, Keyring& keyring, Overview& overview) {
    for (const auto& [id, lost] : repository.state().lost) {
        const auto keys = lost.label ? keyring.writer_keys(*lost.label) : nullptr;
        const std::string label = keys ? keys->name : say("not known");
        overview.lost.push_back({{"snapshot", id.hex()},
                                 {"label", keys ? Json(keys->name) : Json(nullptr)},
                                 {"made_before", json_time(lost.was.order)},
                                 {"sequence", lost.was.sequence},
                                 {"forgotten", json_time(lost.forgotten)},
                                 {"entry", lost.n}});
        overview.notes.push_back(
            say("snapshot {} (label: {}, made at the latest {}) was lost: its record was missing or damaged "
                "when entry {} of the ledger forgot it on {}",
                short_id(id), label, human_time(lost.was.order), lost.n, human_time(lost.forgotten)));
    }
}

void look_at_copies(const Keyring& keyring, const Repository& repository, Time now, Overview& overview) {
    std::vector<CountedGroup> groups;
    std::map<std::string, int> hosts;
    for (const Group& group : overview.groups) ++hosts[group.label + "/" + group.name];
    for (const Group& group : overview.groups) {
        const std::string what = group.label + "/" + group.name;
        groups.push_back({printable(hosts[what] == 1 ? what : what + " (" + group.host + ")"), group.copies});
    }
    const std::vector<VaultId> known = keyring.known_vaults();
    const auto is_other = [&](const VaultId& vault) { return vault != repository.header().vault; };
    const CopiedVault vault{overview.vault, keyring.is_custodian(), std::any_of(known.begin(), known.end(), is_other)};
    CopyLines lines = copy_lines(vault, groups, now);
    overview.needs.insert(overview.needs.end(), lines.needs.begin(), lines.needs.end());
    overview.notes.insert(overview.notes.end(), lines.notes.begin(), lines.notes.end());
    // What is known of a vault's end is what shows that it was cut: a person puts it right.
    for (const VaultId& other : known) {
        if (!is_other(other)) continue;
        if (const auto head = keyring.remembered_head(other); !head.ok()) overview.needs.push_back(head.error().message);
    }
}

// A stale kit was imported, an older keyring put back, or two keyrings of a family went apart.
void look_at_keys(const std::vector<Repository::Listed>& snapshots, const Keyring& keyring, Overview& overview) {
    LackingKeys lacking;
    for (const Repository::Listed& listed : snapshots) {
        if (const auto keys = keyring.writer_keys(listed.snapshot.clear.label)) lacking.look_at(listed.snapshot, *keys);
    }
    for (std::string& line : lacking.lines(keyring.is_custodian())) overview.needs.push_back(std::move(line));
    for (const ClosedLabel& label : overview.closed) {
        if (!label.destroyed && keyring.is_custodian()) overview.needs.push_back(closed_line(label));
    }
}

void group_snapshots(const std::vector<Repository::Listed>& snapshots, const Elsewhere& elsewhere, Time now, Overview& overview) {
    std::map<std::string, Group> groups;
    for (const Repository::Listed& listed : snapshots) {
        const SnapshotSummary& summary = listed.snapshot.summary;
        Group& group = groups[summary.label + "\n" + summary.name + "\n" + summary.host];
        ++group.snapshots;
        if (is_held(listed.ledger, now)) ++overview.holds;
        group.label = summary.label;
        group.name = summary.name;
        group.host = summary.host;
        group.newest = summary;  // they come oldest first
        group.copies.count(elsewhere.snapshots.contains(listed.snapshot.id), summary.time);
    }
    for (auto& [key, group] : groups) overview.groups.push_back(std::move(group));
}

void judge_groups(const Keyring& keyring, Time now, Overview& overview) {
    for (const Group& group : overview.groups) {
        const std::string what = printable(group.label + "/" + group.name);
        const std::int64_t age = now.ns - group.newest.time.ns;
        if (age > kMonth_ns) {
            overview.needs.push_back(
                say("{} was last backed up {} ago: at least monthly is asked for (duty B3)", what, age_text(age)));
        }
        if (group.newest.failed != 0) {
            overview.needs.push_back(say_count(group.newest.failed, "{} item of {} could not be read by its last backup",
                                               "{} items of {} could not be read by its last backup", what));
        }
        if (group.newest.changed_while_read != 0) {
            overview.needs.push_back(say_count(
                group.newest.changed_while_read,
                "{} file of {} changed while its last backup read it and may be torn: back up again when it is at rest, "
                "or back up a file-system snapshot or a dump",
                "{} files of {} changed while its last backup read them and may be torn: back up again when they are "
                "at rest, or back up a file-system snapshot or a dump",
                what));
        }
    }
    if (overview.groups.empty()) overview.needs.push_back(say("nothing is backed up yet: 'custody backup PATH --label L'"));
    for (const LabelInfo& label : keyring.labels()) {
        const auto covers = [&](const Group& group) { return group.label == label.name; };
        if (std::none_of(overview.groups.begin(), overview.groups.end(), covers)) overview.empty_labels.push_back(label.name);
    }
}

void look_at_storage(const std::string& location, Overview& overview) {
    if (const auto mount = mount_of(location); mount.ok()) {
        if (mount->read_only)
            overview.needs.push_back(say("{} is mounted read-only: nothing can be backed up to it", mount->point));
    }
    struct statvfs space {};
    if (::statvfs(location.c_str(), &space) == 0) overview.free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
}

// What a repair proved and no one healed.
void look_at_packs(const LedgerState& state, Overview& overview) {
    std::size_t shown = 0;
    for (const auto& [pack, n] : state.damaged_packs) {
        overview.damaged_packs.push_back(pack_name(pack));
        if (shown++ < kPacksShown) {
            overview.needs.push_back(
                say("{} is damaged, as entry {} of the ledger says: heal it with 'custody repair --from VAULT', "
                    "or back up the same sources again and then run 'custody repair'",
                    pack_name(pack), n));
        }
    }
    if (shown > kPacksShown) {
        overview.needs.push_back(say_count(shown - kPacksShown, "and {} more damaged pack, which --json names",
                                           "and {} more damaged packs, which --json names"));
    }
}

// What a listing tells. Packs that the ledger knows to be damaged, and lost records, are spoken of apart.
Status look_at_objects(Repository& repository, const std::vector<Repository::DamagedSnapshot>& lost, Overview& overview) {
    TRY_ASSIGN(const Presence presence, look_for_objects(repository.store(), repository.ledger()));
    overview.damaged_objects = presence.damaged;
    TRY(look_at_layout(repository.store(), overview.damaged_objects));
    auto left = overview.damaged_objects;
    for (const std::string& pack : overview.damaged_packs) left.erase(pack);
    for (const Repository::DamagedSnapshot& each : lost) left.erase(snapshot_name(each.id));
    if (left.empty()) return done();
    overview.needs.push_back(
        say_count(left.size(), "{} object of the vault is missing or damaged: {} {}; run 'custody verify', then 'custody repair'",
                  "{} objects of the vault are missing or damaged, the first: {} {}; run 'custody verify', then 'custody repair'",
                  printable(left.begin()->first), left.begin()->second));
    return done();
}

Status look_at_vault(Context& context, Overview& overview) {
    TRY_ASSIGN(const std::string reference, context.vault_reference());
    overview.vault = reference;
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    TRY_ASSIGN(Repository repository,
               Repository::open(context.files(), context.clock(), reference, keyring, OpenOptions{.tolerate_damage = true}));
    overview.lost_head = repository.lost_head();
    for (const LedgerDamage& damage : repository.ledger_damage()) {
        if (overview.lost_head && damage.object == "ledger") {
            overview.needs.push_back(damage.problem);
            continue;
        }
        overview.needs.push_back(names_its_object(damage.object, damage.problem)
                                     ? damage.problem
                                     : say("{} is damaged: {}; run 'custody verify'", damage.object, damage.problem));
    }
    overview.vault_open = true;
    overview.vault = repository.store().location();
    overview.vault_id = repository.header().vault.hex();
    overview.ledger_entries = repository.state().n;
    overview.head_witnessed = repository.head_witnessed();
    for (std::string& line : repository.take_warnings()) overview.notes.push_back(std::move(line));
    look_at_storage(overview.vault, overview);
    const ClockState clock = repository.clock_state();
    if (clock.behind_floor) {
        overview.needs.push_back(
            say("the clock is behind what the ledger has seen ({}): set it; if it is right now, and was ahead then, enter that "
                "with 'custody forget --keep-last 1000000 --clock-is-right'",
                human_time(clock.floor)));
    }
    look_at_packs(repository.state(), overview);
    if (!overview.damaged_packs.empty()) TRY(name_broken(context, repository, overview.needs, overview.broken));
    look_at_held_labels(repository, *keyring, overview);
    look_at_lost_snapshots(repository, *keyring, overview);
    std::vector<Repository::DamagedSnapshot> damaged;
    TRY_ASSIGN(const auto snapshots, repository.snapshots(&overview.unreadable, &damaged));
    TRY(look_at_objects(repository, damaged, overview));
    // Forgotten and pruned while they were read.
    std::erase_if(damaged, [&](const auto& each) { return !repository.state().snapshots.contains(each.id); });
    for (const Repository::DamagedSnapshot& each : damaged) {
        if (is_held(each.ledger, clock.now)) ++overview.holds;
        overview.needs.push_back(each.error.message + ": " + way_out_of_lost(repository, each.id, clock.now));
    }
    if (overview.unreadable != 0) {
        TRY_ASSIGN(overview.closed, closed_labels(repository));
    }
    look_at_keys(snapshots, *keyring, overview);
    TRY_ASSIGN(const Elsewhere elsewhere, snapshots_elsewhere(repository));
    for (const std::string& witness : elsewhere.damaged) {
        overview.needs.push_back(
            say("{} is damaged: run 'custody repair --from' the other vault, or see 'custody verify'", witness));
    }
    group_snapshots(snapshots, elsewhere, clock.now, overview);
    judge_groups(*keyring, clock.now, overview);
    look_at_copies(*keyring, repository, clock.now, overview);
    if (const auto medium = check_medium(context.files(), overview.vault, likely_sources()); medium.ok()) {
        overview.file_system = medium->file_system;
        overview.notes.insert(overview.notes.end(), medium->warnings.begin(), medium->warnings.end());
    }
    return done();
}

void look_at_media(Context& context, Overview& overview) {
    for (const Medium& medium : context.settings().media) {
        const auto path = parse_vault_reference(medium.vault);
        if (!path.ok() || context.files().info(path.value()).ok()) continue;
        overview.notes.push_back(say("medium {} is not attached: {}", printable(medium.name), printable(medium.vault)));
    }
}

std::string_view head_word(const Overview& overview) {
    if (overview.lost_head) return "rolled back";
    return overview.head_witnessed ? "reached" : "not witnessed";
}

Json json_of(const Overview& overview, Time now) {
    Json groups = Json::array();
    for (const Group& group : overview.groups) {
        groups.push_back({{"label", group.label},
                          {"name", group.name},
                          {"host", group.host},
                          {"snapshots", group.snapshots},
                          {"last", json_time(group.newest.time)},
                          {"age_seconds", (now.ns - group.newest.time.ns) / kSecond},
                          {"files", group.newest.files},
                          {"bytes", group.newest.bytes},
                          {"failed", group.newest.failed},
                          {"changed_while_read", group.newest.changed_while_read},
                          {"copied", group.copies.copied},
                          {"waiting_for_copy", group.copies.waiting}});
    }
    Json damaged = Json::array();
    for (const auto& [name, problem] : overview.damaged_objects) damaged.push_back({{"object", name}, {"problem", problem}});
    Json closed = Json::array();
    for (const ClosedLabel& label : overview.closed) {
        closed.push_back({{"label", label.name},
                          {"label_id", label.id.hex()},
                          {"destroyed", label.destroyed ? json_time(*label.destroyed) : Json(nullptr)},
                          {"snapshots", label.snapshots.size()}});
    }
    return {{"vault",
             {{"location", overview.vault},
              {"open", overview.vault_open},
              {"id", overview.vault_id},
              {"file_system", overview.file_system},
              {"free_bytes", overview.free_bytes},
              {"ledger_entries", overview.ledger_entries},
              {"head_witnessed", overview.head_witnessed},
              {"head", head_word(overview)},
              {"remembered_entries", overview.lost_head        ? overview.lost_head->n
                                     : overview.head_witnessed ? overview.ledger_entries
                                                               : 0},
              {"holds", overview.holds},
              {"unreadable_snapshots", overview.unreadable},
              {"damaged_packs", overview.damaged_packs},
              {"damaged_objects", damaged},
              {"damaged_snapshots", overview.broken},
              {"lost_snapshots", overview.lost}}},
            {"keyring", {{"folder", overview.keyring}, {"role", overview.role}, {"kit", kit_word(overview.kit)}}},
            {"groups", groups},
            {"closed_labels", closed},
            {"labels_without_snapshots", overview.empty_labels},
            {"needs", overview.needs},
            {"notes", overview.notes}};
}

void print_head(Output& output, const Overview& overview) {
    if (overview.vault_open) {
        output.line(say("vault    {} ({}, {} free), at entry {} of its ledger", printable(overview.vault), overview.file_system,
                        human_bytes(overview.free_bytes), overview.ledger_entries));
        output.line(
            overview.lost_head        ? say("         ROLLED BACK: entry {} is remembered here; see below", overview.lost_head->n)
            : overview.head_witnessed ? say("         its end is the one this keyring remembers")
                                      : say("         head not witnessed: nobody here can tell whether its end was cut off"));
    } else {
        output.line(say("vault    {}: not open", overview.vault.empty() ? say("none named") : printable(overview.vault)));
    }
    const std::string role = overview.role == "custodian" ? say("custodian")
                             : overview.role == "writer"  ? say("writer")
                                                          : say("none");
    output.line(say("keyring  {}: {}", printable(overview.keyring), role));
    if (overview.role == "custodian") output.line(say("kit      {}", translate(kit_word(overview.kit))));
    if (overview.holds != 0) output.line(say("held     snapshots: {}", overview.holds));
    for (const ClosedLabel& label : overview.closed) output.line("         " + closed_line(label));
}

void print_groups(Output& output, const Overview& overview, Time now) {
    std::vector<std::vector<std::string>> rows = {
        {say("Label"), say("Name"), say("Host"), say("Snapshots"), say("Last"), say("Age"), say("Files"), say("Size")}};
    for (const Group& group : overview.groups) {
        rows.push_back({printable(group.label), printable(group.name), printable(group.host), std::to_string(group.snapshots),
                        human_time(group.newest.time), age_text(now.ns - group.newest.time.ns),
                        std::to_string(group.newest.files), human_bytes(group.newest.bytes)});
    }
    output.line("");
    if (rows.size() > 1) {
        for (const std::string& line : format_table(rows)) output.line(line);
    } else {
        output.line(say("no snapshots"));
    }
    if (!overview.empty_labels.empty()) output.line(say("no snapshot yet of: {}", printable_list(overview.empty_labels)));
}

void print_text(Output& output, const Overview& overview, Time now) {
    print_head(output, overview);
    if (overview.vault_open) print_groups(output, overview, now);
    if (!overview.notes.empty()) output.line("");
    for (const std::string& line : overview.notes) output.line(say("note: {}", line));
    output.line("");
    if (overview.needs.empty()) {
        output.line(say("nothing needs a person"));
        return;
    }
    output.line(say("needs a person:"));
    for (const std::string& line : overview.needs) output.line("  - " + line);
}

Result<int> run_status(Context& context, const StatusFlags& flags) {
    Overview overview;
    if (!context.settings().vault_named) {
        TRY_ASSIGN(const std::optional<int> of_service, service_status(context, flags.check));
        if (of_service) return *of_service;
        if (std::string line = no_service_line(context); !line.empty()) overview.needs.push_back(std::move(line));
    }
    look_at_keyring(context, overview);
    if (const Status seen = look_at_vault(context, overview); !seen.ok()) {
        const std::string& why = seen.error().message;
        if (std::find(overview.needs.begin(), overview.needs.end(), why) == overview.needs.end()) overview.needs.push_back(why);
    }
    look_at_destroyed_labels(context, overview);
    look_at_media(context, overview);
    const Time now = context.clock().now();
    context.output().document(json_of(overview, now));
    if (!context.output().json()) print_text(context.output(), overview, now);
    return flags.check && !overview.needs.empty() ? kExitFailed : kExitDone;
}

}  // namespace

void add_status_command(CommandTable& table) {
    auto flags = std::make_shared<StatusFlags>();
    CLI::App& status = table.add(
        table.root(), "status", say("Shows what is protected, what opens it, and what needs a person"),
        {"status [--check]",
         {"custody status", "custody status --check || mail -s 'Custody' admin"},
         say("Needs no passphrase. A person is needed when the vault does not open, is damaged (its ledger and the snapshots' "
             "records are read, all else is only seen to be there with its size: 'custody verify' reads more), went "
             "back behind the ledger entry that this keyring remembers, is mounted read-only, or holds nothing yet; when what "
             "has a label and name lies in this vault alone, or was not copied for over a month (duty B6; what other vaults hold "
             "is "
             "known from 'custody copy'); when "
             "no recovery kit is proven, or it is older than the keys; when others may read or change the keyring; when a copy "
             "of the keys, or this keyring itself, still "
             "opens a destroyed label; when snapshots were made with keys that this keyring lacks; "
             "when something was last backed up over a month ago (duty B3), or items of it could not be read, or changed while "
             "they were read; when the clock is behind the ledger. Notes do not count. Where the service runs and no vault is "
             "named, its answer is shown instead, on one screen: plans, media, next runs, what no plan covers (duty B10).")});
    status.add_flag("--check", flags->check, say("Ends with exit code 1 when a person is needed"));
    table.runs(status, flags, run_status);
}

}  // namespace custody
