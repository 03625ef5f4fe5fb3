// A repair while others write, forget and prune in the same vault: what was taken away lawfully is neither damaged nor healed,
// and an entry that others made impossible is worked out anew.
#include "tests/support/meddling_file_system.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/replicator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace custody::test {
namespace {

class RepairBesideOthersTest : public testing::Test {
protected:
    // What the ledger of "a" names now and did not before `act`.
    template <class Act>
    std::vector<std::string> named_by(Act act) {
        const auto before = vault_.open("a").state().objects;
        act();
        std::vector<std::string> names;
        const Repository after = vault_.open("a");
        for (const auto& [name, size] : after.state().objects) {
            if (!before.contains(name)) names.push_back(name);
        }
        return names;
    }
    // As a prune whose marks were older than everybody's session does it.
    void take_away(const ObjectId& snapshot, const std::vector<std::string>& names) {
        Repository repository = vault_.open("a");
        LedgerEntry forget;
        forget.operation = Operation::forget;
        forget.snapshots = {snapshot};
        ASSERT_TRUE(is_ok(repository.publish(forget, nullptr)));
        LedgerEntry prune;
        prune.operation = Operation::prune;
        prune.removed = names;
        ASSERT_TRUE(is_ok(repository.publish(prune, nullptr)));
        for (const std::string& name : names) vault_.remove_object("a", name);
    }
    Result<RepairResult> repair_through(FileSystem& files) {
        auto repository = Repository::open(files, vault_.clock(), vault_.path("a"), &vault_.keyring(), OpenOptions{true});
        if (!repository.ok()) return std::move(repository).error();
        return repair(*repository, nullptr, silent_, stop_, nullptr);
    }
    void expect_whole_ledger() {
        Repository repository = vault_.open("a");
        EXPECT_TRUE(repository.ledger_damage().empty());
        const auto there = vault_.objects("a");
        for (const auto& [name, size] : repository.state().objects) EXPECT_TRUE(there.contains(name)) << name;
    }
    static std::string said(const RepairResult& result) {
        std::string all;
        for (const std::string& name : result.healed) all += "healed " + name + "\n";
        for (const auto& lost : result.lost) all += "lost " + lost.object + ": " + lost.why + "\n";
        return all;
    }

    SmallVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
};

TEST_F(RepairBesideOthersTest, WhatPruneTakesAwayWhileEverythingIsHashedIsNotSpokenOf) {
    vault_.populate();
    for (const char* kind : {"packs/", "index/", "snapshots/"}) {
        ObjectId id;
        const auto names = named_by([&] {
            id = vault_.back_up("a", "log", "once", {{"var/once", noise_bytes(9'000, kind[0])}});
        });
        const auto first = std::find_if(names.begin(), names.end(), [&](const auto& name) { return name.starts_with(kind); });
        ASSERT_NE(first, names.end());
        MeddlingFileSystem files(*first, [&] { take_away(id, names); });
        const auto result = repair_through(files);
        ASSERT_TRUE(is_ok(result)) << kind;
        EXPECT_TRUE(files.has_meddled());
        EXPECT_EQ(said(*result), "") << kind;
        expect_whole_ledger();
    }
}

// Two at once heal the same segment; the slower finds its entry impossible.
TEST_F(RepairBesideOthersTest, AnEntryThatAnotherMadeImpossibleIsWorkedOutAnew) {
    vault_.populate();
    std::vector<std::string> segments;
    for (const auto& [name, content] : vault_.objects("a")) {
        if (name.starts_with("index/")) segments.push_back(name);
    }
    Bytes content = vault_.objects("a").at(segments[0]);
    content.at(content.size() / 3) ^= 1;
    vault_.write_object("a", segments[0], content);
    class RepairToo final : public Progress {
    public:
        explicit RepairToo(SmallVault& vault) : vault_(vault) {}
        void update(const ProgressState& state) override {
            if (ran || state.phase != "rebuilding the index") return;
            ran = true;
            Repository repository = vault_.open("a", true);
            SilentProgress silent;
            const StopFlag stop;
            EXPECT_TRUE(is_ok(repair(repository, nullptr, silent, stop)));
        }
        void warn(std::string_view) override {}
        bool ran = false;

    private:
        SmallVault& vault_;
    } meddler(vault_);
    Repository repository = vault_.open("a", true);
    const auto result = repair(repository, nullptr, meddler, stop_);
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(meddler.ran);
    EXPECT_TRUE(result->lost.empty()) << said(*result);
    expect_whole_ledger();
    for (const auto& [id, files] : vault_.stored()) EXPECT_EQ(read_files(repository, vault_.unlocked(), id), files);
}

// A pack that others removed between its damage and the entry about it.
TEST_F(RepairBesideOthersTest, ADamagedPackThatIsRemovedMeanwhileIsNotEntered) {
    vault_.populate();
    ObjectId id;
    const auto names = named_by([&] { id = vault_.back_up("a", "log", "once", {{"var/once", noise_bytes(9'000, 3)}}); });
    const auto pack = std::find_if(names.begin(), names.end(), [](const auto& name) { return name.starts_with("packs/"); });
    ASSERT_NE(pack, names.end());
    Bytes content = vault_.objects("a").at(*pack);
    content.at(100) ^= 1;
    vault_.write_object("a", *pack, content);
    MeddlingFileSystem files("snapshots/" + id.hex(), [&] { take_away(id, names); });
    const auto result = repair_through(files);
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(files.has_meddled());
    EXPECT_EQ(said(*result), "");
    EXPECT_EQ(vault_.open("a").state().last_damage, 0U);
}

}  // namespace
}  // namespace custody::test
