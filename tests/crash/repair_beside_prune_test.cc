// Repair and verify beside processes that back up, and prunes without grace: whatever falls together, nothing is called damaged,
// healed or lost, and no run ends with an error.
//
// Fault model: none; what goes, prune took away lawfully.
#include "restore/verifier.h"
#include "tests/support/hand_vault.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/sanitizers.h"
#include "vault/collector.h"
#include "vault/replicator.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <random>

namespace custody::test {
namespace {

constexpr int kRepairRounds = trials(12);
constexpr int kMaxRounds = 300;  // until enough was pruned meanwhile
constexpr int kPrunes = 3;

// A child that ends is a child that failed. What another was quicker with may be tried again.
template <class T>
void end_on_error(const T& result, const char* what) {
    if (result.ok() || result.error().code == Code::busy) return;
    std::fprintf(stderr, "%s: %s\n", what, result.error().message.c_str());
    ::_exit(1);
}

[[noreturn]] void keep_writing(HandVault& vault, unsigned seed) {
    std::minstd_rand random(seed);
    HandVault::Run run;
    run.name = "writer" + std::to_string(seed);
    for (;;) {
        HandFiles files;
        for (int i = 0; i < 3; ++i) files["file" + std::to_string(i)] = noise_bytes(3'000, random() % 40);
        vault.back_up(files, run);
        if (::testing::Test::HasFailure()) ::_exit(1);
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
        end_on_error(forget_snapshots(repository, forget), "forget");
        PruneOptions options;
        options.grace_ns = 0;
        options.threads = 1;
        end_on_error(prune(repository, options, silent, stop), "prune");
    }
}

class RepairBesidePruneTest : public testing::Test {
protected:
    void TearDown() override {
        for (const pid_t pid : children_) {
            ::kill(pid, SIGKILL);
            int status = 0;
            ::waitpid(pid, &status, 0);
            EXPECT_TRUE(WIFSIGNALED(status)) << "a writer or prune ended by itself: " << status;
        }
    }
    // Entries by which something was taken away so far.
    int prunes() {
        Repository repository = vault_.open();
        int count = 0;
        for (std::uint64_t n = 1; n <= repository.state().n; ++n) {
            const auto bytes = repository.store().get(ledger_name(n), kMaxLedgerEntrySize);
            const auto entry = bytes.ok() ? decode_ledger_entry(*bytes) : Result<DecodedEntry>(bytes.error());
            EXPECT_TRUE(is_ok(entry));
            if (entry.ok() && entry->entry.operation == Operation::prune && !entry->entry.removed.empty()) ++count;
        }
        return count;
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
    vault_.back_up({{"file0", noise_bytes(3'000, 0)}});
    start([this] { keep_writing(vault_, 1); });
    start([this] { keep_writing(vault_, 2); });
    start([this] { prune_for_ever(vault_); });
    for (int round = 0; round < kMaxRounds && !HasFailure(); ++round) {
        if (round >= kRepairRounds && prunes() >= kPrunes) break;
        repair_now();
        verify_now(round % 2 == 0 ? VerifyLevel::structure : VerifyLevel::keyless);
    }
    EXPECT_GE(prunes(), kPrunes);
}

}  // namespace
}  // namespace custody::test
