// A configured plan becomes a scheduled one; what it waits for is said in words.
#include "daemon/schedule/scheduled_plan.h"

#include "tests/support/results.h"

namespace custody::test {
namespace {

Config one_label(Importance importance) {
    Config config;
    LabelConfig label;
    label.name = "config";
    label.importance = importance;
    config.labels.push_back(label);
    return config;
}

PlanConfig etc() {
    PlanConfig plan;
    plan.name = "etc";
    plan.label = "config";
    plan.schedule = "30 1 * * *";
    plan.media = {"disk-a", "disk-b"};
    return plan;
}

TEST(ScheduledPlan, TakesWhatTheConfigurationSays) {
    PlanConfig plan = etc();
    plan.on_change = true;
    plan.settle_ns = 5 * kSecond;
    plan.retry.times = 9;
    plan.not_between = {{7 * 60, 18 * 60, 0x3e}};
    const auto scheduled = scheduled_plan(one_label(Importance::ordinary), plan);
    ASSERT_TRUE(is_ok(scheduled));
    EXPECT_EQ("etc", scheduled->name);
    EXPECT_FALSE(scheduled->important);
    EXPECT_EQ("30 1 * * *", scheduled->cron->text());
    EXPECT_EQ((std::vector<std::string>{"disk-a", "disk-b"}), scheduled->media);
    EXPECT_TRUE(scheduled->on_change);
    EXPECT_EQ(5 * kSecond, scheduled->settle_ns);
    EXPECT_EQ(9U, scheduled->retry.times);
    EXPECT_FALSE(scheduled->not_between.is_open(*parse_time("2026-11-03T12:00:00Z"), ZoneRules()));
    EXPECT_TRUE(scheduled_plan(one_label(Importance::important), plan)->important);
}

TEST(ScheduledPlan, ACommandIsPolledWithoutASchedule) {
    PlanConfig plan = etc();
    plan.schedule.clear();
    CommandSource command;
    command.every_ns = kHour;
    plan.source = command;
    const auto scheduled = scheduled_plan(one_label(Importance::important), plan);
    ASSERT_TRUE(is_ok(scheduled));
    EXPECT_FALSE(scheduled->cron);
    EXPECT_EQ(kHour, scheduled->every_ns);
}

TEST(ScheduledPlan, RefusesWhatWouldNeverRun) {
    PlanConfig closed = etc();
    closed.not_between = {{0, 0, 0x7f}};
    EXPECT_TRUE(fails_with(Code::usage, scheduled_plan(one_label(Importance::important), closed)));
    PlanConfig never = etc();
    never.schedule = "0 0 30 2 *";
    EXPECT_TRUE(fails_with(Code::usage, scheduled_plan(one_label(Importance::important), never)));
}

}  // namespace
}  // namespace custody::test
