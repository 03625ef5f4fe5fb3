// What a user's rights leave of a walk.
#include "tests/vault/sources/file_tree_fixture.h"

#include <unistd.h>

namespace custody {
namespace {

TEST_F(FileTreeTest, AnUnreadableFolderIsNamedAndTheWalkGoesOn) {
    folder("closed");
    file("z");
    ASSERT_EQ(::chmod((top / "closed").c_str(), 0), 0);
    if (::geteuid() == 0 && ::seteuid(65534) != 0) GTEST_SKIP() << "cannot drop privileges";
    const auto walked = walk(options);
    EXPECT_EQ(walked->unreadable.at(top / "closed").code, Code::denied);
    EXPECT_TRUE(walked->open(top / "closed").ok());  // its attributes can still be had
    EXPECT_TRUE(walked->items.contains(top / "z"));
    if (::getuid() == 0) {
        ASSERT_EQ(::seteuid(0), 0);
    }
}

TEST_F(FileTreeTest, WhatWasNamedBelowAFolderThatCannotBeListedIsTaken) {
    folder("passed");
    folder("passed/named");
    file("passed/named/file");
    file("passed/other");
    file("z");
    ASSERT_EQ(::chmod(top.path().c_str(), 0755), 0);
    ASSERT_EQ(::chmod((top / "passed").c_str(), 0311), 0);
    if (::geteuid() == 0 && ::seteuid(65534) != 0) GTEST_SKIP() << "cannot drop privileges";
    options.paths.push_back(top / "passed/named");
    const auto walked = walk(options);
    options.excludes = {"passed"};
    const auto behind_exclude = walk(options);
    (void)::seteuid(0);
    ASSERT_TRUE(walked->unreadable.contains(top / "passed"));
    EXPECT_EQ(walked->unreadable.at(top / "passed").code, Code::denied);
    EXPECT_TRUE(walked->items.contains(top / "passed/named/file"));
    EXPECT_FALSE(walked->items.contains(top / "passed/other"));
    EXPECT_TRUE(walked->items.contains(top / "z"));
    EXPECT_TRUE(behind_exclude->unreadable.empty()) << "nobody asked for the rest of it";
    EXPECT_TRUE(behind_exclude->items.contains(top / "passed/named/file"));
}

TEST_F(FileTreeTest, NothingThatCanBeReadIsRefusedAndSomethingIsEnough) {
    folder("closed");
    folder("passed");
    folder("passed/open");
    file("passed/open/file", "x");
    file("secret", "x");
    ASSERT_EQ(::chmod(top.path().c_str(), 0755), 0);
    ASSERT_EQ(::chmod((top / "closed").c_str(), 0), 0);
    ASSERT_EQ(::chmod((top / "secret").c_str(), 0), 0);
    ASSERT_EQ(::chmod((top / "passed").c_str(), 0711), 0);
    if (::geteuid() == 0 && ::seteuid(65534) != 0) GTEST_SKIP() << "cannot drop privileges";
    FileTreeNotes notes;
    options.paths = {top / "closed", top / "closed/below", top / "secret"};
    const auto refused = open_file_tree(options, notes);
    options.paths.push_back(top / "passed/open");
    const auto some = walk(options);
    (void)::seteuid(0);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::denied);
    for (const char* name : {"closed", "closed/below", "secret"}) {
        EXPECT_NE(refused.error().message.find(top / name), std::string::npos) << refused.error().message;
    }
    EXPECT_TRUE(some->items.contains(top / "passed/open/file")) << "a folder that cannot be listed, only passed, is no hindrance";
}

}  // namespace
}  // namespace custody
