#include "cli/hold_commands.h"

#include "base/text.h"

namespace custody {
namespace {

struct HoldFlags {
    std::vector<std::string> snapshots;
    std::string reason, until;
};
struct NoFlags {};

Status check_reason(const HoldFlags& flags) {
    if (flags.reason.find_first_not_of(" \t\n") != std::string::npos) return done();
    return Error{Code::usage, say("--reason is empty: say why, it is recorded in the ledger")};
}

// Publishes one entry for all of them; each must still be there when it is published.
Status publish(Repository& repository, Operation operation, const std::vector<ObjectId>& snapshots, Json details, Time now) {
    LedgerEntry draft;
    draft.time = now;
    draft.operation = operation;
    draft.snapshots = snapshots;
    draft.details = std::move(details);
    const auto all_live = [&snapshots](const LedgerState& state, LedgerEntry&) -> Status {
        for (const ObjectId& id : snapshots) {
            if (state.snapshots.contains(id)) continue;
            return Error{Code::not_found, say("snapshot {} was forgotten meanwhile: nothing was recorded", short_id(id))};
        }
        return done();
    };
    TRY(repository.publish(std::move(draft), all_live));
    return done();
}

Result<std::vector<Repository::Listed>> find_all(Context& context, Repository& repository,
                                                 const std::vector<std::string>& references) {
    std::vector<Repository::Listed> found;
    for (const std::string& reference : references) {
        TRY_ASSIGN(Repository::Listed listed, context.find_snapshot(repository, reference));
        found.push_back(std::move(listed));
    }
    return found;
}

std::vector<ObjectId> ids_of(const std::vector<Repository::Listed>& all) {
    std::vector<ObjectId> ids;
    for (const Repository::Listed& listed : all) ids.push_back(listed.snapshot.id);
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
    TRY(check_reason(flags));
    Json details = {{"reason", flags.reason}};
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
    for (const Repository::Listed& listed : found) {
        context.output().line(say("held {}: {}", short_id(listed.snapshot.id), title_of(listed.snapshot)));
        tell_longer_hold(context, repository.state(), listed.snapshot.id, details);
    }
    return kExitDone;
}

Result<int> run_release(Context& context, const HoldFlags& flags) {
    TRY(check_reason(flags));
    TRY_ASSIGN(Repository repository, context.open_vault());
    TRY_ASSIGN(const auto found, find_all(context, repository, flags.snapshots));
    for (const Repository::Listed& listed : found) {
        if (listed.ledger.hold) continue;
        return Error{Code::not_found,
                     say("snapshot {} is not held: 'custody hold list' shows those that are", short_id(listed.snapshot.id))};
    }
    const std::vector<ObjectId> ids = ids_of(found);
    TRY(publish(repository, Operation::release, ids, {{"reason", flags.reason}}, context.clock().now()));
    context.output().document({{"released", hex_of(ids)}});
    for (const Repository::Listed& listed : found) {
        context.output().line(say("released {}: {}", short_id(listed.snapshot.id), title_of(listed.snapshot)));
    }
    return kExitDone;
}

Result<int> run_list(Context& context, const NoFlags&) {
    TRY_ASSIGN(Repository repository, context.open_vault());
    TRY_ASSIGN(const auto snapshots, repository.snapshots());
    const Time now = context.clock().now();
    std::vector<std::vector<std::string>> rows = {{say("ID"), say("Snapshot"), say("Since"), say("Until"), say("Reason")}};
    context.output().begin_list();
    for (const Repository::Listed& listed : snapshots) {
        if (!is_held(listed.ledger, now)) continue;
        const HoldState& hold = *listed.ledger.hold;
        context.output().item({{"snapshot", listed.snapshot.id.hex()},
                               {"label", listed.snapshot.summary.label},
                               {"name", listed.snapshot.summary.name},
                               {"time", json_time(listed.snapshot.summary.time)},
                               {"since", json_time(hold.since)},
                               {"until", hold.until ? json_time(*hold.until) : Json(nullptr)},
                               {"reason", hold.reason}});
        rows.push_back({short_id(listed.snapshot.id), title_of(listed.snapshot), human_time(hold.since),
                        hold.until ? human_time(*hold.until) : say("until released"), printable(hold.reason)});
    }
    context.output().end_list();
    if (rows.size() == 1) {
        context.output().line(say("nothing is held"));
    } else {
        for (const std::string& line : format_table(rows)) context.output().line(line);
    }
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
    table.runs(list, std::make_shared<NoFlags>(), run_list);

    auto release_flags = std::make_shared<HoldFlags>();
    CLI::App& release =
        table.add(hold, "release", say("Ends a hold"),
                  {"hold release SNAPSHOT... --reason R", {"custody hold release 3f9a1c --reason 'case 17 is closed'"}, ""});
    add_operands(release, "SNAPSHOT", release_flags->snapshots, say("The snapshots"))->required();
    add_value(release, "--reason", release_flags->reason, "R", say("Why; recorded in the ledger, which is not encrypted"))
        ->required();
    table.runs(release, release_flags, run_release);
}

}  // namespace custody
