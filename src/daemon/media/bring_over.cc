#include "daemon/media/bring_over.h"

#include "base/counts.h"
#include "base/text.h"

#include <map>

namespace custody {
namespace {

bool lasts_longer(const HoldState& a, const HoldState& b) { return b.until && (!a.until || *a.until > *b.until); }

bool is_in_force(const std::optional<HoldState>& hold, Time now) { return hold && (!hold->until || *hold->until > now); }

// By what a hold says, so that one entry lays it on all its snapshots.
std::map<std::pair<std::string, std::string>, std::vector<ObjectId>> missing_holds(const Repository& from, const Repository& to) {
    std::map<std::pair<std::string, std::string>, std::vector<ObjectId>> missing;
    const Time now = to.clock().now();
    for (const auto& [id, live] : from.state().snapshots) {
        const auto there = to.state().snapshots.find(id);
        if (there == to.state().snapshots.end() || !is_in_force(live.hold, now)) continue;
        const auto& held = there->second.hold;
        if (is_in_force(held, now) && !lasts_longer(*live.hold, *held)) continue;
        missing[{live.hold->reason, live.hold->until ? to_rfc3339_utc(*live.hold->until) : ""}].push_back(id);
    }
    return missing;
}

Result<std::uint64_t> lay_holds(const Repository& from, Repository& to) {
    std::uint64_t laid = 0;
    for (const auto& [what, snapshots] : missing_holds(from, to)) {
        LedgerEntry draft;
        draft.operation = Operation::hold;
        draft.snapshots = snapshots;
        draft.details = {{"reason", what.first}};
        if (!what.second.empty()) draft.details["until"] = what.second;
        const auto all_live = [&](const LedgerState& state, LedgerEntry&) -> Status {
            for (const ObjectId& id : snapshots) {
                if (!state.snapshots.contains(id))
                    return Error{Code::busy,
                                 say("snapshot {} was forgotten meanwhile; run the command again", id.hex().substr(0, 12))};
            }
            return done();
        };
        TRY(to.publish(std::move(draft), all_live));
        laid += snapshots.size();
    }
    return laid;
}

void note_what_lacks(const Repository& from, const Repository& to, BroughtOver& result) {
    const std::string there = printable(to.store().location());
    std::uint64_t missing = 0;
    for (const auto& [id, live] : from.state().snapshots) missing += to.state().snapshots.contains(id) ? 0 : 1;
    if (missing > 0)
        result.lacking.push_back(say_count(missing, "{} snapshot could not be brought to {}; the warnings name it",
                                           "{} snapshots could not be brought to {}; the warnings name them", there));
    if (!result.copied.damaged_there.empty())
        result.lacking.push_back(say("{} has snapshots that are not whole: run 'custody repair' there", there));
}

Status read_back(Repository& to, Progress& progress, const StopFlag& stop, BroughtOver& result) {
    VerifyOptions options;
    options.level = VerifyLevel::keyless;
    TRY_ASSIGN(const VerifyResult verified, verify(to, options, progress, stop));
    result.objects_read = verified.objects;
    for (const auto& damage : verified.damaged) {
        result.lacking.push_back(say("read back from {}: {} {}; do not trust this medium", printable(to.store().location()),
                                     printable(damage.object), damage.problem));
    }
    for (const auto& unopened : verified.unopened) result.lacking.push_back(printable(unopened.object) + ": " + unopened.why);
    return done();
}

}  // namespace

Result<BroughtOver> bring_over(Repository& from, Repository& to, Progress& progress, const StopFlag& stop) {
    BroughtOver result;
    TRY_ASSIGN(result.copied, copy_snapshots(from, to, {}, progress, stop));
    TRY_ASSIGN(result.holds_laid, lay_holds(from, to));
    // Once more: what came meanwhile, witnesses of the holds, and the warnings that are left.
    TRY_ASSIGN(CopyResult again, copy_snapshots(from, to, {}, progress, stop));
    result.copied.snapshots_copied += again.snapshots_copied;
    result.copied.packs_copied += again.packs_copied;
    result.copied.bytes_copied += again.bytes_copied;
    again.snapshots_copied = result.copied.snapshots_copied;
    again.packs_copied = result.copied.packs_copied;
    again.bytes_copied = result.copied.bytes_copied;
    result.copied = std::move(again);
    note_what_lacks(from, to, result);
    TRY(read_back(to, progress, stop, result));
    return result;
}

}  // namespace custody
