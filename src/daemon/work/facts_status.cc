#include "base/text.h"
#include "daemon/media/lifecycle.h"
#include "daemon/work/facts_view.h"

#include <algorithm>
#include <utility>

namespace custody {
namespace {

bool has_failed(const catalog::Job& job) {
    return job.state == catalog::JobState::failed || job.state == catalog::JobState::interrupted;
}

PlanStatus status_of(const PlanFacts& facts) {
    PlanStatus plan;
    plan.name = facts.plan->name;
    plan.label = facts.plan->label;
    plan.important = facts.important;
    plan.state = word_of(facts.state);
    plan.running = facts.is_running;
    plan.last_success = facts.last_success;
    if (facts.standing.last) {
        const catalog::Job& last = *facts.standing.last;
        plan.last_run = last.begun_at ? last.begun_at : last.asked_at;
        if (last.end.error) plan.last_error = last.end.error->message;
        if (has_failed(last) && plan.last_error.empty()) plan.last_error = say("the service ended within the run");
    }
    if (facts.view != nullptr) plan.next_run = facts.view->next;
    plan.copies = facts.standing.copies_present;
    plan.copies_wanted = facts.copies_wanted;
    return plan;
}

MediumStatus status_of(const MediumFacts& facts) {
    MediumStatus medium;
    medium.name = facts.name;
    medium.place = facts.medium != nullptr ? facts.medium->place : "";
    medium.custodian = facts.medium != nullptr ? facts.medium->custodian : "";
    catalog::MediumState state = catalog::MediumState::in_use;
    if (facts.registered) {
        // Where it was moved to counts, not where it was to be at first.
        const catalog::NewMedium& entry = facts.registered->entry;
        if (!entry.place.empty()) medium.place = entry.place;
        if (!entry.custodian.empty()) medium.custodian = entry.custodian;
        state = entry.state;
    }
    if (facts.debt) {
        medium.owed_snapshots = facts.debt->snapshots;
        medium.owed_since = facts.debt->oldest_since;
    }
    if (facts.sight != nullptr) {
        medium.present = facts.sight->present;
        medium.may_be_removed = facts.sight->may_be_removed;
        medium.free_bytes = facts.sight->free_bytes;
        medium.size_bytes = facts.sight->size_bytes;
        state = state_now(state, medium.present, medium.owed_snapshots);
    }
    medium.state = catalog::word_of(state);
    medium.last_verified = facts.last_verified;
    return medium;
}

}  // namespace

std::vector<std::string> exception_lines(const Config& config) {
    std::vector<std::string> lines;
    for (const RecordedException& one : config.exceptions) {
        lines.push_back(fmt::format("{}, {}: {} ({})", one.duty, one.about.shown(), one.what.shown(), printable(one.text)));
    }
    const bool has_alerts = std::any_of(config.exceptions.begin(), config.exceptions.end(),
                                        [](const RecordedException& one) { return one.duty == "E6"; });
    if (has_alerts) return lines;
    // A configuration that was not judged: what goes out in the clear is said all the same.
    for (const std::string& line : alert_exceptions(config.alert.settings)) lines.push_back("E6, [alert]: " + printable(line));
    return lines;
}

StatusFacts status_of(const FactsView& view) {
    const FactsInputs& inputs = view.inputs;
    StatusFacts facts;
    facts.now = inputs.now;
    facts.started = inputs.started;
    facts.all_protected = !view.plans.empty();
    for (const PlanFacts& plan : view.plans) {
        facts.plans.push_back(status_of(plan));
        if (plan.important && !plan.is_protected()) facts.all_protected = false;
    }
    for (const MediumFacts& medium : view.media) facts.media.push_back(status_of(medium));
    for (const catalog::Job& job : view.open_jobs) {
        if (job.state == catalog::JobState::running) ++facts.jobs_running;
        if (job.state == catalog::JobState::queued) ++facts.jobs_queued;
    }
    facts.alerts_queued = inputs.outbox.pending;
    facts.not_covered = inputs.not_covered;
    facts.exceptions = exception_lines(*inputs.config);
    for (PersonNeed& need : needs_of(view, StandingAlerts::added)) facts.needs.push_back(std::move(need.text));
    return facts;
}

Result<StatusFacts> status_facts(const FactsInputs& inputs) {
    TRY_ASSIGN(const FactsView view, look_at_facts(inputs));
    return status_of(view);
}

}  // namespace custody
