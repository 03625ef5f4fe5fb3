// The judge is judged first: each kind of difference is made and must be seen.
#include "tests/support/tree_compare.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/scratch_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>

namespace custody::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TreeCompare : public ::testing::Test {
protected:
    TreeCompare() : left_(scratch_ / "left"), right_(scratch_ / "right") {
        for (const std::string& side : {left_, right_}) {
            EXPECT_EQ(::mkdir(side.c_str(), 0755), 0);
            write_file(side + "/file", "content");
            write_file(side + "/other", "content");
            EXPECT_EQ(::symlink("target", (side + "/link").c_str()), 0);
            const timespec times[2] = {{1'000'000, 5}, {1'000'000, 5}};
            for (const char* name : {"/file", "/other", "/link", "/"}) {
                EXPECT_EQ(::utimensat(AT_FDCWD, (side + name).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
            }
        }
    }
    void expect_seen(const std::string& words) { EXPECT_THAT(compare_trees(left_, right_), Contains(HasSubstr(words))); }

    ScratchFolder scratch_{"compare"};
    std::string left_, right_;
};

TEST_F(TreeCompare, FindsEqualTreesEqual) { EXPECT_THAT(compare_trees(left_, right_), IsEmpty()); }

TEST_F(TreeCompare, SeesBytes) {
    write_file(right_ + "/file", "contenT");
    expect_seen("has other bytes");
}
TEST_F(TreeCompare, SeesTimesToTheNanosecond) {
    const timespec times[2] = {{1'000'000, 6}, {1'000'000, 6}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (right_ + "/link").c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
    expect_seen("mtime");
}
TEST_F(TreeCompare, SeesModes) {
    ASSERT_EQ(::chmod((right_ + "/file").c_str(), 0645), 0);
    expect_seen("mode");
}
TEST_F(TreeCompare, SeesAttributes) {
    if (::setxattr((right_ + "/file").c_str(), "user.x", "y", 1, 0) != 0) GTEST_SKIP() << "no user attributes here";
    expect_seen("gained attribute user.x");
    ASSERT_EQ(::setxattr((left_ + "/file").c_str(), "user.x", "z", 1, 0), 0);
    expect_seen("has another value");
}
TEST_F(TreeCompare, SeesMissingAndAdditionalNames) {
    ASSERT_EQ(::rename((right_ + "/file").c_str(), (right_ + "/renamed").c_str()), 0);
    expect_seen("is missing on the right");
    expect_seen("is only on the right");
}
TEST_F(TreeCompare, SeesOtherTypes) {
    ASSERT_EQ(::unlink((right_ + "/file").c_str()), 0);
    ASSERT_EQ(::mkdir((right_ + "/file").c_str(), 0755), 0);
    expect_seen("type");
}
TEST_F(TreeCompare, SeesLinkTargets) {
    ASSERT_EQ(::unlink((right_ + "/link").c_str()), 0);
    ASSERT_EQ(::symlink("targeT", (right_ + "/link").c_str()), 0);
    expect_seen("points to something else");
}
TEST_F(TreeCompare, SeesBrokenAndInventedHardLinks) {
    ASSERT_EQ(::unlink((left_ + "/other").c_str()), 0);
    ASSERT_EQ(::link((left_ + "/file").c_str(), (left_ + "/other").c_str()), 0);
    expect_seen("is no hard link of");
    std::swap(left_, right_);
    expect_seen("became a hard link of");
}
TEST_F(TreeCompare, SeesFilledHoles) {
    const std::string sparse = left_ + "/sparse", full = right_ + "/sparse";
    write_file(full, std::string(1 << 20, '\0'));
    write_file(sparse, "");
    ASSERT_EQ(::truncate(sparse.c_str(), 1 << 20), 0);
    expect_seen("has other holes");
}
TEST_F(TreeCompare, ExoticTreeEqualsItselfAndDiffersFromAnother) {
    const std::string one = scratch_ / "one", two = scratch_ / "two";
    const auto omitted = make_exotic_tree(one);
    if (::geteuid() == 0) {
        EXPECT_THAT(omitted, IsEmpty());
    }
    EXPECT_THAT(compare_trees(one, one), IsEmpty());
    make_exotic_tree(two);
    for (const std::string& difference : compare_trees(one, two)) EXPECT_THAT(difference, HasSubstr("mtime"));
    EXPECT_TRUE(remove_tree(one));
}

}  // namespace
}  // namespace custody::test
