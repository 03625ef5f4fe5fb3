#include "vault/sources/block_image.h"

#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;
using test::noise;
using test::read_file_text;
using test::write_file;

constexpr std::uint64_t kMiB = 1024 * 1024;

class BlockImageTest : public ::testing::Test, public test::BackupFixture {
protected:
    BlockImageTest() { options.label = "image"; }
    [[nodiscard]] std::string at(const std::string& name) const { return scratch / name; }  // beside what the fixture backs up
    static bool has_mkfs() { return run("mkfs.ext4 -V"); }
    static bool run(const std::string& command) { return std::system(("{ " + command + "; } >/dev/null 2>&1").c_str()) == 0; }

    // Files for a file system to hold.
    void make_content() {
        ASSERT_EQ(::mkdir(at("content").c_str(), 0755), 0);
        for (int i = 0; i < 20; ++i) write_file(at("content/" + std::to_string(i)), noise(200'000, static_cast<unsigned>(i)));
    }
    BackupResult back_up(const std::string& path) {
        image_notes = {};
        ImageOptions image;
        image.path = path;
        auto source = open_block_image(image, image_notes);
        EXPECT_TRUE(is_ok(source));
        return source.ok() ? backup(**source) : BackupResult{};
    }
    ImageNotes image_notes;
};

// Every byte outside the holes, and the holes as zeros.
void expect_same_outside_holes(const test::StoredEntry& stored, const std::string& original) {
    ASSERT_EQ(stored.content.size(), original.size());
    std::string expected = original;
    for (const Hole& hole : stored.entry.content.holes) expected.replace(hole.offset, hole.length, hole.length, '\0');
    EXPECT_TRUE(stored.content == expected);
}

class ExtImageTest : public BlockImageTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(ExtImageTest, FreeBlocksAreSkippedAndTheFileSystemComesBackWhole) {
    make_content();
    write_file(at("image"), noise(48 * kMiB, 99));  // what mkfs leaves of it lies in free blocks
    if (!has_mkfs()) GTEST_SKIP() << "no mkfs.ext4 (package e2fsprogs)";
    ASSERT_TRUE(run(std::string("mkfs.ext4 -F -d ") + at("content") + " " + GetParam() + " " + at("image")));
    const std::string original = read_file_text(at("image"));
    const BackupResult result = back_up(at("image"));
    EXPECT_TRUE(image_notes.warnings.empty());
    EXPECT_GT(image_notes.skipped_free, 20 * kMiB);
    EXPECT_LT(result.bytes.read, 28 * kMiB);
    EXPECT_NE(image_notes.description.find("used of 48.0 MiB"), std::string::npos) << image_notes.description;
    const auto tree = read(result.snapshot);
    ASSERT_TRUE(tree.contains(at("image")));
    const auto& stored = tree.at(at("image"));
    if (stored.entry.content.node) return;
    expect_same_outside_holes(stored, original);
    write_file(at("restored"), stored.content);
    EXPECT_TRUE(run("e2fsck -fn " + at("restored")));
    for (int i = 0; i < 20; ++i) {
        const std::string name = std::to_string(i);
        ASSERT_TRUE(run("debugfs -R 'dump /" + name + " " + at("dumped") + "' " + at("restored")));
        EXPECT_TRUE(read_file_text(at("dumped")) == read_file_text(at("content/" + name))) << name;
    }
}

INSTANTIATE_TEST_SUITE_P(Layouts, ExtImageTest,
                         ::testing::Values("-b 4096", "-b 1024", "-O bigalloc -C 65536",
                                           "-O ^metadata_csum,uninit_bg -g 8192 -b 1024",
                                           "-O ^has_journal,^extent,^64bit -b 2048"));

TEST_F(BlockImageTest, FindsFileSystemsInPartitions) {
    make_content();
    write_file(at("disk"), noise(64 * kMiB, 98));
    write_file(at("table"), "label: gpt\nstart=2048, size=65536\nstart=67584, size=40960\n");
    if (!run("sfdisk --version")) GTEST_SKIP() << "no sfdisk";
    ASSERT_TRUE(run("sfdisk " + at("disk") + " < " + at("table")));
    ASSERT_TRUE(run("mkfs.ext4 -F -L root -E offset=1048576 -d " + at("content") + " " + at("disk") + " 32M"));
    const std::string original = read_file_text(at("disk"));
    const BackupResult result = back_up(at("disk"));
    EXPECT_TRUE(image_notes.description.starts_with("gpt, 2 partitions: ext4 \"root\"")) << image_notes.description;
    EXPECT_GT(image_notes.skipped_free, 10 * kMiB);
    EXPECT_LT(image_notes.skipped_free, 32 * kMiB);
    expect_same_outside_holes(read(result.snapshot).at(at("disk")), original);
}

// Partition tables in 512-byte sectors, written by hand: sfdisk makes none that contradict themselves.
struct TableEntry {
    unsigned type = 0;
    std::uint32_t start = 0, size = 0;  // of a table in an extended partition: relative
};
class PartitionTest : public BlockImageTest {
protected:
    static constexpr std::uint32_t kSectors = 131072;
    void make_disk() {
        make_content();
        disk_ = noise(kSectors * 512, 94);
        put_table(0, {});
    }
    void put_table(std::uint32_t sector, const std::vector<TableEntry>& entries) {
        std::string table(512, '\0');
        for (std::size_t i = 0; i < entries.size(); ++i) {
            table[446 + 16 * i + 4] = static_cast<char>(entries[i].type);
            for (unsigned byte = 0; byte < 4; ++byte) {
                table[446 + 16 * i + 8 + byte] = static_cast<char>(entries[i].start >> (8 * byte));
                table[446 + 16 * i + 12 + byte] = static_cast<char>(entries[i].size >> (8 * byte));
            }
        }
        table[510] = 0x55;
        table[511] = static_cast<char>(0xaa);
        disk_.replace(std::size_t{sector} * 512, 512, table);
    }
    // Nothing of the disk is lost, and a warning says that free space was not left out.
    void expect_stored_whole() {
        write_file(at("disk"), disk_);
        const BackupResult result = back_up(at("disk"));
        EXPECT_EQ(image_notes.skipped_free, 0u) << image_notes.description;
        ASSERT_EQ(image_notes.warnings.size(), 1u) << image_notes.description;
        EXPECT_TRUE(image_notes.warnings[0].ends_with("lies in the same place")) << image_notes.warnings[0];
        EXPECT_TRUE(read(result.snapshot).at(at("disk")).content == disk_);
    }
    // False: there is no mkfs.
    bool put_ext4(std::uint32_t sector, std::uint32_t sectors) {
        write_file(at("made"), disk_);
        if (!has_mkfs()) return false;
        const bool made = run("mkfs.ext4 -F -E nodiscard,offset=" + std::to_string(sector * 512ull) + " -d " + at("content") +
                              " " + at("made") + " " + std::to_string(sectors / 2) + "k");
        EXPECT_TRUE(made) << sector;
        disk_ = read_file_text(at("made"));
        return true;
    }
    std::string disk_;
};

TEST_F(PartitionTest, FreeSpaceThatIsAnotherPartitionsDataIsStored) {
    make_disk();
    if (!put_ext4(2048, 98304)) GTEST_SKIP() << "no mkfs.ext4 (package e2fsprogs)";
    for (const TableEntry& second : {TableEntry{0x83, 65536, 20480}, TableEntry{0x83, 65536, kSectors},  // leaves the disk
                                     TableEntry{0x05, 65536, 20480}}) {
        put_table(0, {{0x83, 2048, 98304}, second});
        expect_stored_whole();
    }
    put_table(0, {{0x83, 2048, 98304}, {0x83, 2048 + 98304, 20480}});  // beside it
    write_file(at("disk"), disk_);
    (void)back_up(at("disk"));
    EXPECT_GT(image_notes.skipped_free, 20 * kMiB);
    EXPECT_TRUE(image_notes.warnings.empty());
}

TEST_F(PartitionTest, AFileSystemOverTheWholeDiskSharesItWithItsPartitions) {
    make_disk();
    if (!put_ext4(0, kSectors)) GTEST_SKIP() << "no mkfs.ext4 (package e2fsprogs)";
    if (!put_ext4(40960, 32768)) GTEST_SKIP() << "no mkfs.ext4 (package e2fsprogs)";  // in free space of the first
    for (const std::uint32_t size : {32768u, 2 * kSectors}) {                         // which leaves the disk
        put_table(0, {{0x83, 40960, size}});
        expect_stored_whole();
    }
}

TEST_F(PartitionTest, WhatLiesOverTheWholeDiskIsSharedThoughNobodyKnowsWhatItIs) {
    make_disk();
    if (!put_ext4(0, kSectors)) GTEST_SKIP() << "no mkfs.ext4 (package e2fsprogs)";
    if (!put_ext4(40960, 32768)) GTEST_SKIP() << "no mkfs.ext4 (package e2fsprogs)";
    put_table(0, {{0x83, 40960, 32768}});
    disk_.replace(2048, 6, "OCFSV2");  // a second one: libblkid names neither
    expect_stored_whole();
}

TEST_F(PartitionTest, PartitionsInAPartitionAreNotItsFreeSpace) {
    make_disk();
    if (!put_ext4(2048, 98304)) GTEST_SKIP() << "no mkfs.ext4 (package e2fsprogs)";
    put_table(0, {{0x83, 2048, 98304}});
    put_table(2048, {{0x83, 65536, 20480}});
    expect_stored_whole();
    put_table(2048, {});  // boot code ends as a table does
    write_file(at("disk"), disk_);
    (void)back_up(at("disk"));
    EXPECT_GT(image_notes.skipped_free, 20 * kMiB);
    EXPECT_TRUE(image_notes.warnings.empty());
}

TEST_F(PartitionTest, PartitionsThatOnlyTheMbrBesideAGptHasAreNotFreeSpace) {
    make_disk();
    write_file(at("disk"), disk_);
    write_file(at("table"), "label: gpt\nstart=2048, size=98304\n");
    if (!run("sfdisk --version")) GTEST_SKIP() << "no sfdisk";
    ASSERT_TRUE(run("sfdisk --wipe never " + at("disk") + " < " + at("table")));
    disk_ = read_file_text(at("disk"));
    if (!put_ext4(2048, 98304)) GTEST_SKIP() << "no mkfs.ext4 (package e2fsprogs)";
    put_table(0, {{0xee, 1, 2047}, {0x83, 65536, 20480}});
    expect_stored_whole();
    put_table(0, {{0xee, 1, 2047}, {0x83, 2048, 98304}});  // the same once more
    write_file(at("disk"), disk_);
    (void)back_up(at("disk"));
    EXPECT_TRUE(image_notes.description.starts_with("gpt, 1 partition")) << image_notes.description;
    EXPECT_GT(image_notes.skipped_free, 20 * kMiB);
    EXPECT_TRUE(image_notes.warnings.empty());
}

TEST_F(PartitionTest, TheTableOfALogicalPartitionIsStoredWhereverItLies) {
    make_disk();
    if (!put_ext4(6144, 60000)) GTEST_SKIP() << "no mkfs.ext4 (package e2fsprogs)";
    put_table(0, {{0x05, 4096, 120000}});
    put_table(4096, {{0x83, 2048, 60000}, {0x05, 70000, 40000}});
    put_table(4096 + 70000, {{0x83, 2048, 20000}});
    write_file(at("disk"), disk_);
    (void)back_up(at("disk"));
    EXPECT_GT(image_notes.skipped_free, 10 * kMiB) << image_notes.description;
    EXPECT_TRUE(image_notes.warnings.empty());
    EXPECT_TRUE(image_notes.description.starts_with("dos, 2 partitions")) << image_notes.description;
    put_table(4096, {{0x83, 2048, 60000}, {0x05, 50000, 60000}});  // in the free space of the first
    put_table(4096 + 50000, {{0x83, 20000, 20000}});
    expect_stored_whole();
}

TEST_F(BlockImageTest, ASecondBackupStoresOnlyWhatChanged) {
    std::string content = noise(20 * kMiB, 97);
    write_file(at("raw"), content);
    EXPECT_EQ(back_up(at("raw")).bytes.added, 20 * kMiB);
    content.replace(5 * kMiB + 100, 10, "0123456789");
    content.replace(17 * kMiB, 1, "x");
    write_file(at("raw"), content);
    let_settle();
    const BackupResult second = back_up(at("raw"));
    EXPECT_EQ(second.bytes.added, 2 * kMiB);
    EXPECT_TRUE(read(second.snapshot).at(at("raw")).content == content);
    EXPECT_EQ(second.reconciled.files, 1u);
    EXPECT_EQ(repository->read_snapshot(second.snapshot)->summary.kind, "image");
}

TEST_F(BlockImageTest, HolesOfASparseImageStayHoles) {
    write_file(at("sparse"), noise(2 * kMiB + 4096, 96));
    ASSERT_EQ(::truncate(at("sparse").c_str(), 200 * kMiB), 0);
    const BackupResult result = back_up(at("sparse"));
    EXPECT_EQ(result.bytes.read, 2 * kMiB + 4096);
    EXPECT_TRUE(read(result.snapshot).at(at("sparse")).content == read_file_text(at("sparse")));
}

TEST_F(BlockImageTest, ADirtyFileSystemIsStoredWholeWithAWarning) {
    make_content();
    write_file(at("image"), noise(16 * kMiB, 95));
    if (!has_mkfs()) GTEST_SKIP() << "no mkfs.ext4 (package e2fsprogs)";
    ASSERT_TRUE(run("mkfs.ext4 -F -E nodiscard -d " + at("content") + " " + at("image")));
    ASSERT_TRUE(run("debugfs -w -R 'feature needs_recovery' " + at("image")));
    const BackupResult result = back_up(at("image"));
    EXPECT_EQ(image_notes.skipped_free, 0u);
    ASSERT_EQ(image_notes.warnings.size(), 1u);
    EXPECT_NE(image_notes.warnings[0].find("journal"), std::string::npos);
    EXPECT_GT(result.bytes.read, 14 * kMiB);  // mkfs itself punches a few holes
}

TEST_F(BlockImageTest, ADeviceIsReadEachTimeAndRefusedWhileMounted) {
    write_file(at("image"), "");
    ASSERT_EQ(::truncate(at("image").c_str(), 24 * kMiB), 0);
    make_content();
    if (!has_mkfs()) GTEST_SKIP() << "no mkfs.ext4 (package e2fsprogs)";
    ASSERT_TRUE(run("mkfs.ext4 -F -d " + at("content") + " " + at("image")));
    if (::geteuid() != 0) GTEST_SKIP() << "needs root for loop devices";
    if (::access("/dev/loop-control", F_OK) != 0) GTEST_SKIP() << "no loop devices here";
    ASSERT_TRUE(run("losetup -f " + at("image") + " && losetup -j " + at("image") + " | cut -d: -f1 > " + at("loop.real") +
                    " && test -s " + at("loop.real")));
    std::string device;
    {
        std::string listed = read_file_text(at("loop.real"));
        device = listed.substr(0, listed.find('\n'));
    }
    const BackupResult first = back_up(device);
    EXPECT_TRUE(is_ok(repository->read_snapshot(first.snapshot)));
    EXPECT_EQ(read(first.snapshot).at(device).content.size(), 24 * kMiB);
    let_settle();
    EXPECT_GT(back_up(device).bytes.read, 0u);
    ASSERT_EQ(::mkdir(at("mount").c_str(), 0755), 0);
    if (::mount(device.c_str(), at("mount").c_str(), "ext4", 0, "") == 0) {
        // The image is known by what it is: under a further name, through a link, renamed with its first name gone.
        ASSERT_EQ(::link(at("image").c_str(), at("second name").c_str()), 0);
        ASSERT_EQ(::symlink("image", at("link").c_str()), 0);
        ASSERT_EQ(::rename(at("image").c_str(), at("renamed").c_str()), 0);
        ASSERT_EQ(::symlink("renamed", at("image").c_str()), 0);
        for (const std::string& path : {device, at("image"), at("second name"), at("link"), at("renamed")}) {
            ImageOptions image;
            image_notes = {};
            image.path = path;
            EXPECT_TRUE(fails_with(Code::refused, open_block_image(image, image_notes))) << path;
            image.allow_mounted = true;
            EXPECT_TRUE(is_ok(open_block_image(image, image_notes)));
            EXPECT_EQ(image_notes.skipped_free, 0u);
            EXPECT_TRUE(image_notes.warnings.back().ends_with("is stored too: it is mounted read-write")) << path;
        }
        write_file(at("another"), read_file_text(at("renamed")));
        EXPECT_TRUE(is_ok(open_block_image({.path = at("another")}, image_notes)));
        ASSERT_EQ(::umount(at("mount").c_str()), 0);
        EXPECT_TRUE(is_ok(open_block_image({.path = at("renamed")}, image_notes)));
    }
    EXPECT_TRUE(run("losetup -d " + device));
}

TEST_F(BlockImageTest, ALoopDeviceStaysWhatWasLookedAt) {
    make_content();
    write_file(at("image"), noise(24 * kMiB, 93));
    write_file(at("other"), noise(24 * kMiB, 92));
    if (!has_mkfs()) GTEST_SKIP() << "no mkfs.ext4 (package e2fsprogs)";
    ASSERT_TRUE(run("mkfs.ext4 -F -E nodiscard -d " + at("content") + " " + at("image")));
    if (::geteuid() != 0) GTEST_SKIP() << "needs root for loop devices";
    if (::access("/dev/loop-control", F_OK) != 0) GTEST_SKIP() << "no loop devices here";
    ASSERT_TRUE(run("losetup -f --show " + at("image") + " > " + at("device.real")));
    const std::string listed = read_file_text(at("device.real")), device = listed.substr(0, listed.find('\n'));
    {
        auto source = open_block_image({.path = device}, image_notes);
        ASSERT_TRUE(is_ok(source));
        EXPECT_GT(image_notes.skipped_free, 0u);
        (void)run("losetup -d " + device + "; losetup " + device + " " + at("other"));
        expect_same_outside_holes(read(backup(**source).snapshot).at(device), read_file_text(at("image")));
    }
    for (const char* file : {"image", "other"})  // the device may be somebody else's by now
        EXPECT_TRUE(run("losetup -n -O NAME -j " + at(file) + " | xargs -r losetup -d"));
}

TEST_F(BlockImageTest, SwapInUseIsNamed) {
    write_file(at("image"), std::string(4 * kMiB, '\0'));
    ASSERT_EQ(::chmod(at("image").c_str(), 0600), 0);
    if (::geteuid() != 0) GTEST_SKIP() << "needs root for loop devices and swap";
    if (::access("/dev/loop-control", F_OK) != 0) GTEST_SKIP() << "no loop devices here";
    ASSERT_TRUE(run("mkswap " + at("image")));
    ASSERT_TRUE(run("losetup -f --show " + at("image") + " > " + at("device.real")));
    const std::string listed = read_file_text(at("device.real")), device = listed.substr(0, listed.find('\n'));
    const bool in_use = ::swapon(device.c_str(), 0) == 0;
    const bool may_not = !in_use && (errno == EPERM || errno == ENOSYS);
    if (in_use) {
        EXPECT_TRUE(is_ok(open_block_image({.path = device}, image_notes)));
        EXPECT_TRUE(run("swapoff " + device));
        ASSERT_EQ(image_notes.warnings.size(), 1u);
        EXPECT_TRUE(image_notes.warnings[0].starts_with(device + " is in use as swap")) << image_notes.warnings[0];
        image_notes = {};
        EXPECT_TRUE(is_ok(open_block_image({.path = device}, image_notes)));
        EXPECT_TRUE(image_notes.warnings.empty());
    }
    EXPECT_TRUE(run("losetup -d " + device));
    if (may_not) GTEST_SKIP() << "swap may not be turned on here";
    ASSERT_TRUE(in_use);
}

TEST_F(BlockImageTest, RefusesWhatIsNoImage) {
    ImageOptions image;
    image.path = scratch.path();
    EXPECT_TRUE(fails_with(Code::usage, open_block_image(image, image_notes)));
    image.path = at("missing");
    EXPECT_TRUE(fails_with(Code::not_found, open_block_image(image, image_notes)));
}

TEST_F(BlockImageTest, OfNothingThereIsNone) {
    write_file(at("image"), "");
    const auto none = open_block_image({.path = at("image")}, image_notes);
    ASSERT_TRUE(fails_with(Code::failed, none));
    EXPECT_NE(none.error().message.find(at("image") + " holds not one byte"), std::string::npos) << none.error().message;
}

}  // namespace
}  // namespace custody
