// What could not be brought back of an item: a warning where nobody could, a failure where something real kept it away.
#include "tests/support/exotic_tree.h"
#include "tests/support/failing_call.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/try_mount.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>

namespace custody::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Hearer final : public Progress {
public:
    void update(const ProgressState&) override {}
    void warn(std::string_view line) override { lines.emplace_back(line); }
    std::vector<std::string> lines;
};

// False: the file system has none.
bool set_attribute(const std::string& path, const char* name) {
    if (::setxattr(path.c_str(), name, "x", 1, 0) == 0) return true;
    EXPECT_EQ(errno, EOPNOTSUPP) << path << " " << name;
    return false;
}

class RestoreShortfalls : public RestoreFixture, public ::testing::Test {
protected:
    Result<RestoreResult> hear(const Snapshot& snapshot) {
        return restore_files(*repository, snapshot, *unlocked, options, hearer, stop);
    }
    Hearer hearer;
};

TEST_F(RestoreShortfalls, AttributesThatFoundNoRoomAreFailures) {
    for (const char* name : {"/a", "/b"}) {
        write_file(source + name, "content");
        for (const char* xattr : {"user.one", "user.two"}) {
            if (!set_attribute(source + name, xattr)) GTEST_SKIP() << "the scratch file system has no user attributes";
        }
    }
    write_file(source + "/c", "content");
    const Snapshot snapshot = back_up();
    std::optional<Result<RestoreResult>> result;
    if (!with_failing_call(SYS_fsetxattr, ENOSPC, [&] { result = hear(snapshot); }))
        GTEST_SKIP() << "this kernel was built without seccomp filters";
    ASSERT_TRUE(is_ok(*result));
    EXPECT_EQ((*result)->failed, 2u);  // items, not attributes
    EXPECT_EQ((*result)->files, 3u);
    const auto names = [&](const std::string& name) {
        return AllOf(HasSubstr(restored(name)), HasSubstr("No space left on device"), HasSubstr("extended attributes"));
    };
    EXPECT_THAT((*result)->warnings, ::testing::UnorderedElementsAre(names("a"), names("b")));
    EXPECT_THAT(hearer.lines, ::testing::UnorderedElementsAreArray((*result)->warnings));
    EXPECT_EQ(read_file_text(restored("a")), "content");
    options.overwrite = Overwrite::changed;
    EXPECT_EQ(restore(snapshot).failed, 0u);
    char value = 0;
    EXPECT_EQ(::getxattr(restored("b").c_str(), "user.two", &value, 1), 1);
}

TEST_F(RestoreShortfalls, AttributesThatAFileSystemHasNoPlaceForAreNone) {
    write_file(source + "/a", "content");
    if (!set_attribute(source + "/a", "user.one")) GTEST_SKIP() << "the scratch file system has no user attributes";
    const Snapshot snapshot = back_up();
    for (const int reason : {EOPNOTSUPP, EPERM}) {
        std::optional<Result<RestoreResult>> result;
        options.target = target + std::to_string(reason);
        if (!with_failing_call(SYS_fsetxattr, reason, [&] { result = hear(snapshot); }))
            GTEST_SKIP() << "this kernel was built without seccomp filters";
        ASSERT_TRUE(is_ok(*result));
        EXPECT_EQ((*result)->failed, 0u);
        EXPECT_THAT((*result)->warnings, ElementsAre(HasSubstr("1 user attribute could not be set (on ")));
    }
}

TEST_F(RestoreShortfalls, LinksThatRanOutAreFailuresAndLinksThatThereAreNoneOfAreNot) {
    write_file(source + "/a", "content");
    ASSERT_EQ(::link((source + "/a").c_str(), (source + "/b").c_str()), 0);
    const Snapshot snapshot = back_up();
    const auto restore_with = [&](int reason) {
        std::optional<Result<RestoreResult>> result;
        options.target = target + std::to_string(reason);
        if (!with_failing_call(SYS_linkat, reason, [&] { result = hear(snapshot); })) return std::optional<RestoreResult>();
        EXPECT_TRUE(is_ok(*result));
        EXPECT_EQ(read_file_text(options.target + source + "/b"), "content");
        return std::optional(result->ok() ? **result : RestoreResult{});
    };
    const std::optional<RestoreResult> full = restore_with(EMLINK);
    if (!full) GTEST_SKIP() << "this kernel was built without seccomp filters";
    EXPECT_EQ(full->failed, 1u);
    EXPECT_THAT(full->warnings, ElementsAre(AllOf(HasSubstr(source + "/b became a separate copy"), HasSubstr("Too many links"))));
    const std::optional<RestoreResult> none = restore_with(EPERM);
    ASSERT_TRUE(none.has_value());
    EXPECT_EQ(none->failed, 0u);
    EXPECT_THAT(none->warnings, ElementsAre(AllOf(HasSubstr("1 hard link became a separate copy"), HasSubstr("not permitted"))));
}

TEST_F(RestoreShortfalls, EveryFailureIsToldAndTheResultNamesTheFirstThousand) {
    constexpr std::size_t kFiles = 1500;
    for (std::size_t i = 0; i < kFiles; ++i) write_file(source + "/file" + std::to_string(i), "old");
    const Snapshot snapshot = back_up();
    (void)restore(snapshot);
    for (std::size_t i = 0; i < kFiles; ++i) write_file(restored("file" + std::to_string(i)), "newer");
    const auto result = hear(snapshot);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->failed, kFiles);
    EXPECT_EQ(result->unnamed, 500u);
    EXPECT_EQ(std::count_if(hearer.lines.begin(), hearer.lines.end(),
                            [](const std::string& line) { return line.find("is left as it is") != std::string::npos; }),
              static_cast<std::ptrdiff_t>(kFiles));
    EXPECT_THAT(result->warnings, Not(Contains(HasSubstr("more"))));
}

TEST_F(RestoreShortfalls, AFullFolderInTheWayIsNotSaidToBeReplaceable) {
    write_file(source + "/a", "content");
    const Snapshot snapshot = back_up();
    (void)restore(snapshot);
    ASSERT_EQ(::unlink(restored("a").c_str()), 0);
    ASSERT_EQ(::mkdir(restored("a").c_str(), 0755), 0);
    const auto empty = hear(snapshot);
    ASSERT_TRUE(is_ok(empty));
    EXPECT_THAT(empty->warnings, Contains(HasSubstr("--overwrite changed replaces it")));
    write_file(restored("a") + "/in it", "");
    const auto full = hear(snapshot);
    ASSERT_TRUE(is_ok(full));
    EXPECT_EQ(full->failed, 1u);
    EXPECT_THAT(full->warnings, Contains(HasSubstr("a folder that is not empty is in its place")));
    EXPECT_THAT(full->warnings, Not(Contains(HasSubstr("replaces it"))));
}

TEST_F(RestoreShortfalls, AFileSystemThatTellsNoSizesIsNotFull) {
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    if (const std::string why_not = try_mount("ramfs", target); !why_not.empty()) GTEST_SKIP() << why_not;
    write_file(source + "/a", "content");
    const auto result = hear(back_up());
    const std::string came_back = read_file_text(restored("a"));
    EXPECT_EQ(::umount(target.c_str()), 0);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(came_back, "content");
}

// The group bits of a mode are the list's mask where there is one, and would be the owning group's rights where there is none.
TEST_F(RestoreShortfalls, NobodyGetsMoreWhereAccessListsHaveNoPlace) {
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    if (const std::string why_not = try_mount("ramfs", target); !why_not.empty()) GTEST_SKIP() << why_not;
    write_file(source + "/a", "content");
    ASSERT_EQ(::chmod((source + "/a").c_str(), 0600), 0);
    constexpr std::uint32_t kNoUser = 0xffffffff;
    struct ListEntry {
        std::uint16_t tag, permissions;
        std::uint32_t id;
    };
    Bytes list;
    ByteWriter out(list);
    out.u32(2);
    for (const ListEntry& one : std::initializer_list<ListEntry>{
             {0x01, 6, kNoUser}, {0x02, 6, 1000}, {0x04, 0, kNoUser}, {0x10, 6, kNoUser}, {0x20, 0, kNoUser}}) {
        out.u16(one.tag);
        out.u16(one.permissions);
        out.u32(one.id);
    }
    const int set = ::setxattr((source + "/a").c_str(), "system.posix_acl_access", list.data(), list.size(), 0);
    const int reason = errno;
    if (set != 0) {
        EXPECT_EQ(::umount(target.c_str()), 0);
    }
    if (set != 0 && reason == EOPNOTSUPP) GTEST_SKIP() << "the folder of the tests has no access lists";
    ASSERT_EQ(set, 0) << std::strerror(reason);
    const Snapshot snapshot = back_up();
    const auto first = hear(snapshot), again = hear(snapshot);
    struct stat status = {};
    EXPECT_EQ(::stat(restored("a").c_str(), &status), 0);
    const int widened = ::chmod(restored("a").c_str(), 0660);
    const auto wide = hear(snapshot);
    EXPECT_EQ(::umount(target.c_str()), 0);
    ASSERT_TRUE(is_ok(first));
    EXPECT_THAT(first->warnings, Contains(HasSubstr("1 access control list could not be set")));
    EXPECT_EQ(status.st_mode & 07777, 0600u);
    ASSERT_TRUE(is_ok(again));
    EXPECT_EQ(again->skipped, 1u) << "it is as whole as it can be there";
    EXPECT_EQ(widened, 0);
    ASSERT_TRUE(is_ok(wide));
    EXPECT_EQ(wide->failed, 1u) << "its mode differs";
}

// ext4 keeps all attributes of a file in one block. What is more is said, is no failure, and the file counts as done.
TEST_F(RestoreShortfalls, AttributesThatAreMoreThanAFileMayHaveThereAreNone) {
    std::string why_not;
    const auto ext4 = LoopFileSystem::make("ext4", LoopFileSystem::least_size("ext4"), why_not);
    if (!ext4) GTEST_SKIP() << why_not;
    const auto xfs = LoopFileSystem::make("xfs", LoopFileSystem::least_size("xfs"), why_not);
    if (!xfs) GTEST_SKIP() << why_not;
    source = xfs->path() + "/source";
    ASSERT_EQ(::mkdir(source.c_str(), 0755), 0);
    ASSERT_EQ(::mkdir((source + "/folder").c_str(), 0755), 0);
    write_file(source + "/file", "content");
    const std::string large(12'000, 'x');
    for (const char* name : {"/folder", "/file"}) {
        ASSERT_EQ(::setxattr((source + name).c_str(), "user.large", large.data(), large.size(), 0), 0);
        ASSERT_TRUE(set_attribute(source + name, "user.small"));
    }
    const Snapshot snapshot = back_up();
    options.target = target = ext4->path() + "/target";
    options.strip_prefix = source;
    bool is_again = false;
    for (const Overwrite how : {Overwrite::never, Overwrite::never, Overwrite::changed}) {
        options.overwrite = how;
        const auto result = hear(snapshot);
        ASSERT_TRUE(is_ok(result));
        EXPECT_EQ(result->failed, 0u);
        EXPECT_EQ(result->skipped, is_again ? 1u : 0u);
        is_again = true;
        EXPECT_THAT(result->warnings, Contains(HasSubstr("more extended attributes than the file system there can hold")));
        char value = 0;
        EXPECT_EQ(::getxattr((target + "/file").c_str(), "user.small", &value, 1), 1);
    }
    // One that has a place there is missed.
    ASSERT_EQ(::removexattr((target + "/file").c_str(), "user.small"), 0);
    options.overwrite = Overwrite::never;
    EXPECT_EQ(restore(snapshot).failed, 1u);
}

// What stands there in place of a link is as good as it can be, and is done when the restore is run again.
TEST_F(RestoreShortfalls, CopiesWhereThereAreNoHardLinksAreDone) {
    std::string why_not;
    const auto exfat = LoopFileSystem::make("exfat-fuse", LoopFileSystem::least_size("exfat-fuse"), why_not);
    if (!exfat) GTEST_SKIP() << why_not;
    write_file(source + "/a", "content");
    ASSERT_EQ(::link((source + "/a").c_str(), (source + "/b").c_str()), 0);
    const Snapshot snapshot = back_up();
    options.target = target = exfat->path() + "/target";
    options.strip_prefix = source;
    EXPECT_THAT(restore(snapshot).warnings, Contains(HasSubstr("1 hard link became a separate copy")));
    for (const Overwrite how : {Overwrite::never, Overwrite::changed}) {
        options.overwrite = how;
        const RestoreResult again = restore(snapshot);
        EXPECT_EQ(again.failed, 0u);
        EXPECT_EQ(again.skipped, 2u);
        EXPECT_THAT(again.warnings, Contains(HasSubstr("1 hard link became a separate copy")));
    }
    write_file(target + "/b", "another");
    options.overwrite = Overwrite::never;
    EXPECT_THAT(restore(snapshot).warnings, Contains(HasSubstr("b is left as it is")));
}

}  // namespace
}  // namespace custody::test
