// Fault model: the medium is pulled while a backup or a prune runs: from some moment on its device fails every read and write,
// below the file system, which makes of it whatever it makes. Then it is there again, and is mounted anew. The real program on a
// loop-mounted file system of each kind.
//
// Shown: the run that meets it fails in words; every snapshot reported as done restores in full, verify finds no damage, and the
// next backup succeeds. NTFS and exFAT keep no journal, and `init` says so: there the loss may be found, but nothing may be given
// back that was never stored.
#include "tests/support/medium.h"
#include "tests/support/program.h"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

namespace custody::test {
namespace {

constexpr std::uint64_t kMediumSize = 192 << 20;

class PulledMedium : public testing::TestWithParam<std::string> {
protected:
    struct Promise {
        std::string snapshot, copy;
    };
    PulledMedium() : scratch_("pulled"), random_(test_seed()) {}

    // A new medium with a vault and three snapshots, the first of them forgotten; false: this kind cannot be had here.
    bool begin(std::string& why_not) {
        for (const char* left : {"keyring", "cache", "source"}) remove_tree(scratch_ / left);
        promises_.clear();
        std::filesystem::create_directories(scratch_ / "source");
        medium_.reset();
        medium_ = LoopFileSystem::make(GetParam(), std::max(LoopFileSystem::least_size(GetParam()), kMediumSize), why_not);
        if (!medium_) return false;
        vault_ = Vault(scratch_.path(), medium_->path() + "/vault");
        EXPECT_EQ(vault_({"init"}).exit, 0);
        for (int i = 0; i < 3; ++i) {
            change_source();
            promise(vault_(backup_command()));
        }
        if (HasFailure()) return true;
        EXPECT_EQ(vault_({"forget", promises_.front().snapshot}).exit, 0);
        promises_.erase(promises_.begin());
        change_source();
        return true;
    }

    void change_source() {
        for (int i = 0; i < 4; ++i) {
            std::string content(200'000 + random_() % 900'000, '\0');
            for (auto& c : content) c = static_cast<char>(random_());
            std::ofstream(scratch_ / ("source/" + std::to_string(random_() % 8)), std::ios::binary) << content;
        }
    }
    [[nodiscard]] std::vector<std::string> backup_command() const {
        return {"--json", "backup", scratch_ / "source", "--label", "business", "--name", "tree"};
    }
    void promise(const Outcome& outcome) {
        const auto report = nlohmann::json::parse(outcome.out, nullptr, false);
        ASSERT_EQ(outcome.exit, 0) << outcome.err;
        ASSERT_FALSE(report.is_discarded()) << outcome.out;
        const std::string copy = scratch_ / ("copy" + std::to_string(copies_++));
        std::filesystem::copy(scratch_ / "source", copy, std::filesystem::copy_options::recursive);
        promises_.push_back({report["snapshot"].get<std::string>(), copy});
    }

    // The outcome of a run during which the medium is pulled, or just after.
    Outcome run_and_pull(std::vector<std::string> arguments) {
        RunningProgram program(vault_.command(std::move(arguments)));
        ::usleep(static_cast<unsigned>(random_() % 150'000));
        EXPECT_TRUE(medium_->pull());
        return program.wait();
    }

    // Empty, or why it cannot be mounted.
    std::string plug_in_again() {
        EXPECT_TRUE(medium_->unmount());
        std::string why_not;
        auto again = LoopFileSystem::mount_copy(GetParam(), medium_->image(), why_not);
        medium_ = std::move(again);
        if (medium_) vault_ = Vault(scratch_.path(), medium_->path() + "/vault");
        return why_not;
    }

    // Empty, or what is lost. A file that comes back with another content fails the test at once.
    std::string judge() {
        const Outcome verified = vault_({"verify", "--level", "full"});
        std::string wrong;
        if (verified.exit != 0) wrong = verified.out + verified.err;
        const std::string target = scratch_ / "restored";
        for (const Promise& made : promises_) {
            const Outcome restored =
                vault_({"restore", made.snapshot, "--target", target, "--strip-prefix", scratch_ / "source"});
            if (restored.exit != 0) {
                wrong += restored.err;
            } else {
                EXPECT_EQ(std::system(("diff -r " + made.copy + " " + target).c_str()), 0) << made.snapshot;
            }
            remove_tree(target);
        }
        const Outcome next = vault_(backup_command());
        return next.exit == 0 ? wrong : wrong + next.err;
    }

    void pull_during(const std::vector<std::string>& arguments, bool promises_a_snapshot) {
        std::string why_not;
        if (!begin(why_not)) GTEST_SKIP() << why_not;
        ASSERT_FALSE(HasFailure());
        const Outcome outcome = run_and_pull(arguments);
        EXPECT_TRUE(outcome.exit == 0 || !outcome.err.empty()) << outcome.exit;
        EXPECT_EQ(outcome.signal, 0);
        if (outcome.exit == 0 && promises_a_snapshot) promise(outcome);
        std::string wrong = plug_in_again();
        if (wrong.empty()) wrong = judge();
        EXPECT_TRUE(wrong.empty() || !survives_power_cuts(GetParam())) << wrong << "after: " << outcome.err;
        if (!wrong.empty()) RecordProperty("found_lost", wrong);
    }

    ScratchFolder scratch_;
    std::unique_ptr<LoopFileSystem> medium_;
    Vault vault_{scratch_.path()};
    std::mt19937 random_;
    std::vector<Promise> promises_;
    int copies_ = 0;
};

TEST_P(PulledMedium, LosesNothingThatWasPromised) {
    const int rounds = long_run() ? 20 : 1;
    for (int round = 0; round < rounds && !HasFailure() && !IsSkipped(); ++round) {
        SCOPED_TRACE("round " + std::to_string(round) + ", seed " + std::to_string(test_seed()));
        pull_during(backup_command(), true);
        if (long_run()) pull_during({"prune", "--grace", "0s"}, false);
    }
}

INSTANTIATE_TEST_SUITE_P(, PulledMedium, testing::ValuesIn(file_system_kinds()), medium_name);

}  // namespace
}  // namespace custody::test
