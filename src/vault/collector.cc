// Forgetting: the ends of snapshots, by name or by rule. What they held is freed by prune (vault/prune).
#include "vault/collector.h"

#include "base/text.h"
#include "vault/history/lawful_term.h"
#include "vault/lost_snapshot.h"
#include "vault/packs/format.h"
#include "vault/store/reserve.h"

#include <algorithm>
#include <set>

namespace custody {
namespace {

using Listed = Repository::Listed;

class Forgetter {
public:
    Forgetter(Repository& repository, const ForgetOptions& options)
        : repository_(repository), options_(options), clock_(repository.clock_state()) {}

    Result<ForgetResult> run() {
        TRY(check_options());
        TRY(check_clock());
        TRY(options_.references.empty() ? by_rule() : by_reference());
        // That the clock is right is entered also where nothing ends: other commands wait for it.
        if (!options_.dry_run && (!ids_.empty() || clock_.behind_floor || clock_.far_ahead)) TRY(publish());
        return std::move(result_);
    }

private:
    [[nodiscard]] Status check_options() const {
        const bool has_rule = options_.rule && !options_.rule->empty();
        if (options_.references.empty() && !has_rule) {
            return Error{Code::usage, say("forget needs snapshots or a rule, such as --keep-daily 14")};
        }
        if (!options_.references.empty() && has_rule) {
            return Error{Code::usage, say("forget takes snapshots or a rule, not both")};
        }
        return done();
    }

    [[nodiscard]] Status check_clock() const {
        if (options_.clock_is_right) return done();
        if (clock_.behind_floor) {
            return Error{Code::refused,
                         say("the clock says {}, but the vault has seen {}: set the clock, then forget; if it is right now, and "
                             "was ahead then, repeat with --clock-is-right",
                             to_rfc3339_local(clock_.now), to_rfc3339_local(clock_.floor))};
        }
        if (clock_.far_ahead) {
            return Error{Code::refused,
                         say("the clock says {}, more than 40 days after the vault's last entry of {}: if it is right, repeat "
                             "with --clock-is-right",
                             to_rfc3339_local(clock_.now), to_rfc3339_local(clock_.floor))};
        }
        return done();
    }

    static ForgetResult::Line line_of(const Snapshot& snapshot, std::string why) {
        return {snapshot.id, describe(snapshot), std::move(why)};
    }

    // A run whose clock was behind is counted where its order has it, in rules and terms: not before what came before it.
    static Time time_of(const Listed& listed) {
        const SnapshotSummary& summary = listed.snapshot.summary;
        return summary.clock_suspect ? std::max(summary.time, listed.ledger.order) : summary.time;
    }

    // Why it may not end now; empty when it may.
    [[nodiscard]] std::string protection_of(const Listed& listed) const {
        if (is_held(listed.ledger, clock_.now)) return say("held: {}", printable(listed.ledger.hold->reason));
        const Time time = time_of(listed);
        if (time > clock_.now) return say("dated after now");
        const LawfulTerm term = lawful_term(listed.snapshot.summary.label);
        if (!is_within(term, time, clock_.now)) return {};
        return say("within the lawful term ({}) until {}", term.duty, end_of(term, time));
    }

    void end(const ObjectId& id, ForgetResult::Line line) {
        if (std::find(ids_.begin(), ids_.end(), id) != ids_.end()) return;
        ids_.push_back(id);
        result_.forgotten.push_back(std::move(line));
    }

    Status by_reference() {
        for (const std::string& reference : options_.references) {
            auto found = repository_.find_snapshot(reference);
            if (!found.ok()) {
                TRY(end_damaged(reference, found.error()));
                continue;
            }
            const std::string protection = protection_of(*found);
            if (!protection.empty()) {
                return Error{Code::refused, say("snapshot {} may not be forgotten: {}", describe(found->snapshot), protection)};
            }
            end(found->snapshot.id, line_of(found->snapshot, {}));
        }
        return done();
    }

    // A snapshot that no copy can heal must not stand in the way of prune for ever: its id ends it, held or within its term not
    // read. The entry says that its record was lost, and takes that out of what the vault should hold.
    Status end_damaged(const std::string& reference, const Error& error) {
        const auto id = repository_.find_id(reference);
        if (error.code != Code::corrupt || !id.ok()) return error;
        TRY_ASSIGN(const LostRecord lost, look_at_lost(repository_, *id));
        if (const std::string protection = custody::protection_of(lost, clock_.now); !protection.empty()) {
            return Error{Code::refused, say("snapshot {} may not be forgotten: {}", describe(lost), protection)};
        }
        if (std::find(ids_.begin(), ids_.end(), *id) == ids_.end()) lost_.push_back(lost);
        end(*id, {*id, describe(lost), why_lost(lost)});
        return done();
    }

    [[nodiscard]] bool is_chosen(const SnapshotSummary& summary) const {
        const auto fits = [](const std::optional<std::string>& wanted, const std::string& value) {
            return !wanted || to_nfc(*wanted) == to_nfc(value);
        };
        return fits(options_.label, summary.label) && fits(options_.name, summary.name) && fits(options_.host, host_of(summary));
    }

    [[nodiscard]] std::string host_of(const SnapshotSummary& summary) const {
        const auto is_it = [&](const std::string& former) { return to_nfc(former) == to_nfc(summary.host); };
        const auto& former = options_.former_hosts;
        return options_.host && std::any_of(former.begin(), former.end(), is_it) ? *options_.host : summary.host;
    }

    [[nodiscard]] std::string group_of(const SnapshotSummary& summary) const {
        std::string group;
        for (const std::string& part : {summary.label, summary.name, host_of(summary), summary.kind})
            group += to_nfc(part) + '\0';
        return group;
    }

    [[nodiscard]] std::vector<RetentionItem> items_of(const std::vector<Listed>& listed) const {
        std::vector<RetentionItem> items;
        for (const Listed& each : listed) {
            const SnapshotSummary& summary = each.snapshot.summary;
            RetentionItem item;
            item.id = each.snapshot.id;
            item.time = time_of(each);
            item.rank = items.size();
            item.group = group_of(summary);
            item.held = is_held(each.ledger, clock_.now);
            item.complete = summary.failed == 0;
            item.term = lawful_term(summary.label);
            items.push_back(std::move(item));
        }
        return items;
    }

    Status by_rule() {
        std::vector<Repository::DamagedSnapshot> damaged;
        TRY_ASSIGN(const std::vector<Listed> all, repository_.snapshots(nullptr, &damaged));
        std::vector<Listed> chosen;
        std::copy_if(all.begin(), all.end(), std::back_inserter(chosen),
                     [&](const Listed& each) { return is_chosen(each.snapshot.summary); });
        const std::vector<RetentionVerdict> verdicts = apply_retention(items_of(chosen), *options_.rule, clock_.now);
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            const Snapshot& snapshot = chosen[i].snapshot;
            if (!verdicts[i].keep) {
                end(snapshot.id, line_of(snapshot, {}));
            } else if (verdicts[i].is_protected) {
                result_.skipped.push_back(line_of(snapshot, protection_of(chosen[i])));
            } else {
                result_.kept.push_back(line_of(snapshot, verdicts[i].why));
            }
        }
        for (const Repository::DamagedSnapshot& each : damaged) {
            result_.skipped.push_back({each.id, each.id.hex(), each.error.message});
        }
        return done();
    }

    // On a full medium the ends of snapshots are what makes room later, so that they may take the reserve, as prune does.
    Status publish() {
        return with_reserve(repository_.store(), [this] { return publish_once(); });
    }

    // The snapshots' objects stay until a prune: one that runs beside a copy which brings a snapshot back must not lose it. The
    // ledger no longer names those that are lost or damaged.
    Status publish_once() {
        LedgerEntry entry;
        entry.operation = Operation::forget;
        entry.time = clock_.now;
        entry.snapshots = ids_;
        if (clock_.behind_floor) entry.details["clock"] = "right";
        TRY(repository_.publish(std::move(entry), [this](const LedgerState& now, LedgerEntry& draft) -> Status {
            for (const ObjectId& id : ids_) {
                const auto live = now.snapshots.find(id);
                if (live == now.snapshots.end() || is_held(live->second, clock_.now)) {
                    return Error{Code::busy, say("snapshot {} was forgotten or held meanwhile; run forget again", id.hex())};
                }
            }
            return name_lost(now, draft);
        }));
        return done();
    }

    // Asked at each attempt, for a repair may have healed a record meanwhile: a sound one goes by prune, as any other does.
    Status name_lost(const LedgerState& now, LedgerEntry& draft) {
        draft.removed.clear();
        draft.details.erase("lost");
        for (const LostRecord& lost : lost_) {
            const auto read = repository_.read_snapshot(lost.id);
            if (read.ok() || read.error().code == Code::wrong_key) {
                return Error{Code::busy, say("the record of snapshot {} was healed meanwhile; run forget again", lost.id.hex())};
            }
            if (read.error().code != Code::corrupt) return read.error();
            Json record = {{"snapshot", lost.id.hex()}};
            if (lost.label) record["label"] = lost.label->hex();
            draft.details["lost"].push_back(std::move(record));
            if (now.objects.contains(snapshot_name(lost.id))) draft.removed.push_back(snapshot_name(lost.id));
        }
        return done();
    }

    Repository& repository_;
    const ForgetOptions& options_;
    const ClockState clock_;
    std::vector<ObjectId> ids_;
    std::vector<LostRecord> lost_;  // of these, the ones whose record cannot be read
    ForgetResult result_;
};

}  // namespace

Result<ForgetResult> forget_snapshots(Repository& repository, const ForgetOptions& options) {
    TRY(repository.ledger().refresh());
    return Forgetter(repository, options).run();
}

}  // namespace custody
