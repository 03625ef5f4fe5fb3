// What runs when: the schedule, missed runs, order, limits, media, windows, retries, requests and changes.
#include "daemon/schedule/scheduler.h"

#include "tests/daemon/schedule/schedule_desk.h"

namespace custody::test {
namespace {

using Names = std::vector<std::string>;
using End = Scheduler::End;

TEST(Scheduler, RunsByItsSchedule) {
    ScheduleDesk desk;
    desk.add("etc", "30 1 * * *");
    desk.ran("etc", "2026-11-02T01:30:00Z");
    desk.configure();
    EXPECT_EQ((Names{"etc 2026-11-03T01:30:00Z", "etc 2026-11-04T01:30:00Z"}), desk.run_until("2026-11-05T00:00:00Z"));
    EXPECT_EQ(Trigger::schedule, desk.starts.front().trigger);
    EXPECT_EQ("2026-11-05T01:30:00Z", to_rfc3339_utc(*desk.view("etc").next));
}

TEST(Scheduler, MakesUpWhatWasMissedOnce) {
    ScheduleDesk desk("2026-11-03T09:00:00Z");
    desk.add("etc", "30 1 * * *");
    desk.add("home", "0 2 * * *");
    desk.ran("etc", "2026-10-20T01:30:00Z");
    desk.ran("home", "2026-11-03T02:00:00Z");
    desk.configure();
    EXPECT_EQ((Names{"etc 2026-11-03T09:00:00Z", "etc 2026-11-04T01:30:00Z"}), desk.run_until("2026-11-04T01:45:00Z"));
    EXPECT_EQ(Trigger::missed, desk.starts.front().trigger);
    EXPECT_EQ("2026-10-21T01:30:00Z", to_rfc3339_utc(desk.starts.front().due)) << "due since the first that was missed";
}

TEST(Scheduler, APlanThatNeverRanIsDueAtOnce) {
    ScheduleDesk desk;
    desk.add("archive", "@yearly");
    desk.configure();
    EXPECT_EQ(Names{"archive"}, desk.run_all());
    EXPECT_EQ(Names{}, desk.run_until("2026-11-10T00:00:00Z"));
}

TEST(Scheduler, ImportantFirstThenPriorityThenOldestThenName) {
    ScheduleDesk desk("2026-11-03T09:00:00Z");
    desk.limits.jobs = 1;
    for (const char* name : {"b", "a", "old", "first", "ordinary"}) {
        desk.add(name, "30 1 * * *");
        desk.ran(name, "2026-11-02T01:30:00Z");
    }
    desk.ran("old", "2026-10-02T01:30:00Z");
    desk.ran("ordinary", "2026-09-02T01:30:00Z");
    desk.plans[3].priority = 5;
    desk.plans[4].important = false;
    desk.configure();
    EXPECT_EQ((Names{"first", "old", "a", "b", "ordinary"}), desk.run_all());
}

TEST(Scheduler, NoneStarves) {
    ScheduleDesk desk;
    desk.limits.jobs = 1;
    desk.add("ordinary", "0 1 * * *").important = false;
    for (const char* name : {"x", "y"}) desk.add(name, "*/5 * * * *");
    for (const char* name : {"ordinary", "x", "y"}) desk.ran(name, "2026-11-03T00:00:00Z");
    desk.configure();
    int of_ordinary = 0;
    for (int i = 0; i < 12 * 24 * 3; ++i) {  // three days in which x and y always want to run
        for (const std::string& name : desk.begin()) of_ordinary += name == "ordinary" ? 1 : 0;
        desk.clock.advance(5 * kMinute);
        for (const PlanView& each : desk.scheduler.view(desk.now())) {
            if (each.is_running) desk.end(each.name);
        }
    }
    EXPECT_GE(of_ordinary, 1);
}

TEST(Scheduler, APlanNeverRunsTwiceAtOnce) {
    ScheduleDesk desk;
    desk.add("slow", "0 * * * *").on_change = true;
    desk.ran("slow", "2026-11-03T00:00:00Z");
    desk.configure();
    desk.clock.advance(kHour);
    ASSERT_EQ(Names{"slow"}, desk.begin());
    ASSERT_TRUE(is_ok(desk.scheduler.request("slow", "now", desk.now())));
    desk.scheduler.changed("slow", desk.now());
    for (int hour = 0; hour < 3; ++hour) {
        desk.clock.advance(kHour);
        EXPECT_EQ(Names{}, desk.begin());
    }
    desk.end("slow");
    EXPECT_EQ(3U, desk.view("slow").slots_outlasted);
    ASSERT_EQ(Names{"slow"}, desk.begin()) << "asked for meanwhile";
    EXPECT_EQ(Trigger::person, desk.starts.back().trigger);
    desk.end("slow");
    EXPECT_EQ((Names{"slow 2026-11-03T05:00:00Z"}), desk.run_until("2026-11-03T05:30:00Z"));
}

TEST(Scheduler, LimitsInAllAndPerMedium) {
    ScheduleDesk desk;
    desk.limits = {3, 1};
    for (const char* name : {"a1", "a2", "b1", "b2", "c1"}) desk.add(name, "@daily").media = {std::string("disk-") + name[0]};
    desk.configure();
    desk.scheduler.set_media({"disk-a", "disk-b", "disk-c"}, desk.now());
    EXPECT_EQ((Names{"a1", "b1", "c1"}), desk.begin());
    const Decision waiting = desk.due();
    ASSERT_EQ(2U, waiting.waiting.size());
    EXPECT_EQ(Waiting::For::job_limit, waiting.waiting[0].what);
    desk.end("c1");
    EXPECT_EQ(Waiting::For::medium_limit, desk.due().waiting[0].what);
    EXPECT_EQ(Names{}, desk.begin());
    desk.end("b1");
    EXPECT_EQ(Names{"b2"}, desk.begin());
    EXPECT_EQ(2U, desk.scheduler.running());
}

TEST(Scheduler, GoesToTheNextMediumAndWaitsForTheLast) {
    ScheduleDesk desk;
    desk.add("etc", "30 1 * * *").media = {"disk-a", "disk-b"};
    desk.add("photos", "30 1 * * *").media = {"disk-a"};
    desk.configure();
    desk.scheduler.set_media({"disk-b"}, desk.now());
    ASSERT_EQ(Names{"etc"}, desk.begin());
    EXPECT_EQ("disk-b", desk.starts.back().medium);
    desk.end("etc");
    const Decision decision = desk.due();
    ASSERT_EQ(1U, decision.waiting.size());
    EXPECT_EQ(Waiting::For::medium, decision.waiting[0].what);
    EXPECT_EQ("disk-a", decision.waiting[0].medium);
    EXPECT_NE(std::string::npos, describe(decision.waiting[0]).find("attach 'disk-a'"));
    desk.clock.advance(40 * kDay);
    desk.scheduler.set_media({"disk-a", "disk-b"}, desk.now());
    EXPECT_EQ((Names{"photos", "etc"}), desk.run_all()) << "once each, after forty days";
}

TEST(Scheduler, AMediumThatComesBackEndsTheWait) {
    ScheduleDesk desk;
    desk.add("etc", "30 1 * * *").media = {"disk-a"};
    desk.configure();
    desk.scheduler.set_media({"disk-a"}, desk.now());
    for (int i = 0; i < 4; ++i) {  // pulled out within each run, until there are no tries left
        ASSERT_EQ(Names{"etc"}, desk.begin());
        const auto wait = desk.end("etc", End::failure, Setback::medium_away);
        EXPECT_EQ(i < 3, wait.has_value());
        if (wait) desk.clock.advance(*wait);
    }
    EXPECT_TRUE(desk.view("etc").gave_up);
    desk.scheduler.set_media({}, desk.now());
    EXPECT_EQ(Names{}, desk.begin());
    desk.scheduler.set_media({"disk-a"}, desk.now());
    EXPECT_EQ(Names{"etc"}, desk.begin());
}

TEST(Scheduler, WindowsHoldBackWhatBeginsOfItself) {
    ScheduleDesk desk("2026-11-03T06:00:00Z");
    desk.add("etc", "0 9 * * *").not_between = Windows({{7 * 60, 18 * 60, 0x7f}});
    desk.ran("etc", "2026-11-02T18:00:00Z");
    desk.configure();
    EXPECT_EQ("2026-11-03T18:00:00Z", to_rfc3339_utc(*desk.view("etc").next));
    desk.run_until("2026-11-03T12:00:00Z");
    ASSERT_EQ(1U, desk.due().waiting.size());
    EXPECT_EQ(Waiting::For::window, desk.due().waiting[0].what);
    EXPECT_EQ("2026-11-03T18:00:00Z", to_rfc3339_utc(*desk.due().waiting[0].until));
    EXPECT_EQ((Names{"etc 2026-11-03T18:00:00Z"}), desk.run_until("2026-11-04T00:00:00Z"));
    desk.run_until("2026-11-04T12:00:00Z");
    ASSERT_TRUE(is_ok(desk.scheduler.request("etc", "before the repair", desk.now())));
    EXPECT_EQ(Names{"etc"}, desk.run_all()) << "a person does not wait for the window";
}

TEST(Scheduler, TriesAgainAndEnds) {
    ScheduleDesk desk("2026-11-03T01:30:00Z");
    desk.add("db", "30 1 * * *");
    desk.ran("db", "2026-11-02T01:30:00Z");
    desk.configure();
    for (std::uint32_t attempt = 1; attempt <= 4; ++attempt) {
        ASSERT_EQ(Names{"db"}, desk.begin()) << attempt;
        EXPECT_EQ(attempt, desk.starts.back().attempt);
        const auto wait = desk.end("db", End::failure, Setback::server_away);
        ASSERT_EQ(attempt <= 3, wait.has_value());
        if (!wait) break;
        EXPECT_LE(desk.due().wake_in_ns, *wait);
        desk.clock.advance(*wait - 1);
        EXPECT_EQ(Names{}, desk.begin());
        desk.clock.advance(1);
    }
    EXPECT_TRUE(desk.view("db").gave_up);
    EXPECT_EQ((Names{"db 2026-11-04T01:30:00Z"}), desk.run_until("2026-11-05T00:00:00Z"));
    EXPECT_EQ(1U, desk.starts.back().attempt);
    EXPECT_EQ(Trigger::schedule, desk.starts.back().trigger);
}

TEST(Scheduler, APermanentFaultWaitsForTheNextRun) {
    ScheduleDesk desk("2026-11-03T01:30:00Z");
    desk.add("db", "30 1 * * *");
    desk.ran("db", "2026-11-02T01:30:00Z");
    desk.configure();
    ASSERT_EQ(Names{"db"}, desk.begin());
    EXPECT_FALSE(desk.end("db", End::failure, Setback::permanent));
    EXPECT_EQ((Names{"db 2026-11-04T01:30:00Z"}), desk.run_until("2026-11-05T00:00:00Z"));
}

TEST(Scheduler, RetriesGoOnAfterARestart) {
    ScheduleDesk desk("2026-11-03T01:32:00Z");
    desk.add("killed", "30 1 * * *");
    desk.add("tired", "30 1 * * *");
    desk.add("away", "30 1 * * *");
    desk.ran("killed", "2026-11-03T01:30:00Z", "2026-11-02T01:30:00Z", 1, Setback::interrupted);
    desk.ran("tired", "2026-11-03T01:30:00Z", "2026-11-02T01:30:00Z", 4, Setback::interrupted);
    desk.ran("away", "2026-11-03T01:30:00Z", "2026-11-02T01:30:00Z", 1, Setback::server_away);
    desk.configure();
    EXPECT_EQ(Names{"killed"}, desk.run_all());
    EXPECT_EQ(2U, desk.starts.back().attempt);
    EXPECT_TRUE(desk.view("tired").gave_up) << "a run that ends the service each time is not begun for ever";
    const Time next = *desk.view("away").next;
    EXPECT_GT(next, *parse_time("2026-11-03T01:34:00Z"));
    EXPECT_LT(next, *parse_time("2026-11-03T01:36:00Z"));
}

TEST(Scheduler, EverythingAtOnceImportantFirst) {
    ScheduleDesk desk("2026-11-03T12:00:00Z");
    desk.limits.jobs = 2;
    for (int i = 0; i < 6; ++i) {
        auto& plan = desk.add("plan-" + std::to_string(i), "30 1 * * *");
        plan.important = i >= 3;
        plan.not_between = Windows({{7 * 60, 18 * 60, 0x7f}});
        desk.ran(plan.name, "2026-11-03T01:30:00Z");
    }
    desk.configure();
    EXPECT_EQ(Names{}, desk.begin());
    desk.scheduler.request_all("incident 12/2026", desk.now());
    desk.scheduler.request_all("again", desk.now());
    EXPECT_EQ((Names{"plan-3", "plan-4", "plan-5", "plan-0", "plan-1", "plan-2"}), desk.run_all());
    for (const Start& start : desk.starts) {
        EXPECT_EQ("incident 12/2026", start.reason);
        EXPECT_EQ(Trigger::person, start.trigger);
    }
    EXPECT_TRUE(fails_with(Code::not_found, desk.scheduler.request("nothing", "", desk.now())));
    ASSERT_TRUE(is_ok(desk.scheduler.request("plan-1", "", desk.now())));
    EXPECT_TRUE(desk.scheduler.withdraw("plan-1"));
    EXPECT_FALSE(desk.scheduler.withdraw("plan-1"));
    EXPECT_EQ(Names{}, desk.run_all());
}

TEST(Scheduler, RequestsJumpTheQueue) {
    ScheduleDesk desk("2026-11-03T01:30:00Z");
    desk.limits.jobs = 1;
    for (const char* name : {"a", "b", "z"}) {
        desk.add(name, "30 1 * * *").important = *name != 'z';
        desk.ran(name, "2026-11-02T01:30:00Z");
    }
    desk.configure();
    ASSERT_TRUE(is_ok(desk.scheduler.request("z", "", desk.now())));
    EXPECT_EQ((Names{"z", "a", "b"}), desk.run_all()) << "and z once: its run of the schedule is that one";
}

TEST(Scheduler, AChangeIsBackedUpWhenItSettled) {
    ScheduleDesk desk;
    desk.add("etc", "").on_change = true;
    desk.configure();
    EXPECT_EQ((Names{"etc 2026-11-03T00:00:30Z"}), desk.run_until("2026-11-03T01:00:00Z")) << "nobody watched before the start";
    for (int i = 0; i < 5; ++i) {
        desk.scheduler.changed("etc", desk.now());
        desk.clock.advance(20 * kSecond);
        EXPECT_EQ(Names{}, desk.begin());
    }
    desk.clock.advance(10 * kSecond);
    EXPECT_EQ(Names{"etc"}, desk.run_all());
    EXPECT_EQ(Trigger::change, desk.starts.back().trigger);
    desk.scheduler.changed("etc", desk.now());
    EXPECT_EQ((Names{"etc 2026-11-03T01:06:50Z"}), desk.run_until("2026-11-03T02:00:00Z")) << "five minutes after the last";
    desk.scheduler.changed("unknown", desk.now());
}

TEST(Scheduler, WhatIsNeverQuietIsBackedUpAllTheSame) {
    ScheduleDesk desk;
    desk.add("etc", "").on_change = true;
    desk.configure();
    desk.run_until("2026-11-03T01:00:00Z");
    int runs = 0;
    for (int second = 0; second < 3600; second += 5) {
        desk.scheduler.changed("etc", desk.now());
        runs += static_cast<int>(desk.run_all().size());
        desk.clock.advance(5 * kSecond);
    }
    EXPECT_GE(runs, 10);
    EXPECT_LE(runs, 12);
}

TEST(Scheduler, PollsByItsInterval) {
    ScheduleDesk desk;
    desk.add("switch", "").every_ns = 15 * kMinute;
    desk.ran("switch", "2026-11-02T23:50:00Z");
    desk.configure();
    EXPECT_EQ((Names{"switch 2026-11-03T00:05:00Z", "switch 2026-11-03T00:20:00Z", "switch 2026-11-03T00:35:00Z"}),
              desk.run_until("2026-11-03T00:45:00Z"));
}

TEST(Scheduler, ReloadKeepsWhatIsDueAndTakesTheNewSchedule) {
    ScheduleDesk desk("2026-11-03T01:30:00Z");
    desk.limits.jobs = 1;
    for (const char* name : {"gone", "moved", "runs"}) {
        desk.add(name, "30 1 * * *").important = *name == 'r';
        desk.ran(name, "2026-11-02T01:30:00Z");
    }
    desk.configure();
    ASSERT_EQ(Names{"runs"}, desk.begin());
    desk.plans.clear();
    desk.add("moved", "0 5 * * *");
    desk.add("new", "0 6 * * *");
    desk.ran("new", "2026-11-02T20:00:00Z");
    desk.configure();
    EXPECT_EQ(1U, desk.scheduler.running()) << "a run is not touched by a reload";
    EXPECT_EQ(Names{}, desk.begin());
    EXPECT_FALSE(desk.end("runs"));
    EXPECT_EQ((Names{"moved 2026-11-03T01:30:00Z", "moved 2026-11-03T05:00:00Z", "new 2026-11-03T06:00:00Z"}),
              desk.run_until("2026-11-04T00:00:00Z"))
        << "what was due stays due; what is gone is gone";
}

TEST(Scheduler, CancelledIsNotTriedAgain) {
    ScheduleDesk desk("2026-11-03T01:30:00Z");
    desk.add("db", "30 1 * * *");
    desk.ran("db", "2026-11-02T01:30:00Z");
    desk.configure();
    desk.begin();
    EXPECT_FALSE(desk.end("db", End::cancelled, Setback::busy));
    EXPECT_EQ(Names{}, desk.run_until("2026-11-04T01:00:00Z"));
}

TEST(Scheduler, TwoHundredInOneMinute) {
    ScheduleDesk desk;
    desk.limits = {4, 2};
    for (int i = 0; i < 200; ++i) {
        auto& plan = desk.add("plan-" + std::to_string(1000 + i), "30 1 * * *");
        plan.important = i % 3 == 0;
        plan.media = {i % 2 == 0 ? "disk-a" : "disk-b"};
        desk.ran(plan.name, "2026-11-02T01:30:00Z");
    }
    desk.configure();
    desk.scheduler.set_media({"disk-a", "disk-b"}, desk.now());
    desk.clock.advance(90 * kMinute);
    Names order;
    std::vector<std::string> active;
    for (int round = 0; round < 400 && order.size() < 200; ++round) {
        for (const std::string& name : desk.begin()) {
            order.push_back(name);
            active.push_back(name);
        }
        ASSERT_LE(active.size(), 4U);
        ASSERT_FALSE(active.empty());
        desk.clock.advance(kSecond);
        desk.end(active.front());
        active.erase(active.begin());
    }
    ASSERT_EQ(200U, order.size());
    const std::set<std::string> unique(order.begin(), order.end());
    EXPECT_EQ(200U, unique.size());
    const auto important = [](const std::string& name) { return (std::stoi(name.substr(5)) - 1000) % 3 == 0; };
    // Only where the media of all important ones left are full does another go before.
    EXPECT_TRUE(std::all_of(order.begin(), order.begin() + 60, important));
    EXPECT_EQ(67, std::count_if(order.begin(), order.end(), important));
}

}  // namespace
}  // namespace custody::test
