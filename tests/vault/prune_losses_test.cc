// What prune leaves alone because a tree or content is lost, and what it frees all the same.
#include "tests/support/exotic_tree.h"
#include "tests/support/hand_vault.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "vault/collector.h"
#include "vault/packs/pack_reader.h"
#include "vault/packs/pack_writer.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace custody::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

constexpr std::size_t kPieceOf = 20'000;
constexpr std::size_t kSummary = 260;  // of a pack's first block

class PruneLossesTest : public testing::Test {
protected:
    struct Packs {
        std::string tree, content;
    };
    static HandFiles files(int seed) {
        return {{"file" + std::to_string(seed), noise_bytes(kPieceOf, static_cast<std::uint64_t>(seed))}};
    }
    static HandVault::Run of(const std::string& label) {
        HandVault::Run run;
        run.label = label;
        run.says_label = true;
        return run;
    }
    // A snapshot in packs of its own.
    ObjectId back_up(const std::string& label, int seed, Packs* packs = nullptr) {
        const std::vector<std::string> before = vault_.names("packs");
        const ObjectId id = vault_.back_up(files(seed), of(label));
        std::vector<std::string> made = vault_.names("packs");
        std::erase_if(made, [&](const std::string& name) { return std::count(before.begin(), before.end(), name) != 0; });
        EXPECT_EQ(made.size(), 2U);
        std::sort(made.begin(), made.end(),
                  [&](const std::string& a, const std::string& b) { return fs::file_size(path(a)) < fs::file_size(path(b)); });
        if (packs != nullptr) *packs = {made.front(), made.back()};
        return id;
    }
    [[nodiscard]] std::string path(const std::string& name) const { return vault_.path() + "/" + name; }
    [[nodiscard]] bool is_there(const std::string& name) const { return fs::exists(path(name)); }
    void damage(const std::string& name, const std::string& kind) {
        fs::permissions(path(name), fs::perms::owner_all);
        if (kind == "missing") {
            fs::remove(path(name));
        } else if (kind == "junk") {
            write_file(path(name), "junk\n");
        } else {
            std::string bytes = read_file_text(path(name));
            bytes[kSummary] = static_cast<char>(bytes[kSummary] ^ 1);
            write_file(path(name), bytes);
        }
    }
    Result<PruneResult> prune_now(bool dry_run = false) {
        Repository repository = vault_.open();
        SilentProgress progress;
        const StopFlag stop;
        PruneOptions options;
        options.grace_ns = 0;
        options.dry_run = dry_run;
        return prune(repository, options, progress, stop);
    }
    void publish(Operation operation, Json details, std::vector<ObjectInfo> added = {}) {
        Repository repository = vault_.open();
        LedgerEntry entry;
        entry.operation = operation;
        entry.details = std::move(details);
        entry.added = std::move(added);
        ASSERT_TRUE(is_ok(repository.publish(entry, nullptr)));
    }
    // The blocks of several packs in one, as early versions made it; no index lists it.
    std::string move_together(const std::vector<std::string>& packs) {
        PackAssembler together(vault_.store());
        for (const std::string& pack : packs) {
            const OnBlock add = [&](const SegmentHeader& segment, std::uint32_t, std::uint32_t, const BlockHeader&,
                                    ByteView bytes) -> Status {
                TRY(together.add(segment, bytes));
                return done();
            };
            EXPECT_TRUE(is_ok(scan_pack(vault_.store(), *ObjectId::from_hex(fs::path(pack).filename().string()), &add)));
        }
        const auto made = together.finish();
        EXPECT_TRUE(is_ok(made));
        publish(Operation::repair, {{"healed", Json::array()}}, {*made});
        return made->name;
    }

    HandVault vault_;
};

TEST_F(PruneLossesTest, ATreeThatCannotBeReadHoldsUpItsOwnLabelOnly) {
    for (const char* kind : {"junk", "missing", "flipped"}) {
        for (const bool is_content : {false, true}) {
            if (is_content && kind == std::string("flipped")) continue;  // seen by who reads it, and not by prune
            SCOPED_TRACE(std::string(kind) + (is_content ? " content" : " tree"));
            Packs torn, ended, own;
            const ObjectId lost = back_up("log", 1, &torn), whole = back_up("log", 2), forgotten = back_up("log", 3, &ended);
            const ObjectId freed = back_up("business", 4, &own), kept = back_up("business", 5);
            vault_.forget(forgotten);
            vault_.forget(freed);
            const std::string& hit = is_content ? torn.content : torn.tree;
            const std::string sound = read_file_text(path(hit));
            damage(hit, kind);
            const auto dry = prune_now(true);
            ASSERT_TRUE(is_ok(dry));
            EXPECT_THAT(dry->damaged, ElementsAre(lost));
            const auto result = prune_now();
            ASSERT_TRUE(is_ok(result));
            EXPECT_EQ(result->packs_removed, 2U);
            EXPECT_THAT(result->damaged, ElementsAre(lost)) << "the others of its label are whole";
            EXPECT_THAT(result->left_alone, ElementsAre("log"));
            ASSERT_EQ(result->warnings.size(), 1U);
            EXPECT_THAT(result->warnings[0], HasSubstr(lost.hex().substr(0, 8)));
            EXPECT_THAT(result->warnings[0], HasSubstr("custody repair --from"));
            EXPECT_FALSE(is_there(own.tree));
            EXPECT_FALSE(is_there(own.content));
            for (const std::string& name : {ended.tree, ended.content}) EXPECT_TRUE(is_there(name));
            for (const ObjectId& id : {whole, kept}) EXPECT_TRUE(is_ok(vault_.read_back(id)));
            // Healed, it gives back everything, and its label goes on.
            write_file(path(hit), sound);
            const auto again = prune_now();
            ASSERT_TRUE(is_ok(again));
            EXPECT_THAT(again->left_alone, IsEmpty());
            EXPECT_EQ(again->packs_removed, 2U);
            EXPECT_EQ(vault_.read_back(lost).value(), files(1));
            for (const ObjectId& id : {lost, whole, kept}) vault_.forget(id);
            ASSERT_TRUE(is_ok(prune_now()));
            EXPECT_THAT(vault_.names("packs"), IsEmpty());
        }
    }
}

TEST_F(PruneLossesTest, ForgettingTheTornSnapshotFreesItsLabel) {
    Packs torn;
    const ObjectId lost = back_up("business", 1, &torn), kept = back_up("business", 2);
    damage(torn.tree, "junk");
    const auto held_up = prune_now();
    ASSERT_TRUE(is_ok(held_up));
    EXPECT_THAT(held_up->warnings[0], HasSubstr("'custody forget " + lost.hex().substr(0, 8) + "' ends it"));
    EXPECT_TRUE(is_there(torn.content));
    vault_.forget(lost);
    const auto result = prune_now();
    ASSERT_TRUE(is_ok(result));
    EXPECT_THAT(result->left_alone, IsEmpty());
    EXPECT_THAT(result->damaged, IsEmpty());
    EXPECT_FALSE(is_there(torn.tree));
    EXPECT_FALSE(is_there(torn.content));
    EXPECT_TRUE(is_ok(vault_.check_objects()));
    EXPECT_EQ(vault_.read_back(kept).value(), files(2));
}

// What lies below the lost tree may be in any pack that has blocks of its label, listed or not.
TEST_F(PruneLossesTest, APackThatHasBlocksOfATornLabelStays) {
    for (const bool is_torn : {true, false}) {
        Packs own, other, torn;
        const ObjectId first = back_up("business", 1, &own), second = back_up("log", 2, &other), third = back_up("log", 3, &torn);
        const std::string shared = move_together({own.content, other.content}), alone = move_together({own.content, own.tree});
        if (is_torn) damage(torn.tree, "missing");
        const auto result = prune_now();
        ASSERT_TRUE(is_ok(result));
        EXPECT_EQ(result->left_alone.size(), is_torn ? 1U : 0U);
        EXPECT_EQ(is_there(shared), is_torn);
        EXPECT_FALSE(is_there(alone));
        for (const ObjectId& id : {first, second, third}) vault_.forget(id);
        ASSERT_TRUE(is_ok(prune_now()));
        EXPECT_THAT(vault_.names("packs"), IsEmpty());
    }
}

// Its header tells no more of which label it was.
class DestroyedLossesTest : public PruneLossesTest, public testing::WithParamInterface<const char*> {};

TEST_P(DestroyedLossesTest, ADamagedPackOfADestroyedLabelGoes) {
    Packs hit, other;
    back_up("business", 1, &hit);
    const ObjectId kept = back_up("log", 2, &other);
    damage(hit.content, GetParam());
    publish(Operation::repair, {{"damaged", Json::array({fs::path(hit.content).filename().string()})}});
    publish(Operation::destroy_label, {{"label", vault_.keys("business").label.hex()}});
    // While it is not known what a live snapshot needs, it stays.
    const std::string sound = read_file_text(path(other.tree));
    damage(other.tree, "missing");
    ASSERT_TRUE(is_ok(prune_now()));
    EXPECT_TRUE(vault_.open().state().objects.contains(hit.content));
    write_file(path(other.tree), sound);
    const auto result = prune_now();
    ASSERT_TRUE(is_ok(result));
    EXPECT_FALSE(is_there(hit.content));
    EXPECT_THAT(result->warnings, IsEmpty());
    EXPECT_TRUE(is_ok(vault_.check_objects()));
    EXPECT_EQ(vault_.read_back(kept).value(), files(2));
}

INSTANTIATE_TEST_SUITE_P(Kinds, DestroyedLossesTest, testing::Values("junk", "missing"));

}  // namespace
}  // namespace custody::test
