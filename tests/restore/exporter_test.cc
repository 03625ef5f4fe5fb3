// Archives that other programs open: tar, zstd, unzip and python judge them.
#include "restore/exporter.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/tree_compare.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace custody::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Export : public ::testing::Test, protected RestoreFixture {
protected:
    Result<RestoreResult> export_to(const Snapshot& snapshot, const std::string& output,
                                    const std::vector<std::string>& paths = {}) {
        SilentProgress progress;
        return export_snapshot(*repository, snapshot, *unlocked, paths, output, progress, stop);
    }
    static bool runs(const std::string& command) { return ::system((command + " >/dev/null 2>&1").c_str()) == 0; }
};

TEST_F(Export, TarHoldsEverythingThatTarCan) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to make and to unpack all of it";
    make_exotic_tree(source + "/tree", {.immutable_flags = false, .deep_paths = false});
    ASSERT_EQ(::unlink((source + "/tree/special/socket").c_str()), 0);  // tar has no sockets
    // GNU tar keeps no trusted attributes on links, and a file of 1 TiB takes it minutes.
    ASSERT_EQ(::unlink((source + "/tree/sparse/huge").c_str()), 0);
    const Snapshot snapshot = back_up();
    const auto result = export_to(snapshot, scratch / "all.tar");
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->failed, 0u);
    EXPECT_EQ(result->files, snapshot.summary.files);
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    ASSERT_TRUE(runs("tar -C '" + target + "' --xattrs --xattrs-include='*' --acls -xpf '" + (scratch / "all.tar") + "'"));
    CompareOptions same;
    same.flags = false;  // GNU tar sets none
    for (const std::string& difference : compare_trees(source, restored(), same)) {
        const bool tars_own =
            difference.find("attributes/link") != std::string::npos || difference.find("attributes/fifo") != std::string::npos;
        EXPECT_TRUE(tars_own) << difference;
    }
}

TEST_F(Export, ZstdOpensWithTheZstdProgram) {
    for (int file = 0; file < 50; ++file) write_file(source + "/" + std::to_string(file), noise(20'000, unsigned(file)));
    const Snapshot snapshot = back_up();
    ASSERT_TRUE(is_ok(export_to(snapshot, scratch / "all.tar.zst")));
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    ASSERT_TRUE(runs("zstd -d '" + (scratch / "all.tar.zst") + "' -o '" + (scratch / "all.tar") + "'"));
    ASSERT_TRUE(runs("tar -C '" + target + "' -xpf '" + (scratch / "all.tar") + "'"));
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

TEST_F(Export, ZipHoldsContentAndSaysWhatItLoses) {
    write_file(source + "/công chứng.txt", "nội dung");
    write_file(source + "/large", noise(2'000'000, 1));
    ASSERT_EQ(::link((source + "/large").c_str(), (source + "/large too").c_str()), 0);
    ASSERT_EQ(::mkfifo((source + "/fifo").c_str(), 0600), 0);
    ASSERT_EQ(::symlink("large", (source + "/link").c_str()), 0);
    const Snapshot snapshot = back_up();
    const auto result = export_to(snapshot, scratch / "all.zip");
    ASSERT_TRUE(is_ok(result));
    EXPECT_THAT(result->warnings,
                Contains(HasSubstr("1 hard link became a separate copy: zip cannot carry links (" + source + "/large too)")));
    EXPECT_THAT(result->warnings,
                Contains(AllOf(HasSubstr("1 socket, FIFO or device node was left out"), HasSubstr("(" + source + "/fifo)"))));
    ASSERT_TRUE(runs("unzip -q '" + (scratch / "all.zip") + "' -d '" + target + "'"));
    EXPECT_EQ(read_file_text(restored("công chứng.txt")), "nội dung");
    EXPECT_TRUE(read_file_text(restored("large too")) == read_file_text(source + "/large"));
    EXPECT_EQ(std::filesystem::read_symlink(restored("link")), "large");
    EXPECT_TRUE(runs("python3 -c \"import zipfile,sys; z=zipfile.ZipFile('" + (scratch / "all.zip") +
                     "'); sys.exit(z.testzip() is not None)\""));
}

TEST_F(Export, OnlyChosenPathsAndNeverOverAnExistingFile) {
    write_file(source + "/a", "a");
    write_file(source + "/b", "b");
    const Snapshot snapshot = back_up();
    ASSERT_TRUE(is_ok(export_to(snapshot, scratch / "one.tar", {source + "/a"})));
    EXPECT_TRUE(fails_with(Code::exists, export_to(snapshot, scratch / "one.tar")));
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    ASSERT_TRUE(runs("tar -C '" + target + "' -xpf '" + (scratch / "one.tar") + "'"));
    EXPECT_EQ(read_file_text(restored("a")), "a");
    EXPECT_NE(::access(restored("b").c_str(), F_OK), 0);
    EXPECT_TRUE(fails_with(Code::usage, export_to(snapshot, scratch / "one.rar")));
    EXPECT_TRUE(fails_with(Code::not_found, export_to(snapshot, scratch / "two.tar", {"/no/such"})));
    EXPECT_NE(::access((scratch / "two.tar").c_str(), F_OK), 0);
}

TEST_F(Export, NamesOfAttributesThatTarEncodesAreSaid) {
    write_file(source + "/plain", "x");
    write_file(source + "/odd", "x");
    ASSERT_EQ(::setxattr((source + "/plain").c_str(), "user.plain", "1", 1, 0), 0);
    for (const char* name : {"user.é", "user.a b%c", "user.k=v"}) {
        ASSERT_EQ(::setxattr((source + "/odd").c_str(), name, "1", 1, 0), 0);
    }
    const Snapshot snapshot = back_up();
    const auto result = export_to(snapshot, scratch / "all.tar");
    ASSERT_TRUE(is_ok(result));
    EXPECT_THAT(result->warnings, ::testing::ElementsAre(::testing::AllOf(HasSubstr("3 extended attributes have names"),
                                                                          HasSubstr("/odd: user.a b%c"))));
    const auto plain = export_to(snapshot, scratch / "plain.tar", {source + "/plain"});
    ASSERT_TRUE(is_ok(plain));
    EXPECT_THAT(plain->warnings, IsEmpty());
}

// Who unpacks without --acls gets the mode of the header: no right that the file never granted.
TEST_F(Export, NoModeIsWiderThanWhatAnAccessListGrants) {
    if (::geteuid() != 0 || !runs("setfacl --version")) GTEST_SKIP() << "needs root and setfacl";
    const auto make = [&](const std::string& name, const std::string& commands) {
        write_file(source + "/" + name, "secret");
        ASSERT_TRUE(runs("cd '" + source + "' && f=" + name + " && " + commands)) << name;
    };
    make("hidden", "chmod 660 $f && setfacl -m u:33:r $f && chmod 600 $f");  // group::rw-, mask::---
    make("partly", "chmod 4770 $f && setfacl -m u:33:r,m::rx $f");           // group::rwx, mask::r-x
    make("shut", "chmod 600 $f && setfacl -m u:33:rw,m::rw $f");             // group::---, mask::rw-
    make("exact", "chmod 640 $f && setfacl -m u:33:rw $f");                  // group::r--, mask::rw-
    make("user", "chmod 664 $f && setfacl -m u:33:---,m::rw $f");            // one who may nothing
    make("group", "chmod 664 $f && setfacl -m g:33:---,u:33:rw,m::rw $f");
    const Snapshot snapshot = back_up();
    const auto mode_of = [&](const char* name) {
        struct stat status = {};
        EXPECT_EQ(::lstat((restored() + "/" + name).c_str(), &status), 0) << name;
        return status.st_mode & 07777;
    };
    const auto unpack = [&](const std::string& how) {
        std::filesystem::remove_all(target);
        ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
        ASSERT_TRUE(runs("cd '" + target + "' && " + how)) << how;
    };
    const std::string tar = scratch / "all.tar", zip = scratch / "all.zip";
    const auto result = export_to(snapshot, tar);
    ASSERT_TRUE(is_ok(result));
    EXPECT_THAT(result->warnings, ::testing::ElementsAre(AllOf(HasSubstr("4 items have access lists"), HasSubstr("/hidden"),
                                                               HasSubstr("/partly"), HasSubstr("/user"), HasSubstr("/group"))));
    ASSERT_TRUE(is_ok(export_to(snapshot, zip)));
    for (const std::string& how : {"tar -xpf '" + tar + "'", "unzip '" + zip + "'"}) {
        unpack(how);
        EXPECT_EQ(mode_of("hidden"), 0600u) << how;
        EXPECT_EQ(mode_of("partly") & 0777, 0750u) << how;
        EXPECT_EQ(mode_of("shut"), 0600u) << how;
        EXPECT_EQ(mode_of("exact"), 0640u) << how;
        EXPECT_EQ(mode_of("user"), 0600u) << how;
        EXPECT_EQ(mode_of("group"), 0660u) << how;
    }
    unpack("tar --acls -xpf '" + tar + "'");
    EXPECT_EQ(mode_of("hidden"), 0600u);
    EXPECT_EQ(mode_of("partly"), 04750u);
    EXPECT_EQ(mode_of("shut"), 0660u);  // of which the group bits are the mask
    EXPECT_EQ(mode_of("exact"), 0660u);
    unpack("tar --xattrs --xattrs-include='system.*' -xpf '" + tar + "'");
    for (const char* name : {"hidden", "partly"}) {
        char before[256], after[256];
        const ssize_t size = ::getxattr((source + "/" + name).c_str(), "system.posix_acl_access", before, sizeof before);
        ASSERT_GT(size, 0);
        ASSERT_EQ(::getxattr((restored() + "/" + name).c_str(), "system.posix_acl_access", after, sizeof after), size);
        EXPECT_EQ(std::string(before, std::size_t(size)), std::string(after, std::size_t(size))) << name;
    }
}

TEST_F(Export, ADamagedSmallFileIsLeftOutAndNamed) {
    for (int file = 0; file < 6; ++file) write_file(source + "/" + std::to_string(file), noise(200'000, unsigned(file)));
    const Snapshot snapshot = back_up();
    const std::string pack = packs().back();
    std::string bytes = read_file_text(pack);
    bytes[bytes.size() / 2] ^= 4;
    std::filesystem::permissions(pack, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
    write_file(pack, bytes);
    reopen();
    const auto result = export_to(snapshot, scratch / "all.tar");
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(result->damaged);
    EXPECT_GE(result->failed, 1u);
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    ASSERT_TRUE(runs("tar -C '" + target + "' -xpf '" + (scratch / "all.tar") + "'"));
    for (const std::string& difference : compare_trees(source, restored())) {
        EXPECT_THAT(difference, HasSubstr("is missing on the right"));
    }
}

// Its first block is sound and written when the second shows as damaged.
TEST_F(Export, ALargeFileDamagedFurtherOnIsLeftOutWholeAndTheRestIsThere) {
    write_file(source + "/a", "before");
    write_file(source + "/large", noise(40'000'000, 1));
    ASSERT_EQ(::link((source + "/large").c_str(), (source + "/other name").c_str()), 0);
    write_file(source + "/z", noise(300'000, 2));
    const Snapshot snapshot = back_up();
    std::string largest;
    for (const std::string& pack : packs()) {
        if (largest.empty() || std::filesystem::file_size(pack) > std::filesystem::file_size(largest)) largest = pack;
    }
    std::string bytes = read_file_text(largest);
    for (const std::size_t third : {2, 1}) bytes[bytes.size() * third / 3] ^= 4;
    std::filesystem::permissions(largest, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
    write_file(largest, bytes);
    reopen();
    for (const char* name : {"all.tar", "all.tar.zst", "all.zip"}) {
        const auto result = export_to(snapshot, scratch / name);
        ASSERT_TRUE(is_ok(result)) << name;
        EXPECT_TRUE(result->damaged);
        EXPECT_EQ(result->failed, 2u) << "both names";
        EXPECT_EQ(result->files, 2u);
        EXPECT_THAT(result->warnings, Contains(HasSubstr("/large is not exported")));
    }
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    ASSERT_TRUE(runs("tar -C '" + target + "' -xpf '" + (scratch / "all.tar") + "'"));
    const auto differences = compare_trees(source, restored());
    EXPECT_EQ(differences.size(), 2u);
    for (const std::string& difference : differences) EXPECT_THAT(difference, HasSubstr("is missing on the right"));
    ASSERT_TRUE(runs("zstd -t '" + (scratch / "all.tar.zst") + "' && unzip -t '" + (scratch / "all.zip") + "'"));
}

// GNU tar hands a path to the kernel in one piece.
TEST_F(Export, PathsThatOtherProgramsCannotUnpackAreNamed) {
    std::string path = source;
    int folder = ::open(source.c_str(), O_RDONLY | O_DIRECTORY);
    const std::string name(250, 'd');
    while (path.size() < 4096) {
        ASSERT_EQ(::mkdirat(folder, name.c_str(), 0755), 0);
        const int below = ::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY);
        ASSERT_GE(below, 0);
        ::close(folder);
        folder = below;
        path += "/" + name;
    }
    const int file = ::openat(folder, "file", O_WRONLY | O_CREAT, 0644);
    ASSERT_GE(file, 0);
    ::close(file);
    ::close(folder);
    const Snapshot snapshot = back_up();
    for (const char* output : {"all.tar", "all.zip"}) {
        const auto result = export_to(snapshot, scratch / output);
        ASSERT_TRUE(is_ok(result));
        EXPECT_EQ(result->failed, 0u);
        EXPECT_THAT(result->warnings, Contains(AllOf(HasSubstr("2 items have paths of more than 4,095 bytes"),
                                                     HasSubstr("/.../file"), HasSubstr("custody restore"))));
    }
}

}  // namespace
}  // namespace custody::test
