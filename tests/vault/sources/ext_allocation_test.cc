// Block bitmaps that are damaged, alone or with what counts them: nothing that is in use is called free.
#include "vault/sources/ext_allocation.h"

#include "base/file.h"
#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/results.h"
#include "vault/sources/block_image.h"
#include "vault/sources/ext_free_space.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>
#include <regex>

namespace custody {
namespace {

using test::noise;
using test::read_file_text;
using test::write_file;

constexpr std::uint64_t kBlock = 1024, kSize = 24ull * 1024 * 1024;
constexpr const char* kNoChecksums = "-O ^metadata_csum,^uninit_bg";

class ExtAllocationTest : public ::testing::Test, public test::BackupFixture {
protected:
    [[nodiscard]] std::string at(const std::string& name) const { return scratch / name; }
    static bool run(const std::string& command) { return std::system(("{ " + command + "; } >/dev/null 2>&1").c_str()) == 0; }
    [[nodiscard]] std::string output_of(const std::string& command) const {
        EXPECT_TRUE(run("{ " + command + "; } > " + at("output"))) << command;
        return read_file_text(at("output"));
    }
    // An image with three groups and files in it. False: there is no mkfs.
    bool make_image(const std::string& how) {
        if (!run("mkfs.ext4 -V && debugfs -V && dumpe2fs -V")) return false;
        options.label = "image";
        EXPECT_EQ(::mkdir(at("content").c_str(), 0755), 0);
        for (unsigned i = 0; i < 20; ++i) write_file(at("content/" + std::to_string(i)), noise(400'000, i));
        write_file(at("image"), "");
        EXPECT_EQ(::truncate(at("image").c_str(), kSize), 0);
        EXPECT_TRUE(run("mkfs.ext4 -F -m 0 -b 1024 " + how + " -d " + at("content") + " " + at("image")));
        return true;
    }
    [[nodiscard]] std::string described() const { return output_of("dumpe2fs " + at("image")); }
    [[nodiscard]] std::string debugfs(const std::string& request) const {
        return output_of("debugfs -R '" + request + "' " + at("image"));
    }
    void change(const std::string& requests) const {
        write_file(at("requests"), requests);
        ASSERT_TRUE(run("debugfs -w -f " + at("requests") + " " + at("image")));
    }
    static std::uint64_t number_after(const std::string& text, const std::string& words) {
        std::smatch found;
        return std::regex_search(text, found, std::regex(words + "\\s*([0-9]+)")) ? std::stoull(found[1]) : 0;
    }
    // The bitmap calls it free, and its group's descriptor and the superblock count it.
    void free_with_all_counts(std::uint64_t block) const {
        ASSERT_GT(block, 0u);
        const std::string group = std::to_string((block - 1) / 8192), text = described();
        const std::string of_group = text.substr(text.find("Group " + group + ":"));
        std::smatch found;
        ASSERT_TRUE(std::regex_search(of_group, found, std::regex("([0-9]+) free blocks")));
        change("freeb " + std::to_string(block) + " 1\nset_bg " + group + " free_blocks_count " +
               std::to_string(std::stoull(found[1]) + 1) + "\nset_bg " + group + " checksum calc\nssv free_blocks_count " +
               std::to_string(number_after(text, "\nFree blocks:") + 1) + "\n");
    }
    void overwrite(std::uint64_t block, const std::string& bytes) const {
        std::string image = read_file_text(at("image"));
        image.replace(block * kBlock, bytes.size(), bytes);
        write_file(at("image"), image);
    }
    [[nodiscard]] std::optional<ExtFreeSpace> find_free(std::uint64_t size) const {
        const Fd image(::open(at("image").c_str(), O_RDONLY | O_CLOEXEC));
        return find_ext_free_space(image.get(), 0, size);
    }
    [[nodiscard]] ExtFreeSpace look() const {
        const auto space = find_free(kSize);
        EXPECT_TRUE(space.has_value());
        return space.value_or(ExtFreeSpace{});
    }
    void expect_distrust(const std::string& words) const {
        const ExtFreeSpace space = look();
        EXPECT_NE(space.distrust.find(words), std::string::npos) << space.distrust;
        EXPECT_TRUE(space.free.empty());
    }
    void expect_stored_whole() {
        ImageNotes seen;
        auto source = open_block_image({.path = at("image")}, seen);
        ASSERT_TRUE(test::is_ok(source));
        EXPECT_EQ(seen.skipped_free, 0u);
        EXPECT_EQ(seen.warnings.size(), 1u);
        const BackupResult result = backup(**source);
        EXPECT_TRUE(read(result.snapshot).at(at("image")).content == read_file_text(at("image")));
    }
};

class DamagedBitmapTest : public ExtAllocationTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(DamagedBitmapTest, LosesNothing) {
    if (!make_image(GetParam())) GTEST_SKIP() << "no e2fsprogs";
    const ExtFreeSpace sound = look();
    EXPECT_EQ(sound.distrust, "");
    EXPECT_FALSE(sound.free.empty());
    const std::string original = read_file_text(at("image")), text = described();
    const std::regex bitmap("Block bitmap at ([0-9]+)");
    int damaged = 0;
    for (std::sregex_iterator found(text.begin(), text.end(), bitmap), end; found != end; ++found) {
        const std::uint64_t block = std::stoull((*found)[1]);
        if (original.substr(block * kBlock, kBlock) == std::string(kBlock, '\0')) continue;  // not used: nothing in the group is
        overwrite(block, std::string(kBlock, '\0'));
        expect_distrust("its b");
        ImageNotes seen;
        auto source = open_block_image({.path = at("image")}, seen);
        ASSERT_TRUE(test::is_ok(source));
        EXPECT_EQ(seen.skipped_free, 0u);
        ASSERT_EQ(seen.warnings.size(), 1u);
        EXPECT_TRUE(seen.warnings[0].starts_with("free space of ext")) << seen.warnings[0];
        if (damaged++ == 0) {
            const BackupResult result = backup(**source);
            EXPECT_TRUE(read(result.snapshot).at(at("image")).content == read_file_text(at("image")));
        }
        write_file(at("image"), original);
    }
    EXPECT_GE(damaged, 1);
}

INSTANTIATE_TEST_SUITE_P(Layouts, DamagedBitmapTest,
                         ::testing::Values(kNoChecksums, "-O ^metadata_csum,uninit_bg", "-t ext3", "-t ext2",
                                           "-t ext2 -r 0 -I 128", "-O ^metadata_csum,^uninit_bg,^flex_bg", "-O metadata_csum",
                                           "-O meta_bg,^resize_inode", "-O ^metadata_csum,sparse_super2,^resize_inode",
                                           "-O ^metadata_csum,quota,inline_data,ea_inode -I 256",
                                           "-O bigalloc,^metadata_csum,^uninit_bg -C 4096"));

TEST_F(ExtAllocationTest, ABlockOfAFileIsNotFreeThoughAllCountsSaySo) {
    if (!make_image("-t ext3")) GTEST_SKIP() << "no e2fsprogs";
    ASSERT_NE(debugfs("stat /7").find("(IND)"), std::string::npos);
    const std::uint64_t data = std::stoull(debugfs("bmap /7 100"));
    free_with_all_counts(data);
    expect_distrust("its bitmaps call block " + std::to_string(data) + " free, which its inode");
}

TEST_F(ExtAllocationTest, WhatMapsAFileIsNotFreeThoughAllCountsSaySo) {
    if (!make_image("-t ext3")) GTEST_SKIP() << "no e2fsprogs";
    const std::uint64_t indirect = number_after(debugfs("stat /7"), "\\(IND\\):");
    free_with_all_counts(indirect);
    expect_distrust("its bitmaps call block " + std::to_string(indirect) + " free, which its inode");
}

TEST_F(ExtAllocationTest, AnExtentAndAnAttributeBlockAreNotFreeThoughAllCountsSaySo) {
    if (!make_image(std::string(kNoChecksums) + " -I 256")) GTEST_SKIP() << "no e2fsprogs";
    change("ea_set /3 user.long " + std::string(700, 'x') + "\n");
    const std::string sound = read_file_text(at("image"));
    const std::uint64_t attributes = number_after(debugfs("stat /3"), "File ACL:");
    free_with_all_counts(attributes);
    expect_distrust("its bitmaps call block " + std::to_string(attributes) + " free, which its inode");
    write_file(at("image"), sound);
    const std::uint64_t data = std::stoull(debugfs("bmap /3 9"));
    free_with_all_counts(data);
    expect_distrust("its bitmaps call block " + std::to_string(data) + " free, which its inode");
}

TEST_F(ExtAllocationTest, StructuresOfItsOwnAreNotFreeThoughAllCountsAndChecksumsSaySo) {
    if (!make_image("-O metadata_csum -J size=4")) GTEST_SKIP() << "no e2fsprogs";
    const std::string sound = read_file_text(at("image")), text = described();
    EXPECT_EQ(look().distrust, "");
    for (const char* structure : {"Primary superblock at", "Group descriptors at", "Reserved GDT blocks at", "Block bitmap at",
                                  "Inode bitmap at", "Inode table at"}) {
        const std::uint64_t block = number_after(text, structure);
        free_with_all_counts(block);
        expect_distrust("its bitmaps call block " + std::to_string(block) + " free");
        write_file(at("image"), sound);
    }
    const std::uint64_t journal = std::stoull(debugfs("bmap <8> 3"));
    free_with_all_counts(journal);
    expect_distrust("its bitmaps call block " + std::to_string(journal) + " free, which its inode 8 uses");
}

TEST_F(ExtAllocationTest, TheBlockAgainstMountingTwiceIsNotFree) {
    if (!make_image(std::string(kNoChecksums) + ",mmp")) GTEST_SKIP() << "no e2fsprogs";
    const std::uint64_t block = number_after(described(), "MMP block number:");
    const auto flip_feature = [&] {  // debugfs would wait for who might have it mounted
        std::string image = read_file_text(at("image"));
        image[kBlock + 0x61] ^= 1;
        write_file(at("image"), image);
    };
    flip_feature();
    free_with_all_counts(block);
    EXPECT_EQ(look().distrust, "");
    flip_feature();
    expect_distrust("its bitmaps call block " + std::to_string(block) + " free");
}

TEST_F(ExtAllocationTest, ABackupOfTheSuperblockIsNotFree) {
    if (!make_image(kNoChecksums)) GTEST_SKIP() << "no e2fsprogs";
    const std::uint64_t backup = number_after(described(), "Backup superblock at");
    free_with_all_counts(backup);
    expect_distrust("its bitmaps call block " + std::to_string(backup) + " free");
}

TEST_F(ExtAllocationTest, CountsThatContradictTheBitmapAreNoticed) {
    if (!make_image("-O metadata_csum")) GTEST_SKIP() << "no e2fsprogs";
    const std::string sound = read_file_text(at("image"));
    change("set_bg 0 free_blocks_count 5\nset_bg 0 checksum calc\n");
    expect_distrust("its descriptor says 5");
    write_file(at("image"), sound);
    change("ssv free_blocks_count 7\n");
    expect_distrust("its superblock says 7");
    write_file(at("image"), sound);
    change("set_bg 1 checksum 1\n");
    expect_distrust("its group descriptors are damaged");
}

// Blocks of a file called free and as many free ones called used: all counts and checksums agree.
TEST_F(ExtAllocationTest, ABitmapChangedBitForBitIsNotBelieved) {
    for (const char* how : {"-O metadata_csum", "-O metadata_csum,64bit -I 256", "-O metadata_csum,^64bit,^extents", "-t ext3"}) {
        std::filesystem::remove_all(at("content"));
        if (!make_image(how)) GTEST_SKIP() << "no e2fsprogs";
        EXPECT_EQ(look().distrust, "") << how;
        std::uint64_t used = 0, free = 0;
        for (int file = 19; file >= 0 && (free == 0 || (free - 1) / 8192 != (used - 1) / 8192); --file) {
            used = std::stoull(debugfs("bmap /" + std::to_string(file) + " 100"));
            free = number_after(debugfs("ffb 1 " + std::to_string(used)), "Free blocks found:");
        }
        ASSERT_EQ((free - 1) / 8192, (used - 1) / 8192) << how;
        change("freeb " + std::to_string(used) + " 1\nsetb " + std::to_string(free) + " 1\n");
        const std::string text = described();  // which checks the bitmaps' checksums
        EXPECT_EQ(text.find("FAILED"), std::string::npos) << text;
        expect_distrust("its bitmaps call block " + std::to_string(used) + " free, which its inode");
        expect_stored_whole();
    }
}

TEST_F(ExtAllocationTest, AnInodeThatIsDamagedUnderItsChecksumIsNoticed) {
    if (!make_image("-O metadata_csum")) GTEST_SKIP() << "no e2fsprogs";
    std::smatch found;
    const std::string where = debugfs("imap /7");
    ASSERT_TRUE(std::regex_search(where, found, std::regex("located at block ([0-9]+), offset 0x([0-9a-f]+)"))) << where;
    const std::uint64_t links = std::stoull(found[1]) * kBlock + std::stoull(found[2], nullptr, 16) + 26;
    std::string image = read_file_text(at("image"));
    image[links] = '\0';  // as if it were unused
    write_file(at("image"), image);
    expect_distrust("is damaged");
}

TEST_F(ExtAllocationTest, ADescriptorThatCallsInodesInUseUnusedIsNotBelieved) {
    if (!make_image("-O metadata_csum")) GTEST_SKIP() << "no e2fsprogs";
    change("set_bg 0 itable_unused " + std::to_string(number_after(described(), "Inodes per group:") - 12) +
           "\nset_bg 0 checksum calc\n");
    expect_distrust("its group descriptors are damaged");
}

// What a descriptor says of group 0, which holds the files; each is what one torn or wrong write leaves.
struct HiddenInodes {
    const char* what;
    bool flag, counts, superblock;  // INODE_UNINIT; as many inodes free and unused as the group has; the sum of all groups
};
class HiddenInodesTest : public ExtAllocationTest, public ::testing::WithParamInterface<HiddenInodes> {};

TEST_P(HiddenInodesTest, LoseNothing) {
    for (const char* how : {"-O metadata_csum,^has_journal,^resize_inode,^flex_bg", "-O ^metadata_csum,uninit_bg,^has_journal"}) {
        for (const unsigned zeroed : {4u, 0u}) {
            std::filesystem::remove_all(at("content"));
            if (!make_image(how)) GTEST_SKIP() << "no e2fsprogs";
            const std::string text = described(), all = std::to_string(number_after(text, "Inodes per group:"));
            const std::uint64_t hidden =
                std::stoull(all) - number_after(text.substr(text.find("Group 0:")), "[0-9]+ free blocks,");
            free_with_all_counts(std::stoull(debugfs("bmap /5 100")));
            std::string lie = "set_bg 0 flags " + std::to_string(zeroed + (GetParam().flag ? 1 : 0)) + "\n";
            if (GetParam().counts) lie += "set_bg 0 free_inodes_count " + all + "\nset_bg 0 itable_unused " + all + "\n";
            if (GetParam().superblock)
                lie += "ssv free_inodes_count " + std::to_string(number_after(text, "\nFree inodes:") + hidden) + "\n";
            change(lie + "set_bg 0 checksum calc\n");
            expect_distrust("its ");
            expect_stored_whole();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Lies, HiddenInodesTest,
                         ::testing::Values(HiddenInodes{"flag", true, false, false}, HiddenInodes{"counts", false, true, false},
                                           HiddenInodes{"flag and counts", true, true, false},
                                           HiddenInodes{"all counts", false, true, true}, HiddenInodes{"all", true, true, true}),
                         [](const auto& lie) { return std::regex_replace(lie.param.what, std::regex(" "), "_"); });

// A group beyond the first, where no inode is known to be in use: all that counts its inodes calls them free.
TEST_F(ExtAllocationTest, InodesThatAllCountsCallFreeAreNotHidden) {
    for (const char* flags : {"3", "7"}) {  // both bitmaps not initialised; a table that was never zeroed, and one that was
        std::filesystem::remove_all(at("content"));
        if (!make_image("-O metadata_csum,^has_journal,^flex_bg -N 60")) GTEST_SKIP() << "no e2fsprogs";
        const std::string text = described(), of_group = text.substr(text.find("Group 1:"));
        const std::uint64_t all = number_after(text, "Inodes per group:");
        const std::uint64_t inodes_free = number_after(of_group, "[0-9]+ free blocks,");
        ASSERT_LT(inodes_free, all);
        const std::string first = std::to_string(all + 1), none = std::to_string(all);
        free_with_all_counts(std::stoull(debugfs("bmap <" + first + "> 100")));
        change("set_bg 1 free_inodes_count " + none + "\nset_bg 1 itable_unused " + none + "\nset_bg 1 flags " + flags +
               "\nset_bg 1 checksum calc\nssv free_inodes_count " +
               std::to_string(number_after(text, "\nFree inodes:") + all - inodes_free) + "\n");
        expect_distrust(*flags == '3' ? "never zeroed and may hold files" : "free, which its inode " + first + " uses");
        expect_stored_whole();
    }
}

TEST_F(ExtAllocationTest, InodeBitmapsThatContradictTheTablesAreNotBelieved) {
    if (!make_image("-O metadata_csum")) GTEST_SKIP() << "no e2fsprogs";
    const std::string sound = read_file_text(at("image")), text = described();
    const std::uint64_t inode = number_after(debugfs("stat /7"), "Inode:");
    change("clri /7\n");  // as a table that was not written
    expect_distrust("its inode bitmaps call inode " + std::to_string(inode) + " used, which is not");
    write_file(at("image"), sound);
    change("freei /7\n");
    expect_distrust("free inodes, its descriptor says");
    const std::uint64_t of_group = number_after(text.substr(text.find("Group 0:")), "[0-9]+ free blocks,");
    change("set_bg 0 free_inodes_count " + std::to_string(of_group + 1) + "\nset_bg 0 checksum calc\n");
    expect_distrust("its inode bitmaps call inode " + std::to_string(inode) + " free, which is in use");
    write_file(at("image"), sound);
    change("ssv free_inodes_count 3\n");
    expect_distrust("its superblock says 3");
    write_file(at("image"), sound);
    overwrite(number_after(text, "Inode bitmap at"), std::string(16, '\0'));
    expect_distrust("its inode bitmaps are damaged");
}

// As a disk that held something else before leaves it, where mkfs put off zeroing the tables.
TEST_F(ExtAllocationTest, WhatLiesInATableThatWasNeverZeroedIsNoFault) {
    if (!make_image("-O metadata_csum,^flex_bg")) GTEST_SKIP() << "no e2fsprogs";
    const std::string text = described(), of_last = text.substr(text.find("Group 2:"));
    ASSERT_NE(of_last.substr(0, of_last.find('\n')).find("ITABLE_ZEROED"), std::string::npos) << of_last;
    overwrite(number_after(of_last, "Inode table at"), noise(5000, 3));
    expect_distrust("is damaged");
    change("set_bg 2 flags 1\nset_bg 2 checksum calc\n");  // INODE_UNINIT alone
    EXPECT_EQ(look().distrust, "");
    EXPECT_FALSE(look().free.empty());
}

TEST_F(ExtAllocationTest, WhatWasOpenedIsLookedAtWhateverItsPathNamesNow) {
    if (!make_image("-O metadata_csum")) GTEST_SKIP() << "no e2fsprogs";
    const Fd image(::open(at("image").c_str(), O_RDONLY | O_CLOEXEC));
    const ExtFreeSpace expected = look();
    std::filesystem::remove(at("image"));
    const auto space = find_ext_free_space(image.get(), 0, kSize);
    ASSERT_TRUE(space.has_value());
    EXPECT_EQ(space->distrust, "");
    EXPECT_TRUE(space->free == expected.free);
    EXPECT_EQ(space->used_bytes, expected.used_bytes);
}

// Every second run of 64 KiB is free, more of them than are listed.
TEST_F(ExtAllocationTest, RunsAreListedUpToABound) {
    constexpr std::uint64_t kDisk = 192ull << 30, kGroups = kDisk >> 27;
    write_file(at("image"), "");
    ASSERT_EQ(::truncate(at("image").c_str(), static_cast<off_t>(kDisk)), 0);
    if (!run("mkfs.ext2 -V")) GTEST_SKIP() << "no mkfs.ext2 (package e2fsprogs)";
    ASSERT_TRUE(run("mkfs.ext2 -F -m 0 -b 4096 -N 16 -O ^64bit,^resize_inode " + at("image")));
    const std::string text = described();
    const Fd image(::open(at("image").c_str(), O_RDWR | O_CLOEXEC));
    std::uint32_t total = 0;
    for (std::uint64_t group = 1; group < kGroups; ++group) {
        std::array<unsigned char, 32> descriptor{};
        const auto where = static_cast<off_t>(4096 + group * 32);
        ASSERT_EQ(::pread(image.get(), descriptor.data(), 32, where), 32);
        std::uint32_t block = 0;
        std::memcpy(&block, descriptor.data(), 4);
        std::array<unsigned char, 4096> bitmap{};
        ASSERT_EQ(::pread(image.get(), bitmap.data(), 4096, block * 4096ll), 4096);
        std::uint16_t free = 0;
        for (std::size_t i = 0; i < bitmap.size(); ++i) {
            if (i % 4 < 2) bitmap[i] = 0xff;
            free = static_cast<std::uint16_t>(free + 8 - std::popcount(bitmap[i]));
        }
        std::memcpy(&descriptor[12], &free, 2);
        ASSERT_EQ(::pwrite(image.get(), bitmap.data(), 4096, block * 4096ll), 4096);
        ASSERT_EQ(::pwrite(image.get(), descriptor.data(), 32, where), 32);
        total += free;
    }
    const std::uint64_t of_first = number_after(text.substr(text.find("Group 0:")), "\n  ([0-9]+) free blocks,");
    ASSERT_GT(of_first, 0u);
    total += static_cast<std::uint32_t>(of_first);
    ASSERT_EQ(::pwrite(image.get(), &total, 4, 1024 + 12), 4);
    const auto space = find_ext_free_space(image.get(), 0, kDisk);
    ASSERT_TRUE(space.has_value());
    EXPECT_EQ(space->distrust, "");
    EXPECT_EQ(space->used_bytes, kDisk - total * 4096ull);
    EXPECT_LE(space->free.size(), kMaxFreeRuns);
    ASSERT_FALSE(space->free.empty());  // of the first group, which is not fragmented
    EXPECT_GT(space->free[0].length, 100u << 20);
}

// Of 1 GiB of inode tables in a file that has few blocks.
TEST_F(ExtAllocationTest, HolesOfAnImageFileAreNotRead) {
    const auto bytes_read = [] { return number_after(read_file_text("/proc/self/io"), "rchar:"); };
    if (bytes_read() == 0) GTEST_SKIP() << "no count of what is read";
    write_file(at("image"), "");
    ASSERT_EQ(::truncate(at("image").c_str(), 64ll << 30), 0);
    if (!run("mkfs.ext3 -V")) GTEST_SKIP() << "no mkfs.ext3 (package e2fsprogs)";
    ASSERT_TRUE(run("mkfs.ext3 -F -b 4096 -i 16384 -I 256 " + at("image")));
    ASSERT_EQ(number_after(described(), "Inode count:"), 1ull << 22);
    write_file(at("content"), noise(400'000, 1));
    change("write " + at("content") + " file\n");
    const std::string sound = described();
    const std::uint64_t before = bytes_read();
    auto space = find_free(64ull << 30);
    ASSERT_TRUE(space.has_value());
    EXPECT_EQ(space->distrust, "");
    EXPECT_FALSE(space->free.empty());
    EXPECT_LT(bytes_read() - before, 100u << 20);
    const std::string data = output_of("debugfs -R 'bmap /file 50' " + at("image"));
    change("freeb " + std::to_string(std::stoull(data)) + " 1\nsetb 1000000 1\n");
    space = find_free(64ull << 30);
    ASSERT_TRUE(space.has_value());
    EXPECT_NE(space->distrust, "");
}

// Asks for the end when it is told of the first group.
class EndsAtOnce final : public Progress {
public:
    explicit EndsAtOnce(StopFlag& stop) : stop_(stop) {}
    void update(const ProgressState& state) override {
        EXPECT_EQ(state.phase, "checking what is free");
        EXPECT_EQ(state.items_total, 6u);  // the block bitmaps of three groups, and their inodes
        ++updates;
        stop_.request();
    }
    void warn(std::string_view) override {}
    int updates = 0;

private:
    StopFlag& stop_;
};

TEST_F(ExtAllocationTest, TheWalkIsShownAndEndsWhenAsked) {
    if (!make_image("-O metadata_csum")) GTEST_SKIP() << "no e2fsprogs";
    EndsAtOnce progress(stop);
    ImageNotes seen;
    const auto source = open_block_image({.path = at("image"), .watch = {&stop, &progress}}, seen);
    EXPECT_TRUE(test::fails_with(Code::interrupted, source));
    EXPECT_EQ(progress.updates, 1);
}

TEST_F(ExtAllocationTest, AFileSystemLargerThanItsPlaceIsStoredWhole) {
    if (!make_image(kNoChecksums)) GTEST_SKIP() << "no e2fsprogs";
    const auto space = find_free(kSize - kBlock);
    ASSERT_TRUE(space.has_value());
    EXPECT_EQ(space->distrust, "it is larger than the place it lies in");
    EXPECT_TRUE(space->free.empty());
}

// 256 * 256 * 256 times the same block, and every inode once more.
TEST_F(ExtAllocationTest, BlocksThatNameThemselvesEnd) {
    if (!make_image("-t ext2")) GTEST_SKIP() << "no e2fsprogs";
    const std::uint64_t block = std::stoull(debugfs("bmap /7 3"));
    std::string itself;
    while (itself.size() < kBlock) {
        for (const unsigned shift : {0u, 8u, 16u, 24u}) itself += static_cast<char>((block >> shift) & 0xff);
    }
    overwrite(block, itself);
    change("sif /5 block[TIND] " + std::to_string(block) + "\n");
    expect_distrust("its inodes use more blocks than it has");
}

// Whatever the bytes are, it ends and nothing lies outside.
TEST_F(ExtAllocationTest, AnyBytesAreAnswered) {
    if (!make_image(kNoChecksums)) GTEST_SKIP() << "no e2fsprogs";
    const std::string sound = read_file_text(at("image"));
    const std::uint64_t table = number_after(described(), "Inode table at") * kBlock;
    std::mt19937 random(7);
    int answered = 0;
    for (int round = 0; round < 60; ++round) {
        std::string image = sound;
        for (int i = 0; i < 4; ++i) {
            const bool in_table = random() % 2 == 0;
            image[in_table ? table + random() % (32 * 256) : kBlock + random() % (4 * kBlock)] = static_cast<char>(random());
        }
        write_file(at("image"), image);
        const auto space = find_free(kSize);
        if (!space) continue;
        ++answered;
        for (const Hole& run : space->free) EXPECT_LE(run.offset + run.length, kSize) << round;
    }
    EXPECT_GT(answered, 0);
}

}  // namespace
}  // namespace custody
