// Prune that compacts gives up what lies twice under one key only while the place that it keeps is sound, to the last.
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/collector.h"

#include <gtest/gtest.h>

#include <functional>

namespace custody::test {
namespace {

// Somebody who acts on the vault when the prune has decided what goes, and has removed nothing.
class Meddler final : public Progress {
public:
    explicit Meddler(std::function<void()> meddle) : meddle_(std::move(meddle)) {}
    void update(const ProgressState& state) override {
        if (state.phase == "removing what nothing refers to" && meddle_) std::exchange(meddle_, nullptr)();
    }
    void warn(std::string_view) override {}

private:
    std::function<void()> meddle_;
};

class PruneDoublesTest : public testing::Test {
protected:
    // The same content twice, as of two writers of whom neither relies on what the other lists.
    void SetUp() override {
        first_ = back_up();
        std::map<std::string, Bytes> lists;
        for (const auto& [name, content] : vault_.objects("a")) {
            if (name.starts_with("index/")) lists.emplace(name, content);
        }
        for (const auto& [name, content] : lists) vault_.remove_object("a", name);
        second_ = back_up();
        for (const auto& [name, content] : lists) vault_.write_object("a", name, content);
        ASSERT_EQ(content_packs().size(), 2u);
    }
    ObjectId back_up() { return vault_.back_up("a", "business", "docs", {{"srv/plan", noise_bytes(300'000, 1)}}); }
    [[nodiscard]] std::vector<ObjectId> content_packs() const {
        std::vector<ObjectId> packs;
        for (const auto& [name, content] : vault_.objects("a")) {
            if (!name.starts_with("packs/") || content.size() < 200'000) continue;
            packs.push_back(*ObjectId::from_hex(name.substr(name.rfind('/') + 1)));
        }
        return packs;
    }
    Result<PruneResult> compact(Progress& progress) {
        Repository repository = vault_.open("a");
        PruneOptions options;
        options.grace_ns = 0;
        options.compact = true;
        options.unlocked = &vault_.unlocked();
        const StopFlag stop;
        return prune(repository, options, progress, stop);
    }
    // As a repair enters it.
    void enter_as_damaged(const ObjectId& pack) {
        Repository repository = vault_.open("a");
        LedgerEntry entry;
        entry.operation = Operation::repair;
        entry.time = repository.clock().now();
        entry.details = {{"damaged", {pack.hex()}}};
        ASSERT_TRUE(is_ok(repository.publish(std::move(entry), nullptr)));
        ASSERT_TRUE(repository.state().damaged_packs.contains(pack));
    }
    void expect_reads() {
        Repository repository = vault_.open("a");
        for (const ObjectId& id : {first_, second_}) {
            EXPECT_EQ(read_files(repository, vault_.unlocked(), id), vault_.stored().at(id)) << id.hex();
        }
    }

    SmallVault vault_;
    ObjectId first_, second_;
};

TEST_F(PruneDoublesTest, TheSecondPlaceIsFreed) {
    SilentProgress silent;
    const auto pruned = compact(silent);
    ASSERT_TRUE(is_ok(pruned));
    EXPECT_GE(pruned->packs_removed, 1u);
    EXPECT_EQ(content_packs().size(), 1u);
    expect_reads();
}

TEST_F(PruneDoublesTest, OneThatIsKnownToBeDamagedIsNotTheOneThatStays) {
    for (const ObjectId& pack : content_packs()) {
        const auto before = vault_.objects("a");
        enter_as_damaged(pack);
        SilentProgress silent;
        ASSERT_TRUE(is_ok(compact(silent)));
        EXPECT_NE(content_packs(), std::vector<ObjectId>{pack});
        expect_reads();
        vault_.put_back("a", before);
        vault_.forget_heads();
    }
}

// Whichever stays: it would be the only one.
TEST_F(PruneDoublesTest, DamageThatIsEnteredMeanwhileEndsThePruneBeforeAnythingGoes) {
    for (const ObjectId& pack : content_packs()) {
        const auto before = vault_.objects("a");
        Meddler meddler([&] { enter_as_damaged(pack); });
        EXPECT_TRUE(fails_with(Code::busy, compact(meddler)));
        EXPECT_EQ(content_packs().size(), 2u);
        ASSERT_TRUE(is_ok(compact(meddler))) << "and the next one knows of it";
        EXPECT_NE(content_packs(), std::vector<ObjectId>{pack});
        expect_reads();
        vault_.put_back("a", before);
        vault_.forget_heads();
    }
}

}  // namespace
}  // namespace custody::test
