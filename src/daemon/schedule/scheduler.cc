#include "daemon/schedule/scheduler.h"

#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::int64_t kLongestSleep = kMinute;        // so that a clock that is set is seen soon
constexpr std::int64_t kClockTolerance = 5 * kMinute;  // as the vault's (decision 11)
constexpr std::int64_t kPatience = kDay;
constexpr std::int64_t kRepeatable = 3 * kHour;  // clocks put back, and corrections of that size, repeat nothing
constexpr std::int64_t kLongestSettle = 10;      // times the settle time: what never is quiet is backed up all the same
constexpr std::int64_t kNeverRan = 100 * 366 * kDay;

std::optional<Time> next_slot_after(const ScheduledPlan& plan, Time time, const ZoneRules& zone) {
    return plan.cron ? plan.cron->next_after(time, zone) : std::nullopt;
}

}  // namespace

// ---- what happened ----------------------------------------------------------------------------------------------------------

void Scheduler::configure(std::vector<ScheduledPlan> plans, ZoneRules zone, Limits limits,
                          const std::function<PlanHistory(const std::string&)>& history_of, Moment now) {
    for (auto& [name, state] : plans_) {
        notice(state, now);  // by the old schedule: what came due under it stays due
        state.is_removed = true;
    }
    zone_ = std::move(zone);
    limits_ = limits;
    for (ScheduledPlan& plan : plans) {
        const std::string name = plan.name;
        auto [at, is_new] = plans_.try_emplace(name);
        State& state = at->second;
        const bool was_watched = !is_new && state.plan.on_change;
        state.plan = std::move(plan);
        state.is_removed = false;
        if (is_new) take_history(state, history_of(name), now);
        reschedule(state, now);
        if (state.plan.on_change && !was_watched) state.first_change = state.last_change = now.monotonic_ns;
    }
    std::erase_if(plans_, [](const Entry& entry) { return entry.second.is_removed && !entry.second.is_running; });
}

// Due now: what a slot since the last run says, or a plan that never ran. Else its retries go on where they were.
void Scheduler::take_history(State& state, const PlanHistory& history, Moment now) const {
    const ScheduledPlan& plan = state.plan;
    const auto is_sound = [](const std::optional<Time>& time) { return time && time->ns >= 0; };
    const bool is_believed = is_sound(history.last_attempt) && history.last_attempt->ns <= now.wall.ns + kClockTolerance;
    if (is_believed) state.last_start = now.monotonic_ns - std::max(std::int64_t{0}, now.wall.ns - history.last_attempt->ns);
    if (!plan.cron && plan.every_ns == 0) return;
    if (!is_believed) {
        state.due = DueRun{Trigger::missed, now.wall, now.monotonic_ns - kNeverRan, now.monotonic_ns};
        return;
    }
    state.last_slot = history.last_attempt;
    state.failed = history.failed;
    state.setback = history.setback;
    const auto missed = next_slot_after(plan, *history.last_attempt, zone_);
    if (missed && *missed <= now.wall) {
        // A person is owed a run since the first slot after the last success.
        const Time owed_after =
            history.last_success ? std::min(*history.last_success, *history.last_attempt) : *history.last_attempt;
        const Time since = std::min(next_slot_after(plan, owed_after, zone_).value_or(*missed), *missed);
        state.due = DueRun{Trigger::missed, since, now.monotonic_ns - (now.wall.ns - since.ns), now.monotonic_ns};
        state.failed = 0;
        return;
    }
    if (const auto wait = retry_wait(plan.retry, state.setback, state.failed, plan.name, seed_))
        state.retry_at = *state.last_start + *wait;
}

// The next slot and poll by the schedule as it is now.
void Scheduler::reschedule(State& state, Moment now) const {
    const ScheduledPlan& plan = state.plan;
    state.next_slot = next_slot_after(plan, now.wall, zone_);
    state.poll_at.reset();
    if (plan.every_ns > 0) {
        const std::int64_t from = state.last_start.value_or(now.monotonic_ns);
        state.poll_at = std::max(now.monotonic_ns, from + std::min(plan.every_ns, kNeverRan));
    }
    if (!plan.on_change) {
        state.first_change.reset();
        state.last_change.reset();
    }
    if (!state.due) return;
    const bool by_schedule = state.due->trigger == Trigger::schedule || state.due->trigger == Trigger::missed;
    const bool is_gone = (by_schedule && !plan.cron && plan.every_ns == 0) ||
                         (state.due->trigger == Trigger::poll && plan.every_ns == 0) ||
                         (state.due->trigger == Trigger::change && !plan.on_change);
    if (is_gone) state.due.reset();
}

void Scheduler::set_media(std::set<std::string> present, Moment now) {
    for (auto& [name, state] : plans_) {
        if (state.is_running || state.failed == 0 || state.setback != Setback::medium_away) continue;
        for (const std::string& medium : state.plan.media) {
            if (present.contains(medium) && !present_.contains(medium)) state.retry_at = now.monotonic_ns;
        }
    }
    present_ = std::move(present);
}

void Scheduler::changed(std::string_view plan, Moment now) {
    const auto at = plans_.find(plan);
    if (at == plans_.end() || !at->second.plan.on_change) return;
    State& state = at->second;
    if (!state.first_change) state.first_change = now.monotonic_ns;
    state.last_change = now.monotonic_ns;
}

Status Scheduler::request(std::string_view plan, std::string reason, Moment now) {
    const auto at = plans_.find(plan);
    if (at == plans_.end() || at->second.is_removed) {
        return Error{Code::not_found,
                     say("there is no plan '{}'; `custody plan list` names them", printable(plan.substr(0, 100)))};
    }
    if (!at->second.request) at->second.request = Request{std::move(reason), now.wall, now.monotonic_ns};
    return done();
}

void Scheduler::request_all(const std::string& reason, Moment now) {
    for (auto& [name, state] : plans_) {
        if (!state.is_removed && !state.request) state.request = Request{reason, now.wall, now.monotonic_ns};
    }
}

bool Scheduler::withdraw(std::string_view plan) {
    const auto at = plans_.find(plan);
    if (at == plans_.end() || !at->second.request) return false;
    at->second.request.reset();
    return true;
}

void Scheduler::started(const Start& start, Moment now) {
    const auto at = plans_.find(start.plan);
    if (at == plans_.end()) return;
    State& state = at->second;
    state.is_running = true;
    state.medium = start.medium;
    state.last_start = now.monotonic_ns;
    if (start.trigger != Trigger::retry) state.failed = 0;
    state.due.reset();
    state.request.reset();
    state.retry_at.reset();
    state.first_change.reset();
    state.last_change.reset();
    if (state.plan.every_ns > 0) state.poll_at = now.monotonic_ns + std::min(state.plan.every_ns, kNeverRan);
}

std::optional<std::int64_t> Scheduler::finished(std::string_view plan, End end, Setback setback, Moment now) {
    const auto at = plans_.find(plan);
    if (at == plans_.end()) return std::nullopt;
    State& state = at->second;
    notice(state, now);  // slots that passed meanwhile
    state.is_running = false;
    state.medium.clear();
    if (state.is_removed) {
        plans_.erase(at);
        return std::nullopt;
    }
    if (end != End::failure) {
        state.failed = 0;
        return std::nullopt;
    }
    state.setback = setback;
    state.failed += 1;
    const auto wait = retry_wait(state.plan.retry, setback, state.failed, state.plan.name, seed_);
    if (wait) state.retry_at = now.monotonic_ns + *wait;
    return wait;
}

// ---- what is due ------------------------------------------------------------------------------------------------------------

// After the wall clock was set back: the schedule's next time after now comes before the one that was waited for.
void Scheduler::follow_clock(State& state, Moment now) const {
    if (!state.next_slot) return;
    const auto expected = next_slot_after(state.plan, now.wall, zone_);
    if (!expected || *expected >= *state.next_slot) return;
    const std::int64_t repeatable = state.plan.cron->is_interval() ? kClockTolerance : kRepeatable;
    const bool ran_already = state.last_slot && *expected <= *state.last_slot && state.last_slot->ns - now.wall.ns <= repeatable;
    if (!ran_already) state.next_slot = expected;
}

// How far the wall clock ran ahead of the monotonic one since the last question; told from five minutes on. Every second that it
// lost is followed: many small steps back are one large one.
std::int64_t Scheduler::watch_clock(Moment now) {
    const auto drift_since = [&](const Moment& then) {
        return (now.wall.ns - then.wall.ns) - (now.monotonic_ns - then.monotonic_ns);
    };
    const std::int64_t moved = last_asked_ ? drift_since(*last_asked_) : 0;
    const std::int64_t drift = followed_ ? drift_since(*followed_) : 0;
    last_asked_ = now;
    if (drift < -kSecond) {
        for (auto& [name, state] : plans_) follow_clock(state, now);
    }
    if (!followed_ || drift < -kSecond || drift > kSecond) followed_ = now;
    return moved > kClockTolerance || moved < -kClockTolerance ? moved : 0;
}

void Scheduler::notice_slot(State& state, Moment now) const {
    if (!state.next_slot || *state.next_slot > now.wall) return;
    const Time slot = *state.next_slot;
    state.last_slot = state.plan.cron->previous_before(Time{now.wall.ns + 1}, zone_).value_or(slot);
    state.next_slot = next_slot_after(state.plan, now.wall, zone_);
    if (state.is_running) {
        state.slots_outlasted += 1;
        return;
    }
    state.retry_at.reset();
    state.failed = 0;
    const bool is_old = state.due && state.due->trigger != Trigger::retry;
    if (is_old) return;
    // Late by more than the longest sleep: nobody was there to see it.
    const std::int64_t late = now.wall.ns - slot.ns;
    const bool is_missed = late > 2 * kLongestSleep;
    state.due = DueRun{is_missed ? Trigger::missed : Trigger::schedule, slot, now.monotonic_ns - late, now.monotonic_ns};
}

// When the changes that were seen are to be backed up: quiet, or unquiet for long enough, and not too soon after the last run.
std::optional<std::int64_t> Scheduler::change_due_at(const State& state) const {
    if (!state.first_change) return std::nullopt;
    const std::int64_t settle = std::clamp(state.plan.settle_ns, std::int64_t{0}, 366 * kDay / kLongestSettle);
    const std::int64_t quiet = std::min(*state.last_change + settle, *state.first_change + kLongestSettle * settle);
    if (!state.last_start) return quiet;
    return std::max(quiet, *state.last_start + std::clamp(state.plan.min_distance_ns, std::int64_t{0}, 366 * kDay));
}

void Scheduler::notice(State& state, Moment now) const {
    notice_slot(state, now);
    if (state.is_running || state.is_removed || state.due) return;
    if (state.retry_at && *state.retry_at <= now.monotonic_ns) {
        state.due = DueRun{Trigger::retry, now.wall, *state.retry_at, now.monotonic_ns};
    } else if (const auto change = change_due_at(state); change && *change <= now.monotonic_ns) {
        state.due = DueRun{Trigger::change, now.wall, *change, now.monotonic_ns};
    } else if (state.poll_at && *state.poll_at <= now.monotonic_ns) {
        state.due = DueRun{Trigger::poll, now.wall, *state.poll_at, now.monotonic_ns};
    }
}

bool Scheduler::goes_before(const State& a, const State& b, Moment now) const {
    const auto since = [](const State& state) { return state.request ? state.request->since_ns : state.due->since_ns; };
    const auto rank = [&](const State& state) {
        const std::int64_t noticed = state.request ? state.request->since_ns : state.due->noticed_ns;
        const bool counts_important = state.plan.important || now.monotonic_ns - noticed > kPatience;
        return (state.request ? 0 : 2) + (counts_important ? 0 : 1);
    };
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    if (a.plan.priority != b.plan.priority) return a.plan.priority > b.plan.priority;
    if (since(a) != since(b)) return since(a) < since(b);
    return a.plan.name < b.plan.name;
}

std::string Scheduler::medium_of(const ScheduledPlan& plan) const {
    const auto at =
        std::find_if(plan.media.begin(), plan.media.end(), [this](const std::string& name) { return present_.contains(name); });
    return at == plan.media.end() ? std::string() : *at;
}

std::optional<Waiting> Scheduler::obstacle(const State& state, Moment now, std::size_t running,
                                           const std::map<std::string, std::uint32_t>& on_medium) const {
    const ScheduledPlan& plan = state.plan;
    Waiting waiting{plan.name,
                    Waiting::For::job_limit,
                    state.request ? Trigger::person : state.due->trigger,
                    medium_of(plan),
                    state.request ? state.request->at : state.due->at,
                    std::nullopt};
    if (!state.request && !plan.not_between.is_open(now.wall, zone_)) {
        waiting.what = Waiting::For::window;
        waiting.until = plan.not_between.next_opening(now.wall, zone_);
        return waiting;
    }
    if (!plan.media.empty() && waiting.medium.empty()) {
        waiting.what = Waiting::For::medium;
        waiting.medium = plan.media.front();
        return waiting;
    }
    if (running >= limits_.jobs) return waiting;
    const auto used = on_medium.find(waiting.medium);
    if (!waiting.medium.empty() && used != on_medium.end() && used->second >= limits_.jobs_per_medium) {
        waiting.what = Waiting::For::medium_limit;
        return waiting;
    }
    return std::nullopt;
}

Start Scheduler::start_of(const State& state) const {
    Start start;
    start.plan = state.plan.name;
    start.medium = medium_of(state.plan);
    if (state.request) {
        start.trigger = Trigger::person;
        start.reason = state.request->reason;
        start.due = state.request->at;
    } else {
        start.trigger = state.due->trigger;
        start.due = state.due->at;
    }
    if (start.trigger == Trigger::retry) start.attempt = state.failed + 1;
    return start;
}

Decision Scheduler::due(Moment now) {
    Decision decision;
    decision.clock_moved_ns = watch_clock(now);
    std::vector<const State*> candidates;
    std::map<std::string, std::uint32_t> on_medium;
    std::size_t busy = 0;
    for (auto& [name, state] : plans_) {
        notice(state, now);
        if (state.is_running) {
            ++busy;
            ++on_medium[state.medium];
        } else if (state.request || state.due) {
            candidates.push_back(&state);
        }
    }
    std::sort(candidates.begin(), candidates.end(), [&](const State* a, const State* b) { return goes_before(*a, *b, now); });
    for (const State* state : candidates) {
        if (auto waiting = obstacle(*state, now, busy, on_medium)) {
            decision.waiting.push_back(std::move(*waiting));
            continue;
        }
        decision.start.push_back(start_of(*state));
        ++busy;
        ++on_medium[decision.start.back().medium];
    }
    decision.quiet_ns = quiet_for(decision, now);
    decision.wake_in_ns = std::min(decision.quiet_ns, kLongestSleep);
    return decision;
}

std::int64_t Scheduler::quiet_for(const Decision& decision, Moment now) const {
    std::int64_t wake = kDay;
    const auto at_wall = [&](const std::optional<Time>& time) {
        if (time) wake = std::min(wake, time->ns - now.wall.ns);
    };
    const auto at_monotonic = [&](const std::optional<std::int64_t>& time) {
        if (time) wake = std::min(wake, *time - now.monotonic_ns);
    };
    for (const Waiting& waiting : decision.waiting) at_wall(waiting.until);
    for (const auto& [name, state] : plans_) {
        if (state.is_running || state.due) continue;  // its end, or what it waits for, asks again
        at_wall(state.next_slot);
        at_monotonic(state.retry_at);
        at_monotonic(state.poll_at);
        at_monotonic(change_due_at(state));
    }
    return std::max(wake, std::int64_t{1});
}

// ---- what is shown ----------------------------------------------------------------------------------------------------------

std::vector<PlanView> Scheduler::view(Moment now) const {
    std::vector<PlanView> views;
    for (const auto& [name, kept] : plans_) {
        State state = kept;
        notice(state, now);
        PlanView shown;
        shown.name = name;
        shown.is_running = state.is_running;
        shown.is_due = !state.is_running && (state.due || state.request);
        shown.failed = state.failed;
        shown.setback = state.setback;
        shown.gave_up = state.failed > 0 && !state.is_running && !state.due && !state.retry_at;
        shown.slots_outlasted = state.slots_outlasted;
        const auto offer = [&](std::optional<Time> time, Trigger trigger) {
            if (!time || (shown.next && *shown.next <= *time)) return;
            shown.next = time;
            shown.next_trigger = trigger;
        };
        const auto wall = [&](const std::optional<std::int64_t>& monotonic) -> std::optional<Time> {
            if (!monotonic) return std::nullopt;
            return Time{now.wall.ns + std::max(std::int64_t{0}, *monotonic - now.monotonic_ns)};
        };
        if (!shown.is_running && !shown.is_due) {
            offer(state.next_slot, Trigger::schedule);
            offer(wall(state.retry_at), Trigger::retry);
            offer(wall(change_due_at(state)), Trigger::change);
            offer(wall(state.poll_at), Trigger::poll);
            if (shown.next) shown.next = state.plan.not_between.next_opening(*shown.next, zone_);
        }
        views.push_back(std::move(shown));
    }
    return views;
}

std::size_t Scheduler::running() const {
    return static_cast<std::size_t>(
        std::count_if(plans_.begin(), plans_.end(), [](const Entry& entry) { return entry.second.is_running; }));
}

}  // namespace custody
