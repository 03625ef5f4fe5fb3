#include "vault/entry_objects.h"

#include "tests/support/hand_vault.h"
#include "tests/support/results.h"
#include "vault/object_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace custody::test {
namespace {

// A run that crashed before its entry has left packs and a segment that lists them; another run relies on them.
class EntryObjectsTest : public ::testing::Test {
protected:
    void SetUp() override {
        vault_.back_up({{"a", Bytes(50'000, Byte{1})}});
        began_ = vault_.open().state();
        vault_.back_up(files_, {.until = RunUntil::index});
        for (const std::string& name : vault_.names("packs"))
            if (!began_.objects.contains(name)) packs_.push_back(*id_in_name(name));
        index_ = *Index::open(vault_.store(), vault_.keys("business"), IndexTrust{});
        for (const std::string& name : vault_.names("index"))
            if (!began_.objects.contains(name)) segment_ = name;
        ASSERT_EQ(packs_.size(), 2U);  // content and tree
        ASSERT_FALSE(segment_.empty());
    }
    [[nodiscard]] Result<std::vector<std::string>> to_enter(EntryObjects& objects, const LedgerState& now,
                                                            const std::set<ObjectId>& marked = {}) {
        TRY_ASSIGN(const auto list, objects.to_enter(now, {{vault_.keys("business").label, index_.get()}},
                                                     [&](const ObjectId& id) { return marked.contains(id); }));
        std::vector<std::string> names;
        for (const ObjectInfo& object : list) names.push_back(object.name);
        return names;
    }
    [[nodiscard]] EntryObjects relies_on_content() {
        EntryObjects objects(vault_.store());
        objects.add_pack(packs_[0], began_);
        return objects;
    }
    [[nodiscard]] std::vector<std::string> left_over() const {
        std::vector<std::string> names{segment_, pack_name(packs_[0]), pack_name(packs_[1])};
        std::sort(names.begin(), names.end());
        return names;
    }
    static LedgerState with(LedgerState state, const std::vector<std::string>& names) {
        for (const std::string& name : names) state.objects[name] = 1;
        return state;
    }

    HandVault vault_;
    const HandFiles files_{{"b", Bytes(60'000, Byte{2})}};
    LedgerState began_;
    std::vector<ObjectId> packs_;
    std::string segment_;
    std::unique_ptr<Index> index_;
};

TEST_F(EntryObjectsTest, PacksOfACrashedRunAreTakenInWithTheirSegmentAndAllThatItLists) {
    EntryObjects objects = relies_on_content();
    EXPECT_EQ(*to_enter(objects, began_), left_over());
}

TEST_F(EntryObjectsTest, APackThatARepairProvedBadMeanwhileIsNotReliedUpon) {
    EntryObjects objects(vault_.store());
    for (const auto& [name, size] : began_.objects)
        if (name.starts_with("packs/")) objects.add_pack(*id_in_name(name), began_);
    ASSERT_TRUE(is_ok(to_enter(objects, began_)));
    LedgerState found = began_;
    found.damaged_packs[packs_[0]] = began_.n + 1;
    EXPECT_TRUE(is_ok(to_enter(objects, found))) << "it relies on other packs";
    objects.add_pack(packs_[0], began_);
    EXPECT_TRUE(fails_with(Code::busy, to_enter(objects, found)));
}

// A repair drops a damaged pack without marks: its file may be there still.
TEST_F(EntryObjectsTest, APackThatWasTakenOutOfTheLedgerBeforeTheFirstAttemptIsNotBroughtBack) {
    EntryObjects objects(vault_.store());
    LedgerState dropped = began_;
    for (const auto& [name, size] : began_.objects) {
        if (!name.starts_with("packs/")) continue;
        objects.add_pack(*id_in_name(name), began_);
        dropped.objects.erase(name);
    }
    EXPECT_TRUE(fails_with(Code::busy, to_enter(objects, dropped)));
}

TEST_F(EntryObjectsTest, NothingIsTakenInForPacksThatTheLedgerNames) {
    EntryObjects objects(vault_.store());
    for (const auto& [name, size] : began_.objects)
        if (name.starts_with("packs/")) objects.add_pack(*id_in_name(name), began_);
    EXPECT_TRUE(to_enter(objects, began_)->empty());
}

// Lost the race: the other entered the packs, and a prune folded the segment that listed them.
TEST_F(EntryObjectsTest, SegmentThatAnotherEnteredAndPruneFoldedIsNotNamedAgain) {
    EntryObjects objects = relies_on_content();
    ASSERT_EQ(*to_enter(objects, began_), left_over());
    const LedgerState now = with(began_, {pack_name(packs_[0]), pack_name(packs_[1]), "index/folded"});
    EXPECT_TRUE(to_enter(objects, now)->empty());
}

TEST_F(EntryObjectsTest, OwnSegmentThatAnotherEnteredAndPruneFoldedIsNotNamedAgain) {
    EntryObjects objects(vault_.store());
    for (const ObjectId& pack : packs_) objects.add_pack(pack, began_);
    objects.add_segment({{segment_, 1}, packs_});
    ASSERT_EQ(*to_enter(objects, began_), left_over());
    const LedgerState now = with(began_, {pack_name(packs_[0]), pack_name(packs_[1]), "index/folded"});
    EXPECT_TRUE(to_enter(objects, now)->empty());
}

// A copy lists packs that were there before it under its own signature.
TEST_F(EntryObjectsTest, OwnSegmentOfPacksThatTheLedgerNamedFromTheBeginningIsNamed) {
    const LedgerState began = with(began_, {pack_name(packs_[0]), pack_name(packs_[1])});
    EntryObjects objects(vault_.store());
    for (const ObjectId& pack : packs_) objects.add_pack(pack, began);
    objects.add_segment({{segment_, 1}, packs_});
    EXPECT_EQ(*to_enter(objects, began), std::vector<std::string>{segment_});
}

TEST_F(EntryObjectsTest, PackTakenOutOfTheLedgerMeanwhileEndsTheRun) {
    EntryObjects objects = relies_on_content();
    ASSERT_TRUE(to_enter(objects, with(began_, {pack_name(packs_[0])})).ok());
    const auto gone = to_enter(objects, began_);
    ASSERT_FALSE(gone.ok());
    EXPECT_EQ(gone.error().code, Code::busy);
}

TEST_F(EntryObjectsTest, PackThatIsNotThereEndsTheRun) {
    EntryObjects objects = relies_on_content();
    ASSERT_TRUE(vault_.store().remove(pack_name(packs_[0])).ok());
    const auto gone = to_enter(objects, began_);
    ASSERT_FALSE(gone.ok());
    EXPECT_EQ(gone.error().code, Code::corrupt);
}

// A segment that cannot be looked at must not be left out in silence: the pack would be entered without what lists it.
TEST_F(EntryObjectsTest, SegmentThatCannotBeLookedAtEndsTheRun) {
    EntryObjects objects = relies_on_content();
    const std::string folder = std::filesystem::path(vault_.path() + "/" + segment_).parent_path();
    std::filesystem::rename(folder, folder + ".away");
    std::filesystem::create_directory_symlink(folder, folder);  // leads nowhere
    EXPECT_TRUE(fails_with(Code::io, to_enter(objects, began_)));
}

TEST_F(EntryObjectsTest, WhatIsMarkedIsNeverTakenIn) {
    EntryObjects objects = relies_on_content();
    EXPECT_EQ(*to_enter(objects, began_, {packs_[1], *id_in_name(segment_)}), std::vector<std::string>{pack_name(packs_[0])});
}

}  // namespace
}  // namespace custody::test
