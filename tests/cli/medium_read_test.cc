// Proofs read the medium: damage of it that the page cache hides is found.
#include "tests/support/loop_file_system.h"
#include "tests/support/program.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace custody::test {
namespace {

class MediumRead : public testing::Test {
protected:
    void SetUp() override {
        std::string why_not;
        medium_ = LoopFileSystem::make("ext4", 64 << 20, why_not);
        if (!medium_) GTEST_SKIP() << why_not;
        vault_ = Vault(scratch_.path(), medium_->path() + "/vault");
        std::filesystem::create_directory(scratch_ / "source");
        std::string content(300'000, '\0');
        for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i >> 7);
        std::ofstream(scratch_ / "source/file", std::ios::binary) << content;
        ASSERT_EQ(vault_({"init"}).exit, 0);
        ASSERT_EQ(vault_({"backup", scratch_ / "source", "--label", "business"}).exit, 0);
    }
    [[nodiscard]] std::string largest(const std::string& folder) const {
        std::string found;
        for (const auto& item : std::filesystem::recursive_directory_iterator(vault_.vault() + "/" + folder)) {
            if (item.is_regular_file() && (found.empty() || item.file_size() > std::filesystem::file_size(found)))
                found = item.path();
        }
        return found;
    }
    // Turns a bit of the file's first block where it lies on the disk; the mounted file system knows nothing of it.
    void damage_behind_the_cache(const std::string& path) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        ASSERT_GE(file, 0);
        int block = 0, size = 0;
        ASSERT_EQ(::ioctl(file, FIGETBSZ, &size), 0);
        ASSERT_EQ(::ioctl(file, FIBMAP, &block), 0);
        ::close(file);
        ASSERT_GT(block, 0);
        std::fstream image(medium_->image(), std::ios::binary | std::ios::in | std::ios::out);
        const std::streamoff at = std::streamoff{block} * size + 100;
        image.seekg(at);
        const int byte = image.get();
        image.seekp(at);
        image.put(static_cast<char>(byte ^ 4));
        ASSERT_TRUE(image.good());
    }

    ScratchFolder scratch_{"medium-read"};
    std::unique_ptr<LoopFileSystem> medium_;
    Vault vault_{scratch_.path()};
};

TEST_F(MediumRead, KeylessAndFullVerificationSeeWhatTheCacheHides) {
    damage_behind_the_cache(largest("packs"));
    const Outcome keyless = vault_({"verify", "--keyless"});
    EXPECT_EQ(keyless.exit, 4) << keyless.out << keyless.err;
    const Outcome full = vault_({"verify", "--level", "full"});
    EXPECT_EQ(full.exit, 4) << full.out;
    EXPECT_NE(full.out.find("file"), std::string::npos) << full.out;
}

TEST_F(MediumRead, FullVerificationAloneSeesADamagedPack) {
    damage_behind_the_cache(largest("packs"));
    EXPECT_EQ(vault_({"verify", "--level", "full"}).exit, 4);
}

TEST_F(MediumRead, EveryLevelSeesADamagedIndex) {
    damage_behind_the_cache(largest("index"));
    EXPECT_EQ(vault_({"verify"}).exit, 4);
}

}  // namespace
}  // namespace custody::test
