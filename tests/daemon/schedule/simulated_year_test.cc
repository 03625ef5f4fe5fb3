// A year of nights: 20 plans, three media of which one is away every other week, runs that fail at random, a service that is
// killed every few weeks, clocks put forward and back, and a person who looks at what gave up the day after. Every promise is
// kept: each time of each schedule is followed by a success soon, retries end, limits hold, what a medium owes is shown and
// brought back.
#include "daemon/schedule/scheduler.h"
#include "tests/support/fake_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>

namespace custody::test {
namespace {

constexpr std::array<const char*, 3> kMedia = {"disk-a", "disk-b", "disk-c"};

struct Job {
    Start start;
    Time began;
    std::int64_t ends_at = 0;  // monotonic
};

class Year {
public:
    explicit Year(std::uint32_t seed) : clock_(*parse_time("2026-01-05T00:00:00Z")), random_(seed) {
        const char* const crons[] = {"30 1 * * *", "0 2 * * *", "15 */6 * * *", "0 3 * * mon", "@monthly", "30 2 * * *"};
        for (int i = 0; i < 20; ++i) {
            ScheduledPlan plan;
            plan.name = "plan-" + std::to_string(10 + i);
            plan.important = i % 3 != 2;
            plan.cron = *Cron::parse(crons[i % 6]);
            plan.media = {kMedia[i % 3 == 2 ? 2 : 0], kMedia[i % 2 == 0 ? 1 : 2]};
            if (i == 17) plan.media = {"disk-c"};
            if (plan.media[0] == plan.media.back()) plan.media.resize(1);
            if (i % 4 == 0) plan.not_between = Windows({{7 * 60, 18 * 60, 0x3e}});
            plan.retry = {3, 5 * kMinute, kHour};
            plans_.push_back(plan);
        }
        restart();
    }

    void live() {
        const std::int64_t end = 365 * kDay;
        while (clock_.monotonic_ns() < end && !testing::Test::HasFailure()) {
            happen();
            begin_what_is_due();
            clock_.advance(std::max<std::int64_t>(kSecond, next_event() - clock_.monotonic_ns()));
        }
    }

    // Each time of each schedule was followed by a success: within three days, or a week more where the only medium was away.
    void check_promises() const {
        const Time begin = *parse_time("2026-01-06T00:00:00Z");
        for (const ScheduledPlan& plan : plans_) {
            const std::vector<Time>& good = successes_.at(plan.name);
            const std::int64_t patience = (plan.media.size() == 1 ? 10 : 3) * kDay;
            for (auto slot = plan.cron->next_after(begin, zone_); slot && slot->ns + patience < clock_.now().ns;
                 slot = plan.cron->next_after(*slot, zone_)) {
                const auto next = std::lower_bound(good.begin(), good.end(), *slot);
                ASSERT_NE(good.end(), next) << plan.name;
                EXPECT_LE(next->ns - slot->ns, patience) << plan.name << ' ' << to_rfc3339_utc(*slot);
            }
            for (std::size_t i = 1; plan.important && i < good.size(); ++i)
                EXPECT_LE(good[i].ns - good[i - 1].ns, 31 * kDay + 3 * kDay) << plan.name;
        }
        for (const auto& [what, since] : owed_) EXPECT_LE(clock_.now().ns - since.ns, 8 * kDay) << what.first << what.second;
    }

    std::size_t jobs = 0, longest_queue = 0, restarts = 0, owed_once = 0, requests = 0;

private:
    [[nodiscard]] Moment now() const { return moment_of(clock_); }
    [[nodiscard]] bool is_away(const std::string& medium) const {
        return medium == "disk-c" && clock_.monotonic_ns() / (7 * kDay) % 2 == 1;
    }
    bool chance(double probability) {
        return static_cast<double>(random_()) / static_cast<double>(std::mt19937::max()) < probability;
    }

    // The service was killed: what ran is closed as interrupted, all else comes from the catalogue.
    void restart() {
        ++restarts;
        for (const Job& job : active_) note_failure(job.start.plan, Setback::interrupted);
        active_.clear();
        scheduler_ = Scheduler(7);
        scheduler_.configure(
            plans_, zone_, {3, 2}, [this](const std::string& name) { return histories_[name]; }, now());
        show_media();
        next_restart_ = clock_.monotonic_ns() + kDay + static_cast<std::int64_t>(random_() % 30) * kDay + 97 * kMinute;
    }

    void show_media() {
        std::set<std::string> present;
        for (const std::string medium : kMedia) {
            if (!is_away(medium)) present.insert(medium);
        }
        // A medium that returns is brought up to date by itself.
        std::erase_if(owed_, [&](const auto& debt) { return present.contains(debt.first.second); });
        scheduler_.set_media(present, now());
        next_media_ = (clock_.monotonic_ns() / (7 * kDay) + 1) * 7 * kDay;
    }

    void happen() {
        const std::int64_t at = clock_.monotonic_ns();
        const auto over = std::stable_partition(active_.begin(), active_.end(), [&](const Job& job) { return job.ends_at > at; });
        const std::vector<Job> ended(over, active_.end());
        active_.erase(over, active_.end());
        for (const Job& job : ended) end(job);
        if (next_media_ <= at) show_media();
        for (auto person = people_.begin(); person != people_.end();) {
            if (person->second > at) {
                ++person;
                continue;
            }
            ++requests;
            EXPECT_TRUE(scheduler_.request(person->first, "it gave up yesterday", now()).ok());
            person = people_.erase(person);
        }
        if (next_restart_ <= at) restart();
    }

    void end(const Job& job) {
        const std::string& name = job.start.plan;
        const double luck = static_cast<double>(random_() % 1000) / 1000;
        if (is_away(job.start.medium) || luck < 0.01) return fail(name, Setback::medium_away);
        if (luck < 0.08) return fail(name, Setback::server_away);
        if (luck < 0.11) return fail(name, Setback::busy);
        if (luck < 0.13) return fail(name, Setback::permanent);
        EXPECT_FALSE(scheduler_.finished(name, Scheduler::End::success, Setback::permanent, now()));
        successes_[name].push_back(job.began);
        histories_[name].last_success = job.began;
        histories_[name].failed = 0;
        for (const ScheduledPlan& plan : plans_) {
            for (const std::string& medium : plan.media) {
                if (plan.name != name || !is_away(medium)) continue;
                owed_.try_emplace({name, medium}, clock_.now());
                ++owed_once;
            }
        }
    }

    void note_failure(const std::string& name, Setback setback) {
        histories_[name].failed += 1;
        histories_[name].setback = setback;
        if (setback == Setback::permanent || histories_[name].failed > 3)
            people_.try_emplace(name, clock_.monotonic_ns() + kDay);  // the alert is read in the morning
    }
    void fail(const std::string& name, Setback setback) {
        note_failure(name, setback);
        const auto wait = scheduler_.finished(name, Scheduler::End::failure, setback, now());
        EXPECT_EQ(setback != Setback::permanent && histories_[name].failed <= 3, wait.has_value()) << name;
    }

    void begin_what_is_due() {
        const Decision decision = scheduler_.due(now());
        longest_queue = std::max(longest_queue, decision.waiting.size() + decision.start.size());
        std::map<std::string, int> on_medium;
        for (const Job& job : active_) ++on_medium[job.start.medium];
        for (const Start& start : decision.start) {
            ASSERT_FALSE(is_away(start.medium)) << start.plan;
            ASSERT_LE(start.attempt, 4U) << "retries end";
            ASSERT_TRUE(
                std::none_of(active_.begin(), active_.end(), [&](const Job& job) { return job.start.plan == start.plan; }));
            ASSERT_LE(++on_medium[start.medium], 2);
            scheduler_.started(start, now());
            ++jobs;
            PlanHistory& history = histories_[start.plan];
            history.last_attempt = clock_.now();
            if (start.trigger != Trigger::retry) history.failed = 0;
            const auto lasts = static_cast<std::int64_t>(1 + random_() % 40) * kMinute;
            active_.push_back({start, clock_.now(), clock_.monotonic_ns() + lasts});
        }
        ASSERT_LE(active_.size(), 3U);
        quiet_until_ = clock_.monotonic_ns() + scheduler_.due(now()).quiet_ns;
    }

    [[nodiscard]] std::int64_t next_event() const {
        std::int64_t next = std::min({quiet_until_, next_media_, next_restart_});
        for (const Job& job : active_) next = std::min(next, job.ends_at);
        for (const auto& [name, at] : people_) next = std::min(next, at);
        return next;
    }

    FakeClock clock_;
    ZoneRules zone_ = *ZoneRules::from_rule("CET-1CEST,M3.5.0,M10.5.0/3");
    std::mt19937 random_;
    std::vector<ScheduledPlan> plans_;
    Scheduler scheduler_{7};
    std::vector<Job> active_;
    std::map<std::string, PlanHistory> histories_;
    std::map<std::string, std::vector<Time>> successes_;
    std::map<std::pair<std::string, std::string>, Time> owed_;  // plan, medium
    std::map<std::string, std::int64_t> people_;                // who will ask for what, when
    std::int64_t next_restart_ = 0, next_media_ = 0, quiet_until_ = 0;
};

class SimulatedYear : public testing::TestWithParam<std::uint32_t> {};

TEST_P(SimulatedYear, EndsWithEveryPromiseKept) {
    Year year(GetParam());
    year.live();
    year.check_promises();
    EXPECT_GT(year.restarts, 12U);
    EXPECT_GT(year.owed_once, 100U);
    EXPECT_LE(year.longest_queue, 20U) << "one place a plan";
    // Some 7,700 times of the schedules: what retries and people add is bounded.
    EXPECT_GT(year.jobs, 7'000U);
    EXPECT_LT(year.jobs, 12'000U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulatedYear, testing::Values(1U, 2U, 3U));

}  // namespace
}  // namespace custody::test
