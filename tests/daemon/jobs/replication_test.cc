#include "daemon/jobs/replication.h"

#include "daemon/jobs/medium_turn.h"
#include "tests/daemon/jobs/jobs_fixture.h"
#include "vault/collector.h"

#include <thread>

namespace custody::test {
namespace {

class ReplicationTest : public JobsTest {
protected:
    void SetUp() override {
        JobsTest::SetUp();
        add_plan("etc", "config", {"disk-a", "disk-b"});
        configure();
    }
    Result<Replicated> bring(const std::string& from, const std::string& to, LiveJob& job) {
        const JobContext work = context(job);
        auto source = MediumVault::open(work, *shared_->find_medium("disk-" + from));
        EXPECT_TRUE(is_ok(source));
        if (!source.ok()) return source.error();
        return bring_into_step(work, *source, *shared_->find_medium("disk-" + to));
    }
    Result<Replicated> bring(const std::string& from, const std::string& to) { return bring(from, to, new_job()); }
    catalog::JobDetails come_back(const std::string& vault, catalog::JobState expected = catalog::JobState::done) {
        LiveJob& job = new_job();
        const catalog::JobEnd ended = bring_medium_into_step(context(job), "disk-" + vault);
        EXPECT_EQ(expected, ended.state) << (ended.error ? ended.error->message : "");
        return end(job, ended);
    }
    void forget(const std::string& vault, const ObjectId& snapshot) {
        Repository repository = world_.open(vault);
        ForgetOptions options;
        options.references = {snapshot.hex()};
        EXPECT_TRUE(is_ok(forget_snapshots(repository, options)));
    }
};

TEST_F(ReplicationTest, TheOtherMediumGetsWhatItsPlansOweIt) {
    const ObjectId first = back_up("a", "etc", 1), second = back_up("a", "etc", 2), other = back_up("a", "other", 3);
    const auto brought = bring("a", "b");
    ASSERT_TRUE(is_ok(brought));
    EXPECT_EQ(2u, brought->copied.snapshots_copied);
    EXPECT_EQ(0u, brought->owed_still);
    for (const ObjectId& id : {first, second}) {
        EXPECT_TRUE(lives("b", id));
        EXPECT_EQ('p', copy(id, "b"));
    }
    EXPECT_FALSE(lives("b", other));
    const auto again = bring("a", "b");
    ASSERT_TRUE(is_ok(again));
    EXPECT_EQ(0u, again->copied.snapshots_copied);
}

TEST_F(ReplicationTest, OneSnapshotAloneLeavesTheOthersOwed) {
    const ObjectId first = back_up("a", "etc", 1), second = back_up("a", "etc", 2);
    const JobContext work = context();
    MediumVault from = open("a");
    const auto brought = bring_snapshot(work, from, *shared_->find_medium("disk-b"), second);
    ASSERT_TRUE(is_ok(brought));
    EXPECT_EQ(1u, brought->owed_still);
    EXPECT_EQ('o', copy(first, "b"));
    EXPECT_EQ('p', copy(second, "b"));
}

TEST_F(ReplicationTest, WhatIsNewIsOwedToAMediumThatIsAway) {
    take_away("b");
    const ObjectId made = back_up("a", "etc", 1);
    EXPECT_TRUE(fails_with(Code::not_found, bring("a", "b")));
    EXPECT_EQ('o', copy(made, "b"));
}

TEST_F(ReplicationTest, ARetiredMediumGetsNothing) {
    back_up("a", "etc", 1);
    const catalog::MediumMove retired{catalog::MediumState::retired, "room 1", "Lan", "admin", ""};
    ASSERT_TRUE(is_ok(catalog::Media(*catalog_).move(key("b"), retired)));
    const auto brought = bring("a", "b");
    ASSERT_TRUE(is_ok(brought));
    EXPECT_EQ(0u, brought->copied.snapshots_copied);
    EXPECT_TRUE(world_.open("b").state().snapshots.empty());
}

TEST_F(ReplicationTest, WhatWasForgottenOnOneMediumIsNotBroughtBack) {
    const ObjectId first = back_up("a", "etc", 1), second = back_up("a", "etc", 2);
    ASSERT_TRUE(is_ok(bring("a", "b")));
    take_away("b");
    forget("a", first);
    enter_all({"a"});
    back_up("a", "etc", 3);
    bring_back("b");
    ASSERT_TRUE(is_ok(bring("b", "a")));  // b has it still
    EXPECT_FALSE(lives("a", first));
    EXPECT_TRUE(lives("a", second));
    forget("b", second);
    ASSERT_TRUE(is_ok(bring("a", "b")));
    EXPECT_FALSE(lives("b", second));
    EXPECT_EQ(0u, owed("a") + owed("b"));
}

TEST_F(ReplicationTest, AReturningMediumIsBroughtIntoStepFromAllThatAreHere) {
    add_medium("c");
    config_.plans.front().media.push_back("disk-c");
    add_plan("var", "config", {"disk-b", "disk-c"});
    configure();
    take_away("c");
    const ObjectId etc = back_up("a", "etc", 1), var = back_up("b", "var", 2);
    enter_all({"a", "b"});
    EXPECT_EQ(2u, owed("c"));
    bring_back("c");
    const catalog::JobDetails job = come_back("c");
    EXPECT_EQ((Names{"copy from disk-a", "copy from disk-b", "retention"}), phases(job));
    EXPECT_EQ(2u, job.job.end.counts.items_new);
    EXPECT_GT(job.job.end.counts.bytes_stored, 0u);
    ASSERT_TRUE(job.job.end.read_back);
    EXPECT_GT(job.job.end.read_back->objects, 0u);
    EXPECT_TRUE(lives("c", etc));
    EXPECT_TRUE(lives("c", var));
    EXPECT_EQ(0u, owed("c"));
    EXPECT_TRUE(alerts_.was_resolved(AlertKind::copy_owed, "disk-c"));
    EXPECT_EQ(0u, alerts_.standing_count());
    EXPECT_TRUE(job.warnings.empty()) << job.warnings.front();
}

TEST_F(ReplicationTest, RetentionEndsOnAReturningMediumWhatItEndedOnTheOthers) {
    config_.plans.front().retention.emplace().last = 1;
    configure();
    const ObjectId first = back_up("a", "etc", 1);
    ASSERT_TRUE(is_ok(bring("a", "b")));
    take_away("b");
    const ObjectId second = back_up("a", "etc", 2);
    forget("a", first);
    world_.clock().advance(kDay);  // what is younger is kept by any rule
    bring_back("b");
    come_back("b");
    EXPECT_FALSE(lives("b", first));
    EXPECT_TRUE(lives("b", second));
    EXPECT_EQ('-', copy(first, "b"));
    EXPECT_EQ(0u, owed("b"));
}

TEST_F(ReplicationTest, WhatItStillLacksIsWarnedOfAndAlertedAfterItsTime) {
    add_medium("c");
    config_.plans.front().media.push_back("disk-c");
    configure();
    back_up("a", "etc", 1);
    enter_all({"a"});
    take_away("a");
    EXPECT_EQ(1u, come_back("b").warnings.size());
    EXPECT_FALSE(alerts_.standing(AlertKind::copy_owed, "disk-b"));
    world_.clock().advance(9 * kDay);
    come_back("b");
    EXPECT_TRUE(alerts_.standing(AlertKind::copy_owed, "disk-b"));
    bring_back("a");
    come_back("b");
    EXPECT_FALSE(alerts_.standing(AlertKind::copy_owed, "disk-b"));
}

TEST_F(ReplicationTest, ADamagedSourceIsNamedAndTheOtherSourceTaken) {
    add_medium("c");
    config_.plans.front().media.push_back("disk-c");
    configure();
    take_away("c");
    const ObjectId made = back_up("a", "etc", 1);
    ASSERT_TRUE(is_ok(bring("a", "b")));
    damage_a_pack("a");
    bring_back("c");
    const catalog::JobDetails job = come_back("c", catalog::JobState::done_with_failures);
    ASSERT_TRUE(job.job.end.error);
    EXPECT_EQ(Code::corrupt, job.job.end.error->code);
    EXPECT_FALSE(job.warnings.empty());
    EXPECT_TRUE(alerts_.standing(AlertKind::verify_damage, "disk-a"));
    EXPECT_TRUE(lives("c", made));
    EXPECT_EQ(0u, owed("c"));
}

TEST_F(ReplicationTest, AHundredSnapshotsAreBroughtInOneGo) {
    for (std::uint64_t i = 0; i < 100; ++i) back_up("a", "etc", i);
    enter_all({"a"});
    EXPECT_EQ(100u, owed("b"));
    const catalog::JobDetails job = come_back("b");
    EXPECT_EQ(100u, job.job.end.counts.items_new);
    EXPECT_EQ(0u, owed("b"));
    EXPECT_EQ(world_.open("a").state().snapshots.size(), 86u + 14u);
    const auto registered = catalog::Media(*catalog_).find("disk-b");
    ASSERT_TRUE(is_ok(registered));
    EXPECT_EQ(world_.open("b").state().snapshots.size(), registered->copies_present);
}

TEST_F(ReplicationTest, WhoeverIsCopyingIntoTheMediumIsWaitedForUntilTheJobIsCancelled) {
    back_up("a", "etc", 1);
    const StopFlag never;
    auto turn = MediumTurn::wait_for(world_.files(), state(), key("b"), never);
    ASSERT_TRUE(is_ok(turn));
    LiveJob& job = new_job();
    catalog::JobEnd ended;
    std::thread copying([&] { ended = bring_medium_into_step(context(job), "disk-b"); });
    job.request_stop(StopReason::cancelled);
    copying.join();
    EXPECT_EQ(catalog::JobState::cancelled, ended.state);
    EXPECT_EQ(1u, owed("b"));
}

TEST_F(ReplicationTest, TheOneThatWaitedCopiesWhenItIsItsTurn) {
    back_up("a", "etc", 1);
    const StopFlag never;
    auto turn = std::make_unique<Result<MediumTurn>>(MediumTurn::wait_for(world_.files(), state(), key("b"), never));
    ASSERT_TRUE(is_ok(*turn));
    LiveJob& job = new_job();
    catalog::JobEnd ended;
    std::thread copying([&] { ended = bring_medium_into_step(context(job), "disk-b"); });
    turn.reset();
    copying.join();
    EXPECT_EQ(catalog::JobState::done, ended.state);
    EXPECT_EQ(0u, owed("b"));
}

TEST_F(ReplicationTest, TheFaultIsThatOfTheMediumThatTheMessageNames) {
    const MediumConfig &a = *shared_->find_medium("disk-a"), &b = *shared_->find_medium("disk-b");
    EXPECT_EQ(&a, &blamed({Code::io, "cannot read " + a.vault + "/packs/00/1: Input/output error"}, a, b));
    EXPECT_EQ(&b, &blamed({Code::io, "cannot write " + b.vault + "/packs/00/1: Input/output error"}, a, b));
    EXPECT_EQ(&b, &blamed({Code::failed, "no reason"}, a, b));
}

}  // namespace
}  // namespace custody::test
