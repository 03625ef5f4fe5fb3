// Snapshots that a copy brings back beside a prune that is about to remove what is left of them, or over bytes that went bad.
#include "tests/support/interrupted_file_system.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/collector.h"
#include "vault/history/witness.h"
#include "vault/packs/format.h"
#include "vault/replicator.h"
#include "vault/store/session.h"

#include <gtest/gtest.h>

#include <set>

namespace custody::test {
namespace {

using When = InterruptedFileSystem::When;

class CopyBesidePruneTest : public testing::Test {
protected:
    // In both vaults.
    ObjectId back_up_both(std::uint64_t seed, const std::string& label = "business") {
        const ObjectId id = vault_.back_up("a", label, "docs", {{"srv/docs/plan", noise_bytes(60'000, seed)}});
        EXPECT_TRUE(is_ok(copy()));
        return id;
    }
    Result<CopyResult> copy(const std::vector<ObjectId>& named = {}) {
        Repository from = vault_.open("a");
        Repository to = vault_.open("b");
        return copy_snapshots(from, to, named, silent_, stop_);
    }
    Result<ForgetResult> forget(const std::string& reference) {
        Repository repository = vault_.open("b");
        ForgetOptions options;
        options.references = {reference};
        return forget_snapshots(repository, options);
    }
    Result<PruneResult> prune_through(FileSystem& files) {
        auto repository = Repository::open(files, vault_.clock(), vault_.path("b"), &vault_.keyring());
        if (!repository.ok()) return std::move(repository).error();
        PruneOptions options;
        options.grace_ns = 0;
        options.threads = 1;
        return prune(*repository, options, silent_, stop_);
    }
    // As a copier does it that asks nobody: of an early version.
    void enter_again(const ObjectId& id) {
        Repository to = vault_.open("b");
        Repository from = vault_.open("a");
        const auto bytes = from.store().get(snapshot_name(id), kMaxSnapshotSize);
        ASSERT_TRUE(is_ok(bytes));
        ASSERT_TRUE(is_ok(to.store().put(snapshot_name(id), *bytes)));
        LedgerEntry entry;
        entry.operation = Operation::copy;
        entry.snapshots = {id};
        entry.added = {{snapshot_name(id), bytes->size()}};
        ASSERT_TRUE(is_ok(to.publish(std::move(entry), nullptr)));
    }
    // Prune lists the vault twice; where it then asks for the witness of the newest entry, it has asked the ledger whether its
    // own entry still holds.
    static constexpr int kBeforeEntry = 3;
    std::string newest_witness() {
        Repository repository = vault_.open("b");
        return witness_name(repository.header().vault, repository.state().n);
    }
    void expect_marked(const ObjectId& id) {
        Repository repository = vault_.open("b");
        const auto marks = read_marks(repository.store());
        ASSERT_TRUE(is_ok(marks));
        EXPECT_TRUE(marks->packs.contains(id)) << "too early for what is tested";
    }
    void expect_reads(const ObjectId& id) {
        Repository repository = vault_.open("b");
        ASSERT_TRUE(repository.state().snapshots.contains(id)) << id.hex();
        EXPECT_TRUE(is_ok(repository.read_snapshot(id)));
        EXPECT_EQ(read_files(repository, vault_.unlocked(), id), vault_.stored().at(id));
    }
    void flip(const std::string& vault, const std::string& name) {
        Bytes content = vault_.objects(vault).at(name);
        content.at(content.size() / 2) ^= 1;
        vault_.write_object(vault, name, content);
    }
    std::set<std::string> names(const std::string& vault, const std::string& folder) {
        std::set<std::string> found;
        for (const auto& [name, content] : vault_.objects(vault)) {
            if (name.starts_with(folder)) found.insert(name);
        }
        return found;
    }

    SmallVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
};

TEST_F(CopyBesidePruneTest, ACopyBeforePrunesEntryWaitsForItsEnd) {
    const ObjectId kept = back_up_both(1), gone = back_up_both(2);
    ASSERT_TRUE(is_ok(forget(gone.hex())));
    InterruptedFileSystem files(When::looks_at, newest_witness(), kBeforeEntry, [&] {
        expect_marked(gone);
        const auto busy = copy({gone});
        ASSERT_TRUE(fails_with(Code::busy, busy));
        EXPECT_NE(busy.error().message.find(gone.hex().substr(0, 12)), std::string::npos) << busy.error().message;
    });
    EXPECT_TRUE(is_ok(prune_through(files)));
    EXPECT_TRUE(files.has_meddled());
    EXPECT_FALSE(vault_.objects("b").contains(snapshot_name(gone)));
    EXPECT_TRUE(is_ok(copy({gone})));
    expect_reads(gone);
    expect_reads(kept);
}

// After the entry nobody asks any more: what is marked is unlinked.
TEST_F(CopyBesidePruneTest, ACopyBetweenEntryAndUnlinkingWaitsForTheEnd) {
    const ObjectId gone = back_up_both(2);
    ASSERT_TRUE(is_ok(forget(gone.hex())));
    InterruptedFileSystem files(When::removes, snapshot_name(gone), 1,
                                [&] { EXPECT_TRUE(fails_with(Code::busy, copy({gone}))); });
    EXPECT_TRUE(is_ok(prune_through(files)));
    EXPECT_TRUE(files.has_meddled());
    EXPECT_TRUE(is_ok(copy({gone})));
    expect_reads(gone);
}

TEST_F(CopyBesidePruneTest, WhatAPruneThatDiedHadMarkedIsBroughtBackAtOnce) {
    const ObjectId gone = back_up_both(2);
    ASSERT_TRUE(is_ok(forget(gone.hex())));
    Marks marks;
    marks.generation = 7;
    marks.packs.insert(gone);
    vault_.write_object("b", "gc/marks", encode(marks));
    EXPECT_TRUE(is_ok(copy({gone})));
    expect_reads(gone);
    UnsyncedFileSystem files;
    EXPECT_TRUE(is_ok(prune_through(files)));
    expect_reads(gone);
}

TEST_F(CopyBesidePruneTest, PruneRemovesNoRecordThatCameBackBeforeItsEntry) {
    const ObjectId gone = back_up_both(1);
    // The same content again, so that nothing but the record goes.
    const ObjectId kept = vault_.back_up("a", "business", "docs", {{"srv/docs/plan", noise_bytes(60'000, 1)}});
    ASSERT_TRUE(is_ok(copy()));
    ASSERT_TRUE(is_ok(forget(gone.hex())));
    InterruptedFileSystem files(When::looks_at, newest_witness(), kBeforeEntry, [&] {
        expect_marked(gone);
        enter_again(gone);
    });
    EXPECT_TRUE(fails_with(Code::busy, prune_through(files)));
    EXPECT_TRUE(files.has_meddled());
    expect_reads(gone);
    expect_reads(kept);
}

// Forgotten as damaged, its name is an orphan, of which no entry tells.
TEST_F(CopyBesidePruneTest, PruneUnlinksNoOrphanThatCameToBeNamed) {
    const ObjectId gone = back_up_both(1);
    const ObjectId kept = vault_.back_up("a", "business", "docs", {{"srv/docs/plan", noise_bytes(60'000, 1)}});
    ASSERT_TRUE(is_ok(copy()));
    vault_.write_object("b", snapshot_name(gone), Bytes{1, 2, 3});
    ASSERT_TRUE(is_ok(forget(gone.hex())));
    // Opened by the first plan, and by the one that counts, after the ledger was read again.
    InterruptedFileSystem files(When::opens, snapshot_name(gone), 2, [&] {
        expect_marked(gone);
        enter_again(gone);
    });
    EXPECT_TRUE(fails_with(Code::busy, prune_through(files)));
    EXPECT_TRUE(files.has_meddled());
    expect_reads(gone);
    expect_reads(kept);
}

TEST_F(CopyBesidePruneTest, NoEntryThatTakesTheRecordOfALiveSnapshotIsWritten) {
    const ObjectId live = back_up_both(1);
    Repository repository = vault_.open("b");
    LedgerEntry entry;
    entry.operation = Operation::prune;
    entry.removed = {snapshot_name(live)};
    EXPECT_TRUE(fails_with(Code::failed, repository.publish(std::move(entry), nullptr)));
}

TEST_F(CopyBesidePruneTest, BytesOfAForgottenRecordThatWentBadAreReplaced) {
    const ObjectId id = back_up_both(1);
    flip("b", snapshot_name(id));
    ASSERT_TRUE(is_ok(forget(id.hex())));
    const auto copied = copy({id});
    ASSERT_TRUE(is_ok(copied));
    EXPECT_EQ(copied->snapshots_copied, 1U);
    expect_reads(id);
}

// What a copy left that crashed, on a medium that lost it since; no entry names it, so that no repair knows it.
TEST_F(CopyBesidePruneTest, PacksOfNoEntryThatWentBadAreReplaced) {
    const ObjectId id = vault_.back_up("a", "business", "docs", {{"srv/docs/plan", noise_bytes(60'000, 1)}});
    for (const std::string& pack : names("a", "packs/")) {
        vault_.write_object("b", pack, vault_.objects("a").at(pack));
        flip("b", pack);
    }
    const auto copied = copy();
    ASSERT_TRUE(is_ok(copied));
    EXPECT_TRUE(copied->damaged.empty());
    expect_reads(id);
}

}  // namespace
}  // namespace custody::test
