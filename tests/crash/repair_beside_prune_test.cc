// Repair and verify beside processes that back up, and prunes without grace: whatever falls together, nothing is called damaged,
// healed or lost, and no run ends with an error.
//
// Fault model: none; what goes, prune took away lawfully.
#include "restore/verifier.h"
#include "tests/support/hand_vault.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "vault/collector.h"
#include "vault/replicator.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <random>

namespace custody::test {
namespace {

constexpr int kRounds = 12;

[[noreturn]] void write_for_ever(HandVault& vault, unsigned seed) {
    std::minstd_rand random(seed);
    HandVault::Run run;
    run.name = "writer" + std::to_string(seed);
    for (;;) {
        HandFiles files;
        for (int i = 0; i < 3; ++i) files["file" + std::to_string(i)] = noise(3'000, random() % 40);
        vault.back_up(files, run);
        ::usleep(2'000);
    }
}

[[noreturn]] void prune_for_ever(HandVault& vault) {
    SilentProgress silent;
    const StopFlag stop;
    for (;;) {
        Repository repository = vault.open();
        ForgetOptions forget;
        forget.rule = RetentionRule{};
        forget.rule->last = 2;
        (void)forget_snapshots(repository, forget);
        PruneOptions options;
        options.grace_ns = 0;
        options.threads = 1;
        (void)prune(repository, options, silent, stop);
    }
}

class RepairBesidePruneTest : public testing::Test {
protected:
    void TearDown() override {
        for (const pid_t pid : children_) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
    }
    template <class Deed>
    void start(Deed deed) {
        const pid_t pid = ::fork();
        if (pid == 0) deed();
        children_.push_back(pid);
    }
    void verify_now(VerifyLevel level) {
        Repository repository = vault_.open(OpenOptions{true});
        VerifyOptions options;
        options.level = level;
        options.threads = 1;
        const auto result = verify(repository, options, silent_, stop_);
        ASSERT_TRUE(is_ok(result));
        for (const auto& damage : result->damaged) ADD_FAILURE() << damage.object << ": " << damage.problem;
    }
    void repair_now() {
        Repository repository = vault_.open(OpenOptions{true});
        const auto result = repair(repository, nullptr, silent_, stop_);
        ASSERT_TRUE(is_ok(result));
        for (const std::string& name : result->healed) ADD_FAILURE() << "healed " << name;
        for (const auto& lost : result->lost) ADD_FAILURE() << lost.object << ": " << lost.why;
    }

    HandVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
    std::vector<pid_t> children_;
};

TEST_F(RepairBesidePruneTest, NothingFalseIsSaidOverManyRounds) {
    vault_.back_up({{"file0", noise(3'000, 0)}});
    start([this] { write_for_ever(vault_, 1); });
    start([this] { write_for_ever(vault_, 2); });
    start([this] { prune_for_ever(vault_); });
    for (int round = 0; round < kRounds && !HasFailure(); ++round) {
        repair_now();
        verify_now(round % 2 == 0 ? VerifyLevel::structure : VerifyLevel::keyless);
    }
}

}  // namespace
}  // namespace custody::test
