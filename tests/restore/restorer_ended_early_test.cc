// A restore that is stopped, or meets somebody else at work in the target: what it changed for its own sake is put back, and what
// it placed is whole.
#include "restore/tree_writer.h"
#include "restore/unfinished_folder.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/file_flags.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/tree_compare.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

namespace custody::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Calls back at each progress line, and keeps what was told.
class Onlooker final : public Progress {
public:
    explicit Onlooker(std::function<void()> look) : look_(std::move(look)) {}
    void update(const ProgressState&) override { look_(); }
    void warn(std::string_view line) override { told.emplace_back(line); }

    std::vector<std::string> told;

private:
    std::function<void()> look_;
};

class RestoreEndedEarly : public ::testing::Test, protected RestoreFixture {
protected:
    void SetUp() override {
        write_file(scratch / "probe", "");
        if (!set_protection(scratch / "probe", FS_IMMUTABLE_FL)) GTEST_SKIP() << "file flags cannot be set here";
    }
    void TearDown() override { clear_protection_below(scratch.path()); }
    Result<RestoreResult> restore_beside(const Snapshot& snapshot, Progress& onlooker) {
        return restore_files(*repository, snapshot, *unlocked, options, onlooker, stop);
    }
    // A file with two names and a flag, the first in the snapshot.
    void make_flagged_pair() {
        write_file(source + "/a1", "flagged");
        ASSERT_EQ(::link((source + "/a1").c_str(), (source + "/a2").c_str()), 0);
        ASSERT_TRUE(set_protection(source + "/a1", FS_IMMUTABLE_FL));
    }
};

// Its flags wait for its further names; that no more of them come must not cost it the flags.
TEST_F(RestoreEndedEarly, WhatTheLastJobsPlacedHasItsFlags) {
    constexpr int kFiles = 2000;  // the first batch is written while the walk goes on
    ASSERT_NO_FATAL_FAILURE(make_flagged_pair());
    for (int i = 0; i < kFiles; ++i) write_file(source + "/b" + std::to_string(i), "");
    const Snapshot snapshot = back_up();
    int looks = 0;
    Onlooker onlooker([&] {
        if (++looks <= 5) return;  // every 256 steps; the batch holds 1024 files
        for (int i = 0; i < 1000 && !std::filesystem::exists(restored("a1")); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        stop.request();
    });
    EXPECT_TRUE(fails_with(Code::interrupted, restore_beside(snapshot, onlooker)));
    ASSERT_TRUE(std::filesystem::exists(restored("a1")));
    EXPECT_FALSE(std::filesystem::exists(restored("a2")));
    EXPECT_EQ(flags_of(restored("a1")), FS_IMMUTABLE_FL);
}

// A run that is killed tells nobody: until all flags are set the folder has the mark by which the next run knows to set them.
TEST_F(RestoreEndedEarly, AFolderIsUnfinishedUntilWhatLiesInItHasItsFlags) {
    std::filesystem::create_directory(source + "/a");
    std::filesystem::create_directory(source + "/b");
    write_file(source + "/a/one", "flagged");
    ASSERT_EQ(::link((source + "/a/one").c_str(), (source + "/a/two").c_str()), 0);
    ASSERT_TRUE(set_protection(source + "/a/one", FS_IMMUTABLE_FL));
    for (int i = 0; i < 2000; ++i) write_file(source + "/b/" + std::to_string(i), "");
    const Snapshot snapshot = back_up();
    std::filesystem::create_directory(target);
    options.strip_prefix = source;
    int looks = 0;
    Onlooker onlooker([&] {
        if (!std::filesystem::exists(target + "/a/two") || flags_of(target + "/a/one") != 0) return;
        ++looks;
        const int folder = open_quickly(target + "/a");
        EXPECT_EQ(::faccessat(folder, mark_name(folder, snapshot.id.hex()).c_str(), F_OK, 0), 0);
        ::close(folder);
    });
    const auto result = restore_beside(snapshot, onlooker);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->failed, 0u);
    EXPECT_GT(looks, 0) << "or this shows nothing";
    EXPECT_THAT(compare_trees(source + "/a", target + "/a"), IsEmpty());
    EXPECT_EQ(flags_of(target + "/a/two"), FS_IMMUTABLE_FL);
}

// Somebody who may write there puts a file of his own in the place of one whose flags are still to come.
TEST_F(RestoreEndedEarly, AFileThatTookThePlaceOfAnotherGetsNoneOfItsFlags) {
    ASSERT_NO_FATAL_FAILURE(make_flagged_pair());
    const Snapshot snapshot = back_up();
    options.paths = {source + "/a1"};
    bool is_replaced = false;
    Onlooker onlooker([&] {
        if (is_replaced || !std::filesystem::exists(restored("a1"))) return;
        write_file(restored("theirs"), "theirs");
        is_replaced = ::rename(restored("theirs").c_str(), restored("a1").c_str()) == 0;
    });
    const auto result = restore_beside(snapshot, onlooker);
    ASSERT_TRUE(result.ok());
    ASSERT_TRUE(is_replaced);
    EXPECT_EQ(read_file_text(restored("a1")), "theirs");
    EXPECT_EQ(flags_of(restored("a1")), 0);
    EXPECT_EQ(result->failed, 1u);
    EXPECT_THAT(onlooker.told, Contains(HasSubstr(restored("a1") + " was replaced by another while restoring")));
}

// From now on this thread may set no flags.
void drop_right_to_set_flags() {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> sets = {};
    EXPECT_EQ(::syscall(SYS_capget, &header, sets.data()), 0);
    sets[0].effective &= ~(1u << CAP_LINUX_IMMUTABLE);
    EXPECT_EQ(::syscall(SYS_capset, &header, sets.data()), 0);
}

TEST_F(RestoreEndedEarly, AFlagThatCouldNotBePutBackIsToldOf) {
    write_file(source + "/file", "content");
    const Snapshot snapshot = back_up();
    EXPECT_EQ(restore(snapshot).failed, 0u);
    const std::string above = std::filesystem::path(restored()).parent_path();
    options.overwrite = Overwrite::always;
    for (const bool stopped : {false, true}) {
        ASSERT_TRUE(set_protection(above, FS_IMMUTABLE_FL));
        Onlooker onlooker([&] {
            if (flags_of(above) != 0) return;
            drop_right_to_set_flags();
            if (stopped) stop.request();
        });
        std::thread([&] {
            const auto result = restore_beside(snapshot, onlooker);
            if (stopped) {
                EXPECT_TRUE(fails_with(Code::interrupted, result));
            } else if (result.ok()) {
                EXPECT_EQ(result->failed, 1u);
            }
        }).join();
        EXPECT_EQ(flags_of(above), 0) << "or this shows nothing";
        EXPECT_THAT(onlooker.told, Contains(HasSubstr("flag of " + above + " was lifted for the restore and could not be put")));
    }
}

// Opens folders of a user's own with a TreeWriter that may keep few of them open, and has them put back.
void open_and_put_back(const std::string& target) {
    const rlimit few = {64, 64};
    if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(3);
    if (::setrlimit(RLIMIT_NOFILE, &few) != 0) ::_exit(4);
    auto folders = TargetFolders::open(target);
    if (!folders.ok()) ::_exit(5);
    Shortfalls shortfalls([](const std::string&) { ::_exit(6); });
    TreeWriter writer(**folders, Overwrite::changed, powers_on((*folders)->root_descriptor()), shortfalls);
    writer.enter_target("0", false);
    const auto enter = [&](FolderId parent, const std::string& name) {
        Entry entry;
        entry.name = name;
        entry.type = EntryType::folder;
        const auto entered = writer.enter_folder(parent, entry, false);
        if (entered.problem) ::_exit(7);
        return entered.folder;
    };
    const FolderId first = enter(kTargetFolder, "other0"), second = enter(kTargetFolder, "other1");
    (*folders)->release(first);
    (*folders)->release(second);
    const FolderId above = enter(kTargetFolder, "above");
    const FolderId below = enter(above, "below");
    if (below > above) ::_exit(8);  // numbers are given again: or this shows nothing
    for (int i = 2; i < 40; ++i) (void)enter(kTargetFolder, "other" + std::to_string(i));
    writer.put_back_folders();
    ::_exit(0);
}

// A folder that is closed again keeps its user from what is below it.
TEST_F(RestoreEndedEarly, WhatLiesDeeperIsPutBackFirst) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
    std::filesystem::create_directories(target + "/above/below");
    for (int i = 0; i < 40; ++i) std::filesystem::create_directories(target + "/other" + std::to_string(i));
    ASSERT_EQ(::system(("chown -R 65534:65534 '" + target + "' && chmod a+x '" + scratch.path() + "'").c_str()), 0);
    ASSERT_EQ(::chmod((target + "/above/below").c_str(), 0500), 0);
    ASSERT_EQ(::chmod((target + "/above").c_str(), 0), 0);
    const pid_t child = ::fork();
    if (child == 0) open_and_put_back(target);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    struct stat above = {}, below = {};
    ASSERT_EQ(::lstat((target + "/above").c_str(), &above), 0);
    ASSERT_EQ(::lstat((target + "/above/below").c_str(), &below), 0);
    EXPECT_EQ(above.st_mode & 07777, 0u);
    EXPECT_EQ(below.st_mode & 07777, 0500u);
}

}  // namespace
}  // namespace custody::test
