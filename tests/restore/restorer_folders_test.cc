// Folders that were there: the user's own are told from those that an interrupted restore made.
#include "restore/unfinished_folder.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/tree_compare.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace custody::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr timespec kLongAgo = {1'000'000'000, 123};

mode_t mode_of_folder(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
}

std::vector<std::string> marks_below(const std::string& folder) {
    std::vector<std::string> marks;
    for (const auto& item : std::filesystem::recursive_directory_iterator(folder)) {
        if (is_mark_name(item.path().filename())) marks.push_back(item.path());
    }
    return marks;
}

// Dies without a word when the run shows progress for the nth time.
class DyingProgress final : public Progress {
public:
    explicit DyingProgress(int nth) : left_(nth) {}
    void update(const ProgressState&) override {
        if (--left_ == 0) (void)::raise(SIGKILL);
    }
    void warn(std::string_view) override {}

private:
    int left_;
};

class RestoreFolders : public ::testing::Test, protected RestoreFixture {
protected:
    // Enough files for a run to show progress several times, or few.
    Snapshot backed_up(int files = 2) {
        for (int folder = 0; folder < 20; ++folder) {
            const std::string name = source + "/" + std::to_string(folder);
            EXPECT_EQ(::mkdir(name.c_str(), 0755), 0);
            EXPECT_EQ(::mkdir((name + "/below").c_str(), 0751), 0);
            for (int file = 0; file < files; ++file) write_file(name + "/below/" + std::to_string(file), std::to_string(file));
        }
        write_file(source + "/large", noise(3'000'000, 7));
        EXPECT_EQ(::chmod(source.c_str(), 0711), 0);
        return back_up();
    }
    // The folders above what is restored, and that itself, as a user has them.
    void make_own_folders() {
        for (std::size_t slash = 0; slash != std::string::npos;) {
            slash = source.find('/', slash + 1);
            ASSERT_TRUE(std::filesystem::create_directories(target + source.substr(0, slash)));
        }
        ASSERT_EQ(::chmod(restored().c_str(), 0750), 0);
    }
    void make_own_folder(const std::string& name, mode_t mode) {
        ASSERT_EQ(::mkdir(restored(name).c_str(), mode), 0);
        const timespec times[2] = {kLongAgo, kLongAgo};
        ASSERT_EQ(::utimensat(AT_FDCWD, restored(name).c_str(), times, 0), 0);
    }
    // False: it came to its end before.
    bool killed_restore(const Snapshot& snapshot, int nth) {
        const pid_t child = ::fork();
        if (child == 0) {
            DyingProgress progress(nth);
            const auto result = restore_files(*repository, snapshot, *unlocked, options, progress, stop);
            ::_exit(result.ok() ? 0 : 1);
        }
        int status = 0;
        while (::waitpid(child, &status, 0) != child) {
        }
        EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        return WIFSIGNALED(status);
    }
};

TEST_F(RestoreFolders, OnesOwnKeepWhatTheyHaveAndThatIsSaid) {
    const Snapshot snapshot = backed_up();
    make_own_folders();
    make_own_folder("3", 0700);
    write_file(restored("3") + "/of the user", "x");
    const mode_t above = mode_of_folder(target + source.substr(0, source.rfind('/')));
    const auto kept = HasSubstr("2 folders that were there keep their own owner, mode and access lists, first " + restored());
    options.dry_run = true;
    EXPECT_THAT(restore(snapshot).warnings, ElementsAre(kept));
    options.dry_run = false;
    const RestoreResult result = restore(snapshot);
    EXPECT_THAT(result.warnings, ElementsAre(kept));
    EXPECT_EQ(result.failed, 0u);
    EXPECT_EQ(mode_of_folder(restored()), 0750u);
    EXPECT_EQ(mode_of_folder(restored("3")), 0700u);
    EXPECT_EQ(mode_of_folder(restored("3/below")), 0751u);
    EXPECT_EQ(mode_of_folder(restored("4")), 0755u);
    EXPECT_THAT(compare_trees(source + "/4", restored("4")), IsEmpty());
    EXPECT_THAT(marks_below(target), IsEmpty());

    ASSERT_EQ(::unlink((restored("3") + "/of the user").c_str()), 0);
    options.overwrite = Overwrite::changed;
    EXPECT_THAT(restore(snapshot).warnings, IsEmpty());
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
    EXPECT_EQ(mode_of_folder(target + source.substr(0, source.rfind('/'))), above);
}

TEST_F(RestoreFolders, AFolderInWhichNothingIsMadeIsNotTouched) {
    const Snapshot snapshot = backed_up();
    make_own_folders();
    make_own_folder("3", 0700);
    ASSERT_TRUE(std::filesystem::create_directory(restored("3/below")));
    const timespec times[2] = {kLongAgo, kLongAgo};
    ASSERT_EQ(::utimensat(AT_FDCWD, restored("3").c_str(), times, 0), 0);
    (void)restore(snapshot);
    struct stat status = {};
    ASSERT_EQ(::stat(restored("3").c_str(), &status), 0);
    EXPECT_EQ(status.st_mtim.tv_sec, kLongAgo.tv_sec);
    EXPECT_EQ(status.st_mtim.tv_nsec, kLongAgo.tv_nsec);
}

// Killed at several points, then run to its end: what the killed runs made gets the snapshot's attributes, the user's keeps its.
TEST_F(RestoreFolders, WhatAKilledRestoreMadeIsFinishedAndOnesOwnIsKept) {
    const Snapshot snapshot = backed_up(100);
    make_own_folders();
    make_own_folder("3", 0700);
    int killed = 0;
    for (const int nth : {1, 3, 5, 8}) killed += killed_restore(snapshot, nth) ? 1 : 0;
    ASSERT_GT(killed, 0);
    EXPECT_THAT(marks_below(target), ::testing::Not(IsEmpty()));
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.failed, 0u);
    EXPECT_EQ(mode_of_folder(restored()), 0750u);
    EXPECT_EQ(mode_of_folder(restored("3")), 0700u);
    for (int folder = 0; folder < 20; ++folder) {
        const std::string name = std::to_string(folder);
        EXPECT_THAT(compare_trees(source + "/" + name + "/below", restored(name + "/below")), IsEmpty());
        if (folder != 3) {
            EXPECT_THAT(compare_trees(source + "/" + name, restored(name)), IsEmpty());
        }
    }
    EXPECT_THAT(marks_below(target), IsEmpty());
}

// Parents of what was chosen, and a target that was not there, are made by a restore too.
TEST_F(RestoreFolders, AKilledRestoreThatMadeTheTargetIsFinishedExactly) {
    const Snapshot snapshot = backed_up(100);
    options.paths = {source + "/5", source + "/large"};
    ASSERT_TRUE(killed_restore(snapshot, 2));
    EXPECT_THAT(marks_below(target), ::testing::SizeIs(1));
    options.dry_run = true;
    EXPECT_THAT(restore(snapshot).warnings, IsEmpty());
    options.dry_run = false;
    EXPECT_THAT(restore(snapshot).warnings, IsEmpty());
    EXPECT_THAT(compare_trees(source + "/5", restored("5")), IsEmpty());
    EXPECT_EQ(mode_of_folder(restored()), 0711u);
    EXPECT_THAT(marks_below(target), IsEmpty());
}

// The target may be a folder in which others may write: what they put there gains them nothing.
TEST_F(RestoreFolders, AMarkThatSomebodyElseMadeOrThatNamesAnotherFolderDoesNotCount) {
    const Snapshot snapshot = backed_up();
    make_own_folders();
    const auto mark_as = [&](const std::string& name, const std::string& inode_of) {
        struct stat status = {};
        EXPECT_EQ(::stat(inode_of.c_str(), &status), 0);
        return restored(name) + "/.custody-restore-unfinished-" + std::to_string(status.st_ino) + "-" + snapshot.id.hex();
    };
    for (const char* name : {"1", "2", "3", "4", "5"}) make_own_folder(name, 0700);
    write_file(mark_as("1", restored()), "");                         // a copy of another's
    write_file(mark_as("2", restored("2")), "with something in it");  // no mark
    ASSERT_EQ(::symlink("/etc/passwd", mark_as("3", restored("3")).c_str()), 0);
    write_file(mark_as("4", restored("4")), "");
    ASSERT_EQ(::link(mark_as("4", restored("4")).c_str(), (restored("4") + "/second name").c_str()), 0);
    write_file(mark_as("5", restored("5")), "");  // as it would be
    const bool is_root = ::geteuid() == 0;
    if (is_root) {
        make_own_folder("6", 0700);
        write_file(mark_as("6", restored("6")), "");
        ASSERT_EQ(::chown(mark_as("6", restored("6")).c_str(), 12345, 12345), 0);
    }
    (void)restore(snapshot);
    for (const char* name : {"1", "2", "3", "4"}) EXPECT_EQ(mode_of_folder(restored(name)), 0700u) << name;
    EXPECT_EQ(mode_of_folder(restored("5")), 0755u);
    EXPECT_NE(::access(mark_as("5", restored("5")).c_str(), F_OK), 0);
    if (is_root) {
        EXPECT_EQ(mode_of_folder(restored("6")), 0700u);
    }
    EXPECT_EQ(std::filesystem::read_symlink(mark_as("3", restored("3"))), "/etc/passwd");
}

TEST_F(RestoreFolders, TheTemporaryFolderOfADeadRestoreGoes) {
    const Snapshot snapshot = backed_up();
    (void)restore(snapshot);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    int status = 0;
    while (::waitpid(child, &status, 0) != child) {
    }
    const std::string dead = restored(".custody-restore-" + std::to_string(child) + "-0123456789abcdef-17");
    const std::string used = restored(".custody-restore-" + std::to_string(child) + "-0123456789abcdef-18");
    for (const std::string& name : {dead, used}) ASSERT_EQ(::mkdir(name.c_str(), 0700), 0);
    write_file(dead + "/.custody-restore-unfinished-1-2", "");
    write_file(used + "/of somebody", "");
    (void)restore(snapshot);
    EXPECT_FALSE(std::filesystem::exists(dead));
    EXPECT_TRUE(std::filesystem::exists(used + "/of somebody"));
}

}  // namespace
}  // namespace custody::test
