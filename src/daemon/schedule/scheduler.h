// What runs when. A state machine without threads, files or clocks of its own: it is told what happened and at which moment, and
// answers which runs begin now and when to ask again. The same calls in the same order give the same answers.
//
// Owner: the service's loop. Threads: one at a time. Memory: one state a plan; nothing queues up behind it, however often a run
// is missed, asked for or triggered.
//
// Rules
// - Order: what a person asked for, then important, then higher priority, then what has been due longest, then by name. An
// ordinary
//   run that has been due for a day goes with the important ones, so that none starves.
// - A plan never runs twice at once. A time of its schedule that comes while it runs is passed over and counted; a change or a
//   request that comes meanwhile is served when the run has ended.
// - Runs that were missed (service or machine off) are made up once, at once, however many they were; so is a plan that never
// ran.
//   What may have changed while nobody watched counts as a change.
// - `not_between` holds back whatever begins of itself; limits hold back everything; a plan waits while none of its media is
// here,
//   and begins as soon as one is.
// - A failed run is tried again as retry.h says. A new time of the schedule, or a person, begins anew and counts from one.
//
// Clocks: schedules and windows go by the wall clock; retries, polling, settling and the age of what is due by the monotonic one,
// so that no setting of the clock touches them.
// - Set back by up to three hours (five minutes for schedules of every hour): what ran is not run again; the schedule goes on
// where
//   it was. By more, a year as well: the next run is the first after the new time; no plan waits for the year to pass, and each
//   time of the schedule runs once more at most.
// - Set forward, however far: what was jumped over is made up once. Runs go on with a clock that is far ahead; what a wrong clock
// must
//   not do, ending snapshots, is refused by retention (vault decision 11).
// - A last run dated more than five minutes after now (the clock went back while the service was off) says nothing about when it
//   was: the plan counts as missed, once.
#pragma once

#include "base/result.h"
#include "daemon/schedule/scheduled_plan.h"
#include "daemon/schedule/zone.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

class Scheduler {
public:
    struct Limits {
        std::uint32_t jobs = 2, jobs_per_medium = 1;
    };
    // seed: scatters retries; any number.
    explicit Scheduler(std::uint64_t seed) : seed_(seed) {}

    // At the start and at each reload. History is asked for plans that were not here before. A plan that is gone is dropped,
    // after its run where it runs; a plan that stays keeps what is due, and takes its next run from the new schedule.
    void configure(std::vector<ScheduledPlan> plans, ZoneRules zone, Limits limits,
                   const std::function<PlanHistory(const std::string&)>& history_of, Moment now);
    // All media that are here, by name. A run that waited or failed for want of one of them is due at once.
    void set_media(std::set<std::string> present, Moment now);
    // Something under a plan's watch changed. Nothing happens where the plan is unknown or not watched.
    void changed(std::string_view plan, Moment now);
    // A person asks for a run: of one plan (not_found: no such plan), or of all, important first (B11). Asked for twice, it runs
    // once.
    Status request(std::string_view plan, std::string reason, Moment now);
    void request_all(const std::string& reason, Moment now);
    // A request that has not begun is withdrawn; false: there was none.
    bool withdraw(std::string_view plan);

    // What begins now. A run that is named begins with started(); without it, it is named again.
    [[nodiscard]] Decision due(Moment now);
    void started(const Start& start, Moment now);

    enum class End { success, failure, cancelled };
    // setback: of a failure. Returns the wait before it is tried again, if it is.
    std::optional<std::int64_t> finished(std::string_view plan, End end, Setback setback, Moment now);

    // In order of names.
    [[nodiscard]] std::vector<PlanView> view(Moment now) const;
    [[nodiscard]] std::size_t running() const;

private:
    struct DueRun {
        Trigger trigger = Trigger::schedule;
        Time at;
        std::int64_t since_ns = 0;    // monotonic; may lie before the service began
        std::int64_t noticed_ns = 0;  // monotonic
    };
    struct Request {
        std::string reason;
        Time at;
        std::int64_t since_ns = 0;
    };
    struct State {
        ScheduledPlan plan;
        std::optional<Time> next_slot, last_slot;                                              // of the schedule
        std::optional<std::int64_t> poll_at, retry_at, first_change, last_change, last_start;  // monotonic
        std::optional<DueRun> due;
        std::optional<Request> request;
        std::uint32_t failed = 0;
        Setback setback = Setback::permanent;
        bool is_running = false, is_removed = false;
        std::string medium;  // of the run
        std::uint64_t slots_outlasted = 0;
    };
    using Entry = std::map<std::string, State, std::less<>>::value_type;

    void take_history(State& state, const PlanHistory& history, Moment now) const;
    void reschedule(State& state, Moment now) const;
    void follow_clock(State& state, Moment now) const;
    std::int64_t watch_clock(Moment now);
    void notice(State& state, Moment now) const;
    void notice_slot(State& state, Moment now) const;
    [[nodiscard]] std::optional<std::int64_t> change_due_at(const State& state) const;
    [[nodiscard]] bool goes_before(const State& a, const State& b, Moment now) const;
    [[nodiscard]] std::string medium_of(const ScheduledPlan& plan) const;
    [[nodiscard]] std::optional<Waiting> obstacle(const State& state, Moment now, std::size_t running,
                                                  const std::map<std::string, std::uint32_t>& on_medium) const;
    [[nodiscard]] Start start_of(const State& state) const;
    [[nodiscard]] std::int64_t quiet_for(const Decision& decision, Moment now) const;

    std::uint64_t seed_;
    ZoneRules zone_;
    Limits limits_;
    std::set<std::string> present_;
    std::map<std::string, State, std::less<>> plans_;
    std::optional<Moment> last_asked_, followed_;
};

}  // namespace custody
