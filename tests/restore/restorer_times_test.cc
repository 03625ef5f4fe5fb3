// Times of files far from today, and before 1970: kept exactly where a file system can, and named where it cannot.
#include "restore/exporter.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/tree_compare.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>

namespace custody::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void set_time(const std::string& path, FileTime time) {
    const timespec times[2] = {{0, UTIME_OMIT}, to_timespec(time)};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0) << path;
    struct stat status = {};
    ASSERT_EQ(::lstat(path.c_str(), &status), 0);
    ASSERT_EQ(to_file_time(status.st_mtim), time) << path;
}

FileTime time_of(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return to_file_time(status.st_mtim);
}

const std::map<std::string, FileTime> kTimes = {
    {"the first", {INT64_MIN, 0}},
    {"44 before our era", {-63'549'360'000, 7}},
    {"1600", {-11'676'096'000, 0}},
    {"1677, where 64 bits of nanoseconds begin", {-9'223'372'037, 145'224'191}},
    {"half a second before 1970", {-1, 500'000'000}},
    {"a nanosecond before 1970", {-1, 999'999'999}},
    {"2300", {10'413'792'000, 1}},
    {"5000", {95'617'584'000, 123'456'789}},
    {"12345", {327'403'382'400, 0}},
    {"the last with a fraction", {INT64_MAX - 1, 999'999'999}},
    {"the last", {INT64_MAX, 0}},
};

// The source and, where the test says so, the target lie on a tmpfs, which holds every time there is.
class RestoreTimes : public ::testing::Test, protected RestoreFixture {
protected:
    void SetUp() override {
        struct statfs system = {};
        char made[] = "/dev/shm/custody-times-XXXXXX";
        if (::statfs("/dev/shm", &system) != 0 || system.f_type != TMPFS_MAGIC || ::mkdtemp(made) == nullptr)
            GTEST_SKIP() << "needs a tmpfs at /dev/shm";
        memory_ = made;
        source = memory_ + "/source";
        ASSERT_EQ(::mkdir(source.c_str(), 0755), 0);
    }
    void TearDown() override { EXPECT_TRUE(memory_.empty() || remove_tree(memory_)); }
    void restore_to(const std::string& folder) { options.target = target = folder; }

    std::string memory_;
};

TEST_F(RestoreTimes, ComeBackExactly) {
    for (const auto& [name, time] : kTimes) {
        const std::string path = source + "/" + name;
        ASSERT_EQ(::mkdir(path.c_str(), 0755), 0);
        write_file(path + "/file", name);
        ASSERT_EQ(::symlink("file", (path + "/link").c_str()), 0);
        for (const std::string& one : {path + "/file", path + "/link", path}) set_time(one, time);
    }
    restore_to(memory_ + "/target");
    (void)back_up();
    const Snapshot snapshot = back_up();  // as the host cache remembers it
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.failed, 0u);
    EXPECT_THAT(result.warnings, IsEmpty());
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
    for (const auto& [name, time] : kTimes) EXPECT_EQ(time_of(restored(name + "/file")), time) << name;
    const RestoreResult again = restore(snapshot);
    EXPECT_EQ(again.skipped, result.files);
    EXPECT_EQ(again.failed, 0u);
    EXPECT_THAT(again.warnings, IsEmpty());
}

// A file there whose time is far from the one in the snapshot differs, whatever the distance overflows.
TEST_F(RestoreTimes, AnotherTimeFarAwayIsADifference) {
    write_file(source + "/file", "content");
    set_time(source + "/file", {INT64_MIN, 0});
    restore_to(memory_ + "/target");
    const Snapshot snapshot = back_up();
    (void)restore(snapshot);
    set_time(restored("file"), {INT64_MAX, 0});
    const RestoreResult again = restore(snapshot);
    EXPECT_EQ(again.failed, 1u);
    EXPECT_THAT(again.warnings, Contains(HasSubstr("differs in time")));
    options.overwrite = Overwrite::changed;
    (void)restore(snapshot);
    EXPECT_EQ(time_of(restored("file")), (FileTime{INT64_MIN, 0}));
}

TEST_F(RestoreTimes, WhatTheTargetCannotHoldIsSaid) {
    std::string why_not;
    const auto ext4 = LoopFileSystem::make("ext4", LoopFileSystem::least_size("ext4"), why_not);
    if (!ext4) GTEST_SKIP() << why_not;
    for (const std::string name : {"1600", "2300", "5000", "half a second before 1970"}) {
        write_file(source + "/" + name, name);
        set_time(source + "/" + name, kTimes.at(name));
    }
    restore_to(ext4->path() + "/target");
    const Snapshot snapshot = back_up();
    const auto names_two = ElementsAre(AllOf(HasSubstr("2 items have a time"), HasSubstr(source + "/1600")));
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.failed, 0u);
    EXPECT_THAT(result.warnings, names_two);
    EXPECT_EQ(time_of(restored("1600")), (FileTime{-2'147'483'648, 0}));
    EXPECT_EQ(time_of(restored("5000")), (FileTime{15'032'385'535, 0}));
    EXPECT_EQ(time_of(restored("2300")), kTimes.at("2300"));
    EXPECT_EQ(time_of(restored("half a second before 1970")), kTimes.at("half a second before 1970"));
    // An interrupted restore is run again: what is as good as it can be counts as done, and is named again.
    const RestoreResult again = restore(snapshot);
    EXPECT_EQ(again.failed, 0u);
    EXPECT_EQ(again.skipped, 4u);
    EXPECT_THAT(again.warnings, names_two);
    // Any other time is a difference still.
    set_time(restored("1600"), {-2'147'483'647, 0});
    EXPECT_EQ(restore(snapshot).failed, 1u);
}

// What lies strictly between a second before 1970 and 1970 has no sign in libarchive's tar: named, and at most half a second off.
TEST_F(RestoreTimes, ATarSaysWhichTimesItCannotCarryAndKeepsThoseBefore) {
    const std::map<std::string, FileTime> times = {{"early", {-1, 250'000'000}},
                                                   {"late", {-1, 750'000'000}},
                                                   {"a second", {-1, 0}},
                                                   {"before that", {-2, 250'000'000}},
                                                   {"long before", {-100, 999'999'999}}};
    std::map<std::string, FileTime> expected = times;
    expected["early"] = {-1, 0};
    expected["late"] = {0, 0};
    for (const auto& [name, time] : times) {
        write_file(source + "/" + name, name);
        set_time(source + "/" + name, time);
    }
    const Snapshot snapshot = back_up();
    SilentProgress progress;
    const std::string tar = memory_ + "/all.tar";
    const auto exported = export_snapshot(*repository, snapshot, *unlocked, {}, tar, progress, stop);
    ASSERT_TRUE(is_ok(exported));
    EXPECT_THAT(exported->warnings, Contains(HasSubstr("2 items have a time in the last second before 1970")));
    EXPECT_THAT(exported->warnings, Contains(HasSubstr("(" + source + "/early, ")));
    restore_to(memory_ + "/target");
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    std::string output;
    ASSERT_TRUE(run_program({"tar", "-C", target, "-xpf", tar}, output)) << output;
    for (const auto& [name, time] : expected) EXPECT_EQ(time_of(restored(name)), time) << name;
    // bsdtar takes the fraction of a negative time for one that counts upwards; whole seconds are safe with it too.
    if (!run_program({"bsdtar", "--version"}, output)) return;
    restore_to(memory_ + "/by bsdtar");
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    ASSERT_TRUE(run_program({"bsdtar", "-C", target, "-xpf", tar}, output)) << output;
    for (const char* name : {"early", "late", "a second"}) EXPECT_EQ(time_of(restored(name)), expected.at(name)) << name;
}

TEST_F(RestoreTimes, AnArchiveKeepsThemOrSaysWhatItCannot) {
    for (const std::string name : {"1600", "2300", "5000"}) {
        write_file(source + "/" + name, name);
        set_time(source + "/" + name, kTimes.at(name));
    }
    const Snapshot snapshot = back_up();
    SilentProgress progress;
    const std::string tar = memory_ + "/all.tar", zip = memory_ + "/all.zip";
    ASSERT_TRUE(is_ok(export_snapshot(*repository, snapshot, *unlocked, {}, tar, progress, stop)));
    restore_to(memory_ + "/target");
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    std::string output;
    ASSERT_TRUE(run_program({"tar", "-C", target, "-xpf", tar}, output)) << output;
    for (const std::string name : {"1600", "2300", "5000"}) EXPECT_EQ(time_of(restored(name)), kTimes.at(name)) << name;
    const auto zipped = export_snapshot(*repository, snapshot, *unlocked, {}, zip, progress, stop);
    ASSERT_TRUE(is_ok(zipped));
    EXPECT_THAT(zipped->warnings, Contains(HasSubstr("3 items have a time before 1901 or after 2038")));
}

// ext4 of small inodes counts whole seconds. A restore that is run again there finds everything done.
TEST_F(RestoreTimes, AFileSystemThatCountsSecondsHoldsThemAsWellAsItCan) {
    const std::string image = memory_ + "/image";
    write_file(image, "");
    ASSERT_EQ(::truncate(image.c_str(), 20'000'000), 0);
    std::string why_not;
    if (!run_program({"mkfs.ext4", "-V"}, why_not)) GTEST_SKIP() << why_not;
    ASSERT_TRUE(run_program({"mkfs.ext4", "-q", "-F", "-I", "128", image}, why_not)) << why_not;
    const auto ext4 = LoopFileSystem::mount_copy("ext4", image, why_not);
    if (!ext4) GTEST_SKIP() << why_not;
    ASSERT_EQ(::mkdir((source + "/folder").c_str(), 0755), 0);
    write_file(source + "/folder/file", "file");
    ASSERT_EQ(::link((source + "/folder/file").c_str(), (source + "/folder/file too").c_str()), 0);
    ASSERT_EQ(::symlink("file", (source + "/folder/link").c_str()), 0);
    write_file(source + "/early", "early");
    for (const char* name : {"/folder/file", "/folder/link", "/folder"}) set_time(source + name, {1'700'000'000, 999'999'999});
    set_time(source + "/early", {-1, 250'000'000});
    set_time(source, {1'700'000'000, 0});
    restore_to(ext4->path() + "/target");
    options.strip_prefix = source;
    const Snapshot snapshot = back_up();
    const auto names_four = ElementsAre(HasSubstr("4 items have a time"));
    EXPECT_THAT(restore(snapshot).warnings, names_four);
    EXPECT_EQ(time_of(target + "/folder/file"), (FileTime{1'700'000'000, 0}));
    EXPECT_EQ(time_of(target + "/early"), (FileTime{-1, 0}));
    for (const Overwrite how : {Overwrite::never, Overwrite::changed}) {
        options.overwrite = how;
        const RestoreResult again = restore(snapshot);
        EXPECT_EQ(again.failed, 0u);
        EXPECT_EQ(again.skipped, 4u);
        EXPECT_THAT(again.warnings, ::testing::Each(HasSubstr("have a time")));
    }
    set_time(target + "/early", {5, 0});
    options.overwrite = Overwrite::never;
    EXPECT_THAT(restore(snapshot).warnings, Contains(HasSubstr("early is left as it is: it differs in time")));
}

// A driver in user space may set no time unless that of access is given with it, and call it a success.
TEST_F(RestoreTimes, AFileSystemThatSetsNoTimeAloneGetsItWithThatOfAccess) {
    std::string why_not;
    const auto exfat = LoopFileSystem::make("exfat-fuse", LoopFileSystem::least_size("exfat-fuse"), why_not);
    if (!exfat) GTEST_SKIP() << why_not;
    ASSERT_EQ(::mkdir((source + "/folder").c_str(), 0755), 0);
    write_file(source + "/folder/file", "content");
    write_file(source + "/exact", "content");
    set_time(source + "/exact", {1'500'000'000, 0});
    for (const char* name : {"/folder/file", "/folder"}) set_time(source + name, {1'500'000'001, 500'000'000});
    set_time(source, {1'500'000'000, 0});
    restore_to(exfat->path() + "/target");
    options.strip_prefix = source;
    const Snapshot snapshot = back_up();
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.failed, 0u);
    EXPECT_THAT(result.warnings, Contains(HasSubstr("2 items have a time")));
    EXPECT_EQ(time_of(target), (FileTime{1'500'000'000, 0}));
    EXPECT_EQ(time_of(target + "/exact"), (FileTime{1'500'000'000, 0}));
    for (const char* name : {"/folder", "/folder/file"}) EXPECT_EQ(time_of(target + name), (FileTime{1'500'000'001, 0})) << name;
    const RestoreResult again = restore(snapshot);
    EXPECT_EQ(again.failed, 0u);
    EXPECT_EQ(again.skipped, 2u);
    EXPECT_THAT(again.warnings, ElementsAre(HasSubstr("2 items have a time")));
}

// It refuses a FIFO and leaves a file under the name that it was to have.
TEST_F(RestoreTimes, AFileSystemThatRefusesAFifoKeepsNothingOfIt) {
    std::string why_not;
    const auto exfat = LoopFileSystem::make("exfat-fuse", LoopFileSystem::least_size("exfat-fuse"), why_not);
    if (!exfat) GTEST_SKIP() << why_not;
    write_file(source + "/file", "content");
    ASSERT_EQ(::mkfifo((source + "/fifo").c_str(), 0644), 0);
    restore_to(exfat->path() + "/target");
    options.strip_prefix = source;
    EXPECT_EQ(restore(back_up()).failed, 1u);
    std::vector<std::string> names;
    for (const auto& item : std::filesystem::directory_iterator(target)) names.push_back(item.path().filename());
    EXPECT_THAT(names, ElementsAre("file"));
}

// Where nanoseconds are counted a time without them is another time.
TEST_F(RestoreTimes, ATimeThatSomebodyCutIsADifference) {
    write_file(source + "/file", "content");
    set_time(source + "/file", {1'700'000'000, 123'456'789});
    restore_to(memory_ + "/target");
    const Snapshot snapshot = back_up();
    (void)restore(snapshot);
    for (const std::uint32_t cut : {0u, 123'000'000u, 123'456'000u}) {
        set_time(restored("file"), {1'700'000'000, cut});
        EXPECT_THAT(restore(snapshot).warnings, Contains(HasSubstr("differs in time"))) << cut;
    }
}

}  // namespace
}  // namespace custody::test
