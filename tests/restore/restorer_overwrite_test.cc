// What is already there: left, skipped or replaced as was asked; an interrupted restore is simply run again.
#include "restore/unfinished_folder.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/tree_compare.h"
#include "tests/support/try_mount.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

namespace custody::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RestoreOverwrite : public ::testing::Test, protected RestoreFixture {
protected:
    Snapshot backed_up() {
        write_file(source + "/small", "small");
        write_file(source + "/other", "other");
        write_file(source + "/large", noise(3'000'000, 1));
        EXPECT_EQ(::link((source + "/small").c_str(), (source + "/small too").c_str()), 0);
        EXPECT_EQ(::symlink("small", (source + "/link").c_str()), 0);
        EXPECT_EQ(::mkfifo((source + "/fifo").c_str(), 0640), 0);
        EXPECT_EQ(::mkdir((source + "/folder").c_str(), 0755), 0);
        write_file(source + "/folder/inside", "inside");
        return back_up();
    }
    // The bytes of "small", differing in one that neither size nor time tells.
    void change_silently(const std::string& name, const std::string& content) {
        struct stat before = {};
        ASSERT_EQ(::stat(restored(name).c_str(), &before), 0);
        write_file(restored(name), content);
        const timespec times[2] = {before.st_atim, before.st_mtim};
        ASSERT_EQ(::utimensat(AT_FDCWD, restored(name).c_str(), times, 0), 0);
    }
};

TEST_F(RestoreOverwrite, RunAgainEverythingIsSkipped) {
    const Snapshot snapshot = backed_up();
    const RestoreResult first = restore(snapshot);
    EXPECT_EQ(first.skipped, 0u);
    for (const Overwrite how : {Overwrite::never, Overwrite::changed}) {
        options.overwrite = how;
        const RestoreResult again = restore(snapshot);
        EXPECT_EQ(again.files, first.files);
        EXPECT_EQ(again.skipped, first.files);
        EXPECT_EQ(again.failed, 0u);
        EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
    }
}

TEST_F(RestoreOverwrite, NeverLeavesWhatDiffersAndNamesIt) {
    const Snapshot snapshot = backed_up();
    (void)restore(snapshot);
    change_silently("other", "othex");
    ASSERT_EQ(::chmod(restored("folder/inside").c_str(), 0600), 0);
    ASSERT_EQ(::unlink(restored("link").c_str()), 0);
    ASSERT_EQ(::symlink("other", restored("link").c_str()), 0);
    const RestoreResult again = restore(snapshot);
    EXPECT_EQ(again.failed, 3u);
    EXPECT_FALSE(again.damaged);
    EXPECT_THAT(again.warnings, Contains(HasSubstr("other is left as it is: it differs in content")));
    EXPECT_THAT(again.warnings, Contains(HasSubstr("inside is left as it is: it differs in mode")));
    EXPECT_THAT(again.warnings, Contains(HasSubstr("link is left as it is")));
    EXPECT_EQ(read_file_text(restored("other")), "othex");
}

TEST_F(RestoreOverwrite, ChangedReplacesWhatDiffers) {
    const Snapshot snapshot = backed_up();
    (void)restore(snapshot);
    change_silently("other", "othex");
    ASSERT_EQ(::truncate(restored("large").c_str(), 100), 0);
    ASSERT_EQ(::unlink(restored("fifo").c_str()), 0);
    write_file(restored("fifo"), "no fifo any more");
    ASSERT_EQ(::unlink(restored("small too").c_str()), 0);
    write_file(restored("small too"), "no link any more");
    options.overwrite = Overwrite::changed;
    const RestoreResult again = restore(snapshot);
    EXPECT_EQ(again.failed, 0u);
    EXPECT_EQ(again.skipped, again.files - 4);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

TEST_F(RestoreOverwrite, AlwaysReplacesAll) {
    const Snapshot snapshot = backed_up();
    (void)restore(snapshot);
    change_silently("other", "othex");
    options.overwrite = Overwrite::always;
    const RestoreResult again = restore(snapshot);
    EXPECT_EQ(again.skipped, 0u);
    EXPECT_EQ(again.failed, 0u);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

TEST_F(RestoreOverwrite, AFileInPlaceOfAFolderAndTheOtherWayRound) {
    const Snapshot snapshot = backed_up();
    (void)restore(snapshot);
    ASSERT_TRUE(remove_tree(restored("folder")));
    write_file(restored("folder"), "a file");
    ASSERT_EQ(::unlink(restored("other").c_str()), 0);
    ASSERT_EQ(::mkdir(restored("other").c_str(), 0755), 0);
    const RestoreResult never = restore(snapshot);
    EXPECT_EQ(never.failed, 3u);  // the folder, what is in it, the file
    EXPECT_EQ(read_file_text(restored("folder")), "a file");
    options.overwrite = Overwrite::changed;
    const RestoreResult changed = restore(snapshot);
    EXPECT_EQ(changed.failed, 0u);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

TEST_F(RestoreOverwrite, AFullFolderInPlaceOfAFileIsNeverRemoved) {
    const Snapshot snapshot = backed_up();
    (void)restore(snapshot);
    ASSERT_EQ(::unlink(restored("other").c_str()), 0);
    ASSERT_EQ(::mkdir(restored("other").c_str(), 0755), 0);
    write_file(restored("other/precious"), "precious");
    options.overwrite = Overwrite::always;
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.failed, 1u);
    EXPECT_EQ(read_file_text(restored("other/precious")), "precious");
}

// A folder that is not empty, an empty one and other inodes are in the place of files, links and hard links; a file in that of a
// folder.
TEST_F(RestoreOverwrite, ADryRunPromisesWhatTheRunDoes) {
    write_file(source + "/alone", "alone");
    EXPECT_EQ(::link((source + "/alone").c_str(), (source + "/alone too").c_str()), 0);
    EXPECT_EQ(::link((source + "/alone").c_str(), (source + "/alone three").c_str()), 0);
    const Snapshot snapshot = backed_up();
    const auto put_in_the_way = [&] {
        ASSERT_TRUE(remove_tree(target));
        options.overwrite = Overwrite::never;
        (void)restore(snapshot);
        for (const char* name : {"other", "link", "small too", "alone", "fifo"}) {
            ASSERT_EQ(::unlink(restored(name).c_str()), 0);
            ASSERT_EQ(::mkdir(restored(name).c_str(), 0755), 0);
            if (std::string(name) != "fifo") write_file(restored(name) + "/precious", "precious");
        }
        ASSERT_EQ(::unlink(restored("alone too").c_str()), 0);
        write_file(restored("alone too"), "alone");
        ASSERT_TRUE(remove_tree(restored("folder")));
        write_file(restored("folder"), "a file");
    };
    for (const Overwrite how : {Overwrite::never, Overwrite::changed, Overwrite::always}) {
        put_in_the_way();
        options.overwrite = how;
        options.dry_run = true;
        const RestoreResult promised = restore(snapshot);
        options.dry_run = false;
        const RestoreResult kept = restore(snapshot);
        EXPECT_EQ(promised.failed, kept.failed);
        EXPECT_EQ(promised.files, kept.files);
        EXPECT_EQ(promised.bytes, kept.bytes);
        EXPECT_EQ(promised.skipped, kept.skipped);
        EXPECT_THAT(promised.warnings, ::testing::UnorderedElementsAreArray(kept.warnings));
        EXPECT_GE(kept.failed, 4u);
        EXPECT_EQ(read_file_text(restored("other/precious")), "precious");
    }
}

// A folder above the chosen path may be a link to a bigger disk, with all that is there behind it.
TEST_F(RestoreOverwrite, WhatStandsAboveAChosenPathIsNeverReplaced) {
    const Snapshot whole = backed_up();
    const Snapshot part = back_up({source + "/folder/inside"});  // its folders are parents in the snapshot itself
    const std::string elsewhere = scratch / "elsewhere";
    ASSERT_EQ(::mkdir(elsewhere.c_str(), 0755), 0);
    write_file(elsewhere + "/precious", "precious");
    std::filesystem::create_directories(restored());
    const auto expect_refused = [&](const Snapshot& snapshot) {
        const RestoreResult result = restore(snapshot);
        EXPECT_EQ(result.failed, 2u);  // what is in the way, and what was to be restored
        EXPECT_THAT(result.warnings, Contains(HasSubstr("folder is left: a link or file in the place of a folder above")));
        EXPECT_EQ(read_file_text(restored("folder/precious")), "precious");
        EXPECT_FALSE(std::filesystem::exists(elsewhere + "/inside"));
    };
    ASSERT_EQ(::symlink(elsewhere.c_str(), restored("folder").c_str()), 0);
    for (const Overwrite how : {Overwrite::never, Overwrite::changed, Overwrite::always}) {
        for (const bool dry_run : {true, false}) {
            options.overwrite = how;
            options.dry_run = dry_run;
            options.paths = {};
            expect_refused(part);
            options.paths = {source + "/folder/inside"};
            expect_refused(whole);
        }
    }
    ASSERT_EQ(::unlink(restored("folder").c_str()), 0);
    ASSERT_EQ(::mkfifo(restored("folder").c_str(), 0600), 0);
    EXPECT_EQ(restore(whole).failed, 2u);
    EXPECT_TRUE(std::filesystem::is_fifo(restored("folder")));
}

TEST_F(RestoreOverwrite, AFileThatMakesWayForAFolderIsNamed) {
    const Snapshot snapshot = backed_up();
    ASSERT_TRUE(std::filesystem::create_directories(restored()));
    write_file(restored("folder"), "a file");
    options.overwrite = Overwrite::changed;
    for (const bool dry_run : {true, false}) {
        options.dry_run = dry_run;
        const RestoreResult result = restore(snapshot);
        EXPECT_EQ(result.failed, 0u);
        EXPECT_THAT(result.warnings,
                    Contains(HasSubstr("1 file or link makes way for a folder, as --overwrite asks: " + restored("folder"))));
    }
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
    EXPECT_THAT(restore(snapshot).warnings, IsEmpty());
}

// Equal files that somebody joined to save room: a later write to one would alter the other.
TEST_F(RestoreOverwrite, FilesThatAreOneInodeOnlyInTheTargetDiffer) {
    for (const char* name : {"/one", "/two", "/group", "/team"}) write_file(source + name, "the same");
    const timespec times[2] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
    for (const char* name : {"/one", "/two", "/group", "/team"}) {
        ASSERT_EQ(::utimensat(AT_FDCWD, (source + name).c_str(), times, 0), 0);
    }
    ASSERT_EQ(::link((source + "/group").c_str(), (source + "/group too").c_str()), 0);
    ASSERT_EQ(::link((source + "/team").c_str(), (source + "/team too").c_str()), 0);
    const Snapshot snapshot = back_up();
    (void)restore(snapshot);
    const auto join = [&](const std::string& kept, const std::string& other) {
        ASSERT_EQ(::unlink(restored(other).c_str()), 0);
        ASSERT_EQ(::link(restored(kept).c_str(), restored(other).c_str()), 0);
    };
    join("one", "two");
    join("group", "team");
    join("group", "team too");
    const RestoreResult never = restore(snapshot);
    EXPECT_EQ(never.failed, 3u);
    EXPECT_THAT(never.warnings, Contains(HasSubstr("two is left as it is: it differs in being one inode with another file")));
    EXPECT_THAT(never.warnings, Contains(HasSubstr("team is left as it is: it differs in being one inode with another file")));
    options.overwrite = Overwrite::changed;
    EXPECT_EQ(restore(snapshot).failed, 0u);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
    EXPECT_EQ(restore(snapshot).skipped, 6u);
}

TEST_F(RestoreOverwrite, HolesThatWereFilledWithBytesAreADifference) {
    write_file(source + "/sparse", "");
    ASSERT_EQ(::truncate((source + "/sparse").c_str(), 1 << 20), 0);
    const Snapshot snapshot = back_up();
    (void)restore(snapshot);
    change_silently("sparse", std::string(1 << 20, '\0'));
    EXPECT_EQ(restore(snapshot).failed, 0u) << "zeros read as a hole does";
    std::string content(1 << 20, '\0');
    content[777'777] = 'x';
    change_silently("sparse", content);
    EXPECT_EQ(restore(snapshot).failed, 1u);
}

// Stops at the n-th report of progress.
class StoppingProgress final : public Progress {
public:
    StoppingProgress(StopFlag& stop, int after) : stop_(stop), left_(after) {}
    void update(const ProgressState&) override {
        if (--left_ == 0) stop_.request();
    }
    void warn(std::string_view) override {}

private:
    StopFlag& stop_;
    int left_;
};

TEST_F(RestoreOverwrite, AnInterruptedRestoreIsSimplyRunAgain) {
    for (int folder = 0; folder < 20; ++folder) {
        const std::string name = source + "/" + std::to_string(folder);
        ASSERT_EQ(::mkdir(name.c_str(), 0755), 0);
        for (int file = 0; file < 100; ++file)
            write_file(name + "/" + std::to_string(file), noise(500, unsigned(folder * 100 + file)));
    }
    write_file(source + "/large", noise(20'000'000, 7));
    const Snapshot snapshot = back_up();
    for (const int updates : {1, 2, 4, 6, 8}) {
        StopFlag stopped;
        StoppingProgress progress(stopped, updates);
        const auto result = restore_files(*repository, snapshot, *unlocked, options, progress, stopped);
        if (result.ok()) break;
        EXPECT_TRUE(fails_with(Code::interrupted, result));
        for (const auto& item : std::filesystem::recursive_directory_iterator(target)) {
            if (item.is_directory() || is_mark_name(item.path().filename())) continue;
            EXPECT_THAT(item.path().filename().string(), ::testing::Not(HasSubstr(".custody-restore-")));
        }
    }
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.failed, 0u);
    EXPECT_THAT(result.warnings, IsEmpty());
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

TEST_F(RestoreOverwrite, LeftoversOfADeadRestoreGoAndForeignOnesStay) {
    const Snapshot snapshot = backed_up();
    (void)restore(snapshot);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ASSERT_GT(child, 0);
    int status = 0;
    while (::waitpid(child, &status, 0) != child) {
    }
    const std::string dead = restored(".custody-restore-" + std::to_string(child) + "-0123456789abcdef-17");
    const std::string alive = restored(".custody-restore-" + std::to_string(::getppid()) + "-0123456789abcdef-17");
    const std::string not_ours = restored(".custody-restore-notes");
    for (const std::string& name : {dead, alive, not_ours}) write_file(name, "x");
    (void)restore(snapshot);
    EXPECT_NE(::access(dead.c_str(), F_OK), 0);
    EXPECT_EQ(::access(alive.c_str(), F_OK), 0);
    EXPECT_EQ(::access(not_ours.c_str(), F_OK), 0);
}

TEST_F(RestoreOverwrite, AFullTargetIsOneClearErrorAndNothingHalf) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to mount";
    write_file(source + "/large", noise(9'000'000, 3));
    const Snapshot snapshot = back_up();
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    if (const std::string why_not = try_mount("tmpfs", target, "size=4m"); !why_not.empty()) GTEST_SKIP() << why_not;
    const auto empty_target = try_restore(snapshot);
    EXPECT_TRUE(fails_with(Code::no_space, empty_target));
    if (!empty_target.ok()) {
        EXPECT_THAT(empty_target.error().message, HasSubstr("needs 8.6 MiB"));
    }
    write_file(target + "/something", "so that it is not empty");
    EXPECT_TRUE(fails_with(Code::no_space, try_restore(snapshot)));
    EXPECT_NE(::access(restored("large").c_str(), F_OK), 0);
    EXPECT_EQ(::umount(target.c_str()), 0);
}

// Every folder that could not be made is named, the empty ones too.
TEST_F(RestoreOverwrite, WhatLiesBelowAFileInPlaceOfAFolderIsEachNamed) {
    std::filesystem::create_directories(source + "/sub/empty/below");
    write_file(source + "/sub/file", "file");
    const Snapshot snapshot = back_up();
    std::filesystem::create_directories(restored());
    write_file(restored("sub"), "a file");
    for (const bool dry : {true, false}) {
        options.dry_run = dry;
        const RestoreResult result = restore(snapshot);
        EXPECT_EQ(result.failed, 4u);
        for (const char* name : {"sub/empty", "sub/empty/below", "sub/file"}) {
            EXPECT_THAT(result.warnings, Contains(restored(name) + " is not restored: its folder could not be made"));
        }
    }
}

// Names of one file that differs are left for what differs, and not for being other files than they are.
TEST_F(RestoreOverwrite, NamesOfOneFileThatDiffersAreLeftForTheSameReason) {
    const Snapshot snapshot = backed_up();
    (void)restore(snapshot);
    ASSERT_EQ(::chmod(restored("small").c_str(), 0600), 0);
    const RestoreResult one_file = restore(snapshot);
    EXPECT_EQ(one_file.failed, 2u);
    EXPECT_THAT(one_file.warnings, Contains(HasSubstr("small is left as it is: it differs in mode")));
    EXPECT_THAT(one_file.warnings, Contains(HasSubstr("small too is left as it is: it differs in mode")));
    ASSERT_EQ(::unlink(restored("small too").c_str()), 0);
    write_file(restored("small too"), "small");
    EXPECT_THAT(restore(snapshot).warnings, Contains(HasSubstr("small too is left as it is: it differs in being another inode")));
    ASSERT_EQ(::unlink(restored("small").c_str()), 0);
    ASSERT_EQ(::mkdir(restored("small").c_str(), 0755), 0);
    write_file(restored("small/in the way"), "");
    EXPECT_THAT(restore(snapshot).warnings, Contains(HasSubstr("small too is left as it is")));
}

// What the run refuses before it begins, the dry run refuses in the same words.
TEST_F(RestoreOverwrite, ADryRunRefusesWhatTheRunRefuses) {
    write_file(source + "/large", noise(9'000'000, 3));
    const Snapshot snapshot = back_up();
    const std::string disk = scratch / "disk";
    ASSERT_EQ(::mkdir(disk.c_str(), 0755), 0);
    if (const std::string why_not = try_mount("tmpfs", disk, "size=4m"); !why_not.empty()) GTEST_SKIP() << why_not;
    const auto both_refuse = [&](Code code) {
        options.dry_run = true;
        const auto promised = try_restore(snapshot);
        options.dry_run = false;
        const auto kept = try_restore(snapshot);
        EXPECT_TRUE(fails_with(code, promised));
        EXPECT_TRUE(fails_with(code, kept));
        if (promised.ok() || kept.ok()) return;
        EXPECT_EQ(promised.error().message, kept.error().message);
    };
    options.target = target = disk + "/absent/too";
    both_refuse(Code::no_space);  // the target is absent, and then empty
    both_refuse(Code::no_space);
    options.target = target = disk;
    ASSERT_EQ(::mkdir((disk + "/folder").c_str(), 0755), 0);
    write_file(disk + "/folder/something", "so that it is not empty");
    ASSERT_EQ(::mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    both_refuse(Code::read_only);  // a folder cannot be made
    options.target = target = disk + "/folder";
    options.strip_prefix = source;
    both_refuse(Code::read_only);  // a file cannot be made
    options.target = target = disk + "/nothing/there";
    both_refuse(Code::read_only);  // the target cannot be made
    EXPECT_EQ(::umount(disk.c_str()), 0);
}

// The file there is whole until the new one is: where only one of them fits, that is said.
TEST_F(RestoreOverwrite, OldAndNewHaveToFitSideBySideAndThatIsSaid) {
    write_file(source + "/large", noise(3'000'000, 3));
    const Snapshot snapshot = back_up();
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    if (const std::string why_not = try_mount("tmpfs", target, "size=4m"); !why_not.empty()) GTEST_SKIP() << why_not;
    (void)restore(snapshot);
    change_silently("large", noise(3'000'000, 4));
    options.overwrite = Overwrite::changed;
    const auto full = try_restore(snapshot);
    EXPECT_TRUE(fails_with(Code::no_space, full));
    if (!full.ok()) {
        EXPECT_THAT(full.error().message, HasSubstr("there has to be room for both"));
    }
    EXPECT_EQ(read_file_text(restored("large")), noise(3'000'000, 4));
    EXPECT_EQ(::umount(target.c_str()), 0);
}

}  // namespace
}  // namespace custody::test
