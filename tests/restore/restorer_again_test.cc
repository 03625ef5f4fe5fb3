// A restore that was refused or ended early, run again: what it made gets all it should have, and nobody's own is taken for it.
#include "restore/unfinished_folder.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/tree_compare.h"
#include "tests/support/try_mount.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>

namespace custody::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr unsigned kNobody = 65534;

mode_t mode_of(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
}

// The number of a process that is no more.
pid_t dead_process() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    int status = 0;
    while (::waitpid(child, &status, 0) != child) {
    }
    return child;
}

class RestoreAgain : public ::testing::Test, protected RestoreFixture {
protected:
    Snapshot backed_up() {
        write_file(source + "/large", noise(3'000'000, 3));
        EXPECT_EQ(::chmod(source.c_str(), 02711), 0);
        const timespec times[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
        EXPECT_EQ(::utimensat(AT_FDCWD, source.c_str(), times, 0), 0);
        return back_up();
    }
    // As a user with no rights but on what is his. Exit code 0: ended, nothing failed; 1: something did; 2: an error.
    int restore_as_nobody(const Snapshot& snapshot) { return restore_as_nobody(snapshot, stop); }
    int restore_as_nobody(const Snapshot& snapshot, const StopFlag& stopped) {
        return as_nobody([&] {
            SilentProgress progress;
            const auto result = restore_files(*repository, snapshot, *unlocked, options, progress, stopped);
            return !result.ok() ? 2 : result->failed == 0 ? 0 : 1;
        });
    }
    int as_nobody(const std::function<int()>& act) {
        const pid_t child = ::fork();
        if (child == 0) {
            if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(3);
            ::_exit(act());
        }
        int status = 0;
        while (::waitpid(child, &status, 0) != child) {
        }
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
};

TEST_F(RestoreAgain, WhatIsRefusedForWantOfRoomMakesNothing) {
    const Snapshot snapshot = backed_up();
    const std::string disk = scratch / "disk";
    ASSERT_EQ(::mkdir(disk.c_str(), 0755), 0);
    if (const std::string why_not = try_mount("tmpfs", disk, "size=4m"); !why_not.empty()) GTEST_SKIP() << why_not;
    write_file(disk + "/in the way", noise(2'000'000, 1));
    options.target = disk + "/above/made";
    options.strip_prefix = source;
    EXPECT_TRUE(fails_with(Code::no_space, try_restore(snapshot)));
    EXPECT_FALSE(std::filesystem::exists(disk + "/above"));
    ASSERT_EQ(::unlink((disk + "/in the way").c_str()), 0);
    EXPECT_THAT(restore(snapshot).warnings, IsEmpty());
    EXPECT_THAT(compare_trees(source, options.target), IsEmpty());
    EXPECT_EQ(mode_of(options.target), 02711u);
    EXPECT_EQ(::umount(disk.c_str()), 0);
}

// Ended between making the target and the first look at the plan: as early as can be.
TEST_F(RestoreAgain, ATargetThatWasJustMadeIsFinishedByTheNextRun) {
    const Snapshot snapshot = backed_up();
    options.strip_prefix = source;
    options.paths = {source};
    options.count_total = true;
    stop.request();
    EXPECT_TRUE(fails_with(Code::interrupted, try_restore(snapshot)));
    ASSERT_TRUE(std::filesystem::is_directory(target)) << "or this proves nothing";
    StopFlag goes_on;
    SilentProgress progress;
    const auto result = restore_files(*repository, snapshot, *unlocked, options, progress, goes_on);
    ASSERT_TRUE(is_ok(result));
    EXPECT_THAT(result->warnings, IsEmpty());
    EXPECT_THAT(compare_trees(source, target), IsEmpty());
}

// Killed between making a target and naming it.
TEST_F(RestoreAgain, ATargetThatWasNotNamedYetGoes) {
    const Snapshot snapshot = backed_up();
    const std::string temporary = ".custody-restore-" + std::to_string(dead_process()) + "-0123456789abcdef-";
    const std::string left = scratch / temporary + "0", used = scratch / temporary + "1";
    for (const std::string& name : {left, used}) ASSERT_EQ(::mkdir(name.c_str(), 0755), 0);
    write_file(left + "/.custody-restore-unfinished-1-2", "");
    write_file(used + "/of somebody", "");
    options.strip_prefix = source;
    (void)restore(snapshot);
    EXPECT_FALSE(std::filesystem::exists(left));
    EXPECT_TRUE(std::filesystem::exists(used + "/of somebody"));
    EXPECT_THAT(compare_trees(source, target), IsEmpty());
}

TEST_F(RestoreAgain, AnEmptyTargetOfTheUsersKeepsWhatItHas) {
    const Snapshot snapshot = backed_up();
    ASSERT_EQ(::mkdir(target.c_str(), 0750), 0);
    options.strip_prefix = source;
    (void)restore(snapshot);
    EXPECT_EQ(mode_of(target), 0750u);
}

class RestoreAgainAsUser : public RestoreAgain {
protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
        ASSERT_EQ(::mkdir((source + "/closed").c_str(), 0755), 0);
        ASSERT_EQ(::mkdir((source + "/closed/below").c_str(), 0755), 0);
        for (const char* name : {"/closed/a", "/closed/b", "/closed/below/c"}) write_file(source + name, "content");
        ASSERT_EQ(::chmod((source + "/closed/below").c_str(), 0500), 0);
        ASSERT_EQ(::chmod((source + "/closed").c_str(), 0555), 0);
        ASSERT_EQ(::system(("chown -R 65534:65534 '" + source + "'").c_str()), 0);
        snapshot = back_up();
        ASSERT_EQ(::system(("chmod -R a+rX '" + vault + "' '" + scratch.path() + "/keyring'").c_str()), 0);
        ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
        ASSERT_EQ(::chown(target.c_str(), kNobody, kNobody), 0);
        options.strip_prefix = source;
    }
    // Root may, and it moves no time.
    void take_away(const std::string& name) { ASSERT_EQ(::unlink((target + name).c_str()), 0); }

    Snapshot snapshot;
};

TEST_F(RestoreAgainAsUser, AClosedFolderOfHisOwnIsOverwrittenAndClosedAgain) {
    ASSERT_EQ(restore_as_nobody(snapshot), 0);
    for (const Overwrite how : {Overwrite::changed, Overwrite::always}) {
        take_away("/closed/a");
        take_away("/closed/below/c");
        write_file(target + "/closed/b", "changed");
        options.overwrite = how;
        options.dry_run = true;
        EXPECT_EQ(restore_as_nobody(snapshot), 0);
        EXPECT_EQ(mode_of(target + "/closed"), 0555u);
        options.dry_run = false;
        EXPECT_EQ(restore_as_nobody(snapshot), 0);
        EXPECT_THAT(compare_trees(source, target), Not(Contains(HasSubstr("/closed"))));
        EXPECT_EQ(mode_of(target + "/closed"), 0555u);
        EXPECT_EQ(mode_of(target + "/closed/below"), 0500u);
    }
    take_away("/closed/a");
    options.overwrite = Overwrite::never;
    EXPECT_EQ(restore_as_nobody(snapshot), 1) << "his own: nothing of it is changed unless he asks for it";
    EXPECT_EQ(mode_of(target + "/closed"), 0555u);
}

// The topmost folder that a restore made has its mark; those below it are finished, and closed, already.
TEST_F(RestoreAgainAsUser, AClosedFolderThatAnInterruptedRestoreMadeIsFinished) {
    options.strip_prefix = {};
    options.paths = {source};
    ASSERT_EQ(restore_as_nobody(snapshot), 0);
    ASSERT_EQ(::unlink(restored("closed/a").c_str()), 0);
    ASSERT_EQ(::unlink(restored("closed/below/c").c_str()), 0);
    const std::string top = target + source.substr(0, source.find('/', 1));
    const int folder = ::open(top.c_str(), O_RDONLY | O_DIRECTORY);
    ASSERT_EQ(mark_unfinished(folder, snapshot.id.hex()), 0);
    ASSERT_EQ(::fchownat(folder, mark_name(folder, snapshot.id.hex()).c_str(), kNobody, kNobody, 0), 0);
    ::close(folder);
    EXPECT_EQ(restore_as_nobody(snapshot), 0);
    EXPECT_THAT(compare_trees(source + "/closed", restored("closed")), IsEmpty());
    EXPECT_EQ(mode_of(restored("closed")), 0555u);
}

// Its owner may go through it and not list it: killed after it had its mode and before its mark went.
TEST_F(RestoreAgainAsUser, AMarkedFolderThatMayNotBeListedIsFinished) {
    for (const mode_t mode : {0311u, 0111u}) {
        ASSERT_EQ(::chmod((source + "/closed").c_str(), mode), 0);
        snapshot = back_up();
        ASSERT_EQ(::system(("chmod -R a+rX '" + vault + "'").c_str()), 0);
        ASSERT_EQ(restore_as_nobody(snapshot), 0);
        const std::string closed = target + "/closed";
        ASSERT_EQ(::unlink((closed + "/a").c_str()), 0);
        const int folder = ::open(closed.c_str(), O_RDONLY | O_DIRECTORY);
        const std::string mark = mark_name(folder, snapshot.id.hex());
        ASSERT_EQ(mark_unfinished(folder, snapshot.id.hex()), 0);
        ASSERT_EQ(::fchownat(folder, mark.c_str(), kNobody, kNobody, 0), 0);
        ::close(folder);
        options.dry_run = true;
        EXPECT_EQ(restore_as_nobody(snapshot), 0);
        EXPECT_TRUE(std::filesystem::exists(closed + "/" + mark));
        options.dry_run = false;
        EXPECT_EQ(restore_as_nobody(snapshot), 0);
        EXPECT_FALSE(std::filesystem::exists(closed + "/" + mark));
        EXPECT_THAT(compare_trees(source + "/closed", closed), IsEmpty());
        EXPECT_EQ(mode_of(closed), mode);
        ASSERT_EQ(::system(("chmod -R u+rwX '" + target + "' && rm -rf '" + target + "'/*").c_str()), 0);
    }
}

// What is above a chosen path is only passed through: as it was, also when the run ends early.
TEST_F(RestoreAgainAsUser, AFolderAboveAChosenPathHasItsModeBack) {
    ASSERT_EQ(restore_as_nobody(snapshot), 0);
    for (const char* name : {"/closed", ""}) ASSERT_EQ(::chmod((target + name).c_str(), 0511), 0);
    take_away("/closed/a");
    options.paths = {source + "/closed/a"};
    options.overwrite = Overwrite::changed;
    StopFlag stopped;
    stopped.request();
    EXPECT_EQ(restore_as_nobody(snapshot, stopped), 2);
    EXPECT_EQ(mode_of(target), 0511u);
    EXPECT_EQ(mode_of(target + "/closed"), 0511u);
    EXPECT_FALSE(std::filesystem::exists(target + "/closed/a"));
    EXPECT_EQ(restore_as_nobody(snapshot), 0);
    EXPECT_EQ(mode_of(target), 0511u);
    EXPECT_EQ(mode_of(target + "/closed"), 0511u);
    EXPECT_EQ(read_file_text(target + "/closed/a"), "content");
}

// Files whose owner may not read them: he may open them to himself.
class RestoreAgainUnreadable : public RestoreAgainAsUser {
protected:
    void SetUp() override {
        ASSERT_NO_FATAL_FAILURE(RestoreAgainAsUser::SetUp());
        if (IsSkipped()) return;
        make("/write only", 0200);
        make("/nothing", 0000);
        ASSERT_NO_FATAL_FAILURE(store());
    }
    void make(const std::string& name, mode_t mode, gid_t group = kNobody) {
        write_file(source + name, "content");
        EXPECT_EQ(::chown((source + name).c_str(), kNobody, group), 0);
        EXPECT_EQ(::chmod((source + name).c_str(), mode), 0);
    }
    void store() {
        snapshot = back_up();
        ASSERT_EQ(::system(("chmod -R a+rX '" + vault + "'").c_str()), 0);
        ASSERT_EQ(restore_as_nobody(snapshot), 0);
    }
    static struct stat look(const std::string& path) {
        struct stat status = {};
        EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
        return status;
    }
};

TEST_F(RestoreAgainUnreadable, TheyAreComparedAndClosedAgain) {
    for (const Overwrite how : {Overwrite::never, Overwrite::changed}) {
        options.overwrite = how;
        const auto inode = look(target + "/write only").st_ino;
        EXPECT_EQ(restore_as_nobody(snapshot), 0);
        EXPECT_EQ(mode_of(target + "/write only"), 0200u);
        EXPECT_EQ(mode_of(target + "/nothing"), 0000u);
        EXPECT_EQ(look(target + "/write only").st_ino, inode) << "it is the same, and stays";
    }
    const struct stat before = look(target + "/nothing");
    write_file(target + "/nothing", "CONTENT");
    const timespec times[2] = {before.st_atim, before.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, (target + "/nothing").c_str(), times, 0), 0);
    options.overwrite = Overwrite::never;
    EXPECT_EQ(restore_as_nobody(snapshot), 1) << "what differs is still left and named";
    EXPECT_EQ(mode_of(target + "/nothing"), 0000u);
    EXPECT_EQ(read_file_text(target + "/nothing"), "CONTENT");
}

TEST_F(RestoreAgainUnreadable, ADryRunChangesNothingOfThemAndSaysSo) {
    options.dry_run = true;
    const struct stat before = look(target + "/nothing");
    for (const Overwrite how : {Overwrite::never, Overwrite::changed}) {
        options.overwrite = how;
        const int code = as_nobody([&] {
            const auto result = try_restore(snapshot);
            if (!result.ok() || result->failed != 0) return 1;
            return std::any_of(result->warnings.begin(), result->warnings.end(),
                               [](const std::string& line) { return line.starts_with("contents of 2 files were not compared"); })
                       ? 0
                       : 4;
        });
        EXPECT_EQ(code, 0);
        EXPECT_EQ(look(target + "/nothing").st_ctim.tv_nsec, before.st_ctim.tv_nsec);
        EXPECT_EQ(look(target + "/nothing").st_ctim.tv_sec, before.st_ctim.tv_sec);
    }
}

// Of a group that is not his he could not put the bit back.
TEST_F(RestoreAgainUnreadable, ASetGroupIdBitIsNotLost) {
    make("/of another group", 02200, 0);
    ASSERT_EQ(::system(("rm -rf '" + target + "'/*").c_str()), 0);
    ASSERT_NO_FATAL_FAILURE(store());
    const std::string there = target + "/of another group";
    ASSERT_EQ(::chown(there.c_str(), kNobody, 0), 0);
    ASSERT_EQ(::chmod(there.c_str(), 02200), 0);
    EXPECT_EQ(restore_as_nobody(snapshot), 1);
    EXPECT_EQ(mode_of(there), 02200u);
}

}  // namespace
}  // namespace custody::test
