// A pack that is damaged where it lies and that no other vault can heal: once a repair proved it, the next backup stores anew
// what its source still has, snapshots that need it are whole again, and the damaged pack goes.
#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/meddling_source.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/collector.h"
#include "vault/object_check.h"
#include "vault/replicator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace custody::test {
namespace {

Bytes content_of(std::size_t size, unsigned seed) {
    const std::string text = noise(size, seed);
    return {text.begin(), text.end()};
}

// Acts once, when it is first told of progress.
struct Meanwhile final : Progress {
    void update(const ProgressState&) override {
        if (act) std::exchange(act, nullptr)();
    }
    void warn(std::string_view) override {}
    std::function<void()> act;
};

class DamagedPacksTest : public ::testing::Test, public BackupFixture {
protected:
    void SetUp() override {
        write_file(at("big"), noise(3'000'000, 1));
        write_file(at("small"), "small");
        folder("deep");
        write_file(at("deep/note"), noise(5'000, 2));
    }
    BackupResult settled_backup() {
        let_settle();
        return backup();
    }
    [[nodiscard]] Repository open_again() {
        return std::move(
            Repository::open_store(std::make_unique<MemoryStore>(store), clock, &*keyring, {.tolerate_damage = true}).value());
    }
    // As another process does it.
    RepairResult repair_now(bool unlocked = false) {
        Repository again = open_again();
        SilentProgress progress;
        const auto opened = keyring->unlock(secret_text("passphrase"));
        const auto result = repair(again, nullptr, progress, stop, unlocked ? &*opened : nullptr);
        EXPECT_TRUE(is_ok(result));
        return result.ok() ? *result : RepairResult{};
    }
    PruneResult prune_now() {
        Repository again = open_again();
        SilentProgress progress;
        PruneOptions how;
        how.grace_ns = 0;
        const auto result = prune(again, how, progress, stop);
        EXPECT_TRUE(is_ok(result));
        return result.ok() ? *result : PruneResult{};
    }
    // By size: content is the largest.
    [[nodiscard]] std::string largest_pack() {
        std::string largest;
        for (const auto& [name, content] : store.objects()) {
            if (!name.starts_with("packs/")) continue;
            if (largest.empty() || content.size() > store.objects().at(largest).size()) largest = name;
        }
        return largest;
    }
    void flip_middle(const std::string& name) { store.objects().at(name).at(store.objects().at(name).size() / 2) ^= 1; }
    static bool names(const RepairResult& result, const std::string& object) {
        return std::any_of(result.lost.begin(), result.lost.end(), [&](const auto& lost) { return lost.object == object; });
    }
    [[nodiscard]] std::set<ObjectId> known() { return known_damaged(open_again().state()); }
    void expect_holds_the_source(const ObjectId& snapshot) {
        const StoredTree tree = read(snapshot);
        for (const char* name : {"big", "small", "deep/note"}) {
            ASSERT_TRUE(tree.contains(at(name))) << name;
            EXPECT_TRUE(tree.at(at(name)).content == read_file_text(at(name))) << name;
        }
    }
    void expect_whole() {
        const LedgerState state = open_again().state();
        for (const auto& [name, size] : state.objects) {
            ASSERT_TRUE(store.objects().contains(name)) << name;
            if (!id_in_name(name)) continue;
            EXPECT_EQ(id_of<ObjectId>(sha256(store.objects().at(name))), id_in_name(name)) << name;
        }
        EXPECT_TRUE(state.damaged_packs.empty());
    }
    // Damage is done, found, entered, backed up over and healed.
    void tell_the_story(const std::string& pack, const std::function<void()>& damage) {
        const BackupResult first = settled_backup();
        EXPECT_EQ(settled_backup().bytes.read, 0U) << "files that did not change are not read";
        damage();
        const RepairResult proof = repair_now();
        EXPECT_TRUE(names(proof, pack));
        EXPECT_TRUE(names(proof, snapshot_name(first.snapshot)));
        EXPECT_EQ(known(), std::set<ObjectId>{*id_in_name(pack)});
        EXPECT_TRUE(names(repair_now(), pack)) << "and it stays named";

        const BackupResult second = settled_backup();
        EXPECT_GT(second.bytes.stored, 0U);
        const auto says_why = [](const std::string& line) { return line.find("damaged") != std::string::npos; };
        EXPECT_EQ(std::count_if(second.warnings.begin(), second.warnings.end(), says_why), 1);
        expect_holds_the_source(second.snapshot);
        const BackupResult third = settled_backup();
        EXPECT_EQ(third.bytes.read, 0U) << "what was stored since counts again";
        EXPECT_EQ(third.bytes.added, 0U);

        const RepairResult healed = repair_now();
        EXPECT_TRUE(healed.lost.empty());
        EXPECT_EQ(std::count(healed.removed.begin(), healed.removed.end(), pack), 1);
        expect_whole();
        for (const ObjectId& id : {first.snapshot, second.snapshot, third.snapshot}) expect_holds_the_source(id);
    }
};

TEST_F(DamagedPacksTest, FlippedContentIsStoredAnewAndEverySnapshotIsWholeAgain) {
    settled_backup();
    const std::string pack = largest_pack();
    tell_the_story(pack, [&] { flip_middle(pack); });
}

TEST_F(DamagedPacksTest, ATruncatedPackIsToo) {
    settled_backup();
    const std::string pack = largest_pack();
    tell_the_story(pack, [&] { store.objects().at(pack).resize(1000); });
}

TEST_F(DamagedPacksTest, AMissingPackIsToo) {
    settled_backup();
    const std::string pack = largest_pack();
    tell_the_story(pack, [&] { store.objects().erase(pack); });
}

// An older snapshot's tree comes back only where every folder on its way is what it was: /tmp changes beside this test. So what
// is promised is the next snapshot, and an end of the damage once the older ones are forgotten.
TEST_F(DamagedPacksTest, TreesAreStoredAnewToo) {
    for (const bool missing : {false, true}) {
        const BackupResult first = settled_backup();
        const std::string content = largest_pack();
        std::string trees;
        for (const auto& [name, bytes] : store.objects()) {
            if (name.starts_with("packs/") && name != content) trees = name;
        }
        if (missing) {
            store.objects().erase(trees);
        } else {
            flip_middle(trees);
        }
        EXPECT_TRUE(names(repair_now(), trees));
        const BackupResult second = settled_backup();
        EXPECT_GT(second.bytes.stored, 0U);
        expect_holds_the_source(second.snapshot);
        Repository again = open_again();
        LedgerEntry end;
        end.operation = Operation::forget;
        for (const auto& [id, live] : again.state().snapshots) {
            if (id != second.snapshot) end.snapshots.push_back(id);
        }
        ASSERT_TRUE(is_ok(again.publish(end, nullptr)));
        EXPECT_TRUE(repair_now().lost.empty());
        expect_whole();
        expect_holds_the_source(second.snapshot);
        EXPECT_FALSE(store.objects().contains(trees));
    }
}

TEST_F(DamagedPacksTest, WithoutACacheContentIsLookedUpInSoundPacksOnly) {
    options.cache_folder.clear();
    const BackupResult first = settled_backup();
    const std::string pack = largest_pack();
    flip_middle(pack);
    EXPECT_EQ(settled_backup().bytes.added, 0U) << "nobody knows yet";
    repair_now();
    const BackupResult second = settled_backup();
    EXPECT_GE(second.bytes.added, 3'000'000U);
    EXPECT_EQ(settled_backup().bytes.added, 0U);
    expect_holds_the_source(first.snapshot);
}

TEST_F(DamagedPacksTest, APackThatIsSoundAgainIsUsedAgain) {
    settled_backup();
    const std::string pack = largest_pack();
    const Bytes whole = store.objects().at(pack);
    flip_middle(pack);
    repair_now();
    store.objects().at(pack) = whole;
    const RepairResult healed = repair_now();
    EXPECT_TRUE(healed.lost.empty());
    EXPECT_EQ(healed.healed, std::vector<std::string>{pack});
    EXPECT_TRUE(known().empty());
    EXPECT_EQ(settled_backup().bytes.added, 0U);
}

TEST_F(DamagedPacksTest, ABackupThatRanMeanwhileIsRefusedWhetherItLookedUpOrTookOver) {
    for (const bool with_cache : {true, false}) {
        const std::string cache = std::exchange(options.cache_folder, with_cache ? options.cache_folder : "");
        settled_backup();
        const std::string pack = largest_pack();
        let_settle();
        bool done_it = false;
        Meddling meddling;
        meddling.after_step = [&](const SourceStep&) {
            if (std::exchange(done_it, true)) return;
            flip_middle(pack);
            EXPECT_TRUE(names(repair_now(), pack));
        };
        const auto snapshots = open_again().state().snapshots.size();
        MeddlingSource source(open_file_tree(tree_options, notes), meddling);
        EXPECT_TRUE(fails_with(Code::busy, try_backup(source))) << with_cache;
        EXPECT_EQ(open_again().state().snapshots.size(), snapshots);
        const BackupResult again = settled_backup();
        EXPECT_GE(again.bytes.added, 3'000'000U);
        expect_holds_the_source(again.snapshot);
        EXPECT_TRUE(repair_now().lost.empty());
        expect_whole();
        options.cache_folder = cache;
    }
}

TEST_F(DamagedPacksTest, PruneKeepsADamagedPackWhileItIsNeededAndDropsItOnceItIsNot) {
    const BackupResult first = settled_backup();
    const std::string pack = largest_pack();
    flip_middle(pack);
    repair_now();
    const PruneResult kept = prune_now();
    EXPECT_EQ(kept.packs_removed + kept.packs_repacked, 0U);
    ASSERT_EQ(kept.warnings.size(), 1U);
    EXPECT_NE(kept.warnings[0].find(pack), std::string::npos);
    EXPECT_TRUE(store.objects().contains(pack));

    const BackupResult second = settled_backup();
    const PruneResult dropped = prune_now();
    EXPECT_EQ(dropped.packs_removed, 1U);
    EXPECT_TRUE(dropped.warnings.empty());
    EXPECT_FALSE(store.objects().contains(pack));
    expect_whole();
    expect_holds_the_source(first.snapshot);
    expect_holds_the_source(second.snapshot);
}

// The old pack stays for what the source has no longer; the index must lead to the new one for the rest, also when its segments
// are folded into one, in which an id stands once.
TEST_F(DamagedPacksTest, FoldedIndexLeadsToTheSoundPack) {
    write_file(at("gone"), noise(400'000, 9));
    const BackupResult first = settled_backup();
    const std::string pack = largest_pack();
    flip_middle(pack);
    std::filesystem::remove(at("gone"));
    repair_now();
    const BackupResult second = settled_backup();
    for (int i = 0; i < 20; ++i) {
        write_file(at("more"), noise(1000, static_cast<unsigned>(100 + i)));
        settled_backup();
    }
    ASSERT_GT(count("index/"), 16U);
    for (int round = 0; round < 2; ++round) {
        const PruneResult pruned = prune_now();
        ASSERT_EQ(pruned.warnings.size(), 1U) << round;
        EXPECT_NE(pruned.warnings[0].find(pack), std::string::npos);
        EXPECT_LE(count("index/"), 16U);
        EXPECT_TRUE(store.objects().contains(pack));
        expect_holds_the_source(second.snapshot);
        const StoredTree old = read(first.snapshot);
        EXPECT_TRUE(old.at(at("big")).content == read_file_text(at("big")));
    }
    EXPECT_TRUE(names(repair_now(), snapshot_name(first.snapshot)) || read(first.snapshot).contains(at("gone")));
}

TEST_F(DamagedPacksTest, ASnapshotMadeWhileRepairHashesIsSeenAndNotCalledLost) {
    const BackupResult first = settled_backup();
    const std::string pack = largest_pack();
    flip_middle(pack);
    std::optional<ObjectId> meanwhile, relies;
    Meanwhile progress;
    progress.act = [&] {
        relies = settled_backup().snapshot;  // nobody knows yet
        folder("deep/other");
        write_file(at("deep/other/file"), noise(300'000, 5));
        tree_options.paths = {at("deep/other")};
        options.name = "other";
        meanwhile = settled_backup().snapshot;
    };
    Repository again = open_again();
    const auto result = repair(again, nullptr, progress, stop);
    ASSERT_TRUE(is_ok(result));
    ASSERT_TRUE(meanwhile && relies);
    EXPECT_TRUE(names(*result, snapshot_name(first.snapshot)));
    EXPECT_TRUE(names(*result, snapshot_name(*relies)));
    EXPECT_FALSE(names(*result, snapshot_name(*meanwhile)));
    EXPECT_TRUE(store.objects().contains(pack)) << "it is needed still";
}

// Nothing tells any more what was in the pack: it goes, and yet the next backup must read everything.
TEST_F(DamagedPacksTest, APackThatIsGoneWithItsIndexIsStoredAnewToo) {
    settled_backup();
    const std::string pack = largest_pack();
    store.objects().erase(pack);
    std::erase_if(store.objects(), [](const auto& object) { return object.first.starts_with("index/"); });
    EXPECT_FALSE(repair_now().lost.empty());
    const BackupResult second = settled_backup();
    EXPECT_GE(second.bytes.added, 3'000'000U);
    expect_holds_the_source(second.snapshot);
    EXPECT_TRUE(repair_now().lost.empty());
    expect_whole();
}

// With the passphrase what is whole in the damaged pack is moved at once; the rest comes with the next backup.
TEST_F(DamagedPacksTest, SoundBlocksAreMovedWithThePassphraseAndTheRestStoredAnew) {
    const BackupResult first = settled_backup();
    const std::string pack = largest_pack();
    flip_middle(pack);
    EXPECT_TRUE(names(repair_now(true), pack));
    EXPECT_EQ(known(), std::set<ObjectId>{*id_in_name(pack)});
    const BackupResult second = settled_backup();
    EXPECT_GT(second.bytes.added, 0U);
    EXPECT_LT(second.bytes.added, 3'000'000U) << "only what no sound block holds";
    EXPECT_TRUE(repair_now().lost.empty());
    expect_whole();
    expect_holds_the_source(first.snapshot);
    expect_holds_the_source(second.snapshot);
}

// The blocks come together again as they were: under the name of the damaged pack, which is healed by that, not dropped.
TEST_F(DamagedPacksTest, APackWhoseBlocksAreAllSoundIsMadeAgainUnderItsName) {
    const BackupResult first = settled_backup();
    for (const auto& [name, content] : std::map(store.objects())) {
        if (!name.starts_with("packs/")) continue;
        store.objects().at(name).at(2) ^= 1;  // in its header
        EXPECT_TRUE(names(repair_now(false), name)) << "without the passphrase nothing proves a block";
        const RepairResult healed = repair_now(true);
        EXPECT_TRUE(healed.lost.empty());
        EXPECT_EQ(std::count(healed.healed.begin(), healed.healed.end(), name), 1);
        expect_whole();
        expect_holds_the_source(first.snapshot);
    }
}

TEST_F(DamagedPacksTest, APackThatHasGrownIsHealedOutOfItselfWithoutAPassphrase) {
    const BackupResult first = settled_backup();
    for (const auto& [name, content] : std::map(store.objects())) {
        if (!name.starts_with("packs/") && !name.starts_with("index/")) continue;
        store.objects().at(name).push_back(Byte{1});
        const RepairResult healed = repair_now(false);
        EXPECT_TRUE(healed.lost.empty()) << name;
        EXPECT_EQ(std::count(healed.healed.begin(), healed.healed.end(), name), 1) << name;
        EXPECT_TRUE(store.objects().at(name) == content) << name;
    }
    expect_whole();
    expect_holds_the_source(first.snapshot);
}

class DamagedTargetTest : public ::testing::Test {
protected:
    Result<CopyResult> copy() {
        Repository source = vault_.open("a");
        Repository target = vault_.open("b");
        return copy_snapshots(source, target, {}, silent_, stop_);
    }
    // In the middle of its large packs.
    void flip_content_of_b() {
        for (const auto& [name, bytes] : vault_.objects("b")) {
            if (!name.starts_with("packs/") || bytes.size() < 400'000) continue;
            Bytes content = bytes;
            content.at(content.size() / 2) ^= 1;
            vault_.write_object("b", name, content);
        }
    }
    RepairResult repair_b(bool from_a) {
        Repository damaged = vault_.open("b", true);
        std::optional<Repository> other;
        if (from_a) other = vault_.open("a");
        const auto result = repair(damaged, other ? &*other : nullptr, silent_, stop_);
        EXPECT_TRUE(is_ok(result));
        return result.ok() ? *result : RepairResult{};
    }
    SmallVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
};

TEST_F(DamagedTargetTest, CopyDoesNotRelyOnADamagedPackAndGoesOnOnceItIsHealed) {
    const SmallVault::Files old{{"srv/plan", content_of(500'000, 1)}};
    vault_.back_up("a", "business", "docs", old);
    ASSERT_TRUE(is_ok(copy()));
    std::string pack;
    for (const auto& [name, content] : vault_.objects("b")) {
        if (name.starts_with("packs/") && content.size() > 400'000) pack = name;
    }
    Bytes content = vault_.objects("b").at(pack);
    content.at(content.size() / 2) ^= 1;
    vault_.write_object("b", pack, content);
    EXPECT_FALSE(repair_b(false).lost.empty());

    SmallVault::Files more = old;
    more["srv/more"] = content_of(300'000, 2);
    const ObjectId next = vault_.back_up("a", "business", "docs", more);
    const auto left_out = copy();
    ASSERT_TRUE(is_ok(left_out));
    EXPECT_EQ(left_out->damaged, std::vector<ObjectId>{next});
    EXPECT_FALSE(vault_.open("b").state().snapshots.contains(next));

    EXPECT_TRUE(repair_b(true).lost.empty());
    EXPECT_TRUE(vault_.open("b").state().damaged_packs.empty());
    const auto copied = copy();
    ASSERT_TRUE(is_ok(copied));
    EXPECT_EQ(copied->snapshots_copied, 1U);
    Repository target = vault_.open("b");
    EXPECT_EQ(read_files(target, vault_.unlocked(), next), more);
}

// The same content came to the target under another pack's name: there nothing is missing, so the copy takes what it needs.
TEST_F(DamagedTargetTest, CopyBringsAnewWhatOnlyADamagedPackOfAnotherNameHolds) {
    const SmallVault::Files files{{"srv/plan", content_of(500'000, 1)}};
    vault_.back_up("b", "business", "docs", files);
    flip_content_of_b();
    EXPECT_FALSE(repair_b(false).lost.empty());
    const ObjectId id = vault_.back_up("a", "business", "docs", files);
    const auto copied = copy();
    ASSERT_TRUE(is_ok(copied));
    EXPECT_EQ(copied->snapshots_copied, 1U);
    EXPECT_GE(copied->packs_copied, 1U);
    EXPECT_TRUE(repair_b(false).lost.empty()) << "and with it the older snapshot is whole";
    Repository target = vault_.open("b");
    for (const auto& [snapshot, live] : target.state().snapshots) {
        EXPECT_EQ(read_files(target, vault_.unlocked(), snapshot), files) << snapshot.hex();
    }
    EXPECT_TRUE(target.state().snapshots.contains(id));
}

// Found at the target while the copy reads from the source.
TEST_F(DamagedTargetTest, ACopyThatRanMeanwhileIsRefused) {
    vault_.back_up("b", "business", "docs", {{"srv/plan", content_of(500'000, 1)}});
    vault_.back_up("a", "business", "docs", {{"srv/plan", content_of(500'000, 1)}});
    Meanwhile progress;
    progress.act = [&] {
        flip_content_of_b();
        EXPECT_FALSE(repair_b(false).lost.empty());
    };
    Repository source = vault_.open("a");
    Repository target = vault_.open("b");
    EXPECT_TRUE(fails_with(Code::busy, copy_snapshots(source, target, {}, progress, stop_)));
    EXPECT_EQ(vault_.open("b").state().snapshots.size(), 1U);
    EXPECT_EQ(copy()->snapshots_copied, 1U);
}

}  // namespace
}  // namespace custody::test
