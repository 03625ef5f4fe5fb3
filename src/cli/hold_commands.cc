#include "cli/hold_commands.h"

#include "base/text.h"
#include "vault/closed_labels.h"

#include <algorithm>
#include <map>

namespace custody {
namespace {

struct HoldFlags {
    std::vector<std::string> snapshots;
    std::string reason, until;
};
struct HoldNoFlags {};

// It is shown within a line: what would end one, or move about in it, is a space.
Result<std::string> checked_reason(const HoldFlags& flags) {
    std::string reason = flags.reason;
    std::replace_if(
        reason.begin(), reason.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t' || c == '\v' || c == '\f'; }, ' ');
    if (reason.find_first_not_of(' ') != std::string::npos) return reason;
    return Error{Code::usage, say("--reason is empty: say why, it is recorded in the ledger")};
}

// A writer, whose host may be taken over, ends what it laid itself; what others hold is for those who hold the labels' secrets.
Status may_release(const Repository& repository, const LedgerState& state, const std::vector<ObjectId>& snapshots) {
    const Keyring* const keyring = repository.keyring();
    if (keyring != nullptr && keyring->is_custodian()) return done();
    for (const ObjectId& id : snapshots) {
        const auto live = state.snapshots.find(id);
        if (live == state.snapshots.end() || !live->second.hold) continue;
        if (keyring != nullptr && live->second.hold->by == std::set{keyring->signer()}) continue;
        return Error{Code::refused, say("snapshot {} is held by another than this writer's keyring: only a custodian's keyring "
                                        "releases it; run this where that one is, or name it with --keyring",
                                        short_id(id))};
    }
    return done();
}

// Publishes one entry for all of them; each must still be there when it is published.
Status publish(Repository& repository, Operation operation, const std::vector<ObjectId>& snapshots, Json details, Time now) {
    LedgerEntry draft;
    draft.time = now;
    draft.operation = operation;
    draft.snapshots = snapshots;
    draft.details = std::move(details);
    const auto all_live = [&](const LedgerState& state, LedgerEntry&) -> Status {
        if (operation == Operation::release) TRY(may_release(repository, state, snapshots));
        for (const ObjectId& id : snapshots) {
            if (state.snapshots.contains(id)) continue;
            return Error{Code::not_found, say("snapshot {} was forgotten meanwhile: nothing was recorded", short_id(id))};
        }
        return done();
    };
    TRY(repository.publish(std::move(draft), all_live));
    return done();
}

// A hold is the ledger's: it is laid on, and ends for, a snapshot whose record is lost as well, or that could never be forgotten.
struct Found {
    ObjectId id;
    LedgerSnapshot ledger;
    std::optional<Snapshot> snapshot;   // none: its record is lost or damaged, or its label closed
    std::optional<ClosedLabel> closed;  // its label, which cannot be read here
};

std::string title_of_found(const Found& found) {
    if (found.snapshot) return title_of(*found.snapshot);
    if (found.closed) return say("label {}, cannot be read here", shown_name(*found.closed));
    return say("its record is lost or damaged");
}

Result<Found> find_one(Context& context, Repository& repository, const std::string& reference) {
    if (!is_id_or_prefix(reference)) {
        TRY_ASSIGN(Repository::Listed listed, context.find_snapshot(repository, reference));
        const ObjectId id = listed.snapshot.id;
        return Found{id, std::move(listed.ledger), std::move(listed.snapshot), std::nullopt};
    }
    TRY_ASSIGN(const ObjectId id, repository.find_id(reference));
    Found found{id, repository.state().snapshots.at(id), std::nullopt, std::nullopt};
    auto snapshot = repository.read_snapshot(id);
    if (!snapshot.ok() && snapshot.error().code != Code::corrupt) return std::move(snapshot).error();
    if (snapshot.ok()) found.snapshot = std::move(*snapshot);
    return found;
}

Result<std::vector<Found>> find_all(Context& context, Repository& repository, const std::vector<std::string>& references) {
    std::vector<Found> found;
    for (const std::string& reference : references) {
        TRY_ASSIGN(Found one, find_one(context, repository, reference));
        found.push_back(std::move(one));
    }
    return found;
}

// Oldest first; then those whose record is lost, and those whose label cannot be read here.
Result<std::vector<Found>> list_all(Repository& repository) {
    std::vector<Repository::DamagedSnapshot> damaged;
    TRY_ASSIGN(std::vector<Repository::Listed> listed, repository.snapshots(nullptr, &damaged));
    std::vector<Found> all;
    for (Repository::Listed& one : listed) {
        const ObjectId id = one.snapshot.id;
        all.push_back({id, std::move(one.ledger), std::move(one.snapshot), std::nullopt});
    }
    for (const Repository::DamagedSnapshot& one : damaged) all.push_back({one.id, one.ledger, std::nullopt, std::nullopt});
    TRY_ASSIGN(const std::vector<ClosedLabel> closed, closed_labels(repository));
    for (const ClosedLabel& label : closed) {
        for (const ObjectId& id : label.snapshots) {
            all.push_back({id, repository.state().snapshots.at(id), std::nullopt, label});
        }
    }
    return all;
}

std::vector<ObjectId> ids_of(const std::vector<Found>& all) {
    std::vector<ObjectId> ids;
    for (const Found& found : all) ids.push_back(found.id);
    return ids;
}

Json hex_of(const std::vector<ObjectId>& ids) {
    Json array = Json::array();
    for (const ObjectId& id : ids) array.push_back(id.hex());
    return array;
}

// A hold that was laid before goes on where it lasts longer: said, because that is not what was asked for.
void tell_longer_hold(Context& context, const LedgerState& state, const ObjectId& id, const Json& asked) {
    const auto live = state.snapshots.find(id);
    if (live == state.snapshots.end() || !live->second.hold || !asked.contains("until")) return;
    const HoldState& hold = *live->second.hold;
    if (!hold.until) {
        context.progress().warn(say("{} was held before, and stays held until released", short_id(id)));
    } else if (to_rfc3339_utc(*hold.until) != asked["until"]) {
        context.progress().warn(say("{} was held before, and stays held until {}", short_id(id), human_time(*hold.until)));
    }
}

Result<int> run_add(Context& context, const HoldFlags& flags) {
    TRY_ASSIGN(const std::string reason, checked_reason(flags));
    Json details = {{"reason", reason}};
    const Time now = context.clock().now();
    if (!flags.until.empty()) {
        TRY_ASSIGN(const Time until, parse_time(flags.until));
        if (until <= now) return Error{Code::usage, say("--until {} is in the past: the hold would not hold", flags.until)};
        details["until"] = to_rfc3339_utc(until);
    }
    TRY_ASSIGN(Repository repository, context.open_vault());
    TRY_ASSIGN(const auto found, find_all(context, repository, flags.snapshots));
    const std::vector<ObjectId> ids = ids_of(found);
    TRY(publish(repository, Operation::hold, ids, details, now));
    context.output().document({{"held", hex_of(ids)}});
    for (const Found& one : found) {
        context.output().line(say("held {}: {}", short_id(one.id), title_of_found(one)));
        tell_longer_hold(context, repository.state(), one.id, details);
    }
    return kExitDone;
}

Result<int> run_release(Context& context, const HoldFlags& flags) {
    TRY_ASSIGN(const std::string reason, checked_reason(flags));
    TRY_ASSIGN(Repository repository, context.open_vault());
    TRY_ASSIGN(const auto found, find_all(context, repository, flags.snapshots));
    for (const Found& one : found) {
        if (one.ledger.hold) continue;
        return Error{Code::not_found, say("snapshot {} is not held: 'custody hold list' shows those that are", short_id(one.id))};
    }
    const std::vector<ObjectId> ids = ids_of(found);
    TRY(publish(repository, Operation::release, ids, {{"reason", reason}}, context.clock().now()));
    context.output().document({{"released", hex_of(ids)}});
    for (const Found& one : found) {
        context.output().line(say("released {}: {}", short_id(one.id), title_of_found(one)));
    }
    return kExitDone;
}

Result<int> run_list(Context& context, const HoldNoFlags&) {
    TRY_ASSIGN(Repository repository, context.open_vault());
    TRY_ASSIGN(const std::vector<Found> snapshots, list_all(repository));
    const Time now = context.clock().now();
    std::vector<std::vector<std::string>> rows = {{say("ID"), say("Snapshot"), say("Since"), say("Until"), say("Reason")}};
    std::map<LabelId, ClosedLabel> closed;
    context.output().begin_list();
    for (const Found& one : snapshots) {
        if (!is_held(one.ledger, now)) continue;
        if (one.closed) closed.try_emplace(one.closed->id, *one.closed);
        const HoldState& hold = *one.ledger.hold;
        const SnapshotSummary* summary = one.snapshot ? &one.snapshot->summary : nullptr;
        const bool is_named = one.closed && !one.closed->name.empty();
        const Json label = summary ? Json(summary->label) : is_named ? Json(one.closed->name) : Json(nullptr);
        context.output().item({{"snapshot", one.id.hex()},
                               {"label", label},
                               {"name", summary ? Json(summary->name) : Json(nullptr)},
                               {"time", summary ? json_time(summary->time) : Json(nullptr)},
                               {"since", json_time(hold.since)},
                               {"until", hold.until ? json_time(*hold.until) : Json(nullptr)},
                               {"reason", hold.reason}});
        rows.push_back({short_id(one.id), title_of_found(one), human_time(hold.since),
                        hold.until ? human_time(*hold.until) : say("until released"), printable(hold.reason)});
    }
    context.output().end_list();
    if (rows.size() == 1) {
        context.output().line(say("nothing is held"));
    } else {
        for (const std::string& line : format_table(rows)) context.output().line(line);
    }
    for (const auto& [id, label] : closed) context.progress().note(say("note: {}", closed_line(label)));
    return kExitDone;
}

}  // namespace

void add_hold_commands(CommandTable& table) {
    CLI::App& hold = table.add_family(table.root(), "hold", say("Legal holds: snapshots that nobody may end"));
    auto add_flags = std::make_shared<HoldFlags>();
    CLI::App& add = table.add(hold, "add", say("Holds snapshots"),
                              {"hold add SNAPSHOT... --reason R [--until T]",
                               {"custody hold add latest:data --reason 'inspection 12/2026'",
                                "custody hold add 3f9a1c --reason 'case 17' --until 2027-06-30"},
                               say("A second hold never shortens the first: the later end counts, and all reasons are kept.")});
    add_operands(add, "SNAPSHOT", add_flags->snapshots, say("The snapshots"))->required();
    add_value(add, "--reason", add_flags->reason, "R", say("Why; recorded in the ledger, which is not encrypted"))->required();
    add_value(add, "--until", add_flags->until, "T", say("When the hold ends by itself; default: when it is released"));
    table.runs(add, add_flags, run_add);

    CLI::App& list = table.add(hold, "list", say("Lists what is held"), {"hold list", {"custody hold list"}, ""});
    table.runs(list, std::make_shared<HoldNoFlags>(), run_list);

    auto release_flags = std::make_shared<HoldFlags>();
    CLI::App& release =
        table.add(hold, "release", say("Ends a hold"),
                  {"hold release SNAPSHOT... --reason R",
                   {"custody hold release 3f9a1c --reason 'case 17 is closed'"},
                   say("With a writer's keyring only what it holds itself is released; the rest needs a custodian's.")});
    add_operands(release, "SNAPSHOT", release_flags->snapshots, say("The snapshots"))->required();
    add_value(release, "--reason", release_flags->reason, "R", say("Why; recorded in the ledger, which is not encrypted"))
        ->required();
    table.runs(release, release_flags, run_release);
}

}  // namespace custody
