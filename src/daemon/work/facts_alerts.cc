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

    // A plan whose runs fail has told so itself; it ends this with its next good run.
    void of_plan(const PlanFacts& facts) {
        if (facts.is_running || facts.standing.failed_since > 0) return;
        AlertEvent event;
        event.kind = AlertKind::backup_failed;
        event.plan = facts.plan->name;
        event.label = facts.plan->label;
        event.last_success = facts.last_success;
        const std::string name = printable(event.plan);
        if (facts.state == PlanState::never) {
            if (!facts.known_since || inputs_.now.ns - facts.known_since->ns <= facts.term_ns.value_or(0) + kDay) return;
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
