#include "vault/replicator.h"

#include "tests/support/fault_file_system.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/collector.h"
#include "vault/history/witness.h"
#include "vault/store/session.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace custody::test {
namespace {

class ReplicatorTest : public testing::Test {
protected:
    Result<CopyResult> copy(const std::string& from, const std::string& to, std::vector<ObjectId> snapshots = {}) {
        Repository source = vault_.open(from);
        Repository target = vault_.open(to);
        return copy_snapshots(source, target, snapshots, silent_, stop_);
    }
    ObjectId back_up_docs(std::uint64_t seed) {
        return vault_.back_up("a", "business", "docs",
                              {{"srv/docs/plan", noise_bytes(600'000, seed)}, {"srv/docs/note", text(9'000, seed)}});
    }
    void expect_complete(const std::string& vault) {
        Repository repository = vault_.open(vault);
        for (const auto& [id, live] : repository.state().snapshots) {
            EXPECT_EQ(read_files(repository, vault_.unlocked(), id), vault_.stored().at(id)) << id.hex();
        }
    }
    void flip(const std::string& vault, const std::string& name, std::size_t at) {
        Bytes content = vault_.objects(vault).at(name);
        content.at(at) ^= 1;
        vault_.write_object(vault, name, content);
    }
    std::vector<std::string> packs(const std::string& vault) {
        std::vector<std::string> found;
        for (const auto& [name, content] : vault_.objects(vault)) {
            if (name.starts_with("packs/")) found.push_back(name);
        }
        return found;
    }

    SmallVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
};

TEST_F(ReplicatorTest, TargetHoldsEverythingAndASecondRunNothingNew) {
    vault_.populate();
    Repository target = vault_.open("b");
    EXPECT_EQ(target.state().snapshots.size(), 5U);
    expect_complete("b");
    EXPECT_EQ(packs("a"), packs("b")) << "packs are copied verbatim";
    const auto before = vault_.objects("b");
    const auto again = copy("a", "b");
    ASSERT_TRUE(is_ok(again));
    EXPECT_EQ(again->snapshots_present, 5U);
    EXPECT_EQ(again->snapshots_copied + again->packs_copied, 0U);
    EXPECT_EQ(vault_.objects("b"), before);
}

// Of those after the first no index segment tells.
TEST_F(ReplicatorTest, EveryEntryAtTheTargetSaysTheLabelOfItsSnapshot) {
    vault_.populate();
    ASSERT_TRUE(is_ok(copy("a", "b")));
    Repository target = vault_.open("b");
    ASSERT_GT(target.state().snapshots.size(), 2U);
    for (const auto& [id, live] : target.state().snapshots) {
        const auto snapshot = target.read_snapshot(id);
        ASSERT_TRUE(is_ok(snapshot));
        EXPECT_EQ(live.label, snapshot->clear.label);
    }
}

TEST_F(ReplicatorTest, OrderAtTheTargetIsThatOfTheSource) {
    vault_.populate();
    const auto ids = [&](const std::string& vault) {
        Repository repository = vault_.open(vault);
        const auto listed = repository.snapshots();
        std::vector<ObjectId> order;
        for (const auto& each : *listed) order.push_back(each.snapshot.id);
        return order;
    };
    EXPECT_EQ(ids("a"), ids("b"));
}

// Copies come in whatever order people make them: what is newer stays newer.
TEST_F(ReplicatorTest, OlderSnapshotCopiedAfterANewerOneIsNotTheLatest) {
    const ObjectId older = back_up_docs(1);
    const ObjectId newer = back_up_docs(2);
    ASSERT_TRUE(is_ok(copy("a", "b", {newer})));
    ASSERT_TRUE(is_ok(copy("a", "b", {older})));
    Repository target = vault_.open("b");
    EXPECT_EQ(target.find_snapshot("latest")->snapshot.id, newer);
    EXPECT_EQ(target.find_snapshot("latest:docs")->snapshot.id, newer);
    EXPECT_EQ(target.snapshots()->front().snapshot.id, older);

    ForgetOptions options;
    options.rule = RetentionRule{};
    options.rule->last = 1;
    const auto result = forget_snapshots(target, options);
    ASSERT_TRUE(is_ok(result));
    ASSERT_EQ(result->forgotten.size(), 1U);
    EXPECT_EQ(result->forgotten[0].snapshot, older);
}

// A clock that ran a year ahead and was put right: its snapshot is dated after those that follow it, wherever they lie.
TEST_F(ReplicatorTest, SnapshotOfAClockThatWasAheadIsNotTheLatestAtTheTargetEither) {
    const Time now = vault_.clock().now();
    vault_.clock().advance(365 * 24 * kHour);
    const ObjectId ahead = back_up_docs(1);
    vault_.clock().set(now);
    const ObjectId first = back_up_docs(2);
    const ObjectId second = back_up_docs(3);
    for (const ObjectId& id : {second, ahead, first}) ASSERT_TRUE(is_ok(copy("a", "b", {id})));
    for (const std::string vault : {"a", "b"}) {
        Repository repository = vault_.open(vault);
        std::vector<ObjectId> ids;
        for (const auto& each : *repository.snapshots()) ids.push_back(each.snapshot.id);
        EXPECT_EQ(ids, (std::vector<ObjectId>{ahead, first, second})) << vault;
    }
}

// The newest ones come back from the copy, after the vault went back and was backed up to again.
TEST_F(ReplicatorTest, SnapshotsThatComeBackAfterARollbackAreOlderThanWhatWasMadeSince) {
    back_up_docs(1);
    const ObjectId lost = back_up_docs(2);
    ASSERT_TRUE(is_ok(copy("a", "b")));
    LedgerEntry end;
    end.operation = Operation::forget;
    end.snapshots = {lost};
    Repository source = vault_.open("a");
    ASSERT_TRUE(is_ok(source.publish(end, nullptr)));
    const ObjectId since = back_up_docs(3);
    ASSERT_TRUE(is_ok(copy("b", "a", {lost})));
    EXPECT_EQ(vault_.open("a").find_snapshot("latest:docs")->snapshot.id, since);
}

// Whoever still has its keys: what was destroyed somewhere is not to come back there.
TEST_F(ReplicatorTest, SnapshotsOfALabelThatTheTargetDestroyedAreLeftOut) {
    back_up_docs(1);
    const ObjectId other = vault_.back_up("a", "config", "etc", {{"etc/hosts", text(700, 1)}});
    LedgerEntry destroy;
    destroy.operation = Operation::destroy_label;
    for (const LabelInfo& label : vault_.keyring().labels())
        if (label.name == "business") destroy.details = {{"label", label.id.hex()}};
    Repository target = vault_.open("b");
    ASSERT_TRUE(is_ok(target.publish(destroy, nullptr)));
    const auto copied = copy("a", "b");
    ASSERT_TRUE(is_ok(copied));
    EXPECT_EQ(copied->snapshots_copied, 1U);
    ASSERT_EQ(copied->left_out.size(), 1U);
    EXPECT_EQ(copied->left_out[0].label.name, "business");
    Repository after = vault_.open("b");
    ASSERT_EQ(after.state().snapshots.size(), 1U);
    EXPECT_TRUE(after.state().snapshots.contains(other));
}

TEST_F(ReplicatorTest, OnlyWhatTheTargetLacksIsCopied) {
    back_up_docs(1);
    ASSERT_TRUE(is_ok(copy("a", "b")));
    back_up_docs(2);
    const auto second = copy("a", "b");
    ASSERT_TRUE(is_ok(second));
    EXPECT_EQ(second->snapshots_copied, 1U);
    EXPECT_EQ(second->packs_copied, 2U);
    expect_complete("b");
}

TEST_F(ReplicatorTest, ContentTheTargetHasUnderAnotherPackIsNotCopied) {
    // The same files were backed up to both, so content agrees and the packs do not.
    const SmallVault::Files files{{"srv/docs/plan", noise_bytes(600'000, 3)}};
    vault_.back_up("a", "business", "docs", files);
    vault_.back_up("b", "business", "docs", files);
    const auto copied = copy("a", "b");
    ASSERT_TRUE(is_ok(copied));
    EXPECT_EQ(copied->snapshots_copied, 1U);
    EXPECT_EQ(copied->packs_copied, 0U);
    expect_complete("b");
}

TEST_F(ReplicatorTest, DamagedSourcePackNamesItsSnapshotsAndTheRestGoesOn) {
    const ObjectId damaged = back_up_docs(1);
    const auto before = packs("a");
    const ObjectId sound = vault_.back_up("a", "config", "etc", {{"etc/hosts", text(800, 1)}});
    flip("a", before[0], 200);
    const auto copied = copy("a", "b");
    ASSERT_TRUE(is_ok(copied));
    EXPECT_EQ(copied->damaged, std::vector<ObjectId>{damaged});
    ASSERT_EQ(copied->warnings.size(), 1U);
    EXPECT_NE(copied->warnings[0].find(damaged.hex().substr(0, 12)), std::string::npos) << copied->warnings[0];
    EXPECT_NE(copied->warnings[0].find(before[0]), std::string::npos) << copied->warnings[0];
    Repository target = vault_.open("b");
    EXPECT_TRUE(target.state().snapshots.contains(sound));
    EXPECT_FALSE(target.state().snapshots.contains(damaged));
    EXPECT_EQ(vault_.objects("b").count(before[0]), 0U) << "damaged bytes must not get a good name";
}

// Of the same size by name alone: what has lost its end holds nothing to rely on.
TEST_F(ReplicatorTest, APackThatWasCutAtTheTargetIsBroughtAgainForTheNextSnapshot) {
    const SmallVault::Files files{{"srv/docs/plan", noise_bytes(600'000, 1)}};
    const ObjectId first = vault_.back_up("a", "business", "docs", files);
    ASSERT_TRUE(is_ok(copy("a", "b")));
    const auto before = vault_.objects("b");
    for (const std::string& pack : packs("b")) {
        Bytes content = before.at(pack);
        content.resize(content.size() / 2);
        vault_.write_object("b", pack, content);
    }
    const auto there = copy("a", "b");
    ASSERT_TRUE(is_ok(there));
    EXPECT_EQ(there->damaged_there, std::vector<ObjectId>{first});
    EXPECT_EQ(there->snapshots_present, 0U);

    SmallVault::Files more = files;
    more["srv/docs/more"] = text(5'000, 2);
    vault_.back_up("a", "business", "docs", more);
    const auto copied = copy("a", "b");
    ASSERT_TRUE(is_ok(copied));
    EXPECT_EQ(copied->snapshots_copied, 1U);
    Repository target = vault_.open("b");
    const ObjectId newest = target.find_snapshot("latest:docs")->snapshot.id;
    EXPECT_EQ(read_files(target, vault_.unlocked(), newest), more);
}

// Only who needs what is missing is named.
TEST_F(ReplicatorTest, SnapshotsThatNeedNothingOfWhatTheTargetLostAreThereAlready) {
    const ObjectId docs = back_up_docs(1);
    ASSERT_TRUE(is_ok(copy("a", "b")));
    const auto of_docs = packs("b");
    const ObjectId etc = vault_.back_up("a", "config", "etc", {{"etc/hosts", text(800, 1)}});
    ASSERT_TRUE(is_ok(copy("a", "b")));
    vault_.remove_object("b", of_docs[0]);
    const auto lost = copy("a", "b");
    ASSERT_TRUE(is_ok(lost));
    EXPECT_EQ(lost->damaged_there, std::vector<ObjectId>{docs});
    EXPECT_EQ(lost->snapshots_present, 1U);
    ASSERT_EQ(lost->warnings.size(), 1U);
    EXPECT_NE(lost->warnings[0].find(of_docs[0] + " is missing"), std::string::npos) << lost->warnings[0];

    vault_.remove_object("b", snapshot_name(etc));
    const auto both = copy("a", "b");
    ASSERT_TRUE(is_ok(both));
    EXPECT_EQ(both->damaged_there.size(), 2U);
    EXPECT_EQ(both->snapshots_present, 0U);
    Repository damaged = vault_.open("b", true), from = vault_.open("a");
    ASSERT_TRUE(is_ok(repair(damaged, &from, silent_, stop_)));
    EXPECT_EQ(copy("a", "b")->snapshots_present, 2U);
}

// The target has them all: what its packs say of the trees serves where the source has lost its own.
TEST_F(ReplicatorTest, ASnapshotOfWhichOnlyTheRecordIsLackingIsCopiedFromASourceWithoutPacks) {
    const SmallVault::Files files{{"srv/docs/plan", noise_bytes(600'000, 3)}};
    vault_.back_up("a", "business", "docs", files);
    ASSERT_TRUE(is_ok(copy("a", "b")));
    const ObjectId again = vault_.back_up("a", "business", "docs", files);
    for (const std::string& pack : packs("a")) vault_.remove_object("a", pack);
    const auto copied = copy("a", "b");
    ASSERT_TRUE(is_ok(copied));
    EXPECT_EQ(copied->snapshots_copied, 1U);
    Repository target = vault_.open("b");
    EXPECT_EQ(read_files(target, vault_.unlocked(), again), files);
}

TEST_F(ReplicatorTest, ForgottenAtTheTargetComesBackOnlyByName) {
    const ObjectId id = back_up_docs(1);
    ASSERT_TRUE(is_ok(copy("a", "b")));
    {
        Repository target = vault_.open("b");
        LedgerEntry forget;
        forget.operation = Operation::forget;
        forget.snapshots = {id};
        forget.removed = {snapshot_name(id)};
        ASSERT_TRUE(is_ok(target.publish(forget, nullptr)));
        vault_.remove_object("b", snapshot_name(id));
    }
    const auto silent = copy("a", "b");
    ASSERT_TRUE(is_ok(silent));
    EXPECT_EQ(silent->snapshots_copied, 0U);
    const auto named = copy("a", "b", {id});
    ASSERT_TRUE(is_ok(named));
    EXPECT_EQ(named->snapshots_copied, 1U);
    expect_complete("b");
}

TEST_F(ReplicatorTest, PackMarkedAtTheTargetIsNotReliedOn) {
    const ObjectId id = back_up_docs(1);
    ASSERT_TRUE(is_ok(copy("a", "b")));
    Repository target = vault_.open("b");
    Marks marks;
    marks.generation = 1;
    std::vector<std::string> old_index;
    for (const auto& [name, size] : target.state().objects) {
        if (name.starts_with("packs/")) marks.packs.insert(*ObjectId::from_hex(name.substr(name.rfind('/') + 1)));
        if (name.starts_with("index/")) old_index.push_back(name);
    }
    LedgerEntry forget;
    forget.operation = Operation::forget;
    forget.snapshots = {id};
    ASSERT_TRUE(is_ok(target.publish(forget, nullptr)));
    ASSERT_TRUE(is_ok(target.store().replace("gc/marks", encode(marks))));
    const auto copied = copy("a", "b", {id});
    if (!copied.ok()) {
        // A pack of a single block cannot be given another name: the copy says what to do.
        EXPECT_TRUE(fails_with(Code::busy, copied));
        return;
    }
    // As prune does it: what lists the packs goes before them.
    for (const std::string& name : old_index) vault_.remove_object("b", name);
    for (const ObjectId& pack : marks.packs) vault_.remove_object("b", pack_name(pack));
    expect_complete("b");
}

TEST_F(ReplicatorTest, InterruptedAnywhereTheNextRunCompletesIt) {
    vault_.back_up("a", "config", "etc", {{"etc/hosts", text(800, 1)}});
    back_up_docs(1);
    const auto empty = vault_.objects("b");
    const auto source_alone = vault_.objects("a");
    std::uint64_t failures = 0;
    for (std::uint64_t n = 1;; n += 5) {
        FaultFileSystem faulty(vault_.files());
        faulty.arm(n, Fault::io, true);
        bool failed = true;
        {
            Repository source = vault_.open("a");
            auto target = Repository::open(faulty, vault_.clock(), vault_.path("b"), &vault_.keyring());
            if (target.ok()) failed = !copy_snapshots(source, *target, {}, silent_, stop_).ok();
        }
        if (!failed) break;
        ++failures;
        const auto again = copy("a", "b");
        ASSERT_TRUE(is_ok(again)) << "after operation " << n;
        expect_complete("b");
        vault_.put_back("a", source_alone);  // which would remember the other's ledger
        vault_.put_back("b", empty);
        vault_.forget_heads();
        ASSERT_LT(n, 20'000U);
    }
    EXPECT_GT(failures, 20U);
}

TEST_F(ReplicatorTest, EachVaultHoldsWitnessesOfBothLedgers) {
    vault_.populate();
    const std::map<std::string, VaultId> ids{{"a", vault_.open("a").header().vault}, {"b", vault_.open("b").header().vault}};
    for (const auto& [at, own] : ids) {
        const auto objects = vault_.objects(at);
        std::size_t witnesses = 0;
        for (const auto& [of, id] : ids) {
            Repository repository = vault_.open(of);
            ASSERT_GT(repository.state().n, 4U);
            for (std::uint64_t n = 1; n <= repository.state().n; ++n, ++witnesses) {
                const auto witness = objects.find(witness_name(id, n));
                ASSERT_NE(witness, objects.end()) << at << " of " << of << " " << n;
                EXPECT_EQ(witness->second, vault_.objects(of).at(ledger_name(n))) << at << " of " << of << " " << n;
            }
        }
        for (const auto& [name, content] : objects) witnesses -= name.starts_with("witness/") ? 1U : 0U;
        EXPECT_EQ(witnesses, 0U) << "no other witnesses";
    }
}

TEST_F(ReplicatorTest, SourceThatTakesNoFilesIsAWarning) {
    back_up_docs(1);
    FaultFileSystem read_only(vault_.files());
    read_only.arm(1, Fault::denied, true);
    auto source = Repository::open(read_only, vault_.clock(), vault_.path("a"), &vault_.keyring());
    ASSERT_TRUE(is_ok(source));
    Repository target = vault_.open("b");
    const auto copied = copy_snapshots(*source, target, {}, silent_, stop_);
    ASSERT_TRUE(is_ok(copied));
    EXPECT_EQ(copied->snapshots_copied, 1U);
    ASSERT_EQ(copied->warnings.size(), 1U);
    EXPECT_NE(copied->warnings[0].find("could not be witnessed"), std::string::npos);
    EXPECT_TRUE(vault_.objects("b").contains(witness_name(source->header().vault, source->state().n)));
    EXPECT_FALSE(vault_.objects("a").contains(witness_name(target.header().vault, 1)));
    expect_complete("b");
    // The next copy with a source that takes files makes up for it.
    ASSERT_TRUE(is_ok(copy("a", "b")));
    EXPECT_TRUE(vault_.objects("a").contains(witness_name(target.header().vault, target.state().n)));
}

// The newest entry's witness may be lost with a crash; the next entry waits for it.
TEST_F(ReplicatorTest, LostNewestWitnessIsWrittenBeforeTheNextEntry) {
    back_up_docs(1);
    Repository before = vault_.open("a");
    const std::string newest = witness_name(before.header().vault, before.state().n);
    const Bytes content = vault_.objects("a").at(newest);
    vault_.remove_object("a", newest);
    back_up_docs(2);
    EXPECT_EQ(vault_.objects("a").at(newest), content);
}

TEST_F(ReplicatorTest, OtherFamiliesAreRefused) {
    SmallVault stranger;
    Repository source = vault_.open("a");
    Repository target = stranger.open("b");
    EXPECT_TRUE(fails_with(Code::refused, copy_snapshots(source, target, {}, silent_, stop_)));
}

TEST_F(ReplicatorTest, UnknownNameIsNotFound) { EXPECT_TRUE(fails_with(Code::not_found, copy("a", "b", {ObjectId{}}))); }

}  // namespace
}  // namespace custody::test
