// What comes back is what was there, as an independent comparer sees it; as root and as an ordinary user.
#include "tests/support/exotic_tree.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/tree_compare.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace custody::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RestoreExactness : public ::testing::Test, protected RestoreFixture {};

TEST_F(RestoreExactness, EverythingExoticComesBack) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to make all of it";
    make_exotic_tree(source + "/tree");
    const Snapshot snapshot = back_up();
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.failed, 0u);
    EXPECT_THAT(result.warnings, IsEmpty());
    EXPECT_EQ(result.files, snapshot.summary.files);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

TEST_F(RestoreExactness, ParentsOfABackedUpPathHaveTheirAttributes) {
    ASSERT_EQ(::mkdir((source + "/parent").c_str(), 0700), 0);
    ASSERT_EQ(::mkdir((source + "/parent/chosen").c_str(), 0755), 0);
    write_file(source + "/parent/chosen/file", "content");
    write_file(source + "/parent/not chosen", "content");
    ASSERT_EQ(::chmod((source + "/parent").c_str(), 0711), 0);
    const Snapshot snapshot = back_up({source + "/parent/chosen"});
    (void)restore(snapshot);
    struct stat status = {};
    ASSERT_EQ(::stat(restored("parent").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0711u);
    EXPECT_THAT(compare_trees(source + "/parent/chosen", restored("parent/chosen")), IsEmpty());
    EXPECT_NE(::access(restored("parent/not chosen").c_str(), F_OK), 0);
}

TEST_F(RestoreExactness, ExistingParentsAreLeftUntouched) {
    ASSERT_EQ(::mkdir((source + "/parent").c_str(), 0700), 0);
    write_file(source + "/parent/file", "content");
    const Snapshot snapshot = back_up({source + "/parent/file"});
    std::string made = target;
    ASSERT_EQ(::mkdir(made.c_str(), 0755), 0);
    for (std::size_t slash = 0; slash != std::string::npos;) {
        slash = source.find('/', slash + 1);
        made = target + source.substr(0, slash);
        ASSERT_EQ(::mkdir(made.c_str(), 0751), 0);
    }
    ASSERT_EQ(::mkdir(restored("parent").c_str(), 0750), 0);
    (void)restore(snapshot);
    struct stat status = {};
    ASSERT_EQ(::stat(restored("parent").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0750u);
    EXPECT_EQ(read_file_text(restored("parent/file")), "content");
}

// A default ACL, or flags that are handed down, on the target must not rub off on what is restored into it.
TEST_F(RestoreExactness, TheTargetsOwnInheritanceDoesNotRubOff) {
    write_file(source + "/file", "content");
    ASSERT_EQ(::mkdir((source + "/folder").c_str(), 0755), 0);
    write_file(source + "/folder/file", "content");
    ASSERT_EQ(::symlink("file", (source + "/link").c_str()), 0);
    const Snapshot snapshot = back_up();
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    const unsigned char acl[] = {2, 0, 0,   0,   1,   0,   7,  0, 255, 255, 255, 255, 2,   0,   7,  0, 9, 4, 0,   0,   4,   0,
                                 5, 0, 255, 255, 255, 255, 16, 0, 7,   0,   255, 255, 255, 255, 32, 0, 5, 0, 255, 255, 255, 255};
    if (::setxattr(target.c_str(), "system.posix_acl_default", acl, sizeof acl, 0) != 0) GTEST_SKIP() << "no ACLs here";
    (void)restore(snapshot);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

// Runs in a child that is nobody: gtest cannot carry its failures over, so it reports through its exit code and lines.
void restore_as_nobody(RestoreFixture& fixture, const Snapshot& snapshot, int output) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(3);
    const auto result = fixture.try_restore(snapshot);
    if (!result.ok()) {
        ::dprintf(output, "error: %s\n", result.error().message.c_str());
        ::_exit(2);
    }
    for (const std::string& warning : result->warnings) ::dprintf(output, "%s\n", warning.c_str());
    ::dprintf(output, "failed %llu\n", static_cast<unsigned long long>(result->failed));
    ::_exit(0);
}

TEST_F(RestoreExactness, AnOrdinaryUserGetsWhatHeMayAndIsToldTheRest) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
    make_exotic_tree(source + "/tree", {.immutable_flags = false, .deep_paths = true});
    const Snapshot snapshot = back_up();
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    ASSERT_EQ(::chown(target.c_str(), 65534, 65534), 0);
    ASSERT_EQ(::system(("chmod -R a+rX '" + vault + "' '" + scratch.path() + "/keyring'").c_str()), 0);
    int lines[2];
    ASSERT_EQ(::pipe(lines), 0);
    const pid_t child = ::fork();
    if (child == 0) restore_as_nobody(*this, snapshot, lines[1]);
    ::close(lines[1]);
    std::string said;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(lines[0], buffer, sizeof buffer)) > 0;)
        said.append(buffer, static_cast<std::size_t>(got));
    ::close(lines[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << said;
    EXPECT_THAT(said, HasSubstr("did not get their owner back"));
    EXPECT_THAT(said, HasSubstr("setuid or setgid bit"));
    EXPECT_THAT(said, HasSubstr("trusted attributes could not be set"));
    EXPECT_THAT(said, HasSubstr("failed 3\n"));  // the three device nodes
    EXPECT_THAT(said, HasSubstr("special/null"));
    CompareOptions same;
    same.owners = same.privileged_xattrs = same.flags = same.device_nodes = same.setid_bits = false;
    EXPECT_THAT(compare_trees(source, restored(), same), IsEmpty());
}

// What belongs to one kind of file system is told as that, and is no difference when the restore is run again.
TEST_F(RestoreExactness, AttributesOfOneKindOfFileSystemAreNamedElsewhere) {
    std::string why_not;
    const auto btrfs = LoopFileSystem::make("btrfs", LoopFileSystem::least_size("btrfs"), why_not);
    if (btrfs == nullptr) GTEST_SKIP() << why_not;
    const std::string file = btrfs->path() + "/packed";
    write_file(file, "packed");
    ASSERT_EQ(::setxattr(file.c_str(), "btrfs.compression", "zstd", 4, 0), 0) << std::strerror(errno);
    const Snapshot snapshot = back_up({file});
    EXPECT_THAT(restore(snapshot).warnings,
                Contains(HasSubstr("1 attribute that only some file systems know could not be set (on " + target + file)));
    const RestoreResult again = restore(snapshot);
    EXPECT_EQ(again.skipped, 1u);
    EXPECT_EQ(again.failed, 0u);
}

TEST_F(RestoreExactness, ManyFilesOverManyBatches) {
    for (int folder = 0; folder < 30; ++folder) {
        const std::string name = source + "/" + std::to_string(folder);
        ASSERT_EQ(::mkdir(name.c_str(), 0755), 0);
        for (int file = 0; file < 100; ++file)
            write_file(name + "/" + std::to_string(file), noise(50u + unsigned(file), unsigned(folder)));
    }
    const RestoreResult result = restore(back_up());
    EXPECT_EQ(result.files, 3000u);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

TEST_F(RestoreExactness, ChosenPathsComeBackAlone) {
    for (const char* name : {"a", "b", "c"}) {
        ASSERT_EQ(::mkdir((source + "/" + name).c_str(), 0755), 0);
        write_file(source + "/" + name + "/file", name);
    }
    const Snapshot snapshot = back_up();
    options.paths = {source + "/a/", source.substr(1) + "/c/file"};
    const RestoreResult result = restore(snapshot);
    EXPECT_EQ(result.files, 2u);
    EXPECT_EQ(read_file_text(restored("a/file")), "a");
    EXPECT_EQ(read_file_text(restored("c/file")), "c");
    EXPECT_NE(::access(restored("b").c_str(), F_OK), 0);
}

TEST_F(RestoreExactness, APrefixIsStripped) {
    ASSERT_EQ(::mkdir((source + "/a").c_str(), 0755), 0);
    write_file(source + "/a/file", "a");
    const Snapshot snapshot = back_up();
    options.strip_prefix = source;
    (void)restore(snapshot);
    EXPECT_EQ(read_file_text(target + "/a/file"), "a");
}

TEST_F(RestoreExactness, TheTargetGetsTheAttributesOfTheStrippedPrefixIfTheRestoreMadeIt) {
    ASSERT_EQ(::mkdir((source + "/a").c_str(), 0755), 0);
    write_file(source + "/a/file", "a");
    ASSERT_EQ(::setxattr((source + "/a").c_str(), "user.note", "kept", 4, 0), 0);
    ASSERT_EQ(::chmod((source + "/a").c_str(), 0511), 0);
    const Snapshot snapshot = back_up({source + "/a"});
    options.strip_prefix = source + "/a";
    (void)restore(snapshot);
    EXPECT_THAT(compare_trees(source + "/a", target), IsEmpty());

    options.target = scratch / "of the user";
    ASSERT_EQ(::mkdir(options.target.c_str(), 0750), 0);
    for (const Overwrite how : {Overwrite::never, Overwrite::always}) {
        options.overwrite = how;
        (void)restore(snapshot);
        struct stat status = {};
        ASSERT_EQ(::stat(options.target.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0750u);
        EXPECT_EQ(read_file_text(options.target + "/file"), "a");
    }
}

TEST_F(RestoreExactness, APrefixThatWouldLoseSomethingIsRefused) {
    for (const char* name : {"a", "b"}) {
        ASSERT_EQ(::mkdir((source + "/" + name).c_str(), 0755), 0);
        write_file(source + "/" + name + "/file", name);
    }
    const Snapshot snapshot = back_up();
    options.strip_prefix = source + "/a";
    EXPECT_TRUE(fails_with(Code::usage, try_restore(snapshot)));
    options.paths = {source + "/a/file"};
    EXPECT_TRUE(is_ok(try_restore(snapshot)));
    EXPECT_EQ(read_file_text(target + "/file"), "a");
}

TEST_F(RestoreExactness, UnknownPathsAndBadTargetsAreSaid) {
    write_file(source + "/file", "x");
    const Snapshot snapshot = back_up();
    options.paths = {source + "/fil"};
    const auto unknown = try_restore(snapshot);
    ASSERT_TRUE(fails_with(Code::not_found, unknown));
    EXPECT_THAT(unknown.error().message, HasSubstr("/fil"));
    EXPECT_NE(::access(target.c_str(), F_OK), 0) << "the target is not made for nothing";
    options.paths = {source + "/file/below"};
    EXPECT_TRUE(fails_with(Code::not_found, try_restore(snapshot)));
    options.paths = {};
    write_file(target, "a file");
    EXPECT_TRUE(fails_with(Code::usage, try_restore(snapshot)));
}

TEST_F(RestoreExactness, ComposedAndDecomposedNamesAreTheSamePath) {
    write_file(source + "/co\xcc\x82ng", "decomposed");
    const Snapshot snapshot = back_up();
    options.paths = {source + "/c\xc3\xb4ng"};
    (void)restore(snapshot);
    EXPECT_EQ(read_file_text(restored("co\xcc\x82ng")), "decomposed");
}

TEST_F(RestoreExactness, ADryRunSaysWhatItWouldDoAndMakesNothing) {
    write_file(source + "/one", "1");
    write_file(source + "/two", "22");
    const Snapshot snapshot = back_up();
    options.dry_run = true;
    const RestoreResult nothing_there = restore(snapshot);
    EXPECT_EQ(nothing_there.files, 2u);
    EXPECT_EQ(nothing_there.bytes, 3u);
    EXPECT_NE(::access(target.c_str(), F_OK), 0);
    options.dry_run = false;
    (void)restore(snapshot);
    write_file(restored("two"), "changed");
    options.dry_run = true;
    const RestoreResult one_differs = restore(snapshot);
    EXPECT_EQ(one_differs.skipped, 1u);
    EXPECT_EQ(one_differs.failed, 1u);
    EXPECT_THAT(one_differs.warnings, Contains(HasSubstr("two")));
    EXPECT_EQ(read_file_text(restored("two")), "changed");
}

}  // namespace
}  // namespace custody::test
