// Alerts of what only time brings: nothing fails, no job runs, and all the same something is not as it should be.
#include "base/text.h"
#include "daemon/alerts/event_text.h"
#include "daemon/work/facts_view.h"

#include <algorithm>
#include <utility>

namespace custody {
namespace {

class Watch {
public:
    Watch(const FactsView& view, AlertSink& alerts) : view_(view), inputs_(view.inputs), alerts_(alerts) {}

    void run() {
        for (const MediumFacts& medium : view_.media) of_medium(medium);
        for (const PlanFacts& plan : view_.plans) of_plan(plan);
        of_kit();
        end_what_is_gone();
        end_what_has_passed();
    }

private:
    void of_medium(const MediumFacts& medium) {
        if (!medium.owes_too_long || !medium.debt) {
            if (is_standing(AlertKind::copy_owed, medium.name)) alerts_.resolve(AlertKind::copy_owed, medium.name);
            return;
        }
        AlertEvent event;
        event.kind = AlertKind::copy_owed;
        event.medium = medium.name;
        if (medium.registered) event.place = medium.registered->entry.place;
        event.detail = say("medium {} has owed copies for {} (snapshots: {})", printable(medium.name),
                           age_of(medium.debt->oldest_since, inputs_.now), medium.debt->snapshots);
        alerts_.raise(std::move(event));
    }

    // Began within the last day: it may end well. One that hangs for longer keeps nobody from hearing that nothing is backed up.
    [[nodiscard]] bool runs_in_time(const PlanFacts& facts) const {
        if (!facts.is_running) return false;
        const auto run = std::find_if(view_.open_jobs.begin(), view_.open_jobs.end(), [&](const catalog::Job& job) {
            return job.asked.plan == facts.plan->name && job.state == catalog::JobState::running && job.begun_at;
        });
        return run == view_.open_jobs.end() || inputs_.now.ns - run->begun_at->ns <= kDay;
    }
    // Runs that fail tell so themselves; those that were cut off, or wait to be tried again, have not.
    [[nodiscard]] bool is_told(const PlanFacts& facts) const {
        if (facts.standing.failed_since == 0) return false;
        return std::any_of(inputs_.standing.begin(), inputs_.standing.end(), [&](const AlertRecord& record) {
            const AlertKind kind = record.event.kind;
            const bool of_a_run =
                kind == AlertKind::backup_failed || kind == AlertKind::source_absent || kind == AlertKind::reconcile_damage;
            return of_a_run && record.event.plan == facts.plan->name;
        });
    }

    // Ended by the plan's next good run.
    void of_plan(const PlanFacts& facts) {
        if (runs_in_time(facts) || is_told(facts)) return;
        AlertEvent event;
        event.kind = AlertKind::backup_failed;
        event.plan = facts.plan->name;
        event.label = facts.plan->label;
        event.last_success = facts.last_success;
        if (facts.important) event.severity = AlertSeverity::critical;
        const std::string name = printable(event.plan);
        if (facts.state == PlanState::never) {
            if (!facts.first_is_late(inputs_.now)) return;
            event.detail = say("plan {} was never backed up", name);
        } else if (facts.is_late) {
            event.detail = say("the newest backup of plan {} is {} old, more than its schedule allows", name,
                               age_of(*facts.last_success, inputs_.now));
        } else {
            return;
        }
        alerts_.raise(std::move(event));
    }

    void of_kit() {
        if (!view_.kit) return;  // no keyring: every run says so
        if (*view_.kit == KitState::proven) {
            if (is_standing(AlertKind::kit_stale, "")) alerts_.resolve(AlertKind::kit_stale, "");
            return;
        }
        AlertEvent event;
        event.kind = AlertKind::kit_stale;
        alerts_.raise(std::move(event));
    }

    // Nobody would ever say that it is over, of a plan or medium that the configuration names no more.
    void end_what_is_gone() {
        for (const AlertRecord& record : inputs_.standing) {
            const AlertEvent& event = record.event;
            const bool no_plan = !event.plan.empty() && inputs_.config->find_plan(event.plan) == nullptr;
            const bool no_medium = !event.medium.empty() && inputs_.config->find_medium(event.medium) == nullptr;
            if (no_plan || no_medium) alerts_.resolve(event.kind, alert_object(event));
        }
    }

    // What nothing that happens would ever end: keys that nothing waits for any more (the plan asks for less, the job was cut
    // off).
    void end_what_has_passed() {
        const bool waits = std::any_of(view_.open_jobs.begin(), view_.open_jobs.end(),
                                       [](const catalog::Job& job) { return job.state == catalog::JobState::waiting_for_key; });
        for (const AlertRecord& record : inputs_.standing) {
            const bool is_over = record.event.kind == AlertKind::waiting_for_key && !waits;
            if (is_over) alerts_.resolve(record.event.kind, alert_object(record.event));
        }
    }

    [[nodiscard]] bool is_standing(AlertKind kind, std::string_view object) const {
        return std::any_of(inputs_.standing.begin(), inputs_.standing.end(), [&](const AlertRecord& record) {
            return record.event.kind == kind && alert_object(record.event) == object;
        });
    }

    const FactsView& view_;
    const FactsInputs& inputs_;
    AlertSink& alerts_;
};

}  // namespace

Status raise_from_facts(const FactsInputs& inputs, AlertSink& alerts) {
    TRY_ASSIGN(const FactsView view, look_at_facts(inputs));
    Watch(view, alerts).run();
    return done();
}

}  // namespace custody
