// A restore that is killed at one call after another, and run again: what it made is whole then, and nothing of it is left.
#include "restore/unfinished_folder.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/tree_compare.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>

namespace custody::test {
namespace {

// How many of the calls below this process has left: it dies at the last, before that is done. 0: it lives.
std::atomic<int>& calls_left() {
    static std::atomic<int> left = 0;
    return left;
}

void count_call() {
    if (calls_left() != 0 && --calls_left() == 0) (void)::raise(SIGKILL);
}

}  // namespace
}  // namespace custody::test

// In place of the C library's, for all of this program.
extern "C" int fchmod(int file, mode_t mode) noexcept {
    custody::test::count_call();
    return static_cast<int>(::syscall(SYS_fchmod, file, mode));
}
extern "C" int fchownat(int folder, const char* name, uid_t owner, gid_t group, int flags) noexcept {
    custody::test::count_call();
    return static_cast<int>(::syscall(SYS_fchownat, folder, name, owner, group, flags));
}
extern "C" int fsetxattr(int file, const char* name, const void* value, std::size_t size, int flags) noexcept {
    custody::test::count_call();
    return static_cast<int>(::syscall(SYS_fsetxattr, file, name, value, size, flags));
}
extern "C" int unlinkat(int folder, const char* name, int flags) noexcept {
    custody::test::count_call();
    return static_cast<int>(::syscall(SYS_unlinkat, folder, name, flags));
}
extern "C" int renameat2(int from, const char* old_name, int to, const char* new_name, unsigned flags) noexcept {
    custody::test::count_call();
    return static_cast<int>(::syscall(SYS_renameat2, from, old_name, to, new_name, flags));
}
extern "C" int futimens(int file, const timespec times[2]) noexcept {
    custody::test::count_call();
    return static_cast<int>(::syscall(SYS_utimensat, file, nullptr, times, 0));
}

namespace custody::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr unsigned kOtherUser = 65534;

std::vector<std::string> left_by_restores(const std::string& folder) {
    std::vector<std::string> left;
    for (const auto& item : std::filesystem::recursive_directory_iterator(folder)) {
        if (item.path().filename().string().starts_with(".custody-restore-")) left.push_back(item.path());
    }
    return left;
}

class RestoreKilled : public ::testing::Test, protected RestoreFixture {
protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "needs root to restore what is another user's";
        options.strip_prefix = source;
    }
    // Of another user, as wide as a folder can be: it has to be closed for as long as it is not finished.
    void make_source() {
        for (const char* name : {"/shared", "/closed"}) {
            ASSERT_EQ(::mkdir((source + name).c_str(), 0755), 0);
            write_file(source + name + "/file", "content");
            (void)::setxattr((source + name).c_str(), "user.note", "x", 1, 0);
        }
        ASSERT_EQ(::system(("chown -R 65534:65534 '" + source + "'").c_str()), 0);
        for (const auto& [name, mode] : {std::pair("/shared", 02777u), {"/closed", 0555u}, {"", 0711u}}) {
            ASSERT_EQ(::chmod((source + name).c_str(), mode), 0);
            const timespec times[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
            ASSERT_EQ(::utimensat(AT_FDCWD, (source + name).c_str(), times, 0), 0);
        }
        snapshot_ = back_up();
        ASSERT_EQ(::system(("chmod -R a+rX '" + vault + "' '" + scratch.path() + "/keyring'").c_str()), 0);
    }
    // In a process of its own, which dies at the nth call; 0: at none. False: it died.
    bool restore_in_child(unsigned user, int nth) {
        const pid_t child = ::fork();
        if (child == 0) {
            if (user != 0 && (::setgroups(0, nullptr) != 0 || ::setgid(user) != 0 || ::setuid(user) != 0)) ::_exit(3);
            calls_left() = nth;
            SilentProgress progress;
            const auto result = restore_files(*repository, snapshot_, *unlocked, options, progress, stop);
            ::_exit(!result.ok() ? 2 : result->failed == 0 ? 0 : 1);
        }
        int status = 0;
        while (::waitpid(child, &status, 0) != child) {
        }
        EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << status;
        return !WIFSIGNALED(status);
    }
    void die_at_each_call(unsigned user, bool target_is_there) {
        CompareOptions compared;
        compared.top_attributes = !target_is_there;
        int nth = 1;
        for (bool is_over = false; !is_over; ++nth) {
            const std::string place = scratch / "place";
            ASSERT_EQ(::mkdir(place.c_str(), 0777), 0);
            options.target = place + "/target";
            ASSERT_EQ(::chown(place.c_str(), user, user), 0);
            if (target_is_there) {
                ASSERT_EQ(::mkdir(options.target.c_str(), 0755), 0);
                ASSERT_EQ(::chown(options.target.c_str(), user, user), 0);
            }
            is_over = restore_in_child(user, nth);
            ASSERT_TRUE(restore_in_child(user, 0)) << nth;
            EXPECT_THAT(compare_trees(source, options.target, compared), IsEmpty()) << "killed at call " << nth;
            EXPECT_THAT(left_by_restores(place), IsEmpty()) << "killed at call " << nth;
            ASSERT_TRUE(remove_tree(place));
        }
        EXPECT_GT(nth, 10) << "or this shows little";
    }
    // What is left by one that died right after the target got its name.
    void die_early() {
        for (int nth = 1;; ++nth) {
            ASSERT_FALSE(restore_in_child(0, nth));
            if (std::filesystem::exists(options.target) && !left_by_restores(options.target).empty()) return;
        }
    }

    Snapshot snapshot_;
};

TEST_F(RestoreKilled, WhatRootRestoresOfOthersIsFinishedByTheNextRun) {
    make_source();
    for (const bool target_is_there : {true, false}) die_at_each_call(0, target_is_there);
}

TEST_F(RestoreKilled, WhatAnOrdinaryUserRestoresIsFinishedByTheNextRun) {
    make_source();
    for (const bool target_is_there : {true, false}) die_at_each_call(kOtherUser, target_is_there);
}

// Somebody who gives another file of root's the name of a mark, in his own folder, gains nobody else's.
TEST_F(RestoreKilled, AMarkInAFolderOfAThirdUserDoesNotCountAndGoesOnlyWhenItIsOverwritten) {
    make_source();
    const std::string folder = options.target + "/shared";
    std::filesystem::create_directories(folder);
    ASSERT_EQ(::chmod(folder.c_str(), 0700), 0);
    ASSERT_EQ(::chown(folder.c_str(), 12345, 12345), 0);
    struct stat status = {};
    ASSERT_EQ(::stat(folder.c_str(), &status), 0);
    const std::string mark = folder + "/.custody-restore-unfinished-" + std::to_string(status.st_ino) + "-" + snapshot_.id.hex();
    write_file(mark, "");
    (void)restore(snapshot_);
    ASSERT_EQ(::stat(folder.c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 12345u);
    EXPECT_EQ(status.st_mode & 07777, 0700u);
    EXPECT_TRUE(std::filesystem::exists(mark));
    options.overwrite = Overwrite::changed;
    (void)restore(snapshot_);
    EXPECT_THAT(compare_trees(source + "/shared", folder), IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(mark));
}

TEST_F(RestoreKilled, AMarkBesideAFolderCountsWhereNobodyElseCanPutIt) {
    make_source();
    for (const unsigned owner : {12345u, 0u}) {
        std::filesystem::create_directories(options.target + "/shared");
        ASSERT_EQ(::chmod((options.target + "/shared").c_str(), 0700), 0);
        ASSERT_EQ(::chown(options.target.c_str(), owner, owner), 0);
        struct stat status = {};
        ASSERT_EQ(::stat((options.target + "/shared").c_str(), &status), 0);
        const std::string mark =
            options.target + "/.custody-restore-unfinished-" + std::to_string(status.st_ino) + "-" + snapshot_.id.hex();
        write_file(mark, "");
        (void)restore(snapshot_);
        ASSERT_EQ(::stat((options.target + "/shared").c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, owner == 0 ? 02777u : 0700u);
        EXPECT_EQ(std::filesystem::exists(mark), owner != 0);
        ASSERT_TRUE(remove_tree(options.target));
    }
}

// The folder that the target stands for may be closed to others.
TEST_F(RestoreKilled, ATargetThatStandsForAFolderIsClosedUntilItIsFinished) {
    make_source();
    options.target = target;
    stop.request();
    for (const bool stands_for_one : {true, false}) {
        options.strip_prefix = stands_for_one ? source : "";
        options.paths = {source};
        options.count_total = true;
        const mode_t mask = ::umask(022);
        EXPECT_TRUE(fails_with(Code::interrupted, try_restore(snapshot_)));
        ::umask(mask);
        struct stat status = {};
        ASSERT_EQ(::stat(target.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, stands_for_one ? 0700u : 0755u);
        ASSERT_TRUE(remove_tree(target));
    }
}

// As FAT, exFAT and drivers in user space do.
TEST_F(RestoreKilled, AMarkCountsUnderAnotherInodeWhereInodesDoNotLast) {
    std::string why_not;
    auto before = LoopFileSystem::make("exfat-fuse", LoopFileSystem::least_size("exfat-fuse"), why_not);
    if (!before) GTEST_SKIP() << why_not;
    make_source();
    options.target = before->path() + "/target";
    die_early();
    struct stat status = {};
    ASSERT_EQ(::stat(options.target.c_str(), &status), 0);
    const ino_t number = status.st_ino;
    ASSERT_TRUE(before->unmount());
    const auto after = LoopFileSystem::mount_copy("exfat-fuse", before->image(), why_not);
    ASSERT_TRUE(after) << why_not;
    for (int i = 0; i < 50; ++i) write_file(after->path() + "/" + std::to_string(i), "");
    options.target = after->path() + "/target";
    ASSERT_EQ(::stat(options.target.c_str(), &status), 0);
    if (status.st_ino == number) GTEST_SKIP() << "the folder kept its inode";
    EXPECT_THAT(restore(snapshot_).warnings, Not(Contains(HasSubstr("keeps its own owner"))));
    EXPECT_THAT(left_by_restores(options.target), IsEmpty());
    ASSERT_EQ(::stat(options.target.c_str(), &status), 0);
    EXPECT_EQ(status.st_mtim.tv_sec, 1'000'000'000);
}

TEST_F(RestoreKilled, AMarkUnderAnotherInodeCountsForItsSnapshotAlone) {
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    const std::string name = ".custody-restore-unfinished-1-snapshot";
    write_file(target + "/" + name, "");
    const Fd folder(::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto kind = [&](const std::string& snapshot, bool is_coarse) {
        return kind_of_mark(folder.get(), folder.get(), name, {snapshot, std::nullopt, is_coarse});
    };
    EXPECT_EQ(kind("snapshot", true), MarkKind::counts);
    EXPECT_EQ(kind("other", true), MarkKind::none);
    EXPECT_EQ(kind("snapshot", false), MarkKind::none);
}

}  // namespace
}  // namespace custody::test
