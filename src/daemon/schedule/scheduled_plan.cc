#include "daemon/schedule/scheduled_plan.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace custody {

Result<ScheduledPlan> scheduled_plan(const Config& config, const PlanConfig& plan) {
    ScheduledPlan scheduled;
    scheduled.name = plan.name;
    scheduled.important = config.is_important(plan);
    if (!plan.schedule.empty()) {
        TRY_ASSIGN(scheduled.cron, Cron::parse(plan.schedule));
    }
    if (const auto* command = std::get_if<CommandSource>(&plan.source)) scheduled.every_ns = command->every_ns;
    scheduled.on_change = plan.on_change;
    scheduled.settle_ns = plan.settle_ns;
    scheduled.min_distance_ns = std::min(scheduled.min_distance_ns, 10 * plan.settle_ns);  // a short settle asks for more runs
    scheduled.not_between = Windows(plan.not_between);
    if (scheduled.not_between.never_open()) {
        return Error{Code::usage,
                     say("plan '{}': not_between closes the whole week, so that it would never run; leave some hours open",
                         printable(plan.name))};
    }
    scheduled.media = plan.media;
    scheduled.retry = plan.retry;
    return scheduled;
}

std::string_view word_of(Trigger trigger) {
    constexpr std::array<std::string_view, 6> kWords = {"schedule", "missed", "retry", "change", "poll", "person"};
    static_assert(static_cast<std::size_t>(Trigger::person) + 1 == kWords.size());
    return kWords[static_cast<std::size_t>(trigger)];
}

std::string describe(Trigger trigger) {
    switch (trigger) {
        case Trigger::schedule:
            break;
        case Trigger::missed:
            return say("made up for a run that was missed");
        case Trigger::retry:
            return say("tried again");
        case Trigger::change:
            return say("after a change");
        case Trigger::poll:
            return say("polled");
        case Trigger::person:
            return say("asked for");
    }
    return say("by the schedule");
}

std::string describe(const Waiting& waiting) {
    const std::string since = to_rfc3339_local(waiting.due);
    switch (waiting.what) {
        case Waiting::For::job_limit:
            break;
        case Waiting::For::medium_limit:
            return say("plan '{}' is due since {} and waits until medium '{}' is free", printable(waiting.plan), since,
                       printable(waiting.medium));
        case Waiting::For::window:
            return say("plan '{}' is due since {} and waits until {}, when its window opens", printable(waiting.plan), since,
                       waiting.until ? to_rfc3339_local(*waiting.until) : std::string("-"));
        case Waiting::For::medium:
            return say("plan '{}' is due since {} and none of its media is here: attach '{}'", printable(waiting.plan), since,
                       printable(waiting.medium));
    }
    return say("plan '{}' is due since {} and waits for other runs to end", printable(waiting.plan), since);
}

}  // namespace custody
