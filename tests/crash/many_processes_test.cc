// Fault model: none but haste. Several processes back up into one vault at once, while another prunes with no grace left and
// another verifies, at least 50 rounds, and a few on a loop-mounted file system of each kind: nothing is lost.
#include "tests/support/medium.h"
#include "tests/support/program.h"
#include "tests/support/sanitizers.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace custody::test {
namespace {

constexpr std::size_t kWriters = 3;

void write_file(const std::string& path, std::mt19937& random) {
    std::string content(1 + random() % 60'000, '\0');
    for (auto& c : content) c = static_cast<char>(random());
    std::ofstream(path, std::ios::binary) << content;
}

class ManyProcesses : public ::testing::TestWithParam<std::string> {
protected:
    ManyProcesses() : scratch_("many"), medium_(GetParam(), 512 << 20), random_(test_seed()) {}

    // Files come back with the same content under other names: what one round forgets and prunes, the next wants again.
    void SetUp() override {
        if (!medium_.ready()) GTEST_SKIP() << medium_.why_not();
        vault_ = Vault(scratch_.path(), medium_ / "vault");
        ASSERT_EQ(vault_({"init"}).exit, 0);
        std::filesystem::create_directories(scratch_ / "pool");
        for (int i = 0; i < 40; ++i) {
            pool_.push_back(scratch_ / ("pool/" + std::to_string(i)));
            write_file(pool_.back(), random_);
        }
    }
    [[nodiscard]] std::string source(std::size_t writer) const { return scratch_ / ("source" + std::to_string(writer)); }

    std::unique_ptr<RunningProgram> start_writer(std::size_t writer) {
        std::filesystem::remove_all(source(writer));
        std::filesystem::create_directories(source(writer));
        for (int i = 0; i < 8; ++i)
            std::filesystem::copy(pool_[random_() % pool_.size()], source(writer) + "/" + std::to_string(i));
        return std::make_unique<RunningProgram>(
            vault_.command({"backup", source(writer), "--label", "business", "--name", std::to_string(writer)}));
    }

    void play_round() {
        std::vector<std::unique_ptr<RunningProgram>> writers;
        for (std::size_t writer = 0; writer < kWriters; ++writer) writers.push_back(start_writer(writer));
        RunningProgram pruner(vault_.command({"prune", "--grace", "0s"}));
        RunningProgram verifier(vault_.command({"verify", "--level", "structure"}));
        for (const auto& writer : writers) {
            const Outcome outcome = writer->wait();
            EXPECT_EQ(outcome.exit, 0) << outcome.err;
        }
        const Outcome pruned = pruner.wait();
        EXPECT_EQ(pruned.exit, 0) << pruned.err;
        const Outcome verified = verifier.wait();
        EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
        EXPECT_EQ(vault_({"forget", "--label", "business", "--keep-last", "1"}).exit, 0);
    }

    ScratchFolder scratch_;
    Medium medium_;
    Vault vault_{scratch_.path()};
    std::mt19937 random_;
    std::vector<std::string> pool_;
};

TEST_P(ManyProcesses, WritersBesidePruneAndVerifyLoseNothing) {
    const int rounds = long_run() ? 200 : trials(GetParam() == "folder" ? 50 : 2);
    for (int round = 0; round < rounds; ++round) {
        SCOPED_TRACE("round " + std::to_string(round) + ", seed " + std::to_string(test_seed()));
        play_round();
        if (round % 10 == 9 || round + 1 == rounds) {
            const Outcome full = vault_({"verify", "--level", "full"});
            ASSERT_EQ(full.exit, 0) << full.out << full.err;
        }
        if (HasFailure()) return;
    }
    for (std::size_t writer = 0; writer < kWriters; ++writer) {
        const std::string target = scratch_ / ("restored" + std::to_string(writer));
        const Outcome restored =
            vault_({"restore", "latest:" + std::to_string(writer), "--target", target, "--strip-prefix", source(writer)});
        ASSERT_EQ(restored.exit, 0) << restored.err;
        EXPECT_EQ(std::system(("diff -r " + source(writer) + " " + target).c_str()), 0);
    }
}

INSTANTIATE_TEST_SUITE_P(, ManyProcesses, testing::ValuesIn(medium_kinds()), medium_name);

}  // namespace
}  // namespace custody::test
