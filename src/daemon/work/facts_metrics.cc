#include "daemon/work/facts_view.h"

#include <utility>

namespace custody {
namespace {

using catalog::JobState;

using LastDrills = std::map<std::string, Time, std::less<>>;

PlanMetrics metrics_of(const PlanFacts& facts, const LastDrills& drills) {
    PlanMetrics plan;
    plan.plan = facts.plan->name;
    plan.label = facts.plan->label;
    plan.last_success = facts.last_success;
    if (facts.standing.last) {
        const catalog::Job& last = *facts.standing.last;
        plan.last_run = last.begun_at ? last.begun_at : last.asked_at;
        plan.last_run_failed = facts.standing.failed_since > 0;
    }
    if (facts.standing.last_done) {
        plan.source_bytes = facts.standing.last_done->end.counts.bytes_scanned;
        plan.stored_bytes = facts.standing.last_done->end.counts.bytes_stored;
    }
    plan.copies = facts.standing.copies_present;
    plan.copies_wanted = facts.copies_wanted;
    const auto drill = drills.find(plan.plan);
    if (drill != drills.end()) plan.last_drill = drill->second;
    return plan;
}

MediumMetrics metrics_of(const MediumFacts& facts) {
    MediumMetrics medium;
    medium.medium = facts.name;
    if (facts.sight != nullptr) {
        medium.present = facts.sight->present;
        if (medium.present) medium.free_bytes = facts.sight->free_bytes;
        if (medium.present) medium.size_bytes = facts.sight->size_bytes;
    }
    if (facts.debt) {
        medium.owed_snapshots = facts.debt->snapshots;
        medium.owed_since = facts.debt->oldest_since;
    }
    medium.last_verified = facts.last_verified;
    medium.verified_ratio = facts.verified_ratio;
    return medium;
}

std::map<std::string, std::uint64_t> by_state(const catalog::Overview::Tally& tally, const std::vector<catalog::Job>& open) {
    std::map<std::string, std::uint64_t> counts;
    for (const std::string_view word : catalog::Vocabulary<JobState>::words) counts[std::string(word)] = 0;
    const auto of = [&](JobState state) -> std::uint64_t& { return counts[std::string(catalog::word_of(state))]; };
    of(JobState::done) = tally.done;
    of(JobState::done_with_failures) = tally.done_with_failures;
    of(JobState::failed) = tally.failed;
    of(JobState::interrupted) = tally.interrupted;
    of(JobState::cancelled) = tally.cancelled;
    for (const catalog::Job& job : open) ++of(job.state);
    return counts;
}

}  // namespace

Result<MetricsFacts> metrics_facts(const FactsInputs& inputs) {
    catalog::Overview::Tally tally;
    LastDrills drills;
    const auto also = [&]() -> Status {
        catalog::Overview overview(inputs.catalog);
        TRY_ASSIGN(tally, overview.jobs_after(0));
        TRY_ASSIGN(const auto standings, overview.plans(catalog::JobKind::drill));
        for (const catalog::PlanStanding& standing : standings) {
            // One that could not show all of it has not passed.
            if (standing.last_done && standing.last_done->state == JobState::done && standing.last_done->ended_at)
                drills.emplace(standing.plan, *standing.last_done->ended_at);
        }
        return done();
    };
    TRY_ASSIGN(const FactsView view, look_at_facts(inputs, also));
    const StatusFacts status = status_of(view);
    MetricsFacts facts;
    facts.now = inputs.now;
    facts.started = inputs.started;
    facts.version = CUSTODY_VERSION;
    for (const PlanFacts& plan : view.plans) facts.plans.push_back(metrics_of(plan, drills));
    for (const MediumFacts& medium : view.media) facts.media.push_back(metrics_of(medium));
    facts.jobs_by_state = by_state(tally, view.open_jobs);
    facts.queue_length = inputs.waiting.size() + status.jobs_queued;
    facts.waiting_for_key = facts.jobs_by_state[std::string(catalog::word_of(JobState::waiting_for_key))];
    facts.needs_person = status.needs.size();
    facts.alerts_queued = status.alerts_queued;
    return facts;
}

}  // namespace custody
