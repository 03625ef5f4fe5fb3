// Fault model: the medium is full. The vault lies on a small ext4 of its own (loop device); the real program.
// One clear error, nothing lost, prune works on the full medium, and it works again.
#include "tests/support/loop_file_system.h"
#include "tests/support/program.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>

namespace custody::test {
namespace {

void write_noise(const std::string& path, std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string content(size, '\0');
    for (auto& c : content) c = static_cast<char>(random());
    std::ofstream(path, std::ios::binary) << content;
}

class FullMedium : public ::testing::Test {
protected:
    FullMedium() : scratch_("full"), medium_(LoopFileSystem::make("ext4", 64 << 20, why_not_)), vault_(scratch_.path()) {}
    void SetUp() override {
        if (medium_ == nullptr) GTEST_SKIP() << why_not_;
        std::filesystem::create_directories(scratch_ / "source");
    }
    Outcome custody(std::vector<std::string> arguments) {
        Program program = vault_.command(std::move(arguments));
        program.environment["CUSTODY_VAULT"] = medium_->path() + "/vault";
        return run(program);
    }
    Outcome back_up(const std::string& name, std::size_t megabytes, unsigned seed) {
        write_noise(scratch_ / ("source/" + name), megabytes << 20, seed);
        return custody({"backup", scratch_ / ("source/" + name), "--label", "business", "--name", name});
    }

    ScratchFolder scratch_;
    std::string why_not_;
    std::unique_ptr<LoopFileSystem> medium_;
    Vault vault_;
};

TEST_F(FullMedium, OneClearErrorNothingLostAndPruneMakesRoom) {
    ASSERT_EQ(custody({"init"}).exit, 0);
    ASSERT_EQ(back_up("old", 20, 1).exit, 0);
    ASSERT_EQ(back_up("kept", 10, 2).exit, 0);

    const Outcome full = back_up("huge", 60, 3);
    EXPECT_EQ(full.exit, 1);
    EXPECT_NE(full.err.find("No space left"), std::string::npos) << full.err;
    EXPECT_NE(full.err.find("custody prune"), std::string::npos) << full.err;

    const Outcome verified = custody({"verify", "--level", "full"});
    EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
    ASSERT_EQ(custody({"restore", "latest:kept", "--target", scratch_ / "restored", "--strip-prefix", scratch_ / "source"}).exit,
              0);
    EXPECT_EQ(std::system(("cmp " + (scratch_ / "source/kept") + " " + (scratch_ / "restored/kept")).c_str()), 0);

    // Fill what is left, so that prune has nothing but the reserve.
    (void)std::system(("dd if=/dev/zero of=" + medium_->path() + "/filler bs=64k 2>/dev/null").c_str());
    ASSERT_EQ(custody({"forget", "--name", "old", "--keep-last", "1"}).exit, 0);  // a rule never empties a group
    const Outcome forgotten = custody({"forget", "latest:old"});
    ASSERT_EQ(forgotten.exit, 0) << forgotten.err;
    const Outcome pruned = custody({"prune", "--grace", "0s"});
    ASSERT_EQ(pruned.exit, 0) << pruned.err;
    std::filesystem::remove(medium_->path() + "/filler");

    const Outcome again = back_up("new", 15, 4);
    EXPECT_EQ(again.exit, 0) << again.err;
    const Outcome last = custody({"verify", "--level", "full"});
    EXPECT_EQ(last.exit, 0) << last.out << last.err;
    EXPECT_EQ(std::filesystem::file_size(medium_->path() + "/vault/reserve"), 4u << 20) << "prune makes the reserve again";
}

}  // namespace
}  // namespace custody::test
