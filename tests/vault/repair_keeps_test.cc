// A repair takes away only what it knows that nobody needs: where it cannot see what is needed, and where it cannot look, all
// stays.
#include "tests/support/pack_fixtures.h"
#include "tests/support/refusing_file_system.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/replicator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace custody::test {
namespace {

class RepairListener final : public Progress {
public:
    void update(const ProgressState&) override {}
    void warn(std::string_view line) override { said += std::string(line) + "\n"; }
    std::string said;
};

class RepairKeepsTest : public testing::Test {
protected:
    // One snapshot: a pack of content, and a small one of trees.
    void back_up_one() {
        id_ = vault_.back_up("a", "business", "docs",
                             {{"srv/plan", noise_bytes(1'200'000, 1)}, {"srv/more", noise_bytes(900'000, 2)}});
        for (const auto& [name, bytes] : vault_.objects("a")) {
            if (name.starts_with("packs/")) (bytes.size() > 100'000 ? content_ : tree_) = name;
        }
        whole_ = vault_.objects("a");
    }
    void flip(const std::string& name, std::size_t at) {
        Bytes bytes = vault_.objects("a").at(name);
        bytes.at(at) ^= 1;
        vault_.write_object("a", name, bytes);
    }
    Result<RepairResult> repair_a(FileSystem& files, bool unlocked = false) {
        auto repository = Repository::open(files, vault_.clock(), vault_.path("a"), &vault_.keyring(), OpenOptions{true});
        if (!repository.ok()) return std::move(repository).error();
        return repair(*repository, nullptr, listener_, stop_, unlocked ? &vault_.unlocked() : nullptr);
    }
    Result<RepairResult> repair_a(bool unlocked = false) { return repair_a(vault_.files(), unlocked); }
    static bool names(const std::vector<std::string>& list, const std::string& name) {
        return std::find(list.begin(), list.end(), name) != list.end();
    }
    void expect_kept(const Result<RepairResult>& result, const std::string& pack) {
        ASSERT_TRUE(is_ok(result));
        EXPECT_FALSE(names(result->healed, pack));
        EXPECT_TRUE(result->removed.empty());
        EXPECT_TRUE(vault_.objects("a").contains(pack));
        EXPECT_TRUE(vault_.open("a", true).state().objects.contains(pack));
        EXPECT_TRUE(std::any_of(result->lost.begin(), result->lost.end(), [&](const auto& each) { return each.object == pack; }));
    }

    SmallVault vault_;
    RepairListener listener_;
    StopFlag stop_;
    ObjectId id_;
    std::string content_, tree_;
    std::map<std::string, Bytes> whole_;
};

TEST_F(RepairKeepsTest, APackOfASnapshotWhoseRecordIsDamaged) {
    back_up_one();
    const std::string record = snapshot_name(id_);
    for (const bool unlocked : {false, true}) {
        flip(record, 30);
        flip(content_, whole_.at(content_).size() - 100);
        expect_kept(repair_a(unlocked), content_);
        vault_.write_object("a", record, whole_.at(record));
        Repository repository = vault_.open("a");
        EXPECT_EQ(read_files(repository, vault_.unlocked(), id_).size(), 1U) << "the last block holds a part of one of two files";
        vault_.write_object("a", content_, whole_.at(content_));
    }
}

TEST_F(RepairKeepsTest, APackOfASnapshotWhoseTreeIsDamaged) {
    for (const int part : {1, 2, 3}) {
        for (const bool unlocked : {false, true}) {
            SCOPED_TRACE(part);
            back_up_one();
            flip(tree_, whole_.at(tree_).size() * static_cast<std::size_t>(part) / 4);
            flip(content_, whole_.at(content_).size() - 100);
            expect_kept(repair_a(unlocked), content_);
            vault_.write_object("a", tree_, whole_.at(tree_));
            vault_.write_object("a", content_, whole_.at(content_));
        }
    }
    vault_.remove_object("a", tree_);
    flip(content_, whole_.at(content_).size() - 100);
    expect_kept(repair_a(), content_);
}

// As when root copied some files into a user's vault: sound, and not his to read.
TEST_F(RepairKeepsTest, WhatMayNotBeReadIsNotTakenForDamaged) {
    back_up_one();
    const auto ledger = vault_.open("a").state().n;
    for (const std::string& name : {tree_, content_, snapshot_name(id_), std::string("index/"), std::string("gc/marks")}) {
        for (const Code code : {Code::denied, Code::io}) {
            if (name == "gc/marks" && code == Code::io) continue;  // made again, and nothing rests on it
            RefusingFileSystem files([&](RefusingFileSystem::Deed deed, const std::string& path, std::uint64_t) {
                const bool refused = deed == RefusingFileSystem::Deed::open && path.find(name) != path.npos;
                return refused ? std::optional(code) : std::nullopt;
            });
            const auto result = repair_a(files);
            ASSERT_TRUE(fails_with(code, result)) << name;
            EXPECT_NE(result.error().message.find(name), std::string::npos) << result.error().message;
            EXPECT_EQ(result.error().message.find('\n'), std::string::npos);
            EXPECT_EQ(vault_.open("a").state().n, ledger) << name;
            EXPECT_EQ(vault_.objects("a"), whole_) << name;
        }
    }
}

TEST_F(RepairKeepsTest, WhatIsNotNeededIsCalledRemovedAndNotHealed) {
    back_up_one();
    const ObjectId ended = vault_.back_up("a", "log", "old", {{"var/old", noise_bytes(200'000, 9)}});
    Repository repository = vault_.open("a");
    LedgerEntry forget;
    forget.operation = Operation::forget;
    forget.snapshots = {ended};
    forget.removed = {snapshot_name(ended)};
    ASSERT_TRUE(is_ok(repository.publish(forget, nullptr)));
    vault_.remove_object("a", snapshot_name(ended));
    std::vector<std::string> packs;
    for (const auto& [name, bytes] : vault_.objects("a")) {
        if (name.starts_with("packs/") && !whole_.contains(name)) packs.push_back(name);
    }
    ASSERT_EQ(packs.size(), 2U);
    for (const std::string& pack : packs) flip(pack, 100);
    const auto result = repair_a();
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(result->healed.empty());
    EXPECT_EQ(result->removed, packs);
    EXPECT_TRUE(result->lost.empty());
}

// The entry is made, and what it removed cannot be unlinked: it is not worked out again, and what was done is told.
TEST_F(RepairKeepsTest, AnUnlinkThatFailsAfterTheEntryIsAnErrorThatHidesNothing) {
    back_up_one();
    const ObjectId ended = vault_.back_up("a", "log", "old", {{"var/old", noise_bytes(200'000, 9)}});
    Repository repository = vault_.open("a");
    LedgerEntry forget;
    forget.operation = Operation::forget;
    forget.snapshots = {ended};
    ASSERT_TRUE(is_ok(repository.publish(forget, nullptr)));
    std::string pack;
    for (const auto& [name, bytes] : vault_.objects("a")) {
        if (name.starts_with("packs/") && !whole_.contains(name) && bytes.size() > 100'000) pack = name;
    }
    flip(pack, 100);
    std::atomic<bool> refused = false;  // it is asked from many threads
    RefusingFileSystem files([&](RefusingFileSystem::Deed deed, const std::string& path, std::uint64_t) {
        const bool refuse = deed == RefusingFileSystem::Deed::remove && path.find(pack) != path.npos && !refused.exchange(true);
        return refuse ? std::optional(Code::io) : std::nullopt;
    });
    const auto before = vault_.open("a").state().n;
    const auto result = repair_a(files);
    EXPECT_TRUE(fails_with(Code::io, result));
    EXPECT_NE(listener_.said.find("removed " + pack), std::string::npos) << listener_.said;
    EXPECT_EQ(vault_.open("a").state().n, before + 2) << "the damage, and what was done about it";
    EXPECT_FALSE(vault_.open("a").state().objects.contains(pack));
}

// Its own entry about the damage is no sign that others moved the vault on.
TEST_F(RepairKeepsTest, AnErrorAfterItsOwnEntryIsNotRetried) {
    back_up_one();
    flip(content_, 100'000);
    std::atomic<int> writes = 0;
    RefusingFileSystem files([&](RefusingFileSystem::Deed deed, const std::string& path, std::uint64_t end) {
        // The new pack of the blocks that are sound.
        const bool refuse = deed == RefusingFileSystem::Deed::write && path.find("/tmp/") != path.npos && end > 100'000;
        writes += refuse ? 1 : 0;
        return refuse ? std::optional(Code::io) : std::nullopt;
    });
    EXPECT_TRUE(fails_with(Code::io, repair_a(files, true)));
    EXPECT_EQ(writes, 1);
}

}  // namespace
}  // namespace custody::test
