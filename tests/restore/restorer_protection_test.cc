// Immutable and append-only flags on what a restore has to replace, and on the folders it lies in.
#include "restore/unfinished_folder.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/failing_call.h"
#include "tests/support/file_flags.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/tree_compare.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>

namespace custody::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// When something of it other than its content last changed, its flags among them.
std::int64_t changed_at(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec;
}

class RestoreProtection : public ::testing::Test, protected RestoreFixture {
protected:
    void SetUp() override {
        write_file(scratch / "probe", "");
        if (!set_protection(scratch / "probe", FS_IMMUTABLE_FL)) GTEST_SKIP() << "file flags cannot be set here";
        std::filesystem::create_directories(source + "/folder/below");
        write_file(source + "/plain", "plain");
        write_file(source + "/flagged", "flagged");
        write_file(source + "/one", "linked");
        ASSERT_EQ(::link((source + "/one").c_str(), (source + "/two").c_str()), 0);
        write_file(source + "/folder/below/inside", noise(600'000, 1));
        ASSERT_TRUE(set_protection(source + "/flagged", FS_APPEND_FL));
        ASSERT_TRUE(set_protection(source + "/folder/below", FS_IMMUTABLE_FL));
        snapshot = back_up();
    }
    void TearDown() override { clear_protection_below(scratch.path()); }  // or nothing of it could be removed
    // Everything that was restored differs, and says that it must not be touched.
    void protect_what_was_restored() {
        ASSERT_TRUE(set_protection(restored("folder/below"), 0));
        ASSERT_TRUE(set_protection(restored("flagged"), 0));
        for (const char* name : {"plain", "flagged", "one", "folder/below/inside"}) write_file(restored(name), "differs");
        ASSERT_EQ(::unlink(restored("two").c_str()), 0);
        write_file(restored("two"), "differs too");
        ASSERT_TRUE(set_protection(restored("plain"), FS_IMMUTABLE_FL));
        ASSERT_TRUE(set_protection(restored("flagged"), FS_APPEND_FL));
        ASSERT_TRUE(set_protection(restored("one"), FS_IMMUTABLE_FL));
        ASSERT_TRUE(set_protection(restored("two"), FS_IMMUTABLE_FL | FS_APPEND_FL));
        ASSERT_TRUE(set_protection(restored("folder/below"), FS_IMMUTABLE_FL));
        ASSERT_TRUE(set_protection(restored("folder"), FS_APPEND_FL));
        ASSERT_TRUE(set_protection(restored(), FS_IMMUTABLE_FL));
        // Folders above what was backed up, and the target itself: not the snapshot's to change.
        ASSERT_TRUE(set_protection(parent(), FS_IMMUTABLE_FL));
        ASSERT_TRUE(set_protection(target, FS_APPEND_FL));
    }
    [[nodiscard]] std::string parent() const { return std::filesystem::path(restored()).parent_path(); }
    // Of a snapshot in which both names have the flag. Begins anew.
    void restore_only_the_first_name(int flag) {
        options.overwrite = Overwrite::never;
        options.dry_run = false;
        TearDown();
        ASSERT_TRUE(remove_tree(target));
        ASSERT_TRUE(set_protection(source + "/one", flag));
        ASSERT_TRUE(set_protection(source + "/flagged", FS_APPEND_FL));
        ASSERT_TRUE(set_protection(source + "/folder/below", FS_IMMUTABLE_FL));
        snapshot = back_up();
        options.paths = {source + "/one"};
        EXPECT_EQ(restore(snapshot).failed, 0u);
        ASSERT_EQ(flags_of(restored("one")), flag);
        options.paths = {};
    }
    // As a restore marks a folder that it made, until it is finished.
    void mark(const std::string& path) {
        const int folder = open_quickly(path);
        EXPECT_EQ(mark_unfinished(folder, snapshot.id.hex()), 0);
        ::close(folder);
    }
    [[nodiscard]] bool is_marked(const std::string& path) const {
        const int folder = open_quickly(path);
        const std::string name = mark_name(folder, snapshot.id.hex());
        ::close(folder);
        return std::filesystem::exists(path + "/" + name);
    }

    Snapshot snapshot;
};

TEST_F(RestoreProtection, OverwritingLiftsTheFlagsAndPutsThoseOfTheSnapshot) {
    EXPECT_EQ(restore(snapshot).failed, 0u);
    for (const Overwrite how : {Overwrite::always, Overwrite::changed}) {
        protect_what_was_restored();
        options.overwrite = how;
        const RestoreResult result = restore(snapshot);
        EXPECT_EQ(result.failed, 0u);
        EXPECT_THAT(result.warnings, IsEmpty());
        EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
        EXPECT_EQ(flags_of(restored("plain")), 0);
        EXPECT_EQ(flags_of(restored("one")), 0);
        EXPECT_EQ(flags_of(restored("flagged")), FS_APPEND_FL);
        EXPECT_EQ(flags_of(restored("folder")), 0);
        EXPECT_EQ(flags_of(restored("folder/below")), FS_IMMUTABLE_FL);
        EXPECT_EQ(flags_of(parent()), FS_IMMUTABLE_FL) << "not backed up as a whole: as it was";
        EXPECT_EQ(flags_of(target), FS_APPEND_FL);
        ASSERT_TRUE(set_protection(parent(), 0));
        ASSERT_TRUE(set_protection(target, 0));
    }
}

TEST_F(RestoreProtection, ARunThatEndsEarlyPutsBackWhatItLifted) {
    EXPECT_EQ(restore(snapshot).failed, 0u);
    protect_what_was_restored();
    options.overwrite = Overwrite::always;
    stop.request();
    EXPECT_TRUE(fails_with(Code::interrupted, try_restore(snapshot)));
    EXPECT_EQ(flags_of(target), FS_APPEND_FL);
    EXPECT_EQ(flags_of(parent()), FS_IMMUTABLE_FL);
}

TEST_F(RestoreProtection, WithoutOverwritingTheFlagThatForbidsItIsNamed) {
    EXPECT_EQ(restore(snapshot).failed, 0u);
    ASSERT_EQ(::unlink(restored("plain").c_str()), 0);
    ASSERT_TRUE(set_protection(restored(), FS_IMMUTABLE_FL));
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.failed, 1u);
    EXPECT_THAT(result.warnings,
                Contains(HasSubstr(
                    "its folder carries the immutable or append-only flag; restore as root with --overwrite changed or always")));
    EXPECT_THAT(result.warnings, Contains(HasSubstr(restored("plain"))));
    EXPECT_FALSE(std::filesystem::exists(restored("plain")));
}

// What has its name there once keeps it: nothing may be begun under another.
TEST_F(RestoreProtection, NothingIsLeftInAnAppendOnlyFolder) {
    for (const char* name : {"/folder/file", "/folder/first"}) write_file(source + name, "content");
    ASSERT_EQ(::link((source + "/folder/first").c_str(), (source + "/folder/second").c_str()), 0);
    ASSERT_EQ(::symlink("nowhere", (source + "/folder/symlink").c_str()), 0);
    ASSERT_TRUE(set_protection(source + "/folder", FS_APPEND_FL));
    snapshot = back_up();
    EXPECT_EQ(restore(snapshot).failed, 0u);
    ASSERT_TRUE(set_protection(restored("folder"), 0));
    for (const char* name : {"file", "second", "symlink"})
        ASSERT_EQ(::unlink(restored("folder/" + std::string(name)).c_str()), 0);
    ASSERT_TRUE(set_protection(restored("folder"), FS_APPEND_FL));
    const auto untouched = changed_at(restored("folder"));
    for (const bool dry_run : {true, false}) {
        options.dry_run = dry_run;
        const RestoreResult result = restore(snapshot);
        EXPECT_EQ(result.failed, 3u);
        for (const char* name : {"file", "second", "symlink"}) {
            EXPECT_THAT(result.warnings,
                        Contains(HasSubstr(restored("folder/" + std::string(name)) + ": its folder carries the")));
        }
    }
    EXPECT_EQ(changed_at(restored("folder")), untouched);
    options.overwrite = Overwrite::changed;
    EXPECT_THAT(restore(snapshot).warnings, IsEmpty());
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

// Its time moved by what came into it. Lifting its flag to set that again could cost it the flag.
TEST_F(RestoreProtection, WithoutOverwritingAFolderIsNotLiftedForItsTime) {
    ASSERT_TRUE(set_protection(source + "/folder", FS_APPEND_FL));
    snapshot = back_up();
    EXPECT_EQ(restore(snapshot).failed, 0u);
    for (const char* name : {"folder/below", "folder"}) ASSERT_TRUE(set_protection(restored(name), 0));
    ASSERT_TRUE(remove_tree(restored("folder/below")));
    struct stat status = {};
    ASSERT_EQ(::lstat((source + "/folder").c_str(), &status), 0);
    const timespec times[2] = {status.st_mtim, status.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, restored("folder").c_str(), times, 0), 0);
    ASSERT_TRUE(set_protection(restored("folder"), FS_APPEND_FL));
    EXPECT_THAT(restore(snapshot).warnings, Contains(HasSubstr("did not get its time back (" + restored("folder") + ": ")));
    EXPECT_EQ(flags_of(restored("folder")), FS_APPEND_FL);
}

// The first of its names is there and identical: its flags are lifted for as long as it gets another.
TEST_F(RestoreProtection, AFurtherNameOfAFlaggedFileIsLinkedNotCopied) {
    for (const int flag : {FS_IMMUTABLE_FL, FS_APPEND_FL}) {
        ASSERT_NO_FATAL_FAILURE(restore_only_the_first_name(flag));
        options.overwrite = Overwrite::changed;
        const RestoreResult result = restore(snapshot);
        EXPECT_EQ(result.failed, 0u);
        EXPECT_THAT(result.warnings, IsEmpty());
        EXPECT_TRUE(std::filesystem::equivalent(restored("one"), restored("two")));
        EXPECT_EQ(flags_of(restored("two")), flag);
        EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
    }
}

// A run that is killed between lifting and putting back would cost a file that nobody wanted overwritten its flag.
TEST_F(RestoreProtection, WithoutOverwritingAFlaggedFileGetsNoFurtherName) {
    for (const int flag : {FS_IMMUTABLE_FL, FS_APPEND_FL}) {
        ASSERT_NO_FATAL_FAILURE(restore_only_the_first_name(flag));
        const auto untouched = changed_at(restored("one"));
        for (const bool dry_run : {true, false}) {
            options.dry_run = dry_run;
            const RestoreResult result = restore(snapshot);
            EXPECT_EQ(result.failed, 1u);
            EXPECT_THAT(result.warnings, Contains(HasSubstr(restored("two") + " a further name of " + restored("one") +
                                                            ", which carries the immutable or append-only flag")));
        }
        EXPECT_FALSE(std::filesystem::exists(restored("two")));
        EXPECT_EQ(flags_of(restored("one")), flag);
        EXPECT_EQ(changed_at(restored("one")), untouched) << "flags that are lifted and put back leave this trace";
    }
}

// Killed there, the next run sees the mark and gives the file its flags.
TEST_F(RestoreProtection, InAnUnfinishedFolderAFlaggedFileGetsItsFurtherName) {
    ASSERT_NO_FATAL_FAILURE(restore_only_the_first_name(FS_IMMUTABLE_FL));
    mark(restored());
    for (const bool dry_run : {true, false}) {
        options.dry_run = dry_run;
        EXPECT_EQ(restore(snapshot).failed, 0u);
    }
    EXPECT_TRUE(std::filesystem::equivalent(restored("one"), restored("two")));
    EXPECT_EQ(flags_of(restored("two")), FS_IMMUTABLE_FL);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

// The flags of a file wait until it has all its names: where a further name becomes a copy, neither goes without.
TEST_F(RestoreProtection, NamesThatBecameCopiesAllHaveTheirFlags) {
    ASSERT_TRUE(set_protection(source + "/one", FS_IMMUTABLE_FL));
    const Snapshot flagged = back_up();
    const bool full = with_failing_call(SYS_linkat, EMLINK, [&] { EXPECT_EQ(restore(flagged).failed, 1u); });
    if (!full) GTEST_SKIP() << "this kernel was built without seccomp filters";
    EXPECT_FALSE(std::filesystem::equivalent(restored("one"), restored("two")));
    for (const char* name : {"one", "two"}) EXPECT_EQ(flags_of(restored(name)), FS_IMMUTABLE_FL) << name;
}

// A file of the target may have a further name that the snapshot knows nothing of.
TEST_F(RestoreProtection, AnotherNameOfWhatIsReplacedKeepsItsFlags) {
    EXPECT_EQ(restore(snapshot).failed, 0u);
    const std::string other = restored("other name");
    for (const int flag : {FS_IMMUTABLE_FL, FS_APPEND_FL}) {
        for (const Overwrite how : {Overwrite::changed, Overwrite::always}) {
            write_file(restored("plain"), "evidence");
            ASSERT_EQ(::link(restored("plain").c_str(), other.c_str()), 0);
            ASSERT_TRUE(set_protection(other, flag));
            options.overwrite = how;
            EXPECT_EQ(restore(snapshot).failed, 0u);
            EXPECT_EQ(read_file_text(restored("plain")), "plain");
            EXPECT_EQ(flags_of(restored("plain")), 0);
            EXPECT_EQ(read_file_text(other), "evidence");
            EXPECT_EQ(flags_of(other), flag);
            ASSERT_TRUE(set_protection(other, 0));
            ASSERT_EQ(::unlink(other.c_str()), 0);
        }
    }
}

TEST_F(RestoreProtection, AnotherNameOfAFileThatMakesWayForAFolderKeepsItsFlags) {
    EXPECT_EQ(restore(snapshot).failed, 0u);
    const std::string other = restored("other name");
    ASSERT_TRUE(set_protection(restored("folder/below"), 0));
    ASSERT_TRUE(remove_tree(restored("folder")));
    write_file(restored("folder"), "evidence");
    ASSERT_EQ(::link(restored("folder").c_str(), other.c_str()), 0);
    ASSERT_TRUE(set_protection(other, FS_IMMUTABLE_FL));
    options.overwrite = Overwrite::changed;
    EXPECT_EQ(restore(snapshot).failed, 0u);
    EXPECT_TRUE(std::filesystem::is_directory(restored("folder/below")));
    EXPECT_EQ(flags_of(other), FS_IMMUTABLE_FL);
}

// The flags were in the way first, then what is in it: left as it was altogether.
TEST_F(RestoreProtection, WhatCouldNotBeReplacedHasItsFlagsBack) {
    EXPECT_EQ(restore(snapshot).failed, 0u);
    ASSERT_EQ(::unlink(restored("plain").c_str()), 0);
    std::filesystem::create_directories(restored("plain/of the user"));
    ASSERT_TRUE(set_protection(restored("plain"), FS_IMMUTABLE_FL));
    options.overwrite = Overwrite::changed;
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.failed, 1u);
    EXPECT_THAT(result.warnings, Contains(HasSubstr("a folder that is not empty is in its place")));
    EXPECT_EQ(flags_of(restored("plain")), FS_IMMUTABLE_FL);
}

TEST_F(RestoreProtection, WithoutOverwritingNothingThatIsThereGetsFlags) {
    ASSERT_TRUE(set_protection(source + "/one", FS_IMMUTABLE_FL));
    const Snapshot flagged = back_up();
    EXPECT_EQ(restore(flagged).failed, 0u);
    const auto kept = HasSubstr("2 files that were there keep their own file flags, first " + restored());
    for (const char* name : {"flagged", "one"}) ASSERT_TRUE(set_protection(restored(name), 0));
    for (const bool dry_run : {true, false}) {
        options.dry_run = dry_run;
        const RestoreResult result = restore(flagged);
        EXPECT_EQ(result.failed, 0u);
        EXPECT_THAT(result.warnings, Contains(kept));
        for (const char* name : {"flagged", "one"}) EXPECT_EQ(flags_of(restored(name)), 0) << name;
    }
    options.overwrite = Overwrite::changed;
    EXPECT_THAT(restore(flagged).warnings, IsEmpty());
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

// What lies in a folder that an interrupted restore made is its own: it may have ended just before the flags.
TEST_F(RestoreProtection, WhatAnInterruptedRestoreMadeGetsItsFlags) {
    EXPECT_EQ(restore(snapshot).failed, 0u);
    ASSERT_TRUE(set_protection(restored("flagged"), 0));
    mark(restored());
    EXPECT_THAT(restore(snapshot).warnings, IsEmpty());
    EXPECT_EQ(flags_of(restored("flagged")), FS_APPEND_FL);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

// Its mark goes while its flags are lifted; they are the user's, who set them meanwhile.
TEST_F(RestoreProtection, AnUnfinishedTargetWithAFlagIsFinished) {
    for (const int flag : {FS_IMMUTABLE_FL, FS_APPEND_FL}) {
        for (const Overwrite how : {Overwrite::changed, Overwrite::always}) {
            EXPECT_EQ(restore(snapshot).failed, 0u);
            mark(target);
            ASSERT_TRUE(set_protection(target, flag));
            options.overwrite = Overwrite::never;
            const RestoreResult refused = restore(snapshot);
            EXPECT_EQ(refused.failed, 1u);
            EXPECT_THAT(refused.warnings,
                        Contains(HasSubstr(target + ": it carries the immutable or append-only flag; restore as root")));
            EXPECT_TRUE(is_marked(target));
            EXPECT_EQ(flags_of(target), flag);
            options.overwrite = how;
            const RestoreResult result = restore(snapshot);
            EXPECT_EQ(result.failed, 0u);
            EXPECT_THAT(result.warnings, IsEmpty());
            EXPECT_FALSE(is_marked(target));
            EXPECT_EQ(flags_of(target), flag) << "no folder of the snapshot: as it was";
            ASSERT_TRUE(set_protection(target, 0));
        }
    }
}

TEST_F(RestoreProtection, AnUnfinishedFolderThatHasAFlagInTheSnapshotIsFinished) {
    for (const Overwrite how : {Overwrite::never, Overwrite::changed, Overwrite::always}) {
        options.overwrite = how;
        EXPECT_EQ(restore(snapshot).failed, 0u);
        for (const int flag : {0, FS_IMMUTABLE_FL}) {
            ASSERT_TRUE(set_protection(restored("folder/below"), 0));
            mark(restored("folder/below"));
            ASSERT_TRUE(set_protection(restored("folder/below"), flag));
            EXPECT_THAT(restore(snapshot).warnings, IsEmpty());
            EXPECT_FALSE(is_marked(restored("folder/below")));
            EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
        }
    }
}

TEST_F(RestoreProtection, ADryRunLeavesEveryFlag) {
    EXPECT_EQ(restore(snapshot).failed, 0u);
    protect_what_was_restored();
    options.overwrite = Overwrite::always;
    options.dry_run = true;
    EXPECT_EQ(restore(snapshot).failed, 0u);
    EXPECT_EQ(flags_of(restored()), FS_IMMUTABLE_FL);
    EXPECT_EQ(flags_of(target), FS_APPEND_FL);
    EXPECT_EQ(flags_of(restored("plain")), FS_IMMUTABLE_FL);
}

// Not about flags, but about what is named.
TEST_F(RestoreProtection, APrefixThatDoesNotFitIsNamedWhole) {
    const auto message_of = [&](const std::vector<std::string>& paths, const std::string& prefix) {
        options.paths = paths;
        options.strip_prefix = prefix;
        const auto result = try_restore(snapshot);
        EXPECT_FALSE(result.ok());
        return result.ok() ? std::string() : result.error().message;
    };
    const std::string prefix = source + "/folder/below";
    EXPECT_THAT(message_of({source + "/plain"}, prefix), HasSubstr(source + "/plain does not lie below the prefix " + prefix));
    EXPECT_THAT(message_of({}, prefix), HasSubstr("does not lie below the prefix " + prefix + ":"));
    EXPECT_THAT(message_of({}, source + "/nowhere/deep"), HasSubstr("has no " + source + "/nowhere/deep"));
    EXPECT_THAT(message_of({source + "/plain"}, source + "/plain/deep"), HasSubstr("prefix " + source + "/plain/deep"));
}

}  // namespace
}  // namespace custody::test
