// A scheduler with a clock that a test moves, plans by a line each, and runs that begin and end when the test says so.
#pragma once

#include "daemon/schedule/scheduler.h"
#include "tests/support/fake_clock.h"
#include "tests/support/results.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace custody::test {

class ScheduleDesk {
public:
    explicit ScheduleDesk(const char* start = "2026-11-03T00:00:00Z") : clock(*parse_time(start)) {}

    ScheduledPlan& add(const std::string& name, const char* cron) {
        ScheduledPlan plan;
        plan.name = name;
        if (*cron != '\0') plan.cron = *Cron::parse(cron);
        plan.retry = {3, 5 * kMinute, kHour};
        plans.push_back(std::move(plan));
        return plans.back();
    }
    // Ran last at this time, with success unless told otherwise.
    void ran(const std::string& name, const char* when, const char* success = nullptr, std::uint32_t failed = 0,
             Setback setback = Setback::permanent) {
        PlanHistory history;
        history.last_attempt = *parse_time(when);
        history.last_success = *parse_time(success == nullptr ? when : success);
        history.failed = failed;
        history.setback = setback;
        histories[name] = history;
    }
    void configure() {
        scheduler.configure(
            plans, zone, limits, [this](const std::string& name) { return histories[name]; }, now());
    }
    [[nodiscard]] Moment now() const { return moment_of(clock); }
    Decision due() { return scheduler.due(now()); }

    // Begins what is due; the names in order.
    std::vector<std::string> begin() {
        std::vector<std::string> names;
        for (const Start& start : due().start) {
            scheduler.started(start, now());
            names.push_back(start.plan);
            starts.push_back(start);
        }
        return names;
    }
    std::optional<std::int64_t> end(const std::string& plan, Scheduler::End how = Scheduler::End::success,
                                    Setback setback = Setback::permanent) {
        return scheduler.finished(plan, how, setback, now());
    }
    // Begins and ends at once whatever is due until nothing is; the names in order.
    std::vector<std::string> run_all() {
        std::vector<std::string> names;
        for (auto some = begin(); !some.empty(); some = begin()) {
            for (const std::string& name : some) {
                names.push_back(name);
                end(name);
            }
        }
        return names;
    }
    // As the service does: sleeps as long as it is told, begins and ends what is due; "name time" of each run.
    std::vector<std::string> run_until(const char* when) {
        std::vector<std::string> runs;
        const Time until = *parse_time(when);
        for (;;) {
            const std::string time = to_rfc3339_utc(clock.now());
            for (const std::string& name : run_all()) runs.push_back(name + ' ' + time);
            const std::int64_t sleep = due().wake_in_ns;
            if (clock.now().ns + sleep > until.ns) break;
            clock.advance(sleep);
        }
        clock.advance(until.ns - clock.now().ns);
        return runs;
    }
    PlanView view(const std::string& name) {
        const auto views = scheduler.view(now());
        const auto at = std::find_if(views.begin(), views.end(), [&](const PlanView& each) { return each.name == name; });
        EXPECT_NE(views.end(), at) << name;
        return at == views.end() ? PlanView() : *at;
    }

    FakeClock clock;
    ZoneRules zone;
    Scheduler::Limits limits;
    std::vector<ScheduledPlan> plans;
    std::map<std::string, PlanHistory> histories;
    std::vector<Start> starts;
    Scheduler scheduler{7};
};

}  // namespace custody::test
