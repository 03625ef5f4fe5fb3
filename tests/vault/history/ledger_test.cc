// The ledger under everyone who might change it afterwards: each tampering is told from an honest history, without keys.
#include "vault/history/ledger.h"

#include "tests/support/memory_store.h"
#include "vault/history/witness.h"
#include "vault/packs/format.h"

#include <gtest/gtest.h>

#include <limits>

#include <cstdlib>
#include <thread>

namespace custody {
namespace {

class LedgerTest : public testing::Test {
protected:
    void SetUp() override { begin(store_, vault_); }

    void begin(ObjectStore& store, const VaultId& vault) {
        LedgerEntry init;
        init.n = 1;
        init.operation = Operation::init;
        init.time = Time{100 * kSecond};
        init.added = {{"vault.json", 300}};
        const auto bytes = encode(init, vault, seed_);
        ASSERT_TRUE(bytes.ok()) << bytes.error().message;
        ASSERT_TRUE(store.put_new(ledger_name(1), *bytes).ok());
    }
    Ledger load(std::optional<RememberedHead> expected = {}) {
        auto ledger = Ledger::load(store_, vault_, expected);
        EXPECT_TRUE(ledger.ok()) << ledger.error().message;
        if (!ledger.ok()) std::abort();
        return std::move(*ledger);
    }
    static LedgerEntry draft(Operation operation, std::vector<ObjectId> snapshots = {}) {
        LedgerEntry entry;
        entry.operation = operation;
        entry.time = Time{200 * kSecond};
        entry.snapshots = std::move(snapshots);
        if (operation == Operation::add) {
            for (const ObjectId& id : entry.snapshots) entry.added.push_back({snapshot_name(id), 500});
        }
        return entry;
    }
    LedgerEntry publish(Ledger& ledger, LedgerEntry entry) {
        auto published = ledger.publish(std::move(entry), seed_, nullptr);
        EXPECT_TRUE(published.ok()) << published.error().message;
        return published.ok() ? *published : LedgerEntry{};
    }
    // A history of `count` snapshots; returns their ids.
    std::vector<ObjectId> grow(std::size_t count) {
        Ledger ledger = load();
        std::vector<ObjectId> ids;
        for (std::size_t i = 0; i < count; ++i) {
            ids.push_back(random_id<ObjectId>());
            publish(ledger, draft(Operation::add, {ids.back()}));
        }
        return ids;
    }
    void expect_corrupt(const std::string& why, std::optional<RememberedHead> expected = {}) {
        const auto ledger = Ledger::load(store_, vault_, expected);
        ASSERT_FALSE(ledger.ok());
        EXPECT_EQ(ledger.error().code, Code::corrupt);
        EXPECT_NE(ledger.error().message.find(why), std::string::npos) << ledger.error().message;
    }
    // Puts an entry there that is signed and linked well, whatever it says.
    void force(LedgerEntry entry) {
        const Ledger ledger = load();
        entry.n = ledger.state().n + 1;
        entry.previous = ledger.state().head;
        const auto bytes = encode(entry, vault_, seed_);
        ASSERT_TRUE(bytes.ok());
        ASSERT_TRUE(store_.put_new(ledger_name(entry.n), *bytes).ok());
    }

    test::MemoryStore store_;
    VaultId vault_ = random_id<VaultId>();
    Secret seed_ = Secret::random(kKeySize);
};

TEST_F(LedgerTest, EntryComesBackWithEveryField) {
    LedgerEntry entry;
    entry.n = 42;
    entry.previous = random_id<Digest>();
    entry.time = Time{1762131600123456789};
    entry.operation = Operation::destroy_label;
    entry.snapshots = {random_id<ObjectId>()};
    entry.added = {{"packs/ab/abcd", (1ULL << 53) - 1}};
    entry.removed = {"index/x/y", "packs/cd/cdef"};
    entry.details = {{"label", random_id<LabelId>().hex()}, {"note", "c\xC3\xB2n"}};
    const auto bytes = encode(entry, vault_, seed_);
    ASSERT_TRUE(bytes.ok());
    const auto back = decode_ledger_entry(*bytes);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(back->vault, vault_);
    EXPECT_EQ(back->entry.n, entry.n);
    EXPECT_EQ(back->entry.previous, entry.previous);
    EXPECT_EQ(back->entry.time, entry.time);
    EXPECT_EQ(back->entry.operation, entry.operation);
    EXPECT_EQ(back->entry.snapshots, entry.snapshots);
    ASSERT_EQ(back->entry.added.size(), 1U);
    EXPECT_EQ(back->entry.added[0].name, entry.added[0].name);
    EXPECT_EQ(back->entry.added[0].size, entry.added[0].size);
    EXPECT_EQ(back->entry.removed, entry.removed);
    EXPECT_EQ(back->entry.details, entry.details);
    EXPECT_EQ(back->entry.signer, signer_id(seed_));
}

TEST_F(LedgerTest, StateIsWhatTheEntriesAddUpTo) {
    Ledger ledger = load();
    const ObjectId kept = random_id<ObjectId>();
    const ObjectId ended = random_id<ObjectId>();
    LedgerEntry entry = draft(Operation::add, {kept});
    entry.added.push_back({"packs/aa/aa", 10});
    EXPECT_EQ(publish(ledger, entry).n, 2U);
    publish(ledger, draft(Operation::add, {ended}));
    LedgerEntry hold = draft(Operation::hold, {kept});
    hold.details = {{"reason", "inspection"}, {"until", "2030-01-01T00:00:00Z"}};
    publish(ledger, hold);
    LedgerEntry forget = draft(Operation::forget, {ended});
    forget.removed = {snapshot_name(ended)};
    publish(ledger, forget);
    LedgerEntry prune = draft(Operation::prune);
    prune.added = {{"packs/bb/bb", 5}};
    prune.removed = {"packs/aa/aa"};
    publish(ledger, prune);
    LedgerEntry destroy = draft(Operation::destroy_label);
    const LabelId label = random_id<LabelId>();
    destroy.details = {{"label", label.hex()}};
    publish(ledger, destroy);

    for (const LedgerState& state : {ledger.state(), load().state()}) {
        EXPECT_EQ(state.n, 7U);
        EXPECT_EQ(state.latest, (Time{200 * kSecond}));
        const std::map<std::string, std::uint64_t> objects = {
            {"vault.json", 300}, {"packs/bb/bb", 5}, {snapshot_name(kept), 500}};
        EXPECT_EQ(state.objects, objects);
        ASSERT_EQ(state.snapshots.size(), 1U);
        const LedgerSnapshot& snapshot = state.snapshots.at(kept);
        EXPECT_EQ(snapshot.sequence, 2U);
        EXPECT_EQ(snapshot.size, 500U);
        ASSERT_TRUE(snapshot.hold);
        EXPECT_EQ(snapshot.hold->reason, "inspection");
        EXPECT_TRUE(is_held(snapshot, Time{200 * kSecond}));
        EXPECT_FALSE(is_held(snapshot, *snapshot.hold->until));
        EXPECT_EQ(state.forgotten, std::set<ObjectId>{ended});
        ASSERT_EQ(state.destroyed_labels.size(), 1U);
        EXPECT_TRUE(state.destroyed_labels.contains(label));
    }
    publish(ledger, draft(Operation::release, {kept}));
    EXPECT_FALSE(ledger.state().snapshots.at(kept).hold);
}

TEST_F(LedgerTest, CutTailIsNoticedByWhoRemembersTheHead) {
    grow(3);
    const RememberedHead head = load().head();
    store_.objects().erase(ledger_name(4));
    expect_corrupt("entry 4");  // its witness is left
    store_.objects().erase(witness_name(vault_, 4));
    EXPECT_EQ(load().state().n, 3U);  // nobody can tell without a witness
    expect_corrupt("rolled back or cut", head);
}

TEST_F(LedgerTest, RememberedHeadOfThePastIsFine) {
    grow(1);
    const RememberedHead head = load().head();
    grow(2);
    EXPECT_EQ(load(head).state().n, 4U);
    EXPECT_EQ(load(RememberedHead{}).state().n, 4U);
}

TEST_F(LedgerTest, OlderCopyThatGrewAnotherWayIsNoticed) {
    grow(1);
    const auto last_week = store_.objects();
    grow(2);
    const RememberedHead head = load().head();
    store_.objects() = last_week;
    expect_corrupt("rolled back or cut", head);
    grow(5);  // longer than it was, and different
    expect_corrupt("rolled back or cut", head);
}

TEST_F(LedgerTest, GapIsNoticed) {
    grow(3);
    store_.objects().erase(ledger_name(3));
    expect_corrupt("entry 3");
    store_.objects().erase(ledger_name(1));
    expect_corrupt("entry 1");
}

TEST_F(LedgerTest, NoLedgerAtAllIsDamage) {
    store_.objects().clear();
    expect_corrupt("missing");
}

TEST_F(LedgerTest, SwappedEntriesAreNoticed) {
    grow(3);
    std::swap(store_.objects()[ledger_name(2)], store_.objects()[ledger_name(3)]);
    expect_corrupt("entry 2");
}

TEST_F(LedgerTest, EditedEntryIsNoticed) {
    grow(2);
    Bytes& bytes = store_.objects()[ledger_name(2)];
    const std::string text(as_text(bytes));
    const std::size_t at = text.find("\"size\":500");
    ASSERT_NE(at, std::string::npos);
    bytes[at + 7] = '6';
    expect_corrupt("entry 2");
}

TEST_F(LedgerTest, ResignedEntryBreaksTheLink) {
    grow(2);
    auto decoded = decode_ledger_entry(store_.objects()[ledger_name(2)]);
    ASSERT_TRUE(decoded.ok());
    const Secret stranger = Secret::random(kKeySize);
    const auto forged = encode(decoded->entry, vault_, stranger);
    ASSERT_TRUE(forged.ok());
    store_.objects()[ledger_name(2)] = *forged;
    expect_corrupt("entry 3");
}

TEST_F(LedgerTest, AnotherVaultsEntryIsNoticed) {
    test::MemoryStore other;
    const VaultId other_vault = random_id<VaultId>();
    begin(other, other_vault);
    store_.objects()[ledger_name(1)] = other.objects()[ledger_name(1)];
    expect_corrupt("another vault");
}

TEST_F(LedgerTest, EntriesThatContradictAreRefusedByReadersAndWriters) {
    const ObjectId id = grow(1).front();
    LedgerEntry hold = draft(Operation::hold, {id});
    hold.details = {{"reason", "r"}};
    Ledger ledger = load();
    publish(ledger, hold);

    std::vector<LedgerEntry> bad;
    bad.push_back(draft(Operation::prune));
    bad.back().removed = {"packs/aa/aa"};  // never added
    bad.push_back(draft(Operation::prune));
    bad.back().removed = {"vault.json", "vault.json"};
    bad.push_back(draft(Operation::prune));
    bad.back().added = {{"vault.json", 301}};       // another size
    bad.push_back(draft(Operation::forget, {id}));  // held
    bad.push_back(draft(Operation::forget, {random_id<ObjectId>()}));
    bad.push_back(draft(Operation::release, {random_id<ObjectId>()}));
    bad.push_back(draft(Operation::hold, {id}));  // no reason
    bad.push_back(draft(Operation::add, {random_id<ObjectId>()}));
    bad.back().added.clear();
    bad.push_back(draft(Operation::prune, {id}));
    bad.push_back(draft(Operation::init));
    bad.push_back(draft(Operation::destroy_label));
    bad.push_back(draft(Operation::checkpoint));
    const auto before = store_.objects();
    for (std::size_t i = 0; i < bad.size(); ++i) {
        const auto refused = ledger.publish(bad[i], seed_, nullptr);
        EXPECT_FALSE(refused.ok()) << i;
        EXPECT_EQ(store_.objects().size(), before.size()) << "entry " << i << " was written";
        force(bad[i]);
        expect_corrupt("entry 4");
        store_.objects() = before;
    }
    EXPECT_EQ(load().state().n, 3U);
}

TEST_F(LedgerTest, ForgetIsAllowedOnceTheHoldIsOver) {
    const ObjectId id = grow(1).front();
    Ledger ledger = load();
    LedgerEntry hold = draft(Operation::hold, {id});
    hold.details = {{"reason", "r"}, {"until", "1970-01-01T00:03:00Z"}};
    publish(ledger, hold);
    publish(ledger, draft(Operation::forget, {id}));
    EXPECT_TRUE(load().state().snapshots.empty());
}

TEST_F(LedgerTest, ALaterHoldNeverWeakensAnEarlierOne) {
    const ObjectId id = grow(1).front();
    Ledger ledger = load();
    // Returns what the hold is after one more was laid, as a reader who comes later sees it.
    const auto lay = [&](const std::string& reason, const std::string& until) {
        LedgerEntry hold = draft(Operation::hold, {id});
        hold.details = {{"reason", reason}};
        if (!until.empty()) hold.details["until"] = until;
        publish(ledger, hold);
        return load().state().snapshots.at(id).hold.value();
    };
    EXPECT_EQ(lay("case 17", "1970-01-01T01:00:00Z").until, Time{3600 * kSecond});
    const HoldState shorter = lay("case 1", "1970-01-01T00:30:00Z");
    EXPECT_EQ(shorter.until, Time{3600 * kSecond});
    EXPECT_EQ(shorter.reason, "case 17; case 1");
    EXPECT_EQ(lay("case 17", "1970-01-01T02:00:00Z").until, Time{7200 * kSecond});
    EXPECT_EQ(lay("court", "").until, std::nullopt);
    const HoldState open = lay("oops", "1970-01-01T00:30:00Z");
    EXPECT_EQ(open.until, std::nullopt);
    EXPECT_EQ(open.reason, "case 17; case 1; court; oops");
    LedgerEntry forget = draft(Operation::forget, {id});
    forget.time = Time{9000 * kSecond};
    EXPECT_FALSE(ledger.publish(forget, seed_, nullptr).ok()) << "all dated ones are over, the open one is not";

    publish(ledger, draft(Operation::release, {id}));
    const HoldState again = lay("anew", "1970-01-01T01:00:00Z");
    EXPECT_EQ(again.until, Time{3600 * kSecond}) << "a release ends all of them";
    EXPECT_EQ(again.reason, "anew");
}

TEST_F(LedgerTest, AHoldThatIsOverLeavesNoReason) {
    const ObjectId id = grow(1).front();
    Ledger ledger = load();
    LedgerEntry hold = draft(Operation::hold, {id});
    hold.details = {{"reason", "past"}, {"until", "1970-01-01T00:03:00Z"}};
    publish(ledger, hold);
    hold.details = {{"reason", "present"}};
    publish(ledger, hold);
    EXPECT_EQ(load().state().snapshots.at(id).hold.value().reason, "present");
}

TEST_F(LedgerTest, CopyBringsBackWhatWasForgotten) {
    const ObjectId id = grow(1).front();
    Ledger ledger = load();
    LedgerEntry forget = draft(Operation::forget, {id});
    forget.removed = {snapshot_name(id)};
    publish(ledger, forget);
    LedgerEntry copy = draft(Operation::copy, {id});
    copy.added = {{snapshot_name(id), 500}};
    publish(ledger, copy);
    EXPECT_EQ(load().state().snapshots.at(id).sequence, 4U);
    EXPECT_TRUE(load().state().forgotten.empty());
}

TEST_F(LedgerTest, OrderOfASnapshotIsAfterEverythingTheLedgerKnewWhateverTheClockSays) {
    LedgerState state;
    EXPECT_EQ(next_order(state, Time{500}), Time{500});
    state.latest = Time{1000};
    EXPECT_EQ(next_order(state, Time{500}), Time{1001});
    state.latest_order = Time{1001};
    EXPECT_EQ(next_order(state, Time{500}), Time{1002});
    EXPECT_EQ(next_order(state, Time{2000}), Time{2000});
    state.latest_order = Time{std::numeric_limits<std::int64_t>::max()};
    EXPECT_EQ(next_order(state, Time{500}), state.latest_order);
}

TEST_F(LedgerTest, OrderThatIsNoTimeIsRefused) {
    Ledger ledger = load();
    LedgerEntry add = draft(Operation::add, {random_id<ObjectId>()});
    add.details = {{"order", "yesterday"}};
    const auto refused = ledger.publish(add, seed_, nullptr);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::failed);
}

TEST_F(LedgerTest, PacksAreDamagedFromTheRepairThatSaysSoUntilOneHealsThemOrTheyAreRemoved) {
    const ObjectId first = random_id<ObjectId>(), second = random_id<ObjectId>(), never = random_id<ObjectId>();
    Ledger ledger = load();
    LedgerEntry packs = draft(Operation::add);
    packs.added = {{pack_name(first), 10}, {pack_name(second), 20}};
    publish(ledger, packs);
    EXPECT_EQ(ledger.state().last_damage, 0U);
    const auto repair_says = [&](Json details, std::vector<std::string> removed = {}) {
        LedgerEntry repair = draft(Operation::repair);
        repair.details = std::move(details);
        repair.removed = std::move(removed);
        return publish(ledger, repair).n;
    };
    const std::uint64_t found = repair_says({{"damaged", {first.hex(), second.hex(), never.hex()}}});
    EXPECT_EQ(ledger.state().damaged_packs, (std::map<ObjectId, std::uint64_t>{{first, found}, {second, found}}))
        << "what the vault does not hold cannot be damaged";
    EXPECT_EQ(ledger.state().last_damage, found);
    repair_says({{"damaged", {second.hex()}}, {"healed", {pack_name(first)}}});
    EXPECT_EQ(ledger.state().damaged_packs, (std::map<ObjectId, std::uint64_t>{{second, found}})) << "known since it was found";
    const std::uint64_t again = repair_says({{"damaged", {first.hex()}}});
    EXPECT_EQ(ledger.state().damaged_packs.at(first), again);
    LedgerEntry prune = draft(Operation::prune);
    prune.removed = {pack_name(second)};
    publish(ledger, prune);
    EXPECT_EQ(known_damaged(ledger.state()), std::set<ObjectId>{first});
    EXPECT_EQ(ledger.state().last_damage, again);
    EXPECT_EQ(load().state().damaged_packs, ledger.state().damaged_packs);
}

TEST_F(LedgerTest, DamagedPacksThatAreNoListOfIdsAreRefused) {
    for (const Json& damaged : {Json("ab"), Json{{"a", 1}}, Json{"xy"}, Json{7}, Json(nullptr)}) {
        store_ = {};
        begin(store_, vault_);
        LedgerEntry repair = draft(Operation::repair);
        repair.details = {{"damaged", damaged}};
        force(repair);
        expect_corrupt("damaged packs");
    }
}

TEST_F(LedgerTest, LoserOfARaceSignsAgainOnTopOfTheWinner) {
    Ledger first = load();
    Ledger second = load();
    publish(first, draft(Operation::add, {random_id<ObjectId>()}));
    std::vector<std::uint64_t> seen;
    auto published =
        second.publish(draft(Operation::add, {random_id<ObjectId>()}), seed_, [&](const LedgerState& state, LedgerEntry&) {
            seen.push_back(state.n);
            return done();
        });
    ASSERT_TRUE(published.ok());
    EXPECT_EQ(published->n, 3U);
    EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(load().state().snapshots.size(), 2U);
}

TEST_F(LedgerTest, LoserOfARaceGivesUpWhenItIsNoLongerRight) {
    const ObjectId id = grow(1).front();
    Ledger first = load();
    Ledger second = load();
    publish(first, draft(Operation::forget, {id}));
    const auto refused =
        second.publish(draft(Operation::forget, {id}), seed_, [&](const LedgerState& state, LedgerEntry&) -> Status {
            if (!state.snapshots.contains(id)) return Error{Code::busy, "gone"};
            return done();
        });
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::busy);
    EXPECT_EQ(load().state().n, 3U);
}

TEST_F(LedgerTest, ManyWritersAtOnceLoseNothing) {
    constexpr int kThreads = 4;
    constexpr int kEach = 25;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([this] {
            auto ledger = Ledger::load(store_, vault_, {});
            ASSERT_TRUE(ledger.ok());
            for (int i = 0; i < kEach; ++i) publish(*ledger, draft(Operation::add, {random_id<ObjectId>()}));
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(load().state().snapshots.size(), std::size_t{kThreads * kEach});
    EXPECT_EQ(load().state().n, std::uint64_t{1 + kThreads * kEach});
}

TEST_F(LedgerTest, SalvageReadsWhatIsLeft) {
    const std::vector<ObjectId> ids = grow(4);
    store_.objects().erase(ledger_name(3));
    store_.objects()[ledger_name(4)][20] ^= 1;
    for (const bool witnessed : {true, false}) {
        std::vector<LedgerDamage> damage;
        const auto ledger = Ledger::salvage(store_, vault_, damage);
        ASSERT_TRUE(ledger.ok());
        EXPECT_EQ(ledger->state().n, 5U);
        EXPECT_TRUE(ledger->state().snapshots.contains(ids[0]));
        EXPECT_EQ(ledger->state().snapshots.contains(ids[1]), witnessed);
        EXPECT_EQ(ledger->state().snapshots.contains(ids[2]), witnessed);
        EXPECT_TRUE(ledger->state().snapshots.contains(ids[3]));
        std::vector<std::string> objects;
        for (const LedgerDamage& each : damage) objects.push_back(each.object);
        EXPECT_EQ(objects, (std::vector<std::string>{ledger_name(3), ledger_name(4)}));
        for (const std::uint64_t n : {3U, 4U}) store_.objects().erase(witness_name(vault_, n));
    }
}

TEST_F(LedgerTest, SignersAreKnownFromTheirFirstEntry) {
    grow(1);
    Ledger ledger = load();
    const Secret other = Secret::random(kKeySize);
    ASSERT_TRUE(ledger.publish(draft(Operation::prune), other, nullptr).ok());
    const std::map<SignerId, std::uint64_t> expected = {{signer_id(seed_), 1}, {signer_id(other), 3}};
    EXPECT_EQ(load().signers(), expected);
}

}  // namespace
}  // namespace custody
