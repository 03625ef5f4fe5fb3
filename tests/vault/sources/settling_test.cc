// Files that were written just before, and files that are written through a mapping while no time of theirs moves.
#include "vault/sources/settling.h"

#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/results.h"
#include "tests/support/try_mount.h"
#include "vault/sources/block_image.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cstring>
#include <functional>

namespace custody {
namespace {

using test::is_ok;
using test::noise;
using test::try_mount;
using test::write_file;

constexpr std::size_t kSmall = 8192, kLarge = 3'000'000;  // one batch with others, windows of its own
constexpr std::size_t kMark = 2;                          // bytes that a test writes

// By the system's word, not by that of the code under test.
bool is_on_disk(const std::string& folder) {
    struct statfs status {};
    EXPECT_EQ(::statfs(folder.c_str(), &status), 0);
    return status.f_type != TMPFS_MAGIC && status.f_type != RAMFS_MAGIC && status.f_type != OVERLAYFS_SUPER_MAGIC;
}

// A file that a program holds mapped, as databases do.
class Mapped {
public:
    Mapped(const std::string& path, std::size_t size) : size_(size) {
        write_file(path, noise(size, 71));
        const Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
        at_ = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
        EXPECT_NE(at_, MAP_FAILED);
    }
    ~Mapped() { ::munmap(at_, size_); }
    Mapped(const Mapped&) = delete;
    Mapped& operator=(const Mapped&) = delete;
    void write(std::string_view mark) { std::memcpy(static_cast<char*>(at_) + size_ - kMark, mark.data(), kMark); }

private:
    std::size_t size_;
    void* at_;
};

class MountedHere {
public:
    explicit MountedHere(std::string path) : path_(std::move(path)) {}
    ~MountedHere() { ::umount2(path_.c_str(), MNT_DETACH); }
    MountedHere(const MountedHere&) = delete;
    MountedHere& operator=(const MountedHere&) = delete;

private:
    std::string path_;
};

class SettlingTest : public ::testing::Test, public test::BackupFixture {
protected:
    SettlingTest() { tree_options.settle_ns.reset(); }  // as the program goes about it

    [[nodiscard]] std::string mark_in(const ObjectId& snapshot, const std::string& file) {
        const auto tree = read(snapshot);
        const auto found = tree.find(file);
        return found == tree.end() ? "not there" : found->second.content.substr(found->second.content.size() - kMark);
    }
    // `again_after`: how much later the second run comes, with nothing written in between but to the mapping.
    void expect_followed(const std::string& file, std::size_t size, std::int64_t again_after,
                         const std::function<BackupResult()>& run) {
        options.name = file;
        Mapped mapped(file, size);
        mapped.write("v1");
        clock.advance(again_after);
        EXPECT_EQ(mark_in(run().snapshot, file), "v1") << file;
        mapped.write("v2");
        clock.advance(again_after);
        const BackupResult second = run();
        EXPECT_EQ(mark_in(second.snapshot, file), "v2") << file;
        EXPECT_EQ(second.files.changed, 1u) << file;
    }
    void expect_followed_by_files(const std::string& in, std::int64_t again_after) {
        for (const std::size_t size : {kSmall, kLarge}) {
            const std::string file = in + "/db" + std::to_string(size);
            tree_options.paths = {in};
            expect_followed(file, size, again_after, [this] { return backup(); });
            tree_options.paths = {file + " alone"};  // its folder is one that is only passed through
            expect_followed(file + " alone", size, again_after, [this] { return backup(); });
        }
    }
    // Of the third run over a file that rested for an hour before the first.
    [[nodiscard]] std::uint64_t read_at_last(const std::string& in) {
        write_file(in + "/old", noise(kSmall, 72));
        tree_options.paths = {in + "/old"};
        options.name = "old";
        clock.advance(kHour);
        (void)backup();
        (void)backup();
        return backup().bytes.read;
    }
};

TEST_F(SettlingTest, WhatAMappingWritesIntoADirtyPageIsInTheNextBackup) {
    folder("files");
    expect_followed_by_files(at("files"), 5 * kSecond);
}

TEST_F(SettlingTest, AndInTheNextBackupOfAnImage) {
    const std::string file = at("image");
    expect_followed(file, kLarge, 5 * kSecond, [&] {
        ImageNotes notes_of_image;
        ImageOptions image;
        image.path = file;
        auto source = open_block_image(image, notes_of_image);
        EXPECT_TRUE(is_ok(source));
        return source.ok() ? backup(**source) : BackupResult{};
    });
}

TEST_F(SettlingTest, InMemoryNothingIsWrittenBackSoEveryBackupReadsIt) {
    for (const char* kind : {"tmpfs", "ramfs"}) {
        folder(kind);
        if (const std::string why_not = try_mount(kind, at(kind)); !why_not.empty()) GTEST_SKIP() << why_not;
        const MountedHere mounted(at(kind));
        expect_followed_by_files(at(kind), kHour);
        EXPECT_EQ(read_at_last(at(kind)), kSmall) << kind;
    }
}

TEST_F(SettlingTest, AUnionIsBelievedAsFarAsWhatLiesBelowIt) {
    if (!is_on_disk(top)) GTEST_SKIP() << "the folder for temporary files is not on a disk";
    for (const bool in_memory : {false, true}) {
        const std::string base = in_memory ? at("memory") : at("disk");
        ASSERT_EQ(::mkdir(base.c_str(), 0755), 0);
        if (const std::string why_not = in_memory ? try_mount("tmpfs", base) : ""; !why_not.empty()) GTEST_SKIP() << why_not;
        const MountedHere memory(base);
        for (const char* name : {"/lower", "/upper", "/work", "/union"}) ASSERT_EQ(::mkdir((base + name).c_str(), 0755), 0);
        const std::string layers = "lowerdir=" + base + "/lower,upperdir=" + base + "/upper,workdir=" + base + "/work";
        if (const std::string why_not = try_mount("overlay", base + "/union", layers.c_str()); !why_not.empty())
            GTEST_SKIP() << why_not;
        const MountedHere united(base + "/union");
        expect_followed_by_files(base + "/union", in_memory ? kHour : 5 * kSecond);
        EXPECT_EQ(read_at_last(base + "/union"), in_memory ? kSmall : 0) << base;
    }
}

TEST_F(SettlingTest, YoungFilesAreReadAgainAndCountAsUnchangedAndStoreNothing) {
    folder("d");
    for (int i = 0; i < 300; ++i) write_file(at("d/" + std::to_string(i)), noise(500, static_cast<unsigned>(i)));
    write_file(at("large"), noise(kLarge, 73));
    clock.advance(5 * kSecond);
    const BackupResult first = backup();
    const std::size_t packs = count("packs/");
    const BackupResult second = backup();
    EXPECT_EQ(second.files.unchanged, 301u);
    EXPECT_EQ(second.files.added + second.files.changed, 0u);
    EXPECT_EQ(second.bytes.read, first.bytes.read);
    EXPECT_EQ(second.bytes.added, 0u);
    EXPECT_EQ(second.reconciled.files, 301u);
    EXPECT_EQ(second.reconciled.bytes, first.reconciled.bytes);
    EXPECT_LE(count("packs/"), packs + 1);  // the folders above may have changed meanwhile: a node of theirs
}

TEST_F(SettlingTest, FilesThatRestedOnADiskAreNotReadAgain) {
    if (!is_on_disk(top)) GTEST_SKIP() << "the folder for temporary files is not on a disk";
    EXPECT_EQ(read_at_last(top), 0u);
}

TEST_F(SettlingTest, ThePagesOfAFileMayBeDirtyForAsLongAsTheKernelIsToldAndAMinuteAtLeast) {
    const auto told = [&](const char* expire, const char* interval) {
        write_file(at("dirty_expire_centisecs"), expire);
        write_file(at("dirty_writeback_centisecs"), interval);
        return dirty_time_ns(top);
    };
    EXPECT_EQ(dirty_time_ns(top), kMinute) << "not told";
    EXPECT_EQ(told("3000\n", "500\n"), 70 * kSecond);
    EXPECT_EQ(told("0\n", "100\n"), kMinute);
    EXPECT_EQ(told("60000\n", "6000\n"), 22 * kMinute);
    EXPECT_EQ(told("3000\n", "0\n"), kNeverSettles_ns);
    EXPECT_EQ(told("", "500\n"), kMinute);
    EXPECT_EQ(told("-1\n", "five\n"), kMinute);
    const std::int64_t longest = told("4294967295\n", "4294967295\n");
    EXPECT_GT(longest, kDay);
    EXPECT_LT(longest, kNeverSettles_ns);
}

TEST_F(SettlingTest, WhatCannotBeMappedRestsForTheGranularityOfItsTimes) {
    const Fd here(::open(top.c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_LE(settle_time_ns(here.get(), false), 4 * kSecond);
    EXPECT_GE(settle_time_ns(here.get(), false), 2 * kSecond);
    EXPECT_GE(settle_time_ns(here.get(), true), kMinute);
}

}  // namespace
}  // namespace custody
