// What is special about a store in a folder: crashes of its users, media that cannot be written, what others leave behind.
#include "vault/store/local_store.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/power_cut_file_system.h"
#include "tests/support/scratch_folder.h"
#include "tests/vault/store/local_store_under_test.h"

#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace custody::test {
namespace {

class LocalStore : public testing::Test {
protected:
    LocalStore() : scratch_("local-store"), under_test_(posix_file_system(), scratch_ / "vault") {}
    ObjectStore& store() { return under_test_.store(); }

    // Runs `work` in a process of its own that dies without cleaning up.
    void in_killed_process(const std::function<bool()>& work) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) _exit(work() ? 0 : 1);
        int status = 0;
        ASSERT_EQ(child, waitpid(child, &status, 0));
        ASSERT_EQ(0, status) << "the other process could not do its part";
    }

    ScratchFolder scratch_;
    LocalStoreUnderTest under_test_;
};

TEST_F(LocalStore, AKilledWriterLeavesOnlyALeftover) {
    in_killed_process([&] {
        auto writer = store().begin();
        const bool written = writer.ok() && (*writer)->append(pattern(1000, 1)).ok();
        static_cast<void>(writer->release());  // as a kill would: nothing is cleaned up
        return written;
    });
    const auto leftovers = store().list_temporary();
    ASSERT_TRUE(is_ok(leftovers));
    ASSERT_EQ(1u, leftovers->size());
    EXPECT_TRUE(names_of(store(), "packs").empty());
    EXPECT_TRUE(is_ok(store().remove(leftovers->front())));
    EXPECT_TRUE(store().list_temporary()->empty());
}

TEST_F(LocalStore, ALivingWritersFileIsNoLeftover) {
    const auto writer = store().begin();
    ASSERT_TRUE(is_ok(writer));
    EXPECT_TRUE(under_test_.other().list_temporary()->empty());
    const auto files = posix_file_system().list(scratch_ / "vault/tmp");
    ASSERT_TRUE(is_ok(files));
    ASSERT_EQ(1u, files->size());
    EXPECT_TRUE(fails_with(Code::busy, under_test_.other().remove("tmp/" + files->front().name)));
}

TEST_F(LocalStore, AKilledSessionIsDeadAndCanBeRemoved) {
    in_killed_process([&] {
        auto session = store().begin_session();
        const bool carried = session.ok() && (*session)->carry_generation(5).ok();
        static_cast<void>(session->release());
        return carried;
    });
    const auto sessions = store().list_sessions();
    ASSERT_TRUE(is_ok(sessions));
    ASSERT_EQ(1u, sessions->size());
    EXPECT_FALSE(sessions->front().alive);
    EXPECT_EQ(5u, sessions->front().generation);
    EXPECT_TRUE(is_ok(store().remove_dead_session(sessions->front().name)));
    EXPECT_TRUE(store().list_sessions()->empty());
}

TEST_F(LocalStore, AKilledPruneLeavesNoLock) {
    in_killed_process([&] {
        auto lock = store().lock_prune();
        const bool locked = lock.ok();
        static_cast<void>(lock->release());
        return locked;
    });
    EXPECT_TRUE(is_ok(store().lock_prune()));
}

TEST_F(LocalStore, OnlySessionsCanBeRemovedAsSessions) {
    EXPECT_TRUE(fails_with(Code::usage, store().remove_dead_session("vault.json")));
    EXPECT_TRUE(fails_with(Code::usage, store().remove_dead_session("sessions/../vault.json")));
    EXPECT_TRUE(is_ok(store().info("vault.json")));
}

TEST_F(LocalStore, AnObjectThatWasCutShortIsHealedByPuttingItAgain) {
    const std::string name = hash_name("packs/aa", 'a');
    const Bytes content = pattern(10'000, 1);
    ASSERT_TRUE(is_ok(store().put(name, content)));
    ASSERT_EQ(0, truncate((scratch_ / ("vault/" + name)).c_str(), 4096));
    ASSERT_TRUE(is_ok(store().put(name, content)));
    expect_content(store(), name, content);
}

TEST_F(LocalStore, WhatOtherProgramsLeaveInItsFoldersIsNoObject) {
    const auto before = names_of(store(), "");
    auto& files = posix_file_system();
    for (const char* path : {"packs/.fuse_hidden0001", "packs/Thumbs.db", "ledger/.nfs00", "readme.txt"})
        ASSERT_TRUE(is_ok(replace_file(files, scratch_ / ("vault/" + std::string(path)), bytes_of("x"), 0600)));
    ASSERT_EQ(0, symlink("/dev/zero", (scratch_ / "vault/packs/aa/zero").c_str()));
    ASSERT_EQ(0, mkfifo((scratch_ / "vault/packs/aa/pipe").c_str(), 0600));
    EXPECT_EQ(before, names_of(store(), ""));
    EXPECT_FALSE(store().open("packs/aa/zero").ok());
    EXPECT_FALSE(store().get("packs/aa/pipe", 100).ok()) << "and it does not wait for a writer";
}

TEST_F(LocalStore, FoldersThatACopyOfTheVaultLostAreMadeAgain) {
    auto& files = posix_file_system();
    for (const char* folder : {"sessions", "tmp", "snapshots", "packs/ab"})
        ASSERT_TRUE(is_ok(files.remove_directory(scratch_ / ("vault/" + std::string(folder)))));
    ASSERT_TRUE(is_ok(files.remove(scratch_ / "vault/gc/lock")));
    EXPECT_TRUE(names_of(store(), "snapshots").empty());
    EXPECT_TRUE(store().list_sessions()->empty());
    EXPECT_TRUE(is_ok(store().put(hash_name("packs/ab", 'a'), pattern(10, 1))));
    EXPECT_TRUE(is_ok(store().put(hash_name("snapshots", 'a'), pattern(10, 1))));
    EXPECT_TRUE(is_ok(store().begin_session()));
    EXPECT_TRUE(is_ok(store().lock_prune()));
}

TEST_F(LocalStore, AReadOnlyMediumCanBeRead) {
    if (geteuid() != 0) GTEST_SKIP() << "mounting needs root";
    const std::string name = hash_name("packs/aa", 'a');
    const Bytes content = pattern(1000, 1);
    ASSERT_TRUE(is_ok(store().put(name, content)));
    const std::string path = scratch_ / "vault";
    if (mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) GTEST_SKIP() << "no bind mounts here";
    const bool read_only = mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
    EXPECT_TRUE(read_only);
    {
        const auto opened = open_local_store(posix_file_system(), path);
        ASSERT_TRUE(is_ok(opened));
        expect_content(**opened, name, content);
        EXPECT_TRUE(fails_with(Code::read_only, (*opened)->begin_session()));
        EXPECT_TRUE(fails_with(Code::read_only, (*opened)->put(hash_name("packs/bb", 'b'), content)));
        EXPECT_TRUE(fails_with(Code::read_only, (*opened)->lock_prune()));
    }
    EXPECT_EQ(0, umount2(path.c_str(), MNT_DETACH));
}

TEST_F(LocalStore, ABarrierThatFailedKeepsFailing) {
    PowerCutFileSystem memory;
    FaultFileSystem files(memory);
    LocalStoreUnderTest in_memory(files, "/vault");
    const auto writer = in_memory.store().begin();
    ASSERT_TRUE(is_ok(writer));
    ASSERT_TRUE(is_ok((*writer)->finish(hash_name("packs/aa", 'a'))));
    files.arm(1, Fault::io, false);
    EXPECT_TRUE(fails_with(Code::io, in_memory.store().barrier()));
    EXPECT_TRUE(fails_with(Code::io, in_memory.store().barrier()))
        << "a sync that failed once may have lost what it did not write";
}

TEST_F(LocalStore, ABarrierSyncsOnlyWhatChanged) {
    PowerCutFileSystem files;
    LocalStoreUnderTest in_memory(files, "/vault");
    ObjectStore& objects = in_memory.store();
    ASSERT_TRUE(is_ok(objects.barrier()));
    const auto before = files.barriers();
    ASSERT_TRUE(is_ok(objects.barrier()));
    EXPECT_EQ(before, files.barriers());
    for (const char digit : {'a', 'b', 'c'}) {
        const auto writer = objects.begin();
        ASSERT_TRUE(is_ok(writer));
        ASSERT_TRUE(is_ok((*writer)->finish(hash_name(digit == 'c' ? "packs/02" : "packs/01", digit))));
    }
    ASSERT_TRUE(is_ok(objects.barrier()));
    EXPECT_EQ(before + 3 + 2, files.barriers()) << "three files and two folders";
    ASSERT_TRUE(is_ok(objects.put("snapshots/" + std::string(64, '1'), pattern(10, 1))));
    EXPECT_EQ(before + 5 + 2, files.barriers());
}

}  // namespace
}  // namespace custody::test
