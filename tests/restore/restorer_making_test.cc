// What a restore makes is what it opens and fills, though somebody else may rename beside it; and nobody reads it before it has
// its own attributes.
#include "restore/target_folders.h"
#include "restore/tree_writer.h"
#include "restore/unfinished_folder.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/tree_compare.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <utility>

namespace custody::test {
namespace {

// Called when a folder was just made: the moment that somebody else waits for.
std::function<void(int parent, const char* name)>& after_making() {
    static std::function<void(int, const char*)> hook;
    return hook;
}

}  // namespace
}  // namespace custody::test

// In place of the C library's, for all of this program.
extern "C" int mkdirat(int parent, const char* name, mode_t mode) noexcept {
    const auto result = static_cast<int>(::syscall(SYS_mkdirat, parent, name, mode));
    if (result == 0 && custody::test::after_making()) custody::test::after_making()(parent, name);
    return result;
}

namespace custody::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kAccessList = "system.posix_acl_access";
constexpr const char* kDefaultList = "system.posix_acl_default";
// user::rwx,user:1033:rwx,group::r-x,mask::rwx,other::r-x as the kernel keeps it.
constexpr std::array<unsigned char, 44> kForeignList = {2, 0, 0,   0,   1,   0,   7,  0, 255, 255, 255, 255, 2,   0,  7,
                                                        0, 9, 4,   0,   0,   4,   0,  5, 0,   255, 255, 255, 255, 16, 0,
                                                        7, 0, 255, 255, 255, 255, 32, 0, 5,   0,   255, 255, 255, 255};

bool put_list(const std::string& path, const char* kind) {
    return ::setxattr(path.c_str(), kind, kForeignList.data(), kForeignList.size(), 0) == 0;
}

mode_t made_mode(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
}

bool is_empty(const std::string& folder) {
    return std::filesystem::directory_iterator(folder) == end(std::filesystem::directory_iterator());
}

class RestoreMaking : public ::testing::Test, protected RestoreFixture {
protected:
    RestoreMaking() {
        for (const std::string& folder : {planted_, outside_}) EXPECT_EQ(::mkdir(folder.c_str(), 0777), 0);
    }
    ~RestoreMaking() override { after_making() = nullptr; }

    Snapshot backed_up() {
        std::filesystem::create_directories(source + "/folder/below");
        write_file(source + "/folder/file", "content");
        write_file(source + "/folder/below/file", "content");
        return back_up();
    }
    // Once, in the place of the first folder that `is_it`.
    void plant(std::function<bool(const std::string& name)> is_it) {
        after_making() = [this, is_it = std::move(is_it)](int parent, const char* name) {
            if (!is_it(name)) return;
            EXPECT_EQ(::renameat2(parent, name, AT_FDCWD, planted_.c_str(), RENAME_EXCHANGE), 0);
            after_making() = nullptr;
        };
    }

    std::string planted_ = scratch / "planted", outside_ = scratch / "outside";
};

bool is_temporary(const std::string& name) { return name.starts_with(".custody-restore-"); }

TEST_F(RestoreMaking, AnothersFolderInItsPlaceIsNotTakenForIt) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to plant somebody else's folder";
    const Snapshot snapshot = backed_up();
    std::filesystem::create_directories(restored());
    ASSERT_EQ(::chown(planted_.c_str(), 65534, 65534), 0);
    plant(is_temporary);
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.failed, 4u);
    EXPECT_THAT(result.warnings, Contains(HasSubstr("the folder " + restored("folder") + " was replaced by another")));
    EXPECT_FALSE(std::filesystem::exists(restored("folder")));
    for (const auto& item : std::filesystem::directory_iterator(restored())) EXPECT_TRUE(is_empty(item.path())) << item.path();
    EXPECT_EQ(restore(snapshot).failed, 0u);
    EXPECT_EQ(read_file_text(restored("folder/below/file")), "content");
}

TEST_F(RestoreMaking, AnothersFolderBelowANewOneIsNotTakenForIt) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to plant somebody else's folder";
    const Snapshot snapshot = backed_up();
    ASSERT_EQ(::chown(planted_.c_str(), 65534, 65534), 0);
    plant([](const std::string& name) { return name == "below"; });
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.failed, 2u);
    EXPECT_THAT(result.warnings, Contains(HasSubstr(restored("folder/below") + " was replaced by another")));
    EXPECT_TRUE(is_empty(restored("folder/below")));
}

TEST_F(RestoreMaking, AFullFolderInItsPlaceIsNotTakenForIt) {
    const Snapshot snapshot = backed_up();
    std::filesystem::create_directories(restored());
    write_file(planted_ + "/of somebody", "");
    plant(is_temporary);
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.failed, 4u);
    EXPECT_THAT(result.warnings, Contains(HasSubstr("was replaced by another")));
}

// This user's own, which somebody moved there because its lists let him in.
TEST_F(RestoreMaking, AnEmptyFolderOfOnesOwnInItsPlaceKeepsNothingOfItsOwn) {
    const Snapshot snapshot = backed_up();
    std::filesystem::create_directories(restored());
    if (!put_list(planted_, kAccessList) || !put_list(planted_, kDefaultList)) GTEST_SKIP() << "no ACLs here";
    EXPECT_EQ(::setxattr(planted_.c_str(), "user.of-somebody", "x", 1, 0), 0);
    plant(is_temporary);
    EXPECT_EQ(restore(snapshot).failed, 0u);
    EXPECT_THAT(compare_trees(source, restored(), {.top_attributes = false}), IsEmpty());
}

TEST_F(RestoreMaking, AnEmptyFolderOfOnesOwnBelowANewOneKeepsNoLists) {
    const Snapshot snapshot = backed_up();
    if (!put_list(planted_, kAccessList) || !put_list(planted_, kDefaultList)) GTEST_SKIP() << "no ACLs here";
    plant([](const std::string& name) { return name == "below"; });
    EXPECT_EQ(restore(snapshot).failed, 0u);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

TEST_F(RestoreMaking, OnlyWhatWasMadeIsOpenedUnderItsName) {
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    const auto folders = TargetFolders::open(target);
    ASSERT_TRUE(is_ok(folders));
    ASSERT_EQ(::mkdir((target + "/made").c_str(), 0700), 0);
    struct stat made = {};
    ASSERT_EQ(::stat((target + "/made").c_str(), &made), 0);
    const FolderId folder = (*folders)->add(kTargetFolder, "made", FolderState::made);
    (*folders)->expect(folder, made.st_dev, made.st_ino);
    ASSERT_EQ(::renameat2(AT_FDCWD, (target + "/made").c_str(), AT_FDCWD, planted_.c_str(), RENAME_EXCHANGE), 0);
    EXPECT_TRUE(fails_with(Code::io, (*folders)->open(folder)));
    ASSERT_EQ(::renameat2(AT_FDCWD, (target + "/made").c_str(), AT_FDCWD, planted_.c_str(), RENAME_EXCHANGE), 0);
    EXPECT_TRUE(is_ok((*folders)->open(folder)));
}

// A server that takes root for nobody, a mount whose every file is one user's.
TEST_F(RestoreMaking, WhomAFolderBelongsToIsForItsFileSystemToSay) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to make files that are another's";
    ASSERT_EQ(::chmod(outside_.c_str(), 0777), 0);
    ASSERT_EQ(::chmod(scratch.path().c_str(), 0755), 0);
    const Fd parent(::open(outside_.c_str(), O_PATH | O_DIRECTORY));
    (void)::setfsuid(65534);
    const MadeFolder marked = make_unfinished_folder(parent.get(), "temporary", "marked", 0700, "snapshot");
    const MadeFolder plain = make_plain_folder(parent.get(), "plain", 0700, "snapshot");
    (void)::setfsuid(0);
    EXPECT_EQ(marked.reason, 0) << reason_of(marked.reason);
    EXPECT_EQ(plain.reason, 0) << reason_of(plain.reason);
    EXPECT_FALSE(is_empty(outside_ + "/marked"));
    EXPECT_TRUE(is_empty(outside_ + "/plain"));
    EXPECT_FALSE(std::filesystem::exists(outside_ + "/temporary"));
}

// The mask of a list stands in the group bits of a mode; made with that mode the file were its group's to read.
TEST_F(RestoreMaking, AFileIsNobodyElsesToReadUntilItHasItsOwnAttributes) {
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    const bool has_lists = put_list(target, kDefaultList);
    const auto folders = TargetFolders::open(target);
    ASSERT_TRUE(is_ok(folders));
    Shortfalls shortfalls;
    TreeWriter writer(**folders, Overwrite::never, powers_on((*folders)->root_descriptor()), shortfalls);
    writer.enter_target("snapshot", false);
    Entry entry;
    entry.name = "file";
    entry.attributes.mode = 0664;
    entry.attributes.uid = ::geteuid();
    entry.attributes.gid = ::getegid();
    const Placement place{kTargetFolder, &entry, false, false};
    auto file = writer.begin_file(place, false);
    ASSERT_TRUE(is_ok(file));
    EXPECT_EQ(made_mode(target + "/" + file->temporary_name), 0600u);
    ASSERT_TRUE(is_ok(writer.finish_file(*file, place)));
    EXPECT_EQ(made_mode(target + "/file"), 0664u);
    if (has_lists) {
        EXPECT_LT(::getxattr((target + "/file").c_str(), kAccessList, nullptr, 0), 0);
    }
}

// A folder of somebody else's, who gives it a default list when the restore has looked at it.
TEST_F(RestoreMaking, AListThatAnothersFolderGivesLaterDoesNotStay) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to give the target away";
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    ASSERT_EQ(::chown(target.c_str(), 65534, 65534), 0);
    const auto folders = TargetFolders::open(target);
    ASSERT_TRUE(is_ok(folders));
    Shortfalls shortfalls;
    TreeWriter writer(**folders, Overwrite::never, powers_on((*folders)->root_descriptor()), shortfalls);
    writer.enter_target("snapshot", false);
    if (!put_list(target, kDefaultList)) GTEST_SKIP() << "no ACLs here";
    Entry entry;
    entry.name = "file";
    entry.attributes.mode = 0664;
    ASSERT_TRUE(is_ok(writer.write_file({kTargetFolder, &entry, false, false}, {})));
    EXPECT_EQ(made_mode(target + "/file"), 0664u);
    EXPECT_LT(::getxattr((target + "/file").c_str(), kAccessList, nullptr, 0), 0);
}

TEST_F(RestoreMaking, ATargetThatAppearsMeanwhileIsNotFollowed) {
    const std::string deep = target + "/a/b";
    for (const std::string& wanted : {target, deep}) {
        for (const bool is_link : {true, false}) {
            const auto folders = TargetFolders::open(wanted);
            ASSERT_TRUE(is_ok(folders));
            ASSERT_EQ(is_link ? ::symlink(outside_.c_str(), target.c_str()) : ::mkdir(target.c_str(), 0777), 0);
            const Status made = (*folders)->make_absent("snapshot");
            ASSERT_FALSE(made.ok());
            EXPECT_EQ(made.error().code, Code::exists);
            EXPECT_THAT(made.error().message, HasSubstr(target + " appeared meanwhile"));
            ASSERT_TRUE(std::filesystem::remove(target));  // a link, or a folder with nothing in it
            EXPECT_TRUE(is_empty(outside_));
        }
    }
    const auto folders = TargetFolders::open(deep);
    ASSERT_TRUE(is_ok(folders));
    ASSERT_TRUE(is_ok((*folders)->make_absent("snapshot")));
    EXPECT_TRUE(std::filesystem::is_directory(deep));
}

// A link in the place of the target, or of a folder above it, as soon as that was made.
TEST_F(RestoreMaking, ATargetThatIsReplacedAsSoonAsItIsMadeIsNotFollowed) {
    for (const std::string& wanted : {target, target + "/a"}) {
        const auto folders = TargetFolders::open(wanted);
        ASSERT_TRUE(is_ok(folders));
        after_making() = [&](int parent, const char* name) {
            after_making() = nullptr;
            ASSERT_EQ(::renameat(parent, name, AT_FDCWD, (scratch / "moved").c_str()), 0);
            ASSERT_EQ(::symlinkat(outside_.c_str(), parent, name), 0);
        };
        EXPECT_TRUE(fails_with(Code::exists, (*folders)->make_absent("snapshot")));
        EXPECT_TRUE(is_empty(outside_));
        ASSERT_TRUE(remove_tree(scratch / "moved"));
        (void)::unlink(target.c_str());
    }
}

class AppendOnly {
public:
    explicit AppendOnly(std::string folder) : folder_(std::move(folder)), is_set_(set(FS_APPEND_FL)) {}
    ~AppendOnly() { set(0); }
    [[nodiscard]] bool is_set() const { return is_set_; }

private:
    bool set(unsigned wanted) {
        const int opened = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY);
        unsigned flags = 0;
        bool is_done = opened >= 0 && ::ioctl(opened, FS_IOC_GETFLAGS, &flags) == 0;
        flags = (flags & ~static_cast<unsigned>(FS_APPEND_FL)) | wanted;
        is_done = is_done && ::ioctl(opened, FS_IOC_SETFLAGS, &flags) == 0;
        ::close(opened);
        return is_done;
    }
    std::string folder_;
    bool is_set_;
};

TEST_F(RestoreMaking, ATargetBelowAnAppendOnlyFolderLeavesNothingThatCannotGo) {
    const Snapshot snapshot = backed_up();
    const AppendOnly above(outside_);
    if (!above.is_set()) GTEST_SKIP() << "file flags cannot be set here";
    options.target = target = outside_ + "/target";
    EXPECT_EQ(restore(snapshot).failed, 0u);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
    for (const auto& item : std::filesystem::directory_iterator(outside_)) EXPECT_EQ(item.path(), target);
}

}  // namespace
}  // namespace custody::test
