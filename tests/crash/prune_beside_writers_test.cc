// Prune with no grace beside processes that back up, forget and are killed: whatever their steps fall together, every snapshot
// that is live at the end reads back whole, the ledger names nothing that is not there, and no lock is left.
//
// Fault model: processes end at any instruction (SIGKILL). Power stays on: what one process wrote, the others see.
#include "tests/support/hand_vault.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/sanitizers.h"
#include "vault/collector.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <random>

namespace custody::test {
namespace {

constexpr std::size_t kFileBytes = 3'000;
constexpr int kWritersBeside = 3;
constexpr int kRounds = trials(50);

// Content follows from the name, so that anyone can check it.
HandFiles files_of(std::minstd_rand& random) {
    HandFiles files;
    for (int i = 0; i < 4; ++i) {
        const auto seed = static_cast<unsigned>(random() % 12);
        files["file" + std::to_string(seed)] = noise_bytes(kFileBytes, seed);
    }
    return files;
}

void expect_whole(const HandFiles& files) {
    for (const auto& [name, content] : files) {
        const auto seed = static_cast<std::uint64_t>(std::stoul(name.substr(4)));
        EXPECT_EQ(content, noise_bytes(kFileBytes, seed)) << name;
    }
}

// Backs up until it is killed.
[[noreturn]] void write_for_ever(HandVault& vault, unsigned seed) {
    std::minstd_rand random(seed);
    HandVault::Run run;
    run.name = "writer" + std::to_string(seed);
    for (;;) vault.back_up(files_of(random), run);
}

class PruneBesideWritersTest : public testing::Test {
protected:
    void TearDown() override {
        for (const pid_t pid : children_) end(pid);
    }
    pid_t start_writer(unsigned seed) {
        const pid_t pid = ::fork();
        if (pid == 0) write_for_ever(vault_, seed);
        children_.insert(pid);
        return pid;
    }
    static void end(pid_t pid) {
        ::kill(pid, SIGKILL);
        int status = 0;
        ::waitpid(pid, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "a writer ended by itself, status " << status;
    }
    void forget_some(std::minstd_rand& random) {
        Repository repository = vault_.open();
        ForgetOptions options;
        options.rule = RetentionRule{};
        options.rule->last = static_cast<std::uint32_t>(1 + random() % 3);
        const auto forgotten = forget_snapshots(repository, options);
        // Somebody else may be faster; nothing else may go wrong.
        if (!forgotten.ok()) {
            EXPECT_TRUE(fails_with(Code::busy, forgotten));
        }
    }
    Result<PruneResult> prune_now() {
        Repository repository = vault_.open();
        SilentProgress progress;
        const StopFlag stop;
        PruneOptions options;
        options.grace_ns = 0;
        options.threads = 1;
        return prune(repository, options, progress, stop);
    }
    void expect_everything_reads_back() {
        Repository repository = vault_.open();
        for (const auto& [id, in_ledger] : repository.state().snapshots) {
            const auto files = vault_.read_back(id);
            ASSERT_TRUE(is_ok(files)) << "snapshot of entry " << in_ledger.sequence;
            expect_whole(*files);
        }
        EXPECT_TRUE(is_ok(vault_.check_objects()));
    }

    HandVault vault_;
    std::set<pid_t> children_;
};

TEST_F(PruneBesideWritersTest, NothingIsLostOverManyRounds) {
    std::minstd_rand random(42);
    unsigned next = 0;
    std::vector<pid_t> writers;
    for (int i = 0; i < kWritersBeside; ++i) writers.push_back(start_writer(next++));
    for (int round = 0; round < kRounds; ++round) {
        ::usleep(static_cast<useconds_t>(random() % 10'000));
        pid_t& victim = writers[random() % kWritersBeside];
        end(victim);
        children_.erase(victim);
        if (random() % 2 == 0) forget_some(random);
        EXPECT_TRUE(is_ok(prune_now())) << "round " << round;
        victim = start_writer(next++);
    }
    for (const pid_t pid : children_) end(pid);
    children_.clear();
    EXPECT_TRUE(is_ok(prune_now()));
    expect_everything_reads_back();
    // No session is left that could make the next prune wait.
    const auto last = prune_now();
    ASSERT_TRUE(is_ok(last));
    EXPECT_EQ(last->packs_waiting, 0U);
    EXPECT_NE(vault_.back_up({{"file1", noise_bytes(kFileBytes, 1)}}), ObjectId{});
}

}  // namespace
}  // namespace custody::test
