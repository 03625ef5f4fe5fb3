// Immutable and append-only flags on what a restore has to replace, and on the folders it lies in.
#include "restore/unfinished_folder.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/failing_call.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/tree_compare.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
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

constexpr int kProtection = FS_IMMUTABLE_FL | FS_APPEND_FL;

int open_quickly(const std::string& path) { return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW); }

int flags_of(const std::string& path) {
    const int fd = open_quickly(path);
    int flags = 0;
    if (fd < 0 || ::ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) flags = -1;
    ::close(fd);
    return flags < 0 ? flags : flags & kProtection;
}

bool set_protection(const std::string& path, int wanted) {
    const int fd = open_quickly(path);
    int flags = 0;
    bool done = fd >= 0 && ::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
    flags = (flags & ~kProtection) | wanted;
    done = done && ::ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
    ::close(fd);
    return done;
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
    void TearDown() override {  // or nothing of it could be removed
        (void)set_protection(scratch.path(), 0);
        for (auto at = std::filesystem::recursive_directory_iterator(scratch.path()); at != decltype(at)(); ++at) {
            if (at->is_regular_file() || at->is_directory()) (void)set_protection(at->path(), 0);
        }
    }
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

// The first of its names is there and must not be touched: the second is linked to it all the same.
TEST_F(RestoreProtection, AFurtherNameOfAFlaggedFileIsLinkedNotCopied) {
    for (const int flag : {FS_IMMUTABLE_FL, FS_APPEND_FL}) {
        ASSERT_TRUE(set_protection(source + "/one", flag));
        const Snapshot flagged = back_up();
        for (const Overwrite how : {Overwrite::never, Overwrite::changed}) {
            options.overwrite = how;
            options.paths = {source + "/one"};
            EXPECT_EQ(restore(flagged).failed, 0u);
            ASSERT_EQ(flags_of(restored("one")), flag);
            options.paths = {};
            const RestoreResult result = restore(flagged);
            EXPECT_EQ(result.failed, 0u);
            EXPECT_THAT(result.warnings, IsEmpty());
            EXPECT_TRUE(std::filesystem::equivalent(restored("one"), restored("two")));
            EXPECT_EQ(flags_of(restored("two")), flag);
            EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
            TearDown();
            ASSERT_TRUE(remove_tree(target));
            ASSERT_TRUE(set_protection(source + "/one", flag));  // what TearDown took away
            ASSERT_TRUE(set_protection(source + "/flagged", FS_APPEND_FL));
            ASSERT_TRUE(set_protection(source + "/folder/below", FS_IMMUTABLE_FL));
        }
        ASSERT_TRUE(set_protection(source + "/one", 0));
    }
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
    const int folder = open_quickly(restored());
    EXPECT_EQ(mark_unfinished(folder, snapshot.id.hex()), 0);
    ::close(folder);
    EXPECT_THAT(restore(snapshot).warnings, IsEmpty());
    EXPECT_EQ(flags_of(restored("flagged")), FS_APPEND_FL);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
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
