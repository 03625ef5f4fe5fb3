// What root makes in another user's folder: it is his, and is made nowhere that he could not write himself.
#include "base/file.h"

#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace custody {
namespace {

namespace fs = std::filesystem;
using test::fails_with;
using test::is_ok;

constexpr uid_t kUser = 47111;
constexpr gid_t kGroup = 47112;

class FolderOwnerTest : public testing::Test {
protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "needs root and a second user";
        for (const std::string& folder : {his_, roots_}) fs::create_directory(folder);
        ASSERT_EQ(::chown(his_.c_str(), kUser, kGroup), 0);
    }
    static struct stat look(const std::string& path) {
        struct stat found {};
        EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
        return found;
    }
    static bool is_his(const std::string& path) {
        const struct stat found = look(path);
        return found.st_uid == kUser && found.st_gid == kGroup;
    }
    static void link_of(uid_t owner, const std::string& target, const std::string& path) {
        fs::create_symlink(target, path);
        ASSERT_EQ(::lchown(path.c_str(), owner, owner), 0);
    }

    test::ScratchFolder scratch_{"folder-owner"};
    std::string his_ = scratch_ / "his", roots_ = scratch_ / "roots";
    FileSystem& files_ = posix_file_system();
};

TEST_F(FolderOwnerTest, WhatRootMakesInAUsersFolderIsHisAndRootStaysRoot) {
    std::vector<gid_t> before(64);
    before.resize(static_cast<std::size_t>(::getgroups(64, before.data())));
    ASSERT_TRUE(is_ok(make_directories(files_, his_ + "/a/b", 0700, Owner::folder)));
    ASSERT_TRUE(is_ok(files_.create_as_owner(his_ + "/a/b/file", 0600)));
    ASSERT_TRUE(is_ok(replace_file(files_, his_ + "/replaced", as_bytes("x"), 0640, Owner::folder)));
    for (const char* name : {"/a", "/a/b", "/a/b/file", "/replaced"}) EXPECT_TRUE(is_his(his_ + name)) << name;
    EXPECT_EQ(look(his_ + "/a/b/file").st_mode & 07777, 0600U);
    EXPECT_TRUE(fails_with(Code::exists, files_.create_as_owner(his_ + "/a/b/file", 0600)));
    EXPECT_TRUE(fails_with(Code::exists, files_.make_directory_as_owner(his_ + "/a/b", 0700)));

    EXPECT_EQ(::setfsuid(static_cast<uid_t>(-1)), 0);
    EXPECT_EQ(::setfsgid(static_cast<gid_t>(-1)), static_cast<int>(::getegid()));
    std::vector<gid_t> after(64);
    after.resize(static_cast<std::size_t>(::getgroups(64, after.data())));
    EXPECT_EQ(after, before);
    ASSERT_TRUE(is_ok(files_.create_as_owner(roots_ + "/file", 0600)));
    EXPECT_EQ(look(roots_ + "/file").st_uid, 0U);
    ASSERT_TRUE(is_ok(replace_file(files_, his_ + "/keys", as_bytes("x"), 0600)));
    EXPECT_EQ(look(his_ + "/keys").st_uid, 0U) << "nobody asked that it be his";
}

TEST_F(FolderOwnerTest, AUsersLinkToWhatIsNotHisIsNotFollowed) {
    link_of(kUser, roots_, his_ + "/link");
    EXPECT_TRUE(fails_with(Code::denied, files_.create_as_owner(his_ + "/link/file", 0600)));
    EXPECT_TRUE(fails_with(Code::denied, files_.make_directory_as_owner(his_ + "/link/folder", 0700)));
    EXPECT_TRUE(fs::is_empty(roots_));
    // Nor is what he owns moved there, and nothing there taken away.
    ASSERT_TRUE(is_ok(files_.create_as_owner(his_ + "/file", 0600)));
    EXPECT_TRUE(fails_with(Code::denied, files_.rename(his_ + "/file", his_ + "/link/file")));
    EXPECT_TRUE(fails_with(Code::denied, files_.rename_new(his_ + "/file", his_ + "/link/file")));
    EXPECT_TRUE(fs::is_empty(roots_));
    ASSERT_TRUE(is_ok(files_.create(roots_ + "/kept", 0600)));
    EXPECT_TRUE(fails_with(Code::denied, files_.remove(his_ + "/link/kept")));
    // And what root has there does not come to him.
    EXPECT_TRUE(fails_with(Code::denied, files_.rename(his_ + "/link/kept", his_ + "/taken")));
    EXPECT_TRUE(fails_with(Code::denied, files_.rename_new(his_ + "/link/kept", his_ + "/taken")));
    EXPECT_TRUE(fs::exists(roots_ + "/kept"));
    EXPECT_TRUE(is_ok(files_.rename_new(his_ + "/file", his_ + "/renamed")));
    EXPECT_TRUE(fails_with(Code::exists, files_.rename_new(his_ + "/renamed", roots_ + "/kept")));
    EXPECT_TRUE(is_ok(files_.remove(roots_ + "/kept")));
    EXPECT_TRUE(is_ok(files_.remove(his_ + "/renamed")));
    // Among what is his, and where root laid the link, it is as good as the folder.
    fs::create_directory(his_ + "/own");
    ASSERT_EQ(::chown((his_ + "/own").c_str(), kUser, kGroup), 0);
    link_of(kUser, "own", his_ + "/to-own");
    link_of(0, roots_, scratch_ / "to-roots");
    EXPECT_TRUE(is_ok(files_.create_as_owner(his_ + "/to-own/file", 0600)));
    EXPECT_TRUE(is_his(his_ + "/own/file"));
    EXPECT_TRUE(is_ok(files_.create_as_owner(scratch_ / "to-roots" + "/file", 0600)));
    link_of(kUser, "loop", his_ + "/loop");
    EXPECT_FALSE(files_.create_as_owner(his_ + "/loop/file", 0600).ok());
    EXPECT_TRUE(fails_with(Code::not_found, files_.create_as_owner(his_ + "/none/file", 0600)));
}

TEST_F(FolderOwnerTest, WhereTheUserMayNotWriteNothingIsLeft) {
    ASSERT_EQ(::chmod(his_.c_str(), 0500), 0);
    const auto refused = files_.create_as_owner(his_ + "/file", 0600);
    ASSERT_TRUE(fails_with(Code::denied, refused));
    EXPECT_NE(refused.error().message.find(std::to_string(kUser)), std::string::npos) << refused.error().message;
    EXPECT_TRUE(fails_with(Code::denied, files_.make_directory_as_owner(his_ + "/folder", 0700)));
    EXPECT_TRUE(fs::is_empty(his_));
}

// Its owner exchanges the folder and a link to root's, all the time.
TEST_F(FolderOwnerTest, AFolderExchangedForALinkWhileRootWorksLeadsNowhere) {
    const std::string folder = his_ + "/vault", link = his_ + "/link";
    fs::create_directory(folder);
    ASSERT_EQ(::chown(folder.c_str(), kUser, kGroup), 0);
    link_of(kUser, roots_, link);
    ASSERT_EQ(::chmod(roots_.c_str(), 0777), 0);  // not even where he could write: it is not his
    std::atomic<bool> stop{false};
    std::thread owner([&] {
        while (!stop) static_cast<void>(::renameat2(AT_FDCWD, folder.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE));
    });
    int made = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::string name = folder + "/" + std::to_string(i);
        made += files_.create_as_owner(name + "f", 0600).ok() ? 1 : 0;
        static_cast<void>(files_.rename(name + "f", name + "g"));
        made += files_.make_directory_as_owner(name + "d", 0700).ok() ? 1 : 0;
    }
    stop = true;
    owner.join();
    EXPECT_TRUE(fs::is_empty(roots_));
    EXPECT_EQ(look(roots_).st_uid, 0U);
    const std::string real = fs::is_symlink(folder) ? link : folder;
    int found = 0;
    for (const auto& item : fs::directory_iterator(real)) {
        EXPECT_TRUE(is_his(item.path())) << item.path();
        ++found;
    }
    EXPECT_EQ(found, made);
    EXPECT_GT(made, 0);
}

}  // namespace
}  // namespace custody
