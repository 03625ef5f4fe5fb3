// What the scheduler is told of plans and runs, and what it answers: plain values. Durations are nanoseconds; `Time` is the wall
// clock, `monotonic_ns` the clock that only goes forward.
#pragma once

#include "base/clock.h"
#include "daemon/config/config.h"
#include "daemon/schedule/cron.h"
#include "daemon/schedule/retry.h"
#include "daemon/schedule/windows.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

struct Moment {
    Time wall;
    std::int64_t monotonic_ns = 0;
};
[[nodiscard]] inline Moment moment_of(const Clock& clock) { return {clock.now(), clock.monotonic_ns()}; }

struct ScheduledPlan {
    std::string name;
    bool important = true;
    int priority = 0;           // among plans of one importance, the higher first
    std::optional<Cron> cron;   // absent: runs on change, by polling or when asked only
    std::int64_t every_ns = 0;  // polled; 0: not
    bool on_change = false;
    std::int64_t settle_ns = 30 * kSecond;       // quiet for so long before a change is backed up
    std::int64_t min_distance_ns = 5 * kMinute;  // between the beginnings of two runs for a change
    Windows not_between;
    std::vector<std::string> media;  // in order of preference
    RetryConfig retry;
};
// Of a configured plan. Code::usage: its schedule cannot be read, or its windows close the whole week.
[[nodiscard]] Result<ScheduledPlan> scheduled_plan(const Config& config, const PlanConfig& plan);

// What the catalogue knows of a plan's runs. "Last" is by the order of jobs, not by their dates: a clock may have been wrong.
struct PlanHistory {
    std::optional<Time> last_attempt;      // when the last run began, however it ended
    std::optional<Time> last_success;      // when the last one began that succeeded
    std::uint32_t failed = 0;              // runs that failed one after another at the end, retries of one due run
    Setback setback = Setback::permanent;  // of the last one, where failed > 0
};

enum class Trigger { schedule, missed, retry, change, poll, person };

// A run to begin now.
struct Start {
    std::string plan;
    std::string medium;  // the first of the plan's that is present; empty: the plan has none
    Trigger trigger = Trigger::schedule;
    std::string reason;         // of the person who asked
    std::uint32_t attempt = 1;  // of this due run
    Time due;                   // when it became due
};

// A run that is due and does not begin, and why: what status shows, and what is alerted when it lasts.
struct Waiting {
    enum class For { job_limit, medium_limit, window, medium };
    std::string plan;
    For what = For::job_limit;
    Trigger trigger = Trigger::schedule;
    std::string medium;         // that it waits for: busy, or away
    Time due;                   // since when
    std::optional<Time> until;  // of a window
};

struct Decision {
    std::vector<Start> start;  // in this order
    std::vector<Waiting> waiting;
    std::int64_t quiet_ns = 0;        // nothing comes due of itself before, while no clock is set; at most a day
    std::int64_t wake_in_ns = 0;      // ask again then, or when anything happens before; the same, but at most a minute
    std::int64_t clock_moved_ns = 0;  // the wall clock jumped by so much since the last question; 0 below five minutes
};

// One plan as status and `plan next` show it.
struct PlanView {
    std::string name;
    bool is_running = false;
    bool is_due = false;
    std::optional<Time> next;  // when it would begin next of itself, windows heeded; absent: running, due now, or never of itself
    Trigger next_trigger = Trigger::schedule;
    std::uint32_t failed = 0;  // tries of the last due run that failed
    Setback setback = Setback::permanent;
    bool gave_up = false;               // failed, and not tried again before the next run of the schedule
    std::uint64_t slots_outlasted = 0;  // times of the schedule that passed while the plan ran, since the service began
};

// For records and the API: "schedule", "missed", "retry", "change", "poll", "person".
[[nodiscard]] std::string_view word_of(Trigger trigger);
[[nodiscard]] std::string describe(Trigger trigger);
[[nodiscard]] std::string describe(const Waiting& waiting);

}  // namespace custody
