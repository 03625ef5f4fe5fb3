// Copying snapshots to another vault of the family: what may be copied, what is, and the witnesses at the end. The steps are in
// copier.h.
#include "vault/replicator.h"

#include "base/text.h"
#include "vault/copier.h"
#include "vault/store/session.h"
#include "vault/witnessing.h"

#include <algorithm>

namespace custody {
namespace {

Status check_may_copy(Repository& from, Repository& to) {
    if (from.header().family != to.header().family) {
        return Error{Code::refused,
                     say("{} and {} were made with different keyrings; snapshots are copied within one family only",
                         from.store().location(), to.store().location())};
    }
    if (from.header().vault == to.header().vault) {
        return Error{Code::usage, say("{} is a copy of the very same vault as {}; make a second one with `custody init`",
                                      to.store().location(), from.store().location())};
    }
    if (!to.keyring()) return Error{Code::wrong_key, say("copying needs the keyring with the labels' writer keys")};
    return done();
}

// Oldest first.
Result<std::vector<ObjectId>> chosen_snapshots(const LedgerState& state, const std::vector<ObjectId>& named) {
    std::vector<ObjectId> ids;
    for (const auto& [id, live] : state.snapshots) {
        if (named.empty() || std::find(named.begin(), named.end(), id) != named.end()) ids.push_back(id);
    }
    for (const ObjectId& id : named) {
        if (!state.snapshots.contains(id)) return Error{Code::not_found, say("there is no snapshot {}", id.hex())};
    }
    std::stable_sort(ids.begin(), ids.end(), [&](const ObjectId& a, const ObjectId& b) {
        return is_older(state.snapshots.at(a), state.snapshots.at(b));
    });
    return ids;
}

// What was copied is done: a source that takes no files loses a second copy of the target's ledger, no more.
Status witness_each_other(Repository& from, Repository& to, CopyResult& result) {
    TRY(leave_witnesses(from, to));
    const auto left = leave_witnesses(to, from);
    if (!left.ok()) {
        result.warnings.push_back(
            say("the ledger of {} could not be witnessed at {}, so that its entries could not be healed from "
                "there: {}",
                printable(to.store().location()), printable(from.store().location()), left.error().message));
    }
    return done();
}

// For a shell.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : printable(text)) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

void warn_of_hold(const ObjectId& id, const HoldState& hold, const Repository& where, const Repository& missing, bool longer,
                  CopyResult& result) {
    const std::string prefix = id.hex().substr(0, 12);
    std::string command =
        "custody hold add " + prefix + " --vault " + quoted(missing.store().location()) + " --reason " + quoted(hold.reason);
    if (hold.until) command += " --until " + to_rfc3339_utc(*hold.until);
    const std::string& held = where.store().location();
    const std::string& free = missing.store().location();
    result.warnings.push_back(
        longer ? say("snapshot {} is held at {} for longer than at {}; holds are each vault's own, lay it there too with `{}`",
                     prefix, printable(held), printable(free), command)
               : say("snapshot {} is held at {} and not at {}, where it may be ended; holds are each vault's own, lay it there "
                     "too with `{}`",
                     prefix, printable(held), printable(free), command));
}

// However long ago the snapshot was copied: of two copies the one that nobody holds may be the last that is left.
void compare_holds(const Repository& from, const Repository& to, CopyResult& result) {
    const Time now = to.clock().now();
    const auto lasts_longer = [](const HoldState& a, const HoldState& b) { return b.until && (!a.until || *a.until > *b.until); };
    for (const auto& [id, here] : from.state().snapshots) {
        const auto live = to.state().snapshots.find(id);
        if (live == to.state().snapshots.end()) continue;
        const LedgerSnapshot& there = live->second;
        const bool held_here = is_held(here, now), held_there = is_held(there, now);
        if (held_here && (!held_there || lasts_longer(*here.hold, *there.hold))) {
            warn_of_hold(id, *here.hold, from, to, held_there, result);
        } else if (held_there && (!held_here || lasts_longer(*there.hold, *here.hold))) {
            warn_of_hold(id, *there.hold, to, from, held_here, result);
        }
    }
}

}  // namespace

Result<CopyResult> copy_snapshots(Repository& from, Repository& to, const std::vector<ObjectId>& snapshots, Progress& progress,
                                  const StopFlag& stop, const CopyOptions& options) {
    TRY(check_may_copy(from, to));
    TRY_ASSIGN(Session session, Session::begin(to.store()));
    // So that prune leaves alone what is read; a source that cannot be written is not being pruned.
    const auto reading = Session::begin(from.store());
    TRY(from.ledger().refresh());
    TRY(to.ledger().refresh());
    TRY(check_remembered_by(to, from));
    TRY(check_remembered_by(from, to));
    TRY_ASSIGN(const std::vector<ObjectId> chosen, chosen_snapshots(from.state(), snapshots));
    Copier copier(from, to, {session, progress, stop, options});
    TRY(copier.prepare());
    copier.expect(chosen, snapshots.empty());
    for (const ObjectId& id : chosen) {
        TRY(stop.check());
        TRY(copier.copy(id, !snapshots.empty()));
    }
    TRY(copier.finish());
    compare_holds(from, to, copier.result);
    TRY(witness_each_other(from, to, copier.result));
    return std::move(copier.result);
}

}  // namespace custody
