// Fault model: the process is killed (SIGKILL) at a random time; what it wrote to the operating system stays (a power cut, which
// loses more, is power_cut_test's). The real program on the file system of /tmp, and with fewer rounds on a loop-mounted one of
// each kind.
//
// After each kill: every snapshot that was ever reported as done restores in full, verify finds no damage, the next backup
// succeeds, and no lock needs a human.
#include "tests/support/medium.h"
#include "tests/support/program.h"
#include "tests/support/sanitizers.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

namespace custody::test {
namespace {

using Random = std::mt19937;

void put_noise(const std::string& path, std::size_t size, Random& random) {
    std::string content(size, '\0');
    for (auto& c : content) c = static_cast<char>(random());
    std::ofstream(path, std::ios::binary) << content;
}

// A tree that takes a backup long enough to be killed in: 300 small files, three of some MiB (about `big` bytes and a half).
void make_tree(const std::string& root, std::size_t big, Random& random) {
    for (int folder = 0; folder < 10; ++folder) {
        const std::string path = root + "/" + std::to_string(folder);
        std::filesystem::create_directories(path);
        for (int file = 0; file < 30; ++file) put_noise(path + "/" + std::to_string(file), random() % 9000, random);
    }
    for (int file = 0; file < 3; ++file) put_noise(root + "/big" + std::to_string(file), big + random() % big, random);
}

void change_tree(const std::string& root, std::size_t big, Random& random) {
    for (int i = 0; i < 12; ++i) {
        const std::string path = root + "/" + std::to_string(random() % 10) + "/" + std::to_string(random() % 30);
        put_noise(path, random() % 9000, random);
    }
    put_noise(root + "/big" + std::to_string(random() % 3), big + random() % big, random);
}

// What is known to have been reported as done: snapshot id and a copy of the tree at that time.
struct Promised {
    std::string snapshot;
    std::string copy;
};

class KillTest : public ::testing::TestWithParam<std::string> {
protected:
    KillTest() : scratch_("kill"), medium_(GetParam(), 1 << 30), random_(test_seed()) {}

    void SetUp() override {
        if (!medium_.ready()) GTEST_SKIP() << medium_.why_not();
        vault_ = Vault(scratch_.path(), medium_ / "vault");
        RecordProperty("seed", std::to_string(test_seed()));
        make_tree(source(), big(), random_);
        ASSERT_EQ(vault_({"init"}).exit, 0);
    }
    [[nodiscard]] std::string source() const { return scratch_ / "source"; }
    [[nodiscard]] std::vector<std::string> backup_command() const {
        return {"--json", "backup", source(), "--label", "business", "--name", "tree"};
    }

    [[nodiscard]] std::size_t big() const { return GetParam() == "folder" ? 6'000'000 : 1'500'000; }
    [[nodiscard]] int rounds(int on_folder, int on_medium, int when_long) const {
        return long_run() ? when_long : trials(GetParam() == "folder" ? on_folder : on_medium);
    }

    void promise(const Outcome& outcome) {
        const auto report = nlohmann::json::parse(outcome.out, nullptr, false);
        ASSERT_FALSE(report.is_discarded()) << outcome.out;
        const std::string copy = scratch_ / ("copy" + std::to_string(made_++));
        std::filesystem::copy(source(), copy, std::filesystem::copy_options::recursive);
        promises_.push_back({report["snapshot"].get<std::string>(), copy});
    }

    void expect_backup_works() {
        const Outcome outcome = vault_(backup_command());
        ASSERT_EQ(outcome.exit, 0) << outcome.err;
        promise(outcome);
    }

    void expect_nothing_lost() {
        const Outcome verified = vault_({"verify", "--level", "full"});
        ASSERT_EQ(verified.exit, 0) << verified.out << verified.err;
        for (const Promised& made : promises_) {
            const std::string target = scratch_ / "restored";
            const Outcome restored = vault_({"restore", made.snapshot, "--target", target, "--strip-prefix", source()});
            ASSERT_EQ(restored.exit, 0) << made.snapshot << restored.err;
            EXPECT_EQ(std::system(("diff -r " + made.copy + " " + target).c_str()), 0) << made.snapshot;
            remove_tree(target);
        }
    }

    // Runs `arguments`, killed after a random part of `span_us`; true when it ended by itself before.
    bool run_and_kill(std::vector<std::string> arguments, unsigned span_us, Outcome& outcome) {
        RunningProgram program(vault_.command(std::move(arguments)));
        ::usleep(static_cast<unsigned>(random_() % span_us));
        program.kill(SIGKILL);
        outcome = program.wait();
        return outcome.signal == 0;
    }

    ScratchFolder scratch_;
    Medium medium_;
    Vault vault_{scratch_.path()};
    Random random_;
    std::vector<Promised> promises_;
    int made_ = 0;
};

TEST_P(KillTest, BackupsKilledAtAnyTimeLoseNothingThatWasPromised) {
    expect_backup_works();
    const int count = rounds(12, 2, 60);
    for (int round = 0; round < count; ++round) {
        change_tree(source(), big(), random_);
        Outcome outcome;
        if (run_and_kill(backup_command(), 400'000, outcome) && outcome.exit == 0) promise(outcome);
        if (round % 4 == 3 || round + 1 == count) {
            expect_backup_works();
            expect_nothing_lost();
        }
    }
}

TEST_P(KillTest, PruneAndForgetKilledAtAnyTimeLoseNothingThatIsKept) {
    const int count = rounds(8, 3, 40);
    for (int round = 0; round < count; ++round) {
        change_tree(source(), big(), random_);
        expect_backup_works();
        if (promises_.size() > 2) {
            // Whether it was killed before or after the entry, what is forgotten here is promised no longer.
            Outcome outcome;
            (void)run_and_kill({"forget", promises_.front().snapshot}, 100'000, outcome);
            promises_.erase(promises_.begin());
            (void)run_and_kill({"prune", "--grace", "0s"}, 200'000, outcome);
        }
    }
    expect_nothing_lost();
    EXPECT_EQ(vault_({"prune", "--grace", "0s"}).exit, 0);
    expect_nothing_lost();
}

TEST_P(KillTest, ACopyKilledAtAnyTimeIsBroughtIntoStepByTheNext) {
    expect_backup_works();
    const std::string second = medium_ / "second";
    ASSERT_EQ(vault_({"init", "--vault", second}).exit, 0);
    for (int round = 0; round < rounds(6, 1, 12); ++round) {
        change_tree(source(), big(), random_);
        expect_backup_works();
        Outcome outcome;
        (void)run_and_kill({"copy", "--to", second}, 300'000, outcome);
    }
    ASSERT_EQ(vault_({"copy", "--to", second}).exit, 0);
    const Outcome verified = vault_({"verify", "--vault", second, "--level", "full"});
    EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
    const Outcome listed = vault_({"--json", "snapshots", "--vault", second});
    EXPECT_EQ(nlohmann::json::parse(listed.out).size(), promises_.size());
}

TEST_P(KillTest, AKilledBackupsWorkIsReused) {
    Outcome outcome;
    for (int tries = 0; tries < 20; ++tries) {
        if (run_and_kill(backup_command(), 300'000, outcome)) break;
    }
    expect_backup_works();
    const Outcome again = vault_(backup_command());
    ASSERT_EQ(again.exit, 0);
    EXPECT_EQ(nlohmann::json::parse(again.out)["bytes"]["new"].get<std::uint64_t>(), 0u);
    expect_nothing_lost();
}

INSTANTIATE_TEST_SUITE_P(, KillTest, testing::ValuesIn(medium_kinds()), medium_name);

}  // namespace
}  // namespace custody::test
