// Files of a plan: what is stored, what is never opened, and when there is rather no snapshot than a wrong one.
#include "daemon/jobs/plan_source.h"

#include "base/sqlite.h"
#include "tests/daemon/jobs/plan_source_fixture.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/try_mount.h"
#include "vault/sources/file_selection.h"

#include <linux/btrfs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <fstream>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

class PlanSourceFiles : public PlanSourceTest {
protected:
    PlanSourceFiles() {
        files_source().paths = {top};
        write_file(at("a"), "one");
        write_file(at("b.swp"), "two");
    }
    void TearDown() override {
        for (auto point = mounted_.rbegin(); point != mounted_.rend(); ++point) (void)::umount2(point->c_str(), MNT_DETACH);
    }
    // False: this process may not mount.
    bool bind(const std::string& from, const std::string& to) {
        if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) != 0)
            return errno != EPERM ? (ADD_FAILURE(), false) : false;
        mounted_.push_back(to);
        return true;
    }
    Hooks& hooks() { return files_source().hooks; }
    static std::vector<std::string> shell(const std::string& script) { return {"/bin/sh", "-c", script}; }

    std::vector<std::string> mounted_;
};

TEST_F(PlanSourceFiles, AreStoredAndShareTheHostCacheOfTheCommandLine) {
    files_source().exclude = {"*.swp"};
    files_source().one_file_system = true;
    std::vector<std::string> facts;
    const auto tree = stored([&](OpenedPlanSource& opened) { facts = opened.plan_facts; });
    EXPECT_EQ(tree.at(at("a")).content, "one");
    EXPECT_FALSE(tree.contains(at("b.swp")));
    tree_options.excludes = {"*.swp"};
    tree_options.one_file_system = true;
    EXPECT_EQ(facts, plan_facts_of(tree_options));
    EXPECT_TRUE(notes.warnings.empty()) << notes.warnings.front();
    EXPECT_FALSE(notes.source_absent);
    EXPECT_TRUE(remembers());
}

TEST_F(PlanSourceFiles, WhatIsCustodysOwnIsNeitherStoredNorOpenedUnderAnyName) {
    // The state folder as a bind mount, the catalogue as a bind mount and as a hard link, the whole of the scratch folder named.
    fs::create_directory(at("bound"));
    write_file(at("catalog.copy"), "");
    fs::create_hard_link(state + "/catalog.db", at("linked.db"));
    if (!bind(state, at("bound")) || !bind(state + "/catalog.db", at("catalog.copy"))) GTEST_SKIP() << "no right to mount";
    files_source().paths = {scratch.path()};
    files_source().snapshot = false;
    ASSERT_TRUE(is_locked(state + "/catalog.db"));
    const auto tree = stored();
    EXPECT_TRUE(is_locked(state + "/catalog.db")) << "closing any descriptor of it ends SQLite's locks";
    EXPECT_TRUE(tree.contains(at("a")));
    for (const std::string& path : {state, at("bound"), at("linked.db"), at("catalog.copy"), scratch / "keyring"}) {
        EXPECT_FALSE(tree.contains(path)) << path;
    }
    EXPECT_TRUE(says(notes.remarks, state));  // at its own place that is as it should be ...
    EXPECT_TRUE(says(notes.warnings, at("bound")));
    EXPECT_TRUE(is_ok(catalog::Settings(*catalog).set("still", "works")));
}

TEST_F(PlanSourceFiles, AMediumThatIsMountedWhileTheWalkGoesOnIsLeftOutToo) {
    fs::create_directory(at("medium"));
    own.push_back(at("medium/vault"));
    std::string why;
    const auto tree = stored([&](OpenedPlanSource&) {
        why = try_mount("tmpfs", at("medium"));
        if (!why.empty()) return;
        mounted_.push_back(at("medium"));
        fs::create_directory(at("medium/vault"));
        write_file(at("medium/vault/pack"), "x");
        write_file(at("medium/other"), "x");
    });
    if (!why.empty()) GTEST_SKIP() << why;
    EXPECT_TRUE(tree.contains(at("medium/other")));
    EXPECT_FALSE(tree.contains(at("medium/vault")));
}

TEST_F(PlanSourceFiles, OwnFoldersThatAreNamedAreRefusedBesideOthersToo) {
    fs::create_hard_link(state + "/catalog.db", at("linked.db"));
    for (const std::string& path : {state, state + "/catalog.db", scratch / "keyring", at("linked.db")}) {
        files_source().paths = {path, top};
        EXPECT_TRUE(fails_with(Code::refused, run())) << path;
        EXPECT_FALSE(notes.source_absent);
        EXPECT_TRUE(published_nothing());
    }
    EXPECT_TRUE(is_locked(state + "/catalog.db"));
}

TEST_F(PlanSourceFiles, LiveDatabasesOfOtherPlansAreLeftOutAndNotOpened) {
    const std::string database = at("app.db");
    sqlite::OpenOptions fresh;
    fresh.access = sqlite::Access::create;
    auto live = sqlite::Database::open(database, fresh);
    ASSERT_TRUE(is_ok(live));
    ASSERT_TRUE(is_ok(live->execute("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)")));
    fs::create_hard_link(database, at("same.db"));
    PlanConfig other;
    other.name = "app";
    other.label = "database";
    other.source = SqliteSource{database};
    other_plans = {other};
    ASSERT_TRUE(is_ok(live->execute("BEGIN IMMEDIATE")));  // holds a lock in this process
    ASSERT_TRUE(is_locked(database + "-shm"));
    const auto tree = stored();
    EXPECT_TRUE(is_locked(database + "-shm"));
    EXPECT_TRUE(tree.contains(at("a")));
    for (const char* name : {"app.db", "app.db-wal", "app.db-shm", "same.db"}) EXPECT_FALSE(tree.contains(at(name))) << name;
    EXPECT_TRUE(says(notes.remarks, database));
    EXPECT_FALSE(says(notes.warnings, database + ":"));

    files_source().paths = {database, at("a")};
    EXPECT_FALSE(stored().contains(database));
    EXPECT_TRUE(says(notes.remarks, database));
    files_source().paths = {database};
    EXPECT_TRUE(fails_with(Code::refused, run()));
    EXPECT_TRUE(is_locked(database + "-shm"));
    other_plans.clear();  // no plan backs it up: then it is a file like others
    ASSERT_TRUE(is_ok(live->execute("COMMIT")));
    EXPECT_TRUE(stored().contains(database));
}

TEST_F(PlanSourceFiles, ASourceThatWasEmptiedMakesNoSnapshot) {
    (void)stored();
    fs::remove(at("a"));
    fs::remove(at("b.swp"));
    EXPECT_TRUE(fails_with(Code::not_found, run()));
    EXPECT_TRUE(notes.source_absent);
    EXPECT_TRUE(published_nothing());
    EXPECT_TRUE(fails_with(Code::not_found, run())) << "the memory is that of the last good run";
    may_have_moved = true;
    EXPECT_TRUE(is_ok(run()));
    may_have_moved = false;
    EXPECT_TRUE(is_ok(run())) << "and is now that of this one";
    EXPECT_FALSE(notes.source_absent);
}

TEST_F(PlanSourceFiles, AMountThatIsAbsentMakesNoSnapshot) {
    const std::string share = at("share");
    fs::create_directory(share);
    write_file(share + "/below", "what the mount would hide");
    files_source().paths = {share};
    files_source().mounted = {share};
    EXPECT_TRUE(fails_with(Code::not_found, run()));
    EXPECT_TRUE(notes.source_absent);
    if (const std::string why = try_mount("tmpfs", share); !why.empty()) GTEST_SKIP() << why;
    mounted_.push_back(share);
    write_file(share + "/f", "x");
    EXPECT_TRUE(stored().contains(share + "/f"));
    EXPECT_FALSE(notes.source_absent);
    files_source().mounted.clear();  // remembered all the same
    ASSERT_EQ(::umount(share.c_str()), 0);
    mounted_.clear();
    EXPECT_TRUE(fails_with(Code::not_found, run()));
    EXPECT_TRUE(notes.source_absent);
    EXPECT_TRUE(published_nothing());
}

TEST_F(PlanSourceFiles, APathThatIsGoneCountsAsAbsent) {
    files_source().paths = {at("gone")};
    EXPECT_TRUE(fails_with(Code::not_found, run()));
    EXPECT_TRUE(notes.source_absent);
    EXPECT_FALSE(remembers());
}

TEST_F(PlanSourceFiles, HooksSurroundTheRunAndTheirFailureFailsIt) {
    hooks().before = shell("echo mở > " + at("from-before"));
    hooks().after = shell("echo \"$CUSTODY_OUTCOME $CUSTODY_SNAPSHOT\" > " + (scratch / "after"));
    EXPECT_EQ(stored().at(at("from-before")).content, "mở\n");
    EXPECT_EQ(read_file_text(scratch / "after"), "done " + last.snapshot.hex() + "\n");

    hooks().before = shell("exit 3");
    bool read = false;
    EXPECT_TRUE(fails_with(Code::failed, run([&](OpenedPlanSource&) { read = true; })));
    EXPECT_FALSE(read);
    EXPECT_FALSE(notes.source_absent);
    EXPECT_EQ(read_file_text(scratch / "after"), "failed \n");

    hooks().before = shell("sleep 600");
    hooks().limit_ns = kSecond;
    EXPECT_TRUE(fails_with(Code::failed, run()));
    EXPECT_TRUE(published_nothing());
}

TEST_F(PlanSourceFiles, ARunWhoseLastHookFailsIsNoGoodOneToRemember) {
    hooks().after = shell("exit 1");
    EXPECT_TRUE(fails_with(Code::failed, run()));
    EXPECT_FALSE(remembers());
}

TEST_F(PlanSourceFiles, AReadingIsPacedAndEndsSoonAfterAStop) {
    write_file(at("long"), noise(400'000, 1));
    plan.limits.bandwidth_bytes = 1'000'000;
    const std::int64_t begin = system_clock().monotonic_ns();
    (void)stored();
    EXPECT_GE(system_clock().monotonic_ns() - begin, 250 * kSecond / 1000);
    plan.limits.bandwidth_bytes = 1000;  // 400 s
    write_file(at("long"), noise(400'000, 2));
    EXPECT_TRUE(fails_with(Code::interrupted, run([&](OpenedPlanSource&) { job->request_stop(StopReason::cancelled); })));
}

// ---- btrfs ------------------------------------------------------------------------------------------------------------------

class PlanSourceBtrfs : public PlanSourceTest {
protected:
    void SetUp() override {
        std::string why_not;
        disk = LoopFileSystem::make("btrfs", LoopFileSystem::least_size("btrfs"), why_not);
        if (!disk) GTEST_SKIP() << why_not;
        data = disk->path() + "/data";
        const Fd parent(::open(disk->path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        btrfs_ioctl_vol_args arguments{};
        std::string("data").copy(arguments.name, sizeof arguments.name - 1);
        ASSERT_EQ(::ioctl(parent.get(), BTRFS_IOC_SUBVOL_CREATE, &arguments), 0);
        write_file(data + "/f", "x");
        state = data + "/state";  // below the path: kept live
        own.back() = state;
        PlanSourceTest::SetUp();
        files_source().paths = {data};
    }
    void TearDown() override {
        job.reset();
        media.reset();
        catalog.reset();  // before its disk goes
    }
    std::unique_ptr<LoopFileSystem> disk;
    std::string data;
};

// A keyring below a subvolume that is mounted twice: the snapshot shows it under its other name, with other inodes.
TEST_F(PlanSourceBtrfs, WhatIsCustodysOwnIsKnownByItsOtherNamesInTheSnapshotToo) {
    const std::string second = at("second");
    fs::create_directory(second);
    ASSERT_EQ(::mount(disk->device().c_str(), second.c_str(), "btrfs", 0, "subvol=data"), 0);
    fs::create_directory(data + "/keys");
    write_file(data + "/keys/keyring", "secret");
    own.push_back(second + "/keys");
    files_source().paths = {data};
    const auto tree = stored([](OpenedPlanSource&) {});
    EXPECT_FALSE(tree.contains(data + "/keys/keyring"));
    EXPECT_EQ(tree.at(data + "/f").content, "x");
    EXPECT_TRUE(says(notes.remarks, data));  // it was a snapshot
    own.pop_back();
    EXPECT_TRUE(stored([](OpenedPlanSource&) {}).contains(data + "/keys/keyring"));  // else it would have been stored
    ASSERT_EQ(::umount2(second.c_str(), MNT_DETACH), 0);
}

TEST_F(PlanSourceBtrfs, IsReadFromASnapshotUnderItsOwnPath) {
    bool could_write = true;
    const auto tree = stored([&](OpenedPlanSource&) {
        could_write = std::ofstream(data + "/g").put('y').good();
        EXPECT_TRUE(is_ok(catalog::Settings(*catalog).set("within", "works")));
    });
    EXPECT_FALSE(could_write) << "the snapshot is read-only";
    EXPECT_EQ(tree.at(data + "/f").content, "x");
    EXPECT_FALSE(tree.contains(state));
    EXPECT_TRUE(is_locked(state + "/catalog.db"));
    EXPECT_TRUE(notes.warnings.empty()) << notes.warnings.front();
    EXPECT_TRUE(says(notes.remarks, data));

    files_source().snapshot = false;
    EXPECT_TRUE(
        stored([&](OpenedPlanSource&) { could_write = std::ofstream(data + "/g").put('y').good(); }).contains(data + "/g"));
    EXPECT_TRUE(could_write);
}

}  // namespace
}  // namespace custody::test
