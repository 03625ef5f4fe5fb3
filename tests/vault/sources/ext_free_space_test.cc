// What a file system says of itself and is not believed: that its journal is empty, and how large it is.
#include "vault/sources/ext_free_space.h"

#include "base/file.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace custody {
namespace {

using test::read_file_text;
using test::write_file;

constexpr std::uint64_t kImageSize = 32ull * 1024 * 1024, kSuperblock = 1024;

class ExtFreeSpaceTest : public ::testing::Test {
protected:
    [[nodiscard]] std::string at(const std::string& name) const { return scratch_ / name; }
    static bool run(const std::string& command) { return std::system(("{ " + command + "; } >/dev/null 2>&1").c_str()) == 0; }
    // False: there is no mkfs.
    [[nodiscard]] bool make_image(const std::string& how) const {
        if (!run("debugfs -V && mke2fs -V")) return false;
        write_file(at("image"), "");
        EXPECT_EQ(::truncate(at("image").c_str(), static_cast<off_t>(kImageSize)), 0);
        EXPECT_TRUE(run("mke2fs -F -b 1024 " + how + " " + at("image"))) << how;
        return true;
    }
    [[nodiscard]] std::string debugfs(const std::string& request) const {
        EXPECT_TRUE(run("{ debugfs -R '" + request + "' " + at("image") + "; } > " + at("output"))) << request;
        return read_file_text(at("output"));
    }
    void overwrite(std::uint64_t offset, const std::string& bytes) const {
        const Fd image(::open(at("image").c_str(), O_WRONLY | O_CLOEXEC));
        ASSERT_EQ(::pwrite(image.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)),
                  static_cast<ssize_t>(bytes.size()));
    }
    static std::string little_endian(std::uint32_t number) {
        std::string bytes;
        for (const unsigned shift : {0u, 8u, 16u, 24u}) bytes += static_cast<char>(number >> shift & 0xff);
        return bytes;
    }
    [[nodiscard]] ExtFreeSpace look(std::uint64_t size = kImageSize) const {
        const Fd image(::open(at("image").c_str(), O_RDONLY | O_CLOEXEC));
        const auto space = find_ext_free_space(image.get(), 0, size);
        EXPECT_TRUE(space.has_value());
        return space.value_or(ExtFreeSpace{});
    }
    void expect_distrust(const std::string& words, std::uint64_t size = kImageSize) const {
        const ExtFreeSpace space = look(size);
        EXPECT_NE(space.distrust.find(words), std::string::npos) << space.distrust;
        EXPECT_TRUE(space.free.empty());
    }

private:
    test::ScratchFolder scratch_{"ext"};
};

TEST_F(ExtFreeSpaceTest, AJournalThatIsNotEmptyIsNotBelievedWhateverTheSuperblockSays) {
    for (const char* how : {"-t ext3", "-t ext4", "-t ext4 -b 4096"}) {
        if (!make_image(how)) GTEST_SKIP() << "no e2fsprogs";
        EXPECT_EQ(look().distrust, "") << how;
        const std::uint64_t block_size = std::string(how).ends_with("4096") ? 4096 : 1024;
        const std::uint64_t head = std::stoull(debugfs("bmap <8> 0")) * block_size;
        const std::string sound = read_file_text(at("image"));
        struct {
            std::uint64_t at;
            const char* words;
        } const changes[] = {{0, "its journal is damaged"},         // magic
                             {7, "its journal is damaged"},         // type
                             {14, "its journal is damaged"},        // block size
                             {31, "its journal was not replayed"},  // where it begins
                             {34, "its journal says that it failed"}};
        for (const auto& change : changes) {
            overwrite(head + change.at, "\x09");
            expect_distrust(change.words);
            write_file(at("image"), sound);
        }
        EXPECT_EQ(look().distrust, "") << how;
    }
}

TEST_F(ExtFreeSpaceTest, AJournalElsewhereIsNotBelievedToBeEmpty) {
    if (!make_image("-t ext4 -O ^metadata_csum")) GTEST_SKIP() << "no e2fsprogs";
    overwrite(kSuperblock + 0xe0, little_endian(0));  // the number of its inode
    expect_distrust("its journal lies somewhere else");
}

// A sparse file of a few bytes must not take gigabytes of memory: libext2fs takes 64 bytes for each group that is claimed.
TEST_F(ExtFreeSpaceTest, SizesThatTakeAllMemoryAreNotTried) {
    if (!make_image("-t ext4 -O ^metadata_csum,64bit,^has_journal,^resize_inode")) GTEST_SKIP() << "no e2fsprogs";
    const std::string sound = read_file_text(at("image"));
    const std::uint64_t large = 1ull << 43;
    ASSERT_EQ(::truncate(at("image").c_str(), static_cast<off_t>(large)), 0);
    const auto claim = [&](std::uint64_t blocks, std::uint32_t of_group) {
        overwrite(kSuperblock + 4, little_endian(static_cast<std::uint32_t>(blocks)));
        overwrite(kSuperblock + 0x150, little_endian(static_cast<std::uint32_t>(blocks >> 32)));
        for (const std::uint64_t field : {32u, 36u}) overwrite(kSuperblock + field, little_endian(of_group));
        overwrite(kSuperblock, little_endian(static_cast<std::uint32_t>(blocks / of_group * 8)));  // inodes
        overwrite(kSuperblock + 40, little_endian(8));
    };
    struct rusage before {
    }, after{};
    ASSERT_EQ(::getrusage(RUSAGE_SELF, &before), 0);
    claim((1ull << 26) * 8 + 1, 8);
    expect_distrust("its superblock is damaged", large);
    claim((1ull << 26) * 8 + 1, 65536);
    expect_distrust("its superblock is damaged", large);
    claim(1ull << 32, 256);
    expect_distrust("more blocks or block groups", large);
    claim((1ull << 33) + 1, 8192);
    expect_distrust("it is larger than the place", large);
    ASSERT_EQ(::getrusage(RUSAGE_SELF, &after), 0);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 256 * 1024);  // KiB
}

TEST_F(ExtFreeSpaceTest, TheSmallestGroupsOfMke2fsAreBelieved) {
    if (!make_image("-t ext4 -g 256 -N 4096")) GTEST_SKIP() << "no e2fsprogs";
    EXPECT_EQ(look().distrust, "");
}

}  // namespace
}  // namespace custody
