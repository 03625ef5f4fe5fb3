#include "daemon/jobs/replication.h"

#include "base/counts.h"
#include "base/text.h"
#include "daemon/jobs/catalog_sync.h"
#include "daemon/jobs/job_end.h"
#include "daemon/jobs/medium_turn.h"
#include "daemon/jobs/plan_retention.h"
#include "daemon/jobs/run_alerts.h"
#include "daemon/media/lifecycle.h"

#include <algorithm>
#include <optional>
#include <set>

namespace custody {
namespace {

using catalog::CopyRecord;
using catalog::JobState;
using catalog::MediumState;

// Passes on, and remembers what was warned of: a copy tells some of its warnings twice, and loses them where it fails.
class CopyProgress final : public Progress {
public:
    explicit CopyProgress(Progress& job) : job_(job) {}
    void update(const ProgressState& state) override { job_.update(state); }
    void warn(std::string_view line) override {
        if (told_.insert(std::string(line)).second) job_.warn(line);
    }

private:
    Progress& job_;
    std::set<std::string> told_;
};

// What `to` is owed and `from` has; `only`: nothing but this one.
Result<std::vector<ObjectId>> to_copy(catalog::Catalog& catalog, MediumVault& from, MediumVault& to,
                                      const std::optional<ObjectId>& only) {
    TRY_ASSIGN(const std::vector<CopyRecord> owed, catalog::Snapshots(catalog).owed_to(to.key()));
    const LedgerState& there = to.repository().state();
    std::vector<ObjectId> ids;
    for (const CopyRecord& copy : owed) {
        const ObjectId& id = copy.snapshot;
        const bool ended = there.forgotten.contains(id) || from.repository().state().forgotten.contains(id);
        const bool is_there = there.snapshots.contains(id);
        if (ended || is_there || !from.repository().state().snapshots.contains(id)) continue;
        if (!only || *only == id) ids.push_back(id);
    }
    return ids;
}

// The content of a destroyed label is gone for everybody: no medium is owed it.
Status end_destroyed(catalog::Catalog& catalog, const CopyResult& copied) {
    return catalog.write([&](sqlite::Database&) -> Status {
        for (const CopyResult::LeftOut& left_out : copied.left_out) {
            if (left_out.label.destroyed) TRY(catalog::Snapshots(catalog).end(left_out.snapshot, "label destroyed"));
        }
        return done();
    });
}

Status enter_state(const JobContext& context, MediumVault& vault) {
    TRY(enter_ledger(context.catalog, vault));
    return enter_debts(context.catalog, *context.config);
}

Result<Replicated> copy_owed(const JobContext& context, MediumVault& from, MediumVault& to, const std::optional<ObjectId>& only) {
    TRY_ASSIGN(const MediumTurn turn,
               MediumTurn::wait_for(context.files, context.config->service.state_folder, to.key(), context.stop()));
    TRY(enter_state(context, to));
    TRY_ASSIGN(const std::vector<ObjectId> ids, to_copy(context.catalog, from, to, only));
    Replicated result;
    if (!ids.empty()) {
        CopyProgress progress(context.progress());
        CopyOptions options;
        options.read_back = true;
        auto copied = copy_snapshots(from.repository(), to.repository(), ids, progress, context.stop(), options);
        const Status entered = enter_state(context, to);
        if (!copied.ok()) return std::move(copied).error();
        TRY(entered);
        for (const std::string& line : copied->warnings) progress.warn(line);
        TRY(end_destroyed(context.catalog, *copied));
        result.copied = std::move(*copied);
    }
    TRY_ASSIGN(const std::vector<CopyRecord> owed, catalog::Snapshots(context.catalog).owed_to(to.key()));
    result.owed_still = owed.size();
    return result;
}

Result<Replicated> open_and_copy(const JobContext& context, MediumVault& from, const MediumConfig& to,
                                 const std::optional<ObjectId>& only) {
    // Before the target is looked at: what is new here is owed to it also where it cannot be opened.
    TRY(enter_state(context, from));
    TRY_ASSIGN(MediumVault target, MediumVault::open(context, to));
    if (!target.registered().takes_copies()) return Replicated();
    return copy_owed(context, from, target, only);
}

// ---- a medium that came back ------------------------------------------------------------------------------------------------

class Return {
public:
    Return(const JobContext& context, const MediumConfig& medium) : context_(context), medium_(medium) {}

    catalog::JobEnd run() {
        const Status brought = bring();
        if (!brought.ok()) {
            tell_medium_error(context_, medium_.name, brought.error());
            catalog::JobEnd end = failed_end(context_.job, brought.error());
            end.counts = counts_;
            return end;
        }
        catalog::JobEnd end;
        end.state = failure_ ? JobState::done_with_failures : JobState::done;
        end.error = failure_;
        end.counts = counts_;
        end.read_back = read_back_;
        return end;
    }

private:
    Status bring() {
        {
            TRY_ASSIGN(MediumVault target, MediumVault::open(context_, medium_));
            TRY(catalog::Jobs(context_.catalog).use_medium(context_.job.id(), target.key(), target.repository().header().vault));
            TRY(enter_state(context_, target));
            if (target.registered().takes_copies()) {
                TRY(copy_from_others(target));
                TRY(retain(target));
            }
            TRY(settle(target.key()));
        }
        // Only now that nothing here holds it: it may be unmounted.
        context_.media.in_step(medium_.name, owed_);
        return done();
    }

    Status copy_from_others(MediumVault& target) {
        const std::set<std::string> present = context_.media.present();
        for (const MediumConfig& other : context_.config->media) {
            if (other.name == medium_.name || !present.contains(other.name)) continue;
            TRY(context_.job.begin_phase("copy from " + other.name));
            TRY(copy_from(other, target));
        }
        return done();
    }

    // What is wrong with the other medium keeps nobody from copying from the next.
    Status copy_from(const MediumConfig& other, MediumVault& target) {
        auto from = MediumVault::open(context_, other);
        const Status entered = from.ok() ? enter_state(context_, *from) : Status(from.error());
        if (!entered.ok()) return pass_over(other, entered.error());
        auto copied = copy_owed(context_, *from, target, std::nullopt);
        if (!copied.ok()) {
            if (&blamed(copied.error(), other, medium_) == &medium_ || copied.error().code == Code::interrupted)
                return std::move(copied).error();
            return pass_over(other, copied.error());
        }
        take(copied->copied);
        const auto damage = tell_copy_damage(context_, other, medium_, *copied);
        if (damage) failure_ = failure_.value_or(*damage);
        return done();
    }

    Status pass_over(const MediumConfig& other, const Error& error) {
        if (error.code == Code::interrupted) return error;
        context_.job.warn(say("nothing was copied from the medium {}: {}", printable(other.name), error.message));
        tell_medium_error(context_, other.name, error);
        failure_ = failure_.value_or(error);
        return done();
    }

    void take(const CopyResult& copied) {
        counts_.items_new += copied.snapshots_copied;
        counts_.items_unchanged += copied.snapshots_present;
        counts_.items_failed += copied.damaged.size() + copied.damaged_there.size() + copied.left_out.size();
        counts_.bytes_stored += copied.bytes_copied;
        read_back_.objects += copied.objects_read_back;
        read_back_.bytes += copied.bytes_read_back;
    }

    // By the one rule, on what it holds now.
    Status retain(MediumVault& target) {
        TRY(context_.job.begin_phase("retention"));
        for (const PlanConfig& plan : context_.config->plans) {
            if (std::find(plan.media.begin(), plan.media.end(), medium_.name) == plan.media.end()) continue;
            const auto retained = apply_plan_retention(context_, target, plan);
            if (retained.ok()) continue;
            if (retained.error().code == Code::interrupted) return retained.error();
            context_.job.warn(say("retention of plan {} on the medium {}: {}", printable(plan.name), printable(medium_.name),
                                  retained.error().message));
            tell_medium_error(context_, medium_.name, retained.error());
            failure_ = failure_.value_or(retained.error());
        }
        return enter_state(context_, target);
    }

    Status settle(catalog::MediumKey key) {
        TRY_ASSIGN(const std::vector<CopyRecord> owed, catalog::Snapshots(context_.catalog).owed_to(key));
        owed_ = owed.size();
        if (!failure_) {
            context_.alerts.resolve(AlertKind::medium_failed, medium_.name);
            context_.alerts.resolve(AlertKind::medium_full, medium_.name);
        }
        if (owed.empty()) {
            context_.alerts.resolve(AlertKind::copy_owed, medium_.name);
            return done();
        }
        const std::string text = say_count(owed_, "the medium {1} still lacks {0} snapshot, since {2}",
                                           "the medium {1} still lacks {0} snapshots, since {2}", printable(medium_.name),
                                           to_rfc3339_local(owed.front().since_at));
        context_.job.warn(text);
        if (owes_too_long(owed.front().since_at, medium_.owed_after_ns, context_.clock.now()))
            context_.alerts.raise(event_of(context_, AlertKind::copy_owed, "", medium_.name, text));
        return done();
    }

    const JobContext& context_;
    const MediumConfig& medium_;
    catalog::JobCounts counts_;
    catalog::ReadBackResult read_back_;
    std::optional<Error> failure_;  // the first; what it is about did not end the job
    std::uint64_t owed_ = 0;
};

}  // namespace

const MediumConfig& blamed(const Error& error, const MediumConfig& from, const MediumConfig& to) {
    const auto is_named = [&](const MediumConfig& medium) { return error.message.find(medium.vault) != std::string::npos; };
    return is_named(from) && !is_named(to) ? from : to;
}

std::optional<Error> tell_copy_damage(const JobContext& context, const MediumConfig& from, const MediumConfig& to,
                                      const Replicated& replicated) {
    std::optional<Error> first;
    for (const bool there : {false, true}) {
        const auto& damaged = there ? replicated.copied.damaged_there : replicated.copied.damaged;
        if (damaged.empty()) continue;
        const MediumConfig& where = there ? to : from;
        const std::string text = say_count(damaged.size(), "{0} snapshot is damaged on the medium {1}",
                                           "{0} snapshots are damaged on the medium {1}", printable(where.name));
        context.alerts.raise(event_of(context, AlertKind::verify_damage, "", where.name, text));
        first = first.value_or(Error{Code::corrupt, text});
    }
    return first;
}

Result<Replicated> bring_into_step(const JobContext& context, MediumVault& from, const MediumConfig& to) {
    return open_and_copy(context, from, to, std::nullopt);
}

Result<Replicated> bring_snapshot(const JobContext& context, MediumVault& from, const MediumConfig& to,
                                  const ObjectId& snapshot) {
    return open_and_copy(context, from, to, snapshot);
}

catalog::JobEnd bring_medium_into_step(const JobContext& context, const std::string& medium) {
    const MediumConfig* const found = context.config->find_medium(medium);
    if (found == nullptr) {
        return failed_end(context.job, {Code::not_found, say("the configuration has no medium {}", printable(medium))});
    }
    return Return(context, *found).run();
}

}  // namespace custody
