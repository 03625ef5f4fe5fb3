// What the scheduler makes of clocks that are set, of summer time, and of a machine that slept.
#include "tests/daemon/schedule/schedule_desk.h"

namespace custody::test {
namespace {

using Names = std::vector<std::string>;

struct ClockTest : testing::Test {
    ClockTest() {
        desk.add("night", "30 1 * * *");
        desk.add("often", "*/10 * * * *");
        desk.ran("night", "2026-11-02T01:30:00Z");
        desk.ran("often", "2026-11-03T00:00:00Z");
        desk.configure();
    }
    // The runs of one plan.
    Names runs(const std::string& plan, const char* until) {
        Names of_plan;
        for (const std::string& run : desk.run_until(until)) {
            if (run.starts_with(plan + ' ')) of_plan.push_back(run.substr(plan.size() + 1));
        }
        return of_plan;
    }
    ScheduleDesk desk;
};

TEST_F(ClockTest, SetBackAYearNothingIsSkippedAndNothingRunsAThousandTimes) {
    desk.run_until("2026-11-03T02:00:00Z");
    desk.clock.set(*parse_time("2025-11-03T02:00:00Z"));
    EXPECT_LT(desk.due().clock_moved_ns, -364 * kDay);
    EXPECT_EQ(0, desk.due().clock_moved_ns) << "told once";
    EXPECT_EQ((Names{"2025-11-04T01:30:00Z", "2025-11-05T01:30:00Z"}), runs("night", "2025-11-06T00:00:00Z"));
    EXPECT_EQ(6U, runs("often", "2025-11-06T01:00:00Z").size());
    desk.clock.set(*parse_time("2026-11-06T01:00:00Z"));  // and right again
    EXPECT_EQ((Names{"2026-11-06T01:00:00Z", "2026-11-06T01:30:00Z"}), runs("night", "2026-11-07T00:00:00Z"))
        << "what the jump passed over is made up once";
}

TEST_F(ClockTest, SetBackALittleRepeatsNothing) {
    desk.run_until("2026-11-03T02:00:00Z");
    desk.clock.set(*parse_time("2026-11-03T00:30:00Z"));
    const Names all = desk.run_until("2026-11-03T02:00:00Z");
    EXPECT_EQ(0, std::count_if(all.begin(), all.end(), [](const std::string& run) { return run.starts_with("night"); }));
    EXPECT_EQ("often 2026-11-03T00:40:00Z", all.front()) << "an interval goes on by the new time";
    EXPECT_EQ(9U, all.size());
    EXPECT_EQ((Names{"2026-11-04T01:30:00Z"}), runs("night", "2026-11-05T00:00:00Z"));
}

TEST_F(ClockTest, CorrectionsOfSecondsRepeatNothing) {
    desk.run_until("2026-11-03T01:30:00Z");
    Names all;
    for (int i = 0; i < 300; ++i) {  // a clock that is put back a second every second
        desk.clock.advance(kSecond);
        desk.clock.set(Time{desk.clock.now().ns - kSecond - 1});
        for (const std::string& name : desk.run_all()) all.push_back(name);
    }
    EXPECT_EQ(Names{}, all);
}

TEST_F(ClockTest, SetForwardAYearRunsEachOnce) {
    desk.run_until("2026-11-03T02:00:00Z");
    desk.clock.set(*parse_time("2027-11-03T02:05:00Z"));
    EXPECT_GT(desk.due().clock_moved_ns, 364 * kDay);
    EXPECT_EQ((Names{"often", "night"}), desk.run_all());
    EXPECT_EQ(Trigger::missed, desk.starts.back().trigger);
    desk.clock.set(*parse_time("2026-11-03T02:06:00Z"));
    EXPECT_EQ((Names{"2026-11-04T01:30:00Z"}), runs("night", "2026-11-05T00:00:00Z"))
        << "put right, the next night is no year away";
}

TEST_F(ClockTest, RetriesDoNotMindTheClock) {
    desk.run_until("2026-11-03T01:29:00Z");
    desk.clock.advance(kMinute);
    desk.begin();
    desk.end("often");
    const auto wait = desk.end("night", Scheduler::End::failure, Setback::busy);
    ASSERT_TRUE(wait);
    desk.clock.set(*parse_time("2020-01-01T00:05:00Z"));
    desk.clock.advance(*wait - 1);
    EXPECT_EQ(Names{}, desk.begin());
    desk.clock.advance(1);
    EXPECT_EQ(Names{"night"}, desk.begin());
}

TEST_F(ClockTest, ASleepIsMadeUpOnce) {
    desk.run_until("2026-11-03T00:30:00Z");
    desk.clock.set(*parse_time("2026-11-10T12:00:00Z"));  // suspended: the monotonic clock stood still
    EXPECT_EQ((Names{"often", "night"}), desk.run_all());
}

TEST(SchedulerAfterRestart, ALastRunInTheFutureCountsAsMissedOnce) {
    ScheduleDesk desk("2025-11-03T12:00:00Z");
    desk.add("night", "30 1 * * *");
    desk.ran("night", "2026-11-03T01:30:00Z");
    desk.configure();
    EXPECT_EQ((Names{"night 2025-11-03T12:00:00Z", "night 2025-11-04T01:30:00Z"}), desk.run_until("2025-11-05T00:00:00Z"));
    ScheduleDesk again("2025-11-05T00:00:00Z");
    again.add("night", "30 1 * * *");
    again.ran("night", "2025-11-04T01:30:00Z");  // the last job, by order
    again.configure();
    EXPECT_EQ(Names{}, again.run_until("2025-11-05T01:00:00Z"));
}

TEST(SchedulerInBerlin, SummerTime) {
    ScheduleDesk desk("2026-03-28T12:00:00Z");
    desk.zone = *ZoneRules::from_rule("CET-1CEST,M3.5.0,M10.5.0/3");
    desk.add("night", "30 2 * * *");
    desk.ran("night", "2026-03-28T01:30:00Z");
    desk.configure();
    EXPECT_EQ((Names{"night 2026-03-29T01:00:00Z", "night 2026-03-30T00:30:00Z"}), desk.run_until("2026-03-30T12:00:00Z"));
    desk.clock.advance((parse_time("2026-10-24T12:00:00Z")->ns - desk.clock.now().ns));
    const auto autumn = desk.run_until("2026-10-26T12:00:00Z");
    EXPECT_EQ("night 2026-10-26T01:30:00Z", autumn.back());
    EXPECT_EQ("night 2026-10-25T00:30:00Z", autumn[autumn.size() - 2]) << "once, though 02:30 came twice";
}

TEST(SchedulerTwice, TheSameCallsGiveTheSameAnswers) {
    const auto year = [] {
        ScheduleDesk desk;
        for (const char* name : {"a", "b", "c"}) desk.add(name, "17 */5 * * *");
        desk.configure();
        Names all;
        for (int i = 0; i < 500; ++i) {
            for (const std::string& name : desk.begin()) {
                all.push_back(name + ' ' + to_rfc3339_utc(desk.clock.now()));
                desk.end(name, i % 3 == 0 ? Scheduler::End::failure : Scheduler::End::success, Setback::busy);
            }
            desk.clock.advance(desk.due().wake_in_ns * 5);
        }
        return all;
    };
    EXPECT_EQ(year(), year());
}

}  // namespace
}  // namespace custody::test
