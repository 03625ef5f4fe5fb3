#include "daemon/jobs/plan_retention.h"

#include "tests/daemon/jobs/jobs_fixture.h"
#include "vault/collector.h"

namespace custody::test {
namespace {

class PlanRetentionTest : public JobsTest {
protected:
    void SetUp() override {
        JobsTest::SetUp();
        add_plan("etc", "config", {"disk-a", "disk-b"});
        config_.plans.front().retention.emplace().last = 2;
        configure();
    }
    Retained retain(const std::string& vault, LiveJob& job) {
        const JobContext work = context(job);
        auto medium = MediumVault::open(work, *shared_->find_medium("disk-" + vault));
        EXPECT_TRUE(is_ok(medium));
        if (!medium.ok()) return {};
        const auto retained = apply_plan_retention(work, *medium, *shared_->find_plan("etc"));
        EXPECT_TRUE(is_ok(retained));
        return retained.ok() ? *retained : Retained();
    }
    Retained retain(const std::string& vault) { return retain(vault, new_job()); }
    std::vector<ObjectId> back_up_times(int times) {
        std::vector<ObjectId> made;
        for (int i = 0; i < times; ++i) {
            world_.clock().advance(kDay);  // what is younger is kept by any rule
            made.push_back(back_up("a", "etc", seed_++));
        }
        enter_all({"a"});
        return made;
    }
    void keep(std::uint32_t last) {
        config_.plans.front().retention->last = last;
        configure();
    }
    std::uint64_t seed_ = 1;
};

TEST_F(PlanRetentionTest, WhatTheRuleEndsIsEndedInVaultAndCatalogue) {
    const std::vector<ObjectId> made = back_up_times(4);
    const ObjectId other = back_up("a", "other", 9);
    const Retained retained = retain("a");
    EXPECT_EQ(2u, retained.forgotten);
    EXPECT_TRUE(retained.pruned);
    for (int i = 0; i < 4; ++i) {
        const ObjectId& id = made[static_cast<std::size_t>(i)];
        EXPECT_EQ(i >= 2, lives("a", id));
        EXPECT_EQ(i >= 2 ? 'p' : '-', copy(id, "a"));
        EXPECT_EQ(i >= 2 ? 'o' : '-', copy(id, "b"));
        ASSERT_TRUE(record(id));
        EXPECT_EQ(i < 2, record(id)->ended_at.has_value());
    }
    EXPECT_EQ("retention", record(made[0])->ended_reason);
    EXPECT_TRUE(lives("a", other));
}

TEST_F(PlanRetentionTest, AMediumIsPrunedOnceADay) {
    back_up_times(5);
    keep(3);
    EXPECT_TRUE(retain("a").pruned);
    keep(2);
    const Retained same_day = retain("a");
    EXPECT_EQ(1u, same_day.forgotten);
    EXPECT_FALSE(same_day.pruned);
    world_.clock().advance(kDay);
    const Retained next_day = retain("a");  // what waited is freed, though nothing more was forgotten
    EXPECT_EQ(0u, next_day.forgotten);
    EXPECT_TRUE(next_day.pruned);
    world_.clock().advance(2 * kDay);
    EXPECT_FALSE(retain("a").pruned);
}

TEST_F(PlanRetentionTest, WhatIsYoungerThanADayIsKept) {
    back_up_times(1);
    for (int i = 0; i < 4; ++i) back_up("a", "etc", seed_++);  // an hour apart
    EXPECT_EQ(0u, retain("a").forgotten);
}

TEST_F(PlanRetentionTest, AClockThatIsWrongEndsNothingAndIsTold) {
    const std::vector<ObjectId> made = back_up_times(4);
    const Time right = world_.clock().now();
    world_.clock().set(Time{right.ns - 365 * kDay});
    LiveJob& behind = new_job();
    EXPECT_EQ(0u, retain("a", behind).forgotten);
    EXPECT_EQ(1u, end(behind, catalog::JobEnd()).warnings.size());
    world_.clock().set(Time{right.ns + 60 * kDay});
    LiveJob& ahead = new_job();
    EXPECT_EQ(0u, retain("a", ahead).forgotten);
    EXPECT_EQ(1u, end(ahead, catalog::JobEnd()).warnings.size());
    for (const ObjectId& id : made) EXPECT_TRUE(lives("a", id));
    world_.clock().set(right);
    EXPECT_EQ(2u, retain("a").forgotten);
}

TEST_F(PlanRetentionTest, WhatIsHeldStays) {
    const std::vector<ObjectId> made = back_up_times(3);
    {
        Repository vault = world_.open("a");
        LedgerEntry hold;
        hold.operation = Operation::hold;
        hold.time = world_.clock().now();
        hold.snapshots = {made.front()};
        hold.details = {{"reason", "case 7"}};
        ASSERT_TRUE(is_ok(vault.publish(std::move(hold), nullptr)));
    }
    EXPECT_EQ(0u, retain("a").forgotten);
    EXPECT_TRUE(lives("a", made.front()));
    EXPECT_FALSE(record(made.front())->ended_at);
}

TEST_F(PlanRetentionTest, APlanWithoutARuleKeepsEverything) {
    config_.plans.front().retention = RetentionRule{};
    configure();
    back_up_times(3);
    EXPECT_EQ(0u, retain("a").forgotten);
}

}  // namespace
}  // namespace custody::test
