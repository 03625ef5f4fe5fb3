#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/collector.h"
#include "vault/history/witness.h"
#include "vault/replicator.h"
#include "vault/store/reserve.h"
#include "vault/store/session.h"
#include "vault/store/vault_header.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace custody::test {
namespace {

class RepairerTest : public testing::Test {
protected:
    Result<RepairResult> repair_a(bool from_b, bool unlocked = false) {
        Repository damaged = vault_.open("a", true);
        if (!from_b) return repair(damaged, nullptr, silent_, stop_, unlocked ? &vault_.unlocked() : nullptr);
        Repository other = vault_.open("b");
        return repair(damaged, &other, silent_, stop_, unlocked ? &vault_.unlocked() : nullptr);
    }
    void expect_complete() {
        Repository repository = vault_.open("a");
        for (const auto& [id, live] : repository.state().snapshots) {
            EXPECT_EQ(read_files(repository, vault_.unlocked(), id), vault_.stored().at(id)) << id.hex();
        }
        for (const auto& [name, size] : repository.state().objects) {
            EXPECT_TRUE(vault_.objects("a").contains(name)) << name;
        }
    }
    std::vector<std::string> names(const std::string& folder) {
        std::vector<std::string> found;
        for (const auto& [name, content] : vault_.objects("a")) {
            if (name.starts_with(folder)) found.push_back(name);
        }
        return found;
    }
    void flip(const std::string& name, std::size_t at) {
        Bytes content = vault_.objects("a").at(name);
        content.at(at) ^= 1;
        vault_.write_object("a", name, content);
    }
    static bool names_object(const std::vector<std::string>& healed, const std::string& name) {
        return std::find(healed.begin(), healed.end(), name) != healed.end();
    }
    static std::size_t packs_of_at_least(const std::map<std::string, Bytes>& objects, std::size_t size) {
        return static_cast<std::size_t>(std::count_if(objects.begin(), objects.end(), [&](const auto& each) {
            return each.first.starts_with("packs/") && each.second.size() >= size;
        }));
    }

    SmallVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
};

TEST_F(RepairerTest, SoundVaultIsLeftAlone) {
    vault_.populate();
    const auto before = vault_.objects("a");
    const auto result = repair_a(true);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->objects_healed, 0U);
    EXPECT_TRUE(result->lost.empty());
    EXPECT_EQ(vault_.objects("a"), before);
}

TEST_F(RepairerTest, DamagedAndMissingPacksComeFromTheOtherVaultByName) {
    vault_.populate();
    const auto whole = vault_.objects("a");
    const auto packs = names("packs/");
    flip(packs[0], 100);
    vault_.remove_object("a", packs[1]);
    const auto result = repair_a(true);
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(result->lost.empty());
    EXPECT_TRUE(names_object(result->healed, packs[0]));
    EXPECT_TRUE(names_object(result->healed, packs[1]));
    const auto healed = vault_.objects("a");
    EXPECT_EQ(healed.at(packs[0]), whole.at(packs[0]));
    EXPECT_EQ(healed.at(packs[1]), whole.at(packs[1]));
    expect_complete();
}

TEST_F(RepairerTest, SnapshotsComeBack) {
    vault_.populate();
    const auto snapshots = names("snapshots/");
    flip(snapshots[0], 30);
    vault_.remove_object("a", snapshots[1]);
    ASSERT_TRUE(is_ok(repair_a(true)));
    expect_complete();
}

TEST_F(RepairerTest, IndexIsMadeAgainFromThePacksAlone) {
    vault_.populate();
    for (const std::string& segment : names("index/")) vault_.remove_object("a", segment);
    const auto result = repair_a(false);
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(result->lost.empty());
    expect_complete();
    EXPECT_EQ(repair_a(false)->objects_healed, 0U) << "nothing is left to heal";
}

TEST_F(RepairerTest, PacksThatWereAwayWhileTheIndexWasMadeAgainAreFoundAgain) {
    vault_.populate();
    const auto whole = vault_.objects("a");
    for (const bool from_b : {false, true}) {
        for (const auto& [name, content] : vault_.objects("a")) {
            if (name.starts_with("packs/") || name.starts_with("index/")) vault_.remove_object("a", name);
        }
        ASSERT_TRUE(is_ok(repair_a(false)));
        for (const auto& [name, content] : whole) {
            if (!from_b && name.starts_with("packs/")) vault_.write_object("a", name, content);
        }
        const auto result = repair_a(from_b);
        ASSERT_TRUE(is_ok(result));
        EXPECT_TRUE(result->lost.empty()) << result->lost.front().object << ": " << result->lost.front().why;
        Repository repository = vault_.open("a");
        for (const auto& [id, files] : vault_.stored()) EXPECT_EQ(read_files(repository, vault_.unlocked(), id), files);
    }
}

TEST_F(RepairerTest, DamagedIndexPageIsReplaced) {
    vault_.populate();
    const auto segments = names("index/");
    flip(segments[0], vault_.objects("a").at(segments[0]).size() / 3);
    const auto result = repair_a(false);
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(names_object(result->healed, segments[0]));
    EXPECT_FALSE(vault_.objects("a").contains(segments[0]));
    expect_complete();
}

TEST_F(RepairerTest, HeaderMarksAndReserveAreMadeAgain) {
    vault_.populate();
    const Bytes header = vault_.objects("a").at("vault.json");
    vault_.remove_object("a", "vault.json");
    vault_.write_object("a", "gc/marks", Bytes(60, 1));
    vault_.remove_object("a", "reserve");
    const auto result = repair_a(false);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(vault_.objects("a").at("vault.json"), header);
    EXPECT_EQ(vault_.objects("a").at("reserve"), reserve_content());
    Repository repository = vault_.open("a");
    EXPECT_TRUE(is_ok(read_marks(repository.store())));
    expect_complete();
}

TEST_F(RepairerTest, SwappedHeaderIsPutRight) {
    vault_.populate();
    const Bytes header = vault_.objects("a").at("vault.json");
    vault_.write_object("a", "vault.json", vault_.objects("b").at("vault.json"));
    ASSERT_TRUE(is_ok(repair_a(true)));
    EXPECT_EQ(vault_.objects("a").at("vault.json"), header);
}

// What was moved for one label must not go with another's.
TEST_F(RepairerTest, BlocksOfTwoLabelsAreMovedApartSoThatPruneOfOneLeavesTheOther) {
    const SmallVault::Files stays{{"srv/plan", noise_bytes(500'000, 1)}}, goes{{"etc/conf", noise_bytes(500'000, 2)}};
    const ObjectId kept = vault_.back_up("a", "business", "docs", stays);
    const ObjectId ended = vault_.back_up("a", "config", "etc", goes);
    vault_.back_up("b", "business", "docs", stays);
    vault_.back_up("b", "config", "etc", goes);
    for (const std::string& pack : names("packs/")) {
        if (vault_.objects("a").at(pack).size() > 400'000) flip(pack, 100'000);
    }
    const auto result = repair_a(true);
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(result->lost.empty());
    Repository repository = vault_.open("a");
    LedgerEntry end;
    end.operation = Operation::forget;
    end.snapshots = {ended};
    ASSERT_TRUE(is_ok(repository.publish(end, nullptr)));
    PruneOptions options;
    options.grace_ns = 0;
    ASSERT_TRUE(is_ok(prune(repository, options, silent_, stop_)));
    EXPECT_EQ(read_files(repository, vault_.unlocked(), kept), stays);
    expect_complete();
}

// The same files in both, backed up twice here and once there, so that no pack has the same name.
TEST_F(RepairerTest, BlocksAreTakenFromPacksOfAnotherName) {
    const SmallVault::Files first{{"srv/plan", noise_bytes(700'000, 1)}};
    SmallVault::Files second = first;
    second["srv/more"] = noise_bytes(600'000, 2);
    vault_.back_up("a", "business", "docs", first);
    vault_.back_up("a", "business", "docs", second);
    vault_.back_up("b", "business", "docs", second);
    vault_.back_up("b", "business", "docs", first);
    for (const std::string& pack : names("packs/")) {
        const auto before = vault_.objects("a");
        if (!before.contains(pack)) continue;
        flip(pack, before.at(pack).size() / 2);
        const auto result = repair_a(true);
        ASSERT_TRUE(is_ok(result));
        EXPECT_TRUE(result->lost.empty()) << result->lost.front().object << ": " << result->lost.front().why;
        EXPECT_TRUE(names_object(result->removed, pack));
        EXPECT_FALSE(names_object(result->healed, pack));
        EXPECT_FALSE(vault_.objects("a").contains(pack));
        expect_complete();
    }
}

TEST_F(RepairerTest, WhatNoCopyHasIsLostAndSaid) {
    const ObjectId id = vault_.back_up("a", "business", "docs", {{"srv/plan", noise_bytes(700'000, 1)}});
    const auto packs = names("packs/");
    const std::string content = vault_.objects("a").at(packs[0]).size() > 100'000 ? packs[0] : packs[1];
    vault_.remove_object("a", content);
    const auto result = repair_a(true);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->objects_healed, 0U);
    ASSERT_EQ(result->lost.size(), 2U);
    EXPECT_EQ(result->lost[0].object, content);
    EXPECT_EQ(result->lost[1].object, snapshot_name(id));
}

TEST_F(RepairerTest, WithoutTheSecretADamagedPackThatAloneHasBlocksIsKept) {
    vault_.back_up("a", "business", "docs", {{"srv/plan", noise_bytes(1'500'000, 1)}});
    const auto before = vault_.objects("a");
    const auto packs = names("packs/");
    const std::string content = before.at(packs[0]).size() > 100'000 ? packs[0] : packs[1];
    flip(content, before.at(content).size() - 100);
    const auto result = repair_a(false);
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(vault_.objects("a").contains(content));
    EXPECT_EQ(packs_of_at_least(vault_.objects("a"), 100'000), 1U);
    EXPECT_FALSE(result->lost.empty());
}

TEST_F(RepairerTest, WithTheSecretSoundBlocksAreSavedAndTheRestNamed) {
    SmallVault::Files files;
    for (int i = 0; i < 6; ++i) files["srv/file" + std::to_string(i)] = noise_bytes(256 * 1024, static_cast<std::uint64_t>(i));
    const ObjectId id = vault_.back_up("a", "business", "docs", files);
    const auto before = vault_.objects("a");
    const auto packs = names("packs/");
    const std::string content = before.at(packs[0]).size() > 100'000 ? packs[0] : packs[1];
    flip(content, before.at(content).size() - 100);
    const auto result = repair_a(false, true);
    ASSERT_TRUE(is_ok(result));
    EXPECT_FALSE(result->lost.empty()) << "one block is gone";
    Repository repository = vault_.open("a");
    const auto left = read_files(repository, vault_.unlocked(), id);
    EXPECT_EQ(left.size(), 4U) << "the block that was hit held two of six files";
    for (const auto& [path, bytes] : left) EXPECT_EQ(bytes, files.at(path));
}

TEST_F(RepairerTest, PackThatNobodyNeedsIsDropped) {
    vault_.populate();
    const ObjectId id = vault_.back_up("a", "log", "old", {{"var/old", noise_bytes(5000, 9)}});
    const auto packs = names("packs/");
    {
        Repository repository = vault_.open("a");
        LedgerEntry forget;
        forget.operation = Operation::forget;
        forget.snapshots = {id};
        forget.removed = {snapshot_name(id)};
        ASSERT_TRUE(is_ok(repository.publish(forget, nullptr)));
        vault_.remove_object("a", snapshot_name(id));
    }
    const auto b = vault_.objects("b");
    for (const std::string& pack : packs) {
        if (!b.contains(pack)) vault_.remove_object("a", pack);
    }
    const auto result = repair_a(true);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->objects_healed, 0U);
    EXPECT_EQ(result->removed.size(), 2U);
    EXPECT_TRUE(result->lost.empty());
    expect_complete();
}

TEST_F(RepairerTest, DamagedLedgerIsRefusedInWords) {
    vault_.populate();
    const std::string witness = witness_name(vault_.open("a").header().vault, 2);
    flip(names("ledger/")[1], 50);
    flip(witness, 50);
    vault_.remove_object("b", witness);
    const auto before = vault_.objects("a");
    const auto result = repair_a(true);
    ASSERT_TRUE(fails_with(Code::corrupt, result));
    EXPECT_NE(result.error().message.find("custody init"), std::string::npos);
    EXPECT_EQ(vault_.objects("a"), before);
}

// A stranger who can write to the other medium, and has no key that anybody trusts, must not lengthen this vault's history.
TEST_F(RepairerTest, WitnessOfAnUnknownSignerIsNotTakenUp) {
    vault_.populate();
    Repository repository = vault_.open("a");
    LedgerEntry forged;
    forged.n = repository.state().n + 1;
    forged.previous = repository.state().head;
    forged.operation = Operation::forget;
    forged.time = vault_.clock().now();
    forged.snapshots = {repository.state().snapshots.begin()->first};
    const auto bytes = encode(forged, repository.header().vault, Secret::random(32));
    ASSERT_TRUE(is_ok(bytes));
    vault_.write_object("b", witness_name(repository.header().vault, forged.n), *bytes);
    const auto before = vault_.objects("a");
    const auto result = repair_a(true);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(vault_.objects("a"), before);
}

TEST_F(RepairerTest, DamageInTheOtherVaultIsNotTakenOver) {
    vault_.populate();
    const auto packs = names("packs/");
    const Bytes whole = vault_.objects("a").at(packs[0]);
    flip(packs[0], 100);
    Bytes other = whole;
    other[whole.size() / 2] ^= 4;
    vault_.write_object("b", packs[0], other);
    const auto result = repair_a(true);
    ASSERT_TRUE(is_ok(result));
    EXPECT_FALSE(result->lost.empty());
    EXPECT_NE(vault_.objects("a").at(packs[0]), other);
}

}  // namespace
}  // namespace custody::test
