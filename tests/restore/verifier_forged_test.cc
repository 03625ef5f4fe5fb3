// Entries that take away what a live snapshot needs: whoever made them, the loss is told, at each level that can see it.
#include "restore/verifier.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/history/witness.h"
#include "vault/replicator.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace custody::test {
namespace {

class VerifierForgedTest : public testing::Test {
protected:
    void SetUp() override {
        kept_ = vault_.back_up("a", "config", "etc", {{"etc/conf", noise_bytes(3'000, 7)}});
        const auto before = vault_.objects("a");
        id_ = vault_.back_up("a", "business", "docs", {{"srv/plan", noise_bytes(400'000, 1)}});
        for (const auto& [name, bytes] : vault_.objects("a")) {
            if (name.starts_with("packs/") && !before.contains(name)) packs_.push_back(name);
        }
        ASSERT_EQ(packs_.size(), 2U);
        Repository from = vault_.open("a"), to = vault_.open("b");
        ASSERT_TRUE(is_ok(copy_snapshots(from, to, {}, silent_, stop_)));
    }
    // Signed by the family's own host, and in its place in the chain; no writer of this program would make it.
    void forge_removal(const std::string& name, bool unlink) {
        Repository repository = vault_.open("a");
        LedgerEntry entry;
        entry.n = repository.state().n + 1;
        entry.previous = repository.state().head;
        entry.operation = Operation::prune;
        entry.time = vault_.clock().now();
        entry.removed = {name};
        const VaultId& id = repository.header().vault;
        const auto bytes = encode(entry, id, vault_.keyring().signing_seed());
        ASSERT_TRUE(is_ok(bytes));
        vault_.write_object("a", ledger_name(entry.n), *bytes);
        vault_.write_object("a", witness_name(id, entry.n), *bytes);
        if (unlink) vault_.remove_object("a", name);
    }
    VerifyResult verify_a(VerifyLevel level) {
        VerifyOptions options;
        options.level = level;
        options.unlocked = level == VerifyLevel::sample || level == VerifyLevel::full ? &vault_.unlocked() : nullptr;
        const auto result = verify_location(vault_.files(), vault_.path("a"),
                                            level == VerifyLevel::keyless ? nullptr : &vault_.keyring(), options, silent_, stop_);
        EXPECT_TRUE(is_ok(result));
        return result.ok() ? *result : VerifyResult{};
    }
    void expect_loss_of_the_snapshot(VerifyLevel level) {
        const VerifyResult result = verify_a(level);
        ASSERT_EQ(result.damaged.size(), 1U) << static_cast<int>(level);
        EXPECT_EQ(result.damaged[0].object, snapshot_name(id_));
        ASSERT_FALSE(result.damaged[0].affects.empty());
        EXPECT_EQ(result.damaged[0].affects[0].snapshot, id_.hex());
    }
    Result<RepairResult> repair_a(bool from_b) {
        Repository damaged = vault_.open("a", true);
        if (!from_b) return repair(damaged, nullptr, silent_, stop_);
        Repository other = vault_.open("b");
        return repair(damaged, &other, silent_, stop_);
    }

    SmallVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
    ObjectId id_, kept_;
    std::vector<std::string> packs_;
};

TEST_F(VerifierForgedTest, APackThatALiveSnapshotNeedsIsMissed) {
    for (const bool unlink : {true, false}) {
        const auto whole = vault_.objects("a");
        for (const std::string& pack : packs_) {
            forge_removal(pack, unlink);
            for (const VerifyLevel level : {VerifyLevel::structure, VerifyLevel::sample, VerifyLevel::full}) {
                expect_loss_of_the_snapshot(level);
            }
            vault_.put_back("a", whole);
            vault_.forget_heads();
        }
    }
}

TEST_F(VerifierForgedTest, TheRecordOfALiveSnapshotIsMissedAtEveryLevel) {
    for (const bool unlink : {true, false}) {
        const auto whole = vault_.objects("a");
        forge_removal(snapshot_name(id_), unlink);
        for (const VerifyLevel level : {VerifyLevel::keyless, VerifyLevel::structure, VerifyLevel::full}) {
            expect_loss_of_the_snapshot(level);
            EXPECT_EQ(verify_a(level).lost_records.size(), unlink ? 1U : 0U);
        }
        vault_.put_back("a", whole);
        vault_.forget_heads();
    }
}

TEST_F(VerifierForgedTest, ARecordThatIsThereOrElsewhereIsEnteredAgain) {
    for (const bool unlink : {false, true}) {
        forge_removal(snapshot_name(id_), unlink);
        if (unlink) {
            const auto alone = repair_a(false);
            ASSERT_TRUE(is_ok(alone));
            ASSERT_FALSE(alone->lost.empty());
            EXPECT_EQ(alone->lost[0].object, snapshot_name(id_));
            EXPECT_FALSE(verify_a(VerifyLevel::keyless).ok());
        }
        const auto result = repair_a(unlink);
        ASSERT_TRUE(is_ok(result));
        EXPECT_EQ(result->healed, std::vector<std::string>{snapshot_name(id_)});
        EXPECT_TRUE(result->lost.empty());
        EXPECT_TRUE(verify_a(VerifyLevel::full).ok());
        Repository repository = vault_.open("a");
        EXPECT_EQ(read_files(repository, vault_.unlocked(), id_), vault_.stored().at(id_));
    }
}

// No pack is damaged, and yet one is missed: what the other vault has of it comes back.
TEST_F(VerifierForgedTest, APackThatWasTakenOutComesBackFromTheOtherVault) {
    for (const std::string& pack : packs_) {
        forge_removal(pack, true);
        const auto alone = repair_a(false);
        ASSERT_TRUE(is_ok(alone));
        ASSERT_EQ(alone->lost.size(), 1U);
        EXPECT_EQ(alone->lost[0].object, snapshot_name(id_));
        const auto result = repair_a(true);
        ASSERT_TRUE(is_ok(result));
        EXPECT_TRUE(result->lost.empty());
        EXPECT_GT(result->bytes_copied, 0U);
        EXPECT_TRUE(verify_a(VerifyLevel::full).ok());
        Repository repository = vault_.open("a");
        EXPECT_EQ(read_files(repository, vault_.unlocked(), id_), vault_.stored().at(id_));
    }
}

}  // namespace
}  // namespace custody::test
