#include "base/file.h"

#include "tests/support/fault_file_system.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <thread>

namespace custody::test {
namespace {

class PosixFiles : public testing::Test {
protected:
    PosixFiles() : scratch_("file") {}
    std::string path(const std::string& name) const { return scratch_ / name; }
    FileSystem& files_ = posix_file_system();
    ScratchFolder scratch_;
};

const Bytes kContent(100'000, 'x');

TEST_F(PosixFiles, WritesAndReadsBack) {
    const auto file = files_.create(path("f"), 0640);
    ASSERT_TRUE(is_ok(file));
    ASSERT_TRUE(is_ok(write_all(**file, 10, kContent)));
    ASSERT_TRUE(is_ok((*file)->sync()));
    const auto info = (*file)->info();
    ASSERT_TRUE(is_ok(info));
    EXPECT_EQ(kContent.size() + 10, info->size);
    EXPECT_TRUE(info->is_regular);
    Bytes back(kContent.size());
    ASSERT_TRUE(is_ok(read_exactly(**file, 10, back, "f")));
    EXPECT_EQ(kContent, back);
    EXPECT_TRUE(fails_with(Code::corrupt, read_exactly(**file, 11, back, "f")));
    EXPECT_EQ(kContent.size() - 1, *read_up_to(**file, 11, back));
}

TEST_F(PosixFiles, CreationAndRenameNewAreExclusive) {
    ASSERT_TRUE(is_ok(files_.create(path("a"), 0600)));
    EXPECT_TRUE(fails_with(Code::exists, files_.create(path("a"), 0600)));
    ASSERT_TRUE(is_ok(replace_file(files_, path("b"), as_bytes("b"), 0600)));
    EXPECT_TRUE(fails_with(Code::exists, files_.rename_new(path("a"), path("b"))));
    EXPECT_EQ("b", as_text(*read_file(files_, path("b"), 10)));
    ASSERT_TRUE(is_ok(files_.rename_new(path("a"), path("c"))));
    EXPECT_TRUE(fails_with(Code::not_found, files_.info(path("a"))));
    EXPECT_TRUE(is_ok(files_.rename(path("c"), path("b"))));
    EXPECT_EQ(0u, files_.info(path("b"))->size);
}

TEST_F(PosixFiles, LocksBelongToTheOpenFile) {
    const auto first = files_.create(path("lock"), 0600);
    ASSERT_TRUE(is_ok(first));
    ASSERT_TRUE(*(*first)->try_lock(true));
    {
        const auto second = files_.open_writable(path("lock"));
        ASSERT_TRUE(is_ok(second));
        EXPECT_FALSE(*(*second)->try_lock(true));
        EXPECT_FALSE(*(*second)->try_lock(false));
    }
    const auto third = files_.open_writable(path("lock"));
    EXPECT_FALSE(*(*third)->try_lock(true)) << "closing another descriptor must not drop the lock, as POSIX locks would";
    EXPECT_TRUE(*(*first)->try_lock(false));
    EXPECT_TRUE(*(*third)->try_lock(false));
    EXPECT_FALSE(*(*third)->try_lock(true));
}

TEST_F(PosixFiles, ErrorsSayWhatOnWhichPathAndWhy) {
    const auto absent = files_.open(path("absent\n"));
    ASSERT_TRUE(fails_with(Code::not_found, absent));
    EXPECT_NE(std::string::npos, absent.error().message.find("cannot open " + path("absent\xef\xbf\xbd")));
    EXPECT_EQ(Code::no_space, system_error(ENOSPC, "write", "x").code);
    EXPECT_EQ(Code::no_space, system_error(EDQUOT, "write", "x").code);
    EXPECT_EQ(Code::read_only, system_error(EROFS, "write", "x").code);
    EXPECT_EQ(Code::denied, system_error(EACCES, "write", "x").code);
    EXPECT_EQ(Code::denied, system_error(EPERM, "write", "x").code);
    EXPECT_EQ(Code::interrupted, system_error(EINTR, "write", "x").code);
    EXPECT_EQ("cannot write x: Input/output error", system_error(EIO, "write", "x").message);
    EXPECT_EQ("cannot write x: error 100000", system_error(100000, "write", "x").message);
}

TEST_F(PosixFiles, OnlyRegularFilesAreOpened) {
    ASSERT_EQ(0, mkfifo(path("fifo").c_str(), 0600));
    EXPECT_TRUE(fails_with(Code::io, files_.open(path("fifo"))));
    EXPECT_TRUE(fails_with(Code::io, files_.open(scratch_.path())));
}

TEST_F(PosixFiles, FoldersAreMadeListedAndRemoved) {
    ASSERT_TRUE(is_ok(make_directories(files_, path("x/y/z"), 0700)));
    ASSERT_TRUE(is_ok(make_directories(files_, path("x/y/z"), 0700)));
    EXPECT_TRUE(fails_with(Code::exists, files_.make_directory(path("x"), 0700)));
    ASSERT_TRUE(is_ok(replace_file(files_, path("x/file"), as_bytes("1"), 0600)));
    auto items = files_.list(path("x"));
    ASSERT_TRUE(is_ok(items));
    std::sort(items->begin(), items->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    ASSERT_EQ(2u, items->size());
    EXPECT_EQ("file", (*items)[0].name);
    EXPECT_FALSE((*items)[0].is_directory);
    EXPECT_EQ("y", (*items)[1].name);
    EXPECT_TRUE((*items)[1].is_directory);
    EXPECT_TRUE(fails_with(Code::usage, make_directories(files_, path("x/file"), 0700)));
    EXPECT_FALSE(make_directories(files_, path("x/file/below"), 0700).ok());
    EXPECT_FALSE(files_.remove_directory(path("x/y")).ok());
    EXPECT_TRUE(is_ok(files_.remove_directory(path("x/y/z"))));
    EXPECT_TRUE(is_ok(files_.sync_directory(path("x"))));
}

TEST_F(PosixFiles, ReplaceLeavesTheOldOrTheNewAndNothingElse) {
    FaultFileSystem faulty(files_);
    const std::string target = path("file");
    ASSERT_TRUE(is_ok(replace_file(files_, target, as_bytes("old"), 0600)));
    for (const Fault fault : {Fault::io, Fault::no_space, Fault::interrupted, Fault::short_transfer}) {
        bool fired = true;
        for (std::uint64_t at = 1; fired; ++at) {
            ASSERT_TRUE(is_ok(replace_file(files_, target, as_bytes("old"), 0600)));
            faulty.arm(at, fault, false);
            const Status status = replace_file(faulty, target, as_bytes("the new content"), 0600);
            fired = faulty.fired() || faulty.operations() >= at;
            const auto content = read_file(files_, target, 100);
            ASSERT_TRUE(is_ok(content));
            if (status.ok()) {
                EXPECT_EQ("the new content", as_text(*content));
            } else {
                EXPECT_TRUE(as_text(*content) == "old" || as_text(*content) == "the new content") << as_text(*content);
            }
            EXPECT_EQ(1u, files_.list(scratch_.path())->size())
                << "a temporary file was left: " << fault_name(fault) << " at " << at;
        }
    }
}

TEST_F(PosixFiles, ReadFileRefusesMoreThanExpected) {
    ASSERT_TRUE(is_ok(replace_file(files_, path("f"), as_bytes("12345"), 0600)));
    EXPECT_TRUE(fails_with(Code::corrupt, read_file(files_, path("f"), 4)));
    EXPECT_EQ("12345", as_text(*read_file(files_, path("f"), 5)));
}

TEST(Paths, PartsAndJoins) {
    EXPECT_EQ("/a/b", join_path("/a", "b"));
    EXPECT_EQ("/a/b", join_path("/a/", "b"));
    EXPECT_EQ("/b", join_path("/", "b"));
    EXPECT_EQ("b", join_path("", "b"));
    EXPECT_EQ("/a", parent_path("/a/b"));
    EXPECT_EQ("/a", parent_path("/a/b//"));
    EXPECT_EQ("/", parent_path("/a"));
    EXPECT_EQ("/", parent_path("/"));
    EXPECT_EQ("b", base_name("/a/b"));
    EXPECT_EQ("b", base_name("/a/b/"));
    EXPECT_EQ("/", base_name("/"));
    EXPECT_EQ("a", base_name("a"));
}

TEST(Paths, BecomeAbsoluteAndClean) {
    EXPECT_EQ("/a/c", *absolute_path("/a/.//c/"));
    EXPECT_EQ("/", *absolute_path("/../.."));
    EXPECT_EQ("/x", *absolute_path("//x"));
    EXPECT_TRUE(absolute_path("x")->ends_with("/x"));
    EXPECT_TRUE(fails_with(Code::usage, absolute_path("")));
}

// As 'ls' and 'cd -P' take it.
TEST(Paths, GoUpFromWhereALinkLeads) {
    const ScratchFolder scratch("paths-up");
    const std::string top = *absolute_path(scratch.path());
    for (const char* name : {"/releases", "/releases/v2", "/releases/v2/app", "/releases/v2/app/sub"}) {
        ASSERT_EQ(::mkdir((top + name).c_str(), 0755), 0);
    }
    ASSERT_EQ(::close(::open((top + "/file").c_str(), O_CREAT | O_WRONLY, 0600)), 0);
    for (const auto& [link, target] : std::vector<std::pair<std::string, std::string>>{
             {"current", "releases/v2/app"}, {"again", "current"}, {"root", "/"}, {"dangling", "nowhere"}, {"to file", "file"}}) {
        ASSERT_EQ(::symlink(target.c_str(), (top + "/" + link).c_str()), 0);
    }
    const std::vector<std::pair<std::string, std::string>> paths = {
        {"/current/..", "/releases/v2"},
        {"/current/../", "/releases/v2"},
        {"/current/.//../data/new", "/releases/v2/data/new"},  // nothing need exist behind the last ".."
        {"/again/../..", "/releases"},
        {"/current/sub/..", "/releases/v2/app"},
        {"/current/sub/../..", "/releases/v2"},
        {"/current/sub/../x", "/current/x"},
        {"/releases/v2/../v2/app", "/releases/v2/app"},
        {"/current", "/current"},
        {"/current/sub/", "/current/sub"},
        {"/none/new", "/none/new"},
    };
    for (const auto& [given, meant] : paths) {
        const auto made = absolute_path(top + given);
        ASSERT_TRUE(made.ok()) << given << ": " << made.error().message;
        EXPECT_EQ(*made, top + meant) << given;
    }
    EXPECT_EQ("/usr", *absolute_path(top + "/root/../usr"));
    for (const char* wrong : {"/none/..", "/none/../file", "/dangling/../file"}) {
        EXPECT_TRUE(fails_with(Code::not_found, absolute_path(top + wrong))) << wrong;
    }
    for (const char* wrong : {"/file/..", "/file/../file", "/to file/../file", "/file/x/.."}) {
        EXPECT_FALSE(absolute_path(top + wrong).ok()) << wrong;
    }
}

TEST(Fd, ClosesOnce) {
    int raw = -1;
    {
        Fd fd(::open("/dev/null", O_RDONLY));
        raw = fd.get();
        Fd moved(std::move(fd));
        EXPECT_FALSE(fd.valid());  // NOLINT: what a moved-from Fd is, is promised
        EXPECT_EQ(raw, moved.get());
        Fd assigned;
        assigned = std::move(moved);
        EXPECT_EQ(0, fcntl(raw, F_GETFD) & 0);
    }
    EXPECT_EQ(-1, fcntl(raw, F_GETFD));
}

}  // namespace
}  // namespace custody::test
