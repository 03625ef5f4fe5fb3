// Prune over a real vault: it frees what nobody needs, never what somebody does, beside writers, after crashes, on full media.
#include "vault/collector.h"

#include "tests/support/hand_vault.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "vault/prune/index_fold.h"
#include "vault/store/reserve.h"
#include "vault/store/vault_header.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace custody::test {
namespace {

constexpr std::size_t kSize = 20'000;

class PruneTest : public testing::Test {
protected:
    static HandFiles files(std::initializer_list<int> seeds) {
        HandFiles made;
        for (const int seed : seeds) made["file" + std::to_string(seed)] = noise_bytes(kSize, static_cast<std::uint64_t>(seed));
        return made;
    }
    PruneResult prune_now(PruneOptions options = {}) {
        if (options.grace_ns == PruneOptions{}.grace_ns) options.grace_ns = 0;
        Repository repository = vault_.open();
        SilentProgress progress;
        const StopFlag stop;
        auto result = prune(repository, options, progress, stop);
        EXPECT_TRUE(is_ok(result));
        EXPECT_TRUE(is_ok(vault_.check_objects()));
        return result.ok() ? *result : PruneResult{};
    }
    Result<PruneResult> try_prune() {
        Repository repository = vault_.open();
        SilentProgress progress;
        const StopFlag stop;
        PruneOptions options;
        options.grace_ns = 0;
        return prune(repository, options, progress, stop);
    }
    void expect_reads(const ObjectId& id, const HandFiles& files) {
        const auto back = vault_.read_back(id);
        ASSERT_TRUE(is_ok(back));
        EXPECT_EQ(*back, files);
    }
    std::size_t packs() { return vault_.names("packs").size(); }
    // Nothing lies in the vault that the ledger does not name, but for what is never named.
    void expect_no_orphans() {
        Repository repository = vault_.open();
        for (const char* folder : {"packs", "index", "snapshots"}) {
            for (const std::string& name : vault_.names(folder)) {
                EXPECT_TRUE(repository.state().objects.contains(name)) << name;
            }
        }
    }

    HandVault vault_;
};

TEST_F(PruneTest, FreesWhatOnlyForgottenSnapshotsHeld) {
    const ObjectId first = vault_.back_up(files({1, 2}));
    const ObjectId second = vault_.back_up(files({2, 3}));
    const ObjectId third = vault_.back_up(files({4}));
    EXPECT_EQ(packs(), 6U);
    vault_.forget(third);
    const PruneResult result = prune_now();
    EXPECT_EQ(result.packs_removed, 2U);
    EXPECT_EQ(packs(), 4U);
    EXPECT_GE(result.bytes_before, result.bytes_after + kSize / 2);
    EXPECT_EQ(result.bytes_freed, result.bytes_before - result.bytes_after) << "what the medium has more room by";
    expect_reads(first, files({1, 2}));
    expect_reads(second, files({2, 3}));
    EXPECT_FALSE(vault_.read_back(third).ok());
    expect_no_orphans();
}

TEST_F(PruneTest, WithNothingToDoWritesNothing) {
    vault_.back_up(files({1, 2}));
    prune_now();
    const auto ledger = vault_.names("ledger");
    const auto all = vault_.names("");
    const PruneResult result = prune_now();
    EXPECT_EQ(result.packs_removed + result.packs_repacked + result.packs_waiting, 0U);
    EXPECT_EQ(vault_.names("ledger"), ledger);
    EXPECT_EQ(vault_.names(""), all);
}

TEST_F(PruneTest, RepacksPacksThatAreMostlyDead) {
    const ObjectId first = vault_.back_up(files({1, 2, 3, 4}));
    const ObjectId second = vault_.back_up(files({4, 5}));
    vault_.forget(first);
    const PruneResult result = prune_now();
    EXPECT_EQ(result.packs_removed, 1U);  // the first tree
    EXPECT_EQ(result.packs_repacked, 1U);
    EXPECT_LT(result.bytes_after + 2 * kSize, result.bytes_before);
    expect_reads(second, files({4, 5}));
    expect_no_orphans();
    EXPECT_EQ(prune_now().packs_repacked, 0U);
}

TEST_F(PruneTest, LeavesPacksThatAreMostlyLive) {
    const ObjectId first = vault_.back_up(files({1, 2, 3, 4, 5}));
    const ObjectId second = vault_.back_up(files({2, 3, 4, 5}));
    vault_.forget(first);
    EXPECT_EQ(prune_now().packs_repacked, 0U);
    expect_reads(second, files({2, 3, 4, 5}));
}

// A block of which half to three quarters are live is formed anew too, or its pack would be repacked by every run.
TEST_F(PruneTest, WhatWasCompactedIsNotCompactedAgain) {
    HandVault::Run together;
    together.files_a_block = 5;
    const ObjectId first = vault_.back_up(files({1, 2, 3, 4, 5}), together);
    const ObjectId second = vault_.back_up(files({3, 4, 5}));
    vault_.forget(first);
    PruneOptions options;
    options.compact = true;
    const auto unlocked = vault_.keyring().unlock(secret_text("hand vault"));
    ASSERT_TRUE(is_ok(unlocked));
    options.unlocked = &*unlocked;
    options.dry_run = true;
    const PruneResult promised = prune_now(options);
    EXPECT_EQ(promised.packs_repacked, 1U);
    options.dry_run = false;
    const PruneResult result = prune_now(options);
    EXPECT_EQ(result.packs_repacked, 1U);
    EXPECT_NEAR(static_cast<double>(result.bytes_freed), static_cast<double>(promised.bytes_freed), 10'000);
    const PruneResult again = prune_now(options);
    EXPECT_EQ(again.packs_repacked, 0U);
    EXPECT_EQ(again.bytes_copied, 0U);
    expect_reads(second, files({3, 4, 5}));
    expect_no_orphans();
}

TEST_F(PruneTest, CompactFormsBlocksAnew) {
    HandVault::Run together;
    together.files_a_block = 4;
    const ObjectId first = vault_.back_up(files({1, 2, 3, 4}), together);
    const ObjectId second = vault_.back_up(files({4}));
    vault_.forget(first);
    EXPECT_EQ(prune_now().packs_repacked, 0U);  // its only content block is live as a whole
    PruneOptions options;
    options.compact = true;
    const auto unlocked = vault_.keyring().unlock(secret_text("hand vault"));
    ASSERT_TRUE(is_ok(unlocked));
    options.unlocked = &*unlocked;
    const PruneResult result = prune_now(options);
    EXPECT_EQ(result.packs_repacked, 1U);
    EXPECT_LT(result.bytes_after + 2 * kSize, result.bytes_before);
    expect_reads(second, files({4}));
    expect_no_orphans();
}

TEST_F(PruneTest, DryRunChangesNothing) {
    vault_.forget(vault_.back_up(files({1})));
    const auto before = vault_.names("");
    PruneOptions options;
    options.dry_run = true;
    const PruneResult result = prune_now(options);
    EXPECT_EQ(result.packs_removed, 2U);
    EXPECT_GE(result.bytes_freed, kSize);
    EXPECT_EQ(vault_.names(""), before);
}

TEST_F(PruneTest, KeepsAtMostSixteenIndexSegments) {
    std::vector<ObjectId> ids;
    for (int i = 0; i < 20; ++i) ids.push_back(vault_.back_up(files({i})));
    EXPECT_EQ(vault_.names("index").size(), 20U);
    const PruneResult result = prune_now();
    EXPECT_EQ(result.index_segments_before, 20U);
    EXPECT_LE(result.index_segments_after, kMaxIndexSegments);
    EXPECT_EQ(result.index_segments_after, vault_.names("index").size());
    for (int i = 0; i < 20; ++i) expect_reads(ids[static_cast<std::size_t>(i)], files({i}));
    expect_no_orphans();
}

TEST_F(PruneTest, OlderSessionMakesEverythingWait) {
    const ObjectId first = vault_.back_up(files({1}));
    auto session = std::make_unique<Session>(std::move(*Session::begin(vault_.store())));
    vault_.forget(first);
    const std::size_t before = packs();
    const PruneResult waiting = prune_now();
    EXPECT_EQ(waiting.packs_waiting, 2U);
    EXPECT_EQ(waiting.packs_removed, 0U);
    EXPECT_EQ(packs(), before);
    // It may still use what it could see when it began.
    HandVault::Run run;
    const ObjectId second = vault_.back_up(files({1}), run, *session);
    session.reset();
    EXPECT_EQ(prune_now().packs_removed, 0U);
    expect_reads(second, files({1}));
}

TEST_F(PruneTest, ARecordThatWaitsAloneIsNoPack) {
    const ObjectId first = vault_.back_up(files({1}));
    vault_.back_up(files({1}));
    const auto session = std::make_unique<Session>(std::move(*Session::begin(vault_.store())));
    vault_.forget(first);
    const PruneResult waiting = prune_now();
    EXPECT_EQ(waiting.packs_waiting, 0U);
    ASSERT_EQ(waiting.warnings.size(), 1U);
    EXPECT_EQ(waiting.warnings.front(), "a backup is running: what no snapshot needs any more waits for the next prune");
}

TEST_F(PruneTest, SessionThatSeesTheMarksStoresAnew) {
    const ObjectId first = vault_.back_up(files({1}));
    auto older = std::make_unique<Session>(std::move(*Session::begin(vault_.store())));
    vault_.forget(first);
    EXPECT_EQ(prune_now().packs_waiting, 2U);
    const ObjectId second = vault_.back_up(files({1}));  // its session carries the marks
    EXPECT_EQ(packs(), 4U);
    older.reset();
    EXPECT_EQ(prune_now().packs_waiting, 0U);
    expect_reads(second, files({1}));
}

TEST_F(PruneTest, WhatARunningBackupHasWrittenStays) {
    const Session session = std::move(*Session::begin(vault_.store()));
    HandVault::Run run;
    run.until = RunUntil::index;
    vault_.back_up(files({1}), run, session);
    EXPECT_EQ(prune_now().packs_waiting, 2U);
    EXPECT_EQ(packs(), 2U);
    run.until = RunUntil::published;
    expect_reads(vault_.back_up(files({1}), run, session), files({1}));
    EXPECT_EQ(packs(), 2U);
}

TEST_F(PruneTest, CrashedBackupIsReusedWithinGraceAndFreedAfter) {
    for (const RunUntil until : {RunUntil::packs, RunUntil::index, RunUntil::snapshot}) {
        HandVault::Run run;
        run.until = until;
        vault_.back_up(files({1, 2}), run);
    }
    const auto before = vault_.names("");
    PruneOptions options;
    options.grace_ns = kHour;  // files are as old as the real clock says; the vault's clock is behind or ahead
    vault_.clock().set(system_clock().now());
    EXPECT_EQ(prune_now(options).packs_removed, 0U);
    EXPECT_EQ(vault_.names(""), before);
    const std::size_t orphaned = packs();
    const ObjectId reused = vault_.back_up(files({1, 2}));
    EXPECT_EQ(packs(), orphaned);  // nothing stored twice
    prune_now();
    expect_reads(reused, files({1, 2}));
    expect_no_orphans();
    vault_.forget(reused);
    prune_now();
    EXPECT_EQ(packs(), 0U);
    EXPECT_TRUE(vault_.names("snapshots").empty());
    EXPECT_TRUE(vault_.names("index").empty());
}

TEST_F(PruneTest, DeadSessionsAndTemporaryFilesAreClearedAway) {
    const std::string left = vault_.path() + "/sessions/" + std::string(32, 'a');
    std::ofstream(left).put('x');
    vault_.forget(vault_.back_up(files({1})));
    prune_now();
    EXPECT_EQ(std::remove(left.c_str()), -1);
    EXPECT_EQ(packs(), 0U);
}

TEST_F(PruneTest, DamagedIndexStopsPruneBeforeItFreesAnything) {
    const ObjectId kept = vault_.back_up(files({1}));
    vault_.forget(vault_.back_up(files({2})));
    const auto segments = vault_.names("index");
    for (const std::string& name : segments) {
        const std::string path = vault_.path() + "/" + name;
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(-40, std::ios::end);
        file.put('\x5a');
    }
    const std::size_t before = packs();
    EXPECT_TRUE(fails_with(Code::corrupt, try_prune()));
    EXPECT_EQ(packs(), before);
    for (const std::string& name : segments) ASSERT_EQ(std::remove((vault_.path() + "/" + name).c_str()), 0);
    EXPECT_TRUE(fails_with(Code::corrupt, try_prune()));
    EXPECT_EQ(packs(), before);
    (void)kept;
}

TEST_F(PruneTest, DamagedSnapshotStopsPruneUntilItIsForgotten) {
    const ObjectId damaged = vault_.back_up(files({1}));
    ASSERT_EQ(std::remove((vault_.path() + "/" + snapshot_name(damaged)).c_str()), 0);
    EXPECT_TRUE(fails_with(Code::corrupt, try_prune()));
    EXPECT_EQ(packs(), 2U);
    Repository repository = vault_.open();
    ForgetOptions options;
    options.references = {damaged.hex()};
    EXPECT_TRUE(is_ok(forget_snapshots(repository, options)));
    EXPECT_TRUE(is_ok(try_prune()));
    EXPECT_EQ(packs(), 0U);
    EXPECT_TRUE(is_ok(vault_.check_objects()));  // the ledger no longer misses it
}

TEST_F(PruneTest, ALostRecordHoldsUpItsOwnLabelOnly) {
    HandVault::Run log;
    log.label = "log";
    log.says_label = true;
    const ObjectId lost = vault_.back_up(files({1}), log), ended = vault_.back_up(files({2}), log);
    const ObjectId own = vault_.back_up(files({3})), kept = vault_.back_up(files({4}));
    const Bytes record = vault_.store().get(snapshot_name(lost), kMaxSnapshotSize).value();
    ASSERT_TRUE(is_ok(vault_.store().remove(snapshot_name(lost))));
    vault_.forget(ended);
    vault_.forget(own);
    const auto index_of_log = vault_.names("index/" + vault_.keys("log").label.hex());
    const auto result = try_prune();
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->packs_removed, 2U);
    EXPECT_EQ(result->damaged, std::vector<ObjectId>{lost});
    ASSERT_EQ(result->warnings.size(), 1U);
    EXPECT_NE(result->warnings[0].find("of label log"), std::string::npos) << result->warnings[0];
    EXPECT_NE(result->warnings[0].find(lost.hex()), std::string::npos) << result->warnings[0];
    EXPECT_EQ(packs(), 6U);
    EXPECT_EQ(vault_.names("index/" + vault_.keys("log").label.hex()), index_of_log);
    EXPECT_TRUE(is_ok(vault_.store().info(snapshot_name(ended))));
    expect_reads(kept, files({4}));
    // Healed by another vault, it gives back everything, and its label goes on.
    ASSERT_TRUE(is_ok(vault_.store().put(snapshot_name(lost), record)));
    expect_reads(lost, files({1}));
    EXPECT_EQ(prune_now().packs_removed, 2U);
    expect_reads(lost, files({1}));
    expect_no_orphans();
}

TEST_F(PruneTest, LabelsWithoutKeysHereAreLeftAlone) {
    HandVault::Run log;
    log.label = "log";
    const ObjectId foreign = vault_.back_up(files({1}), log);
    const ObjectId own = vault_.back_up(files({2}));
    vault_.forget(own);
    vault_.forget(foreign);
    auto exported = vault_.keyring().export_writer({"business"}, "other");
    ASSERT_TRUE(is_ok(exported));
    auto writer = Keyring::import_writer(posix_file_system(), vault_.clock(), vault_.scratch() / "writer", exported->view());
    ASSERT_TRUE(is_ok(writer));
    auto repository = Repository::open(posix_file_system(), vault_.clock(), vault_.path(), &*writer);
    ASSERT_TRUE(is_ok(repository));
    SilentProgress progress;
    const StopFlag stop;
    PruneOptions options;
    options.grace_ns = 0;
    const auto result = prune(*repository, options, progress, stop);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->packs_removed, 2U);
    EXPECT_EQ(packs(), 2U);
    EXPECT_EQ(vault_.names("snapshots"), std::vector<std::string>{snapshot_name(foreign)});
    EXPECT_TRUE(is_ok(vault_.check_objects()));
}

TEST_F(PruneTest, DestroyedLabelIsFreed) {
    const ObjectId gone = vault_.back_up(files({1}));
    HandVault::Run log;
    log.label = "log";
    const ObjectId kept = vault_.back_up(files({2}), log);
    LedgerEntry destroy;
    destroy.operation = Operation::destroy_label;
    destroy.details = {{"label", vault_.keys("business").label.hex()}};
    {
        Repository repository = vault_.open();
        ASSERT_TRUE(is_ok(repository.publish(destroy, nullptr)));
    }
    const PruneResult result = prune_now();
    EXPECT_EQ(result.packs_removed, 2U);
    EXPECT_FALSE(vault_.read_back(gone).ok());
    expect_reads(kept, files({2}));
    expect_no_orphans();
    EXPECT_EQ(packs(), 2U);
}

// Whoever reaches the vault's folder can sign an entry with a key of his own.
TEST_F(PruneTest, ALabelThatAStrangerCallsDestroyedStaysWhole) {
    const ObjectId kept = vault_.back_up(files({1}));
    auto ledger = Ledger::load(vault_.store(), vault_.open().header().vault, std::nullopt);
    ASSERT_TRUE(is_ok(ledger));
    LedgerEntry destroy;
    destroy.operation = Operation::destroy_label;
    destroy.time = vault_.clock().now();
    destroy.details = {{"label", vault_.keys("business").label.hex()}};
    ASSERT_TRUE(is_ok(ledger->publish(destroy, Secret::random(kKeySize), nullptr)));
    const std::size_t before = packs();
    EXPECT_EQ(prune_now().packs_removed, 0U);
    EXPECT_EQ(packs(), before);
    expect_reads(kept, files({1}));
}

TEST_F(PruneTest, SecondPruneIsBusy) {
    const auto lock = vault_.store().lock_prune();
    ASSERT_TRUE(is_ok(lock));
    EXPECT_TRUE(fails_with(Code::busy, try_prune()));
}

TEST_F(PruneTest, DamagedMarksAreWrittenAnewAndGrow) {
    vault_.forget(vault_.back_up(files({1})));
    prune_now();
    auto marks = read_marks(vault_.store());
    ASSERT_TRUE(is_ok(marks));
    EXPECT_EQ(marks->generation, 1U);
    EXPECT_TRUE(marks->packs.empty());
    vault_.forget(vault_.back_up(files({2})));
    ASSERT_TRUE(is_ok(vault_.store().replace("gc/marks", as_bytes("rubbish"))));
    prune_now();
    marks = read_marks(vault_.store());
    ASSERT_TRUE(is_ok(marks));
    EXPECT_GE(marks->generation, 1U);
    EXPECT_EQ(packs(), 0U);
}

TEST_F(PruneTest, ReserveIsThereAgainAfterwards) {
    ASSERT_TRUE(is_ok(vault_.store().remove("reserve")));
    vault_.forget(vault_.back_up(files({1})));
    prune_now();
    const auto reserve = vault_.store().info("reserve");
    ASSERT_TRUE(is_ok(reserve));
    EXPECT_EQ(reserve->size, kReserveSize);
}

TEST_F(PruneTest, ManyRoundsLoseNothing) {
    std::map<ObjectId, HandFiles> live;
    for (int round = 0; round < 12; ++round) {
        HandFiles set = files({round, round + 1, round + 2, round % 3});
        live[vault_.back_up(set)] = set;
        if (round % 2 == 1) {
            vault_.forget(live.begin()->first);
            live.erase(live.begin());
        }
        if (round % 3 == 2) prune_now();
    }
    prune_now();
    for (const auto& [id, set] : live) expect_reads(id, set);
    expect_no_orphans();
}

}  // namespace
}  // namespace custody::test
