#include "tests/daemon/jobs/jobs_fixture.h"
#include "vault/collector.h"

namespace custody::test {
namespace {

class CatalogSyncTest : public JobsTest {
protected:
    void SetUp() override {
        JobsTest::SetUp();
        add_plan("etc", "config", {"disk-a", "disk-b"});
        configure();
    }
    CatalogSynced enter(const std::string& vault) {
        MediumVault medium = open(vault);
        const auto synced = enter_ledger(*catalog_, medium);
        EXPECT_TRUE(is_ok(synced));
        EXPECT_TRUE(is_ok(enter_debts(*catalog_, *shared_)));
        return synced.ok() ? *synced : CatalogSynced();
    }
    void forget(const std::string& vault, const ObjectId& snapshot) {
        Repository repository = world_.open(vault);
        ForgetOptions options;
        options.references = {snapshot.hex()};
        EXPECT_TRUE(is_ok(forget_snapshots(repository, options)));
    }
    void set_state(const std::string& vault, catalog::MediumState state) {
        EXPECT_TRUE(is_ok(catalog::Media(*catalog_).move(key(vault), {state, "room 1", "Lan", "admin", ""})));
    }
};

TEST_F(CatalogSyncTest, WhatALedgerHasIsEnteredAndOwedToTheOtherMediaOfItsPlan) {
    const ObjectId etc = back_up("a", "etc", 1), other = back_up("a", "other", 2);
    const CatalogSynced first = enter("a");
    EXPECT_EQ(2u, first.appeared);
    EXPECT_EQ('p', copy(etc, "a"));
    EXPECT_EQ('o', copy(etc, "b"));
    EXPECT_EQ('-', copy(other, "b"));  // of no plan
    const auto known = record(etc);
    ASSERT_TRUE(known);
    EXPECT_EQ("etc", known->plan);
    EXPECT_EQ("config", known->label);
    EXPECT_TRUE(known->rebuilt);
    EXPECT_EQ(0u, enter("a").appeared);
    EXPECT_EQ(1u, owed("b"));
}

TEST_F(CatalogSyncTest, WhatWasForgottenIsOwedToNobody) {
    const ObjectId first = back_up("a", "etc", 1), second = back_up("a", "etc", 2);
    enter("a");
    forget("a", first);
    EXPECT_EQ(1u, enter("a").gone);
    EXPECT_EQ('-', copy(first, "a"));
    EXPECT_EQ('-', copy(first, "b"));
    ASSERT_TRUE(record(first));
    EXPECT_TRUE(record(first)->ended_at);
    EXPECT_EQ('o', copy(second, "b"));
}

// As after a rebuild: the catalogue never saw it on the medium that forgot it.
TEST_F(CatalogSyncTest, ADebtThatTheMediumItselfEndedIsNone) {
    world_.populate();  // in both
    const auto listed = world_.open("a").snapshots();
    ASSERT_TRUE(is_ok(listed));
    const ObjectId etc = listed->front().snapshot.id;  // the oldest: of plan etc
    forget("a", etc);
    config_.plans.clear();
    for (const char* name : {"etc", "docs", "syslog"}) add_plan(name, "config", {"disk-a", "disk-b"});
    configure();
    enter("b");
    EXPECT_EQ('o', copy(etc, "a"));
    enter("a");
    EXPECT_EQ('-', copy(etc, "a"));
    EXPECT_EQ(0u, owed("a"));
}

TEST_F(CatalogSyncTest, NothingIsOwedToMediaThatAreRetiredOrLeftThePlan) {
    back_up("a", "etc", 1);
    enter("a");
    EXPECT_EQ(1u, owed("b"));
    set_state("b", catalog::MediumState::retired);
    EXPECT_TRUE(is_ok(enter_debts(*catalog_, *shared_)));
    EXPECT_EQ(0u, owed("b"));
    set_state("b", catalog::MediumState::in_use);
    EXPECT_TRUE(is_ok(enter_debts(*catalog_, *shared_)));
    EXPECT_EQ(1u, owed("b"));
    config_.plans.front().media = {"disk-a"};
    configure();
    EXPECT_TRUE(is_ok(enter_debts(*catalog_, *shared_)));
    EXPECT_EQ(0u, owed("b"));
}

TEST_F(CatalogSyncTest, ADebtKeepsItsBeginning) {
    back_up("a", "etc", 1);
    enter("a");
    const auto before = catalog::Snapshots(*catalog_).owed_to(key("b"));
    world_.clock().advance(kDay);
    enter("a");
    const auto after = catalog::Snapshots(*catalog_).owed_to(key("b"));
    ASSERT_TRUE(is_ok(before));
    ASSERT_TRUE(is_ok(after));
    ASSERT_EQ(1u, after->size());
    EXPECT_EQ(before->front().since_at, after->front().since_at);
}

// A vault may be shared: what another host stored there is that one's to copy.
TEST_F(CatalogSyncTest, SnapshotsOfAnotherHostAreKnownAndNotOwed) {
    const ObjectId ours = back_up("a", "etc", 1);
    enter("a");
    catalog::SnapshotRecord theirs = *record(ours);
    theirs.id.bytes[0] ^= 1;
    theirs.host = "host-b";
    catalog::Snapshots snapshots(*catalog_);
    ASSERT_TRUE(is_ok(snapshots.add(theirs)));
    ASSERT_TRUE(is_ok(snapshots.present(theirs.id, key("a"), 7)));
    EXPECT_TRUE(is_ok(enter_debts(*catalog_, *shared_)));
    EXPECT_EQ('-', copy(theirs.id, "b"));
    EXPECT_EQ('o', copy(ours, "b"));
}

TEST_F(CatalogSyncTest, ADamagedLedgerTakesNothingAway) {
    const ObjectId etc = back_up("a", "etc", 1);
    enter("a");
    std::string entry;
    for (const auto& [name, content] : world_.objects("a")) {
        if (name.starts_with("ledger/")) entry = name;  // the newest
    }
    world_.write_object("a", entry, as_bytes("{}"));
    const JobContext job = context();
    auto vault = MediumVault::open(job, *shared_->find_medium("disk-a"), OpenOptions{true, std::nullopt});
    ASSERT_TRUE(is_ok(vault));
    EXPECT_TRUE(fails_with(Code::corrupt, enter_ledger(*catalog_, *vault)));
    EXPECT_EQ('p', copy(etc, "a"));
}

// ---- jobs that were cut off after their snapshot was published ----------------------------------------------------------------

class ClaimTest : public CatalogSyncTest {
protected:
    catalog::JobId cut_off_job(const std::string& plan) {
        world_.clock().advance(kMinute);
        LiveJob& job = new_job(catalog::JobKind::backup, plan);
        EXPECT_TRUE(is_ok(catalog::Jobs(*catalog_).use_medium(job.id(), key("a"), std::nullopt)));
        return job.id();
    }
    std::vector<catalog::Job> restart() {
        world_.clock().advance(kMinute);
        auto closed = catalog::Jobs(*catalog_).close_interrupted();
        EXPECT_TRUE(is_ok(closed));
        return closed.ok() ? *closed : std::vector<catalog::Job>();
    }
    std::optional<ObjectId> snapshot_of(catalog::JobId id) {
        const auto job = catalog::Jobs(*catalog_).find(id);
        EXPECT_TRUE(is_ok(job));
        return job.ok() ? job->end.snapshot : std::nullopt;
    }
};

TEST_F(ClaimTest, AnInterruptedJobGetsTheSnapshotThatItPublished) {
    back_up("a", "etc", 1);  // of an earlier night
    MediumVault vault = open("a");
    const catalog::JobId job = cut_off_job("etc"), without = cut_off_job("var");
    const ObjectId made = back_up("a", "etc", 2);
    const std::vector<catalog::Job> interrupted = restart();
    back_up("a", "etc", 3);  // after the start
    ASSERT_TRUE(is_ok(claim_snapshots(*catalog_, interrupted, vault)));
    EXPECT_EQ(made, snapshot_of(job));
    EXPECT_FALSE(snapshot_of(without));
    ASSERT_TRUE(record(made));
    EXPECT_EQ(job, record(made)->job);
    EXPECT_EQ('p', copy(made, "a"));
    const auto entered = catalog::Jobs(*catalog_).find(job);
    ASSERT_TRUE(is_ok(entered));
    EXPECT_EQ(catalog::JobState::interrupted, entered->state);
}

TEST_F(ClaimTest, EachJobGetsItsOwn) {
    MediumVault vault = open("a");
    const catalog::JobId first = cut_off_job("etc");
    const catalog::JobId second = cut_off_job("etc");
    const ObjectId made = back_up("a", "etc", 2);  // after both began: the second one's
    const std::vector<catalog::Job> interrupted = restart();
    ASSERT_TRUE(is_ok(claim_snapshots(*catalog_, interrupted, vault)));
    EXPECT_FALSE(snapshot_of(first));
    EXPECT_EQ(made, snapshot_of(second));
    // Nothing is claimed twice.
    ASSERT_TRUE(is_ok(claim_snapshots(*catalog_, interrupted, vault)));
    EXPECT_FALSE(snapshot_of(first));
}

}  // namespace
}  // namespace custody::test
