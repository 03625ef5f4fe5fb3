// A machine that was recovered under another name goes on with the plans of the old one: their snapshots are owed and ended as
// its own, and those of a machine that lives are not.
#include "catalog/settings.h"
#include "daemon/jobs/former_hosts.h"
#include "daemon/jobs/plan_retention.h"
#include "tests/daemon/jobs/jobs_fixture.h"
#include "vault/archiver.h"
#include "vault/keys/recovery_kit.h"
#include "vault/sources/virtual_files.h"

namespace custody::test {
namespace {

class PlanRetentionHosts : public JobsTest {
protected:
    void SetUp() override {
        JobsTest::SetUp();
        add_plan("etc", "config", {"disk-a", "disk-b"});
        config_.plans.front().retention.emplace().last = 2;
        configure();
    }
    // The old machine is gone; this one has its keys out of a kit, under a name of its own.
    void recover_as(const std::string& host) {
        const Secret passphrase = Secret::copy_of(as_bytes("năm con gà vàng"));
        const Argon2Cost cheap{.memory_kib = 8192, .passes = 1};
        const auto kit = export_kit(world_.keyring(), world_.unlocked(), passphrase, {}, cheap);
        ASSERT_TRUE(is_ok(kit));
        const std::string folder = world_.scratch() / ("keyring-" + host);
        ASSERT_TRUE(
            is_ok(import_kit(world_.files(), world_.clock(), folder, kit->file, KitOpener(passphrase), passphrase, cheap, host)));
        config_.keys.keyring = folder;
        configure();
    }
    // As the machine whose keyring is configured.
    ObjectId back_up_here(const std::string& vault, const std::string& content) {
        world_.clock().advance(kDay);
        MediumVault medium = open(vault);
        VirtualTree tree;
        tree.kind = "files";
        tree.root = "/etc";
        const ByteView bytes = as_bytes(content);
        tree.files.push_back({"file", [copy = Bytes(bytes.begin(), bytes.end())]() -> Result<std::unique_ptr<FileContent>> {
                                  return content_of(copy);
                              }});
        auto source = open_virtual_files(std::move(tree), world_.clock());
        EXPECT_TRUE(is_ok(source));
        BackupOptions options;
        options.label = "config";
        options.name = "etc";
        LiveJob& job = new_job();
        const auto stored = run_backup(medium.repository(), **source, options, job.progress(), job.stop());
        EXPECT_TRUE(is_ok(stored));
        EXPECT_TRUE(is_ok(enter_ledger(*catalog_, medium)));
        return stored.ok() ? stored->snapshot : ObjectId();
    }
    std::vector<ObjectId> back_up_there(int times) {
        std::vector<ObjectId> made;
        for (int i = 0; i < times; ++i) {
            world_.clock().advance(kDay);
            made.push_back(back_up("a", "etc", seed_++));
        }
        return made;
    }
    Retained retain(LiveJob& job) {
        const JobContext work = context(job);
        auto medium = MediumVault::open(work, *shared_->find_medium("disk-a"));
        EXPECT_TRUE(is_ok(medium));
        const auto retained = apply_plan_retention(work, *medium, *shared_->find_plan("etc"));
        EXPECT_TRUE(is_ok(retained));
        return retained.ok() ? *retained : Retained();
    }
    std::uint64_t seed_ = 1;
};

TEST_F(PlanRetentionHosts, TheRuleGoesOnOverWhatTheOldMachineStored) {
    const std::vector<ObjectId> old = back_up_there(4);
    enter_all({"a"});
    recover_as("new-host");
    const ObjectId first = back_up_here("a", "first");
    world_.clock().advance(kDay);
    EXPECT_EQ(3u, retain(new_job()).forgotten);  // the last two of the plan are one of each machine
    EXPECT_TRUE(lives("a", first));
    EXPECT_TRUE(lives("a", old[3]));
    const ObjectId second = back_up_here("a", "second");
    world_.clock().advance(kDay);
    EXPECT_EQ(1u, retain(new_job()).forgotten);
    for (const ObjectId& id : old) EXPECT_FALSE(lives("a", id));
    EXPECT_TRUE(lives("a", first));
    EXPECT_TRUE(lives("a", second));
    EXPECT_EQ("retention", record(old[3])->ended_reason);
}

TEST_F(PlanRetentionHosts, AsLongAsThisMachineStoredNothingTheLastOfTheOldOneStays) {
    const std::vector<ObjectId> old = back_up_there(3);
    enter_all({"a"});
    recover_as("new-host");
    world_.clock().advance(300 * kDay);
    LiveJob& job = new_job();
    EXPECT_EQ(0u, retain(job).forgotten);  // the clock is far ahead of the vault: nothing ends
    const ObjectId here = back_up_here("a", "first");
    EXPECT_EQ(2u, retain(new_job()).forgotten);
    EXPECT_TRUE(lives("a", old[2]));
    EXPECT_TRUE(lives("a", here));
}

TEST_F(PlanRetentionHosts, AnOldMachineThatLivesKeepsItsSnapshotsAndIsTold) {
    const std::vector<ObjectId> old = back_up_there(3);
    enter_all({"a"});
    recover_as("new-host");
    back_up_here("a", "first");
    back_up_here("a", "second");
    world_.clock().advance(kDay);
    const ObjectId younger = back_up("a", "etc", 77);  // by the old machine, which was not lost at all
    world_.clock().advance(2 * kDay);
    back_up_here("a", "third");
    LiveJob& job = new_job();
    EXPECT_EQ(1u, retain(job).forgotten);  // of its own
    for (const ObjectId& id : old) EXPECT_TRUE(lives("a", id));
    EXPECT_TRUE(lives("a", younger));
    EXPECT_EQ(1u, end(job, catalog::JobEnd()).warnings.size());
}

TEST_F(PlanRetentionHosts, WhatTheOldMachineStoredIsOwedToTheOtherMedia) {
    enter_all({"a"});
    const std::vector<ObjectId> old = back_up_there(1);  // after the last records: the catalogue does not know it
    recover_as("new-host");
    enter_all({"a"});
    ASSERT_TRUE(record(old[0]));
    EXPECT_TRUE(record(old[0])->rebuilt);
    EXPECT_EQ('o', copy(old[0], "b"));
}

TEST_F(PlanRetentionHosts, NamesAreRememberedOverSeveralRecoveries) {
    for (const char* host : {"one", "two", "two", "three", "one"}) {
        world_.clock().advance(kDay);
        ASSERT_TRUE(is_ok(remember_host(*catalog_, host)));
    }
    const auto names = own_hosts(*catalog_);
    ASSERT_TRUE(is_ok(names));
    EXPECT_EQ((Names{"one", "two", "three"}), *names);
    const auto former = former_hosts(*catalog_);
    ASSERT_TRUE(is_ok(former));
    EXPECT_EQ(world_.clock().now(), former->back().until);
    // A list that cannot be read only narrows what may end.
    ASSERT_TRUE(is_ok(catalog::Settings(*catalog_).set("former-hosts", "[{}]")));
    EXPECT_EQ((Names{"one"}), own_hosts(*catalog_).value());
}

}  // namespace
}  // namespace custody::test
