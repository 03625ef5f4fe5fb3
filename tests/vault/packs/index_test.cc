#include "vault/packs/index.h"

#include "tests/support/pack_fixtures.h"
#include "vault/packs/index_format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

namespace custody {
namespace {

using test::LabelFixture;
using test::MemoryStore;
using test::noise_bytes;

ObjectId pack_id(std::uint64_t seed) { return ObjectId::from(noise_bytes(32, seed + 77'000)); }

std::vector<PackRow> some_rows(std::uint64_t packs) {
    std::vector<PackRow> rows;
    for (std::uint64_t i = 0; i < packs; ++i) {
        rows.push_back({pack_id(i), 40'000'000, kPackHeaderSize, i % 2 == 0 ? SegmentKind::content : SegmentKind::tree});
    }
    return rows;
}

// Entry i of seed s lies in pack i % 4.
IndexEntry some_entry(std::uint64_t i, std::uint64_t seed = 0) {
    IndexEntry entry;
    const Bytes id = noise_bytes(32, i * 131 + seed * 1'000'003 + 5);
    std::copy(id.begin(), id.end(), entry.id.begin());
    entry.location = {pack_id(i % 4),
                      static_cast<std::uint32_t>(kPackHeaderSize),
                      static_cast<std::uint32_t>(184 + i * 100),
                      900,
                      static_cast<std::uint32_t>(i % 50),
                      17,
                      i % 2 == 0 ? SegmentKind::content : SegmentKind::tree};
    return entry;
}

std::vector<IndexEntry> some_entries(std::uint64_t count, std::uint64_t seed = 0) {
    std::vector<IndexEntry> entries;
    for (std::uint64_t i = 0; i < count; ++i) entries.push_back(some_entry(i, seed));
    return entries;
}

void expect_same(const Location& a, const Location& b) {
    EXPECT_EQ(a.pack, b.pack);
    EXPECT_EQ(a.segment_offset, b.segment_offset);
    EXPECT_EQ(a.block_offset, b.block_offset);
    EXPECT_EQ(a.block_size, b.block_size);
    EXPECT_EQ(a.offset, b.offset);
    EXPECT_EQ(a.length, b.length);
    EXPECT_EQ(a.kind, b.kind);
}

class IndexTest : public ::testing::Test {
protected:
    LabelFixture label;
    MemoryStore store;

    ObjectId publish(std::vector<IndexEntry> entries, const Secret* seed = nullptr) {
        auto finished = write_index_segment(store, label.keys, seed == nullptr ? label.signing_seed : *seed, std::move(entries),
                                            some_rows(4));
        EXPECT_TRUE(finished.ok()) << finished.error().message;
        return finished->id;
    }
    std::unique_ptr<Index> open(IndexTrust trust = {}, std::size_t cache_bytes = 1 << 20) {
        auto index = Index::open(store, label.keys, trust, cache_bytes);
        EXPECT_TRUE(index.ok()) << index.error().message;
        return std::move(*index);
    }
    static std::optional<Location> find(const Index& index, const IndexEntry& entry, const Index::Usable* usable = nullptr) {
        auto found = index.lookup(entry.id, usable);
        EXPECT_TRUE(found.ok()) << found.error().message;
        return *found;
    }
};

TEST_F(IndexTest, EveryEntryIsFoundAndNoOther) {
    for (const std::uint64_t count : {0u, 1u, 313u, 314u, 315u, 5000u}) {
        MemoryStore fresh;
        const auto written = write_index_segment(fresh, label.keys, label.signing_seed, some_entries(count), some_rows(4));
        ASSERT_TRUE(written.ok());
        EXPECT_EQ(written->entries, count);
        const std::string name = index_name(label.keys.label, written->id);
        EXPECT_EQ(sha256(fresh.objects().at(name)).hex(), written->id.hex());
        EXPECT_EQ(written->size, fresh.objects().at(name).size());
        const auto index = Index::open(fresh, label.keys, {});
        ASSERT_TRUE(index.ok()) << index.error().message;
        EXPECT_TRUE((*index)->damaged().empty());
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto found = find(**index, some_entry(i));
            ASSERT_TRUE(found.has_value()) << i;
            expect_same(*found, some_entry(i).location);
        }
        for (std::uint64_t i = 0; i < 2000; ++i) EXPECT_FALSE(find(**index, some_entry(i, 9)).has_value());
    }
}

TEST_F(IndexTest, WalksVisitEachEntryInOrder) {
    publish(some_entries(700, 1));
    publish(some_entries(11'000, 2));
    publish(some_entries(30, 1));  // again, in another segment
    const auto index = open();
    std::map<std::size_t, std::vector<IdBytes>> by_segment;
    ASSERT_TRUE(index
                    ->for_each([&](const IndexEntry& entry, std::size_t segment) {
                        by_segment[segment].push_back(entry.id);
                        return done();
                    })
                    .ok());
    ASSERT_EQ(by_segment.size(), 3u);
    std::size_t total = 0;
    for (const auto& [segment, ids] : by_segment) {
        EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
        EXPECT_EQ(ids.size(), index->segments()[segment].entries);
        total += ids.size();
    }
    EXPECT_EQ(total, 11'730u);
    std::vector<IdBytes> merged;
    ASSERT_TRUE(index
                    ->for_each_in_order([&](const IndexEntry& entry, std::size_t) {
                        merged.push_back(entry.id);
                        return done();
                    })
                    .ok());
    EXPECT_EQ(merged.size(), total);
    EXPECT_TRUE(std::is_sorted(merged.begin(), merged.end()));
    EXPECT_EQ(index->rows(), [] {
        auto rows = some_rows(4);
        std::sort(rows.begin(), rows.end());
        return rows;
    }());
}

TEST_F(IndexTest, OfRepeatedIdsTheFirstIsKeptAndAnotherSegmentAnswersWhenItIsRefused) {
    auto twice = some_entry(1);
    auto other = twice;
    other.location.block_offset += 7;
    publish({twice, other});
    const auto index = open();
    EXPECT_EQ(index->segments()[0].entries, 1u);
    expect_same(*find(*index, twice), twice.location);

    auto elsewhere = twice;
    elsewhere.location.pack = pack_id(2);
    elsewhere.location.kind = SegmentKind::content;
    publish({elsewhere});
    ASSERT_TRUE(index->reload().ok());
    const Index::Usable not_the_first = [&](const Location& at) { return at.pack != pack_id(1); };
    const auto found = find(*index, twice, &not_the_first);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->pack, pack_id(2));
    const Index::Usable none = [](const Location&) { return false; };
    EXPECT_FALSE(find(*index, twice, &none).has_value());

    for (const std::uint64_t damaged : {1u, 2u}) {
        index->ask_last({pack_id(damaged)});
        EXPECT_EQ(find(*index, twice)->pack, pack_id(3 - damaged));
        const Index::Usable that_alone = [&](const Location& at) { return at.pack == pack_id(damaged); };
        EXPECT_EQ(find(*index, twice, &that_alone)->pack, pack_id(damaged)) << "rather than none";
        EXPECT_FALSE(find(*index, twice, &none).has_value());
    }
}

TEST_F(IndexTest, PendingEntriesAnswerUntilTheirPackIsPublished) {
    const auto index = open();
    const auto entry = some_entry(5);
    index->add_pending(entry);
    expect_same(*find(*index, entry), entry.location);
    const Index::Usable none = [](const Location&) { return false; };
    EXPECT_FALSE(find(*index, entry, &none).has_value());
    publish({some_entry(6), some_entry(7)});  // lists the pack, without this entry
    ASSERT_TRUE(index->reload().ok());
    EXPECT_FALSE(find(*index, entry).has_value());
    EXPECT_TRUE(find(*index, some_entry(6)).has_value());
}

TEST_F(IndexTest, OnlyTheHostsOwnSignatureCountsForDeduplication) {
    const Secret other = test::seeded_secret(99);
    publish({some_entry(1)});
    publish({some_entry(2)}, &other);
    const auto own = open({false, signer_id(label.signing_seed)});
    EXPECT_TRUE(find(*own, some_entry(1)).has_value());
    EXPECT_FALSE(find(*own, some_entry(2)).has_value());
    EXPECT_TRUE(own->damaged().empty());
    const auto all = open();
    EXPECT_TRUE(find(*all, some_entry(2)).has_value());
    ASSERT_EQ(all->segments().size(), 2u);
    EXPECT_NE(all->segments()[0].signer, all->segments()[1].signer);
}

TEST_F(IndexTest, SegmentsThatComeAndGoArePickedUp) {
    const auto first = publish({some_entry(1)});
    const auto index = open({}, 0);
    publish({some_entry(2)});
    EXPECT_FALSE(find(*index, some_entry(2)).has_value());
    ASSERT_TRUE(index->reload().ok());
    EXPECT_TRUE(find(*index, some_entry(2)).has_value());
    ASSERT_TRUE(store.remove(index_name(label.keys.label, first)).ok());
    ASSERT_TRUE(index->reload().ok());
    EXPECT_FALSE(find(*index, some_entry(1)).has_value());
    EXPECT_EQ(index->segments().size(), 1u);
}

// As a prune does beside a backup that has more segments than it keeps open.
TEST_F(IndexTest, ALookupSurvivesAMergeOfManySegments) {
    std::vector<ObjectId> ids;
    std::vector<IndexEntry> all;
    for (std::uint64_t i = 0; i < 300; ++i) {
        all.push_back(some_entry(i));
        ids.push_back(publish({all.back()}));
    }
    const auto index = open();
    publish(all);
    for (const auto& id : ids) ASSERT_TRUE(store.remove(index_name(label.keys.label, id)).ok());
    for (const auto& entry : all) {
        const auto found = find(*index, entry);
        ASSERT_TRUE(found.has_value());
        expect_same(*found, entry.location);
    }
}

TEST_F(IndexTest, LookupsFromManyThreadsBesideAWriter) {
    publish(some_entries(4000, 1));
    const auto index = open({}, 64 * 1024);
    std::vector<std::thread> readers;
    std::atomic<std::uint64_t> wrong{0};
    for (std::uint64_t t = 0; t < 3; ++t) {
        readers.emplace_back([&, t] {
            for (std::uint64_t i = 0; i < 3000; ++i) {
                const auto entry = some_entry((i * 7 + t * 1000) % 4000, 1);
                const auto found = index->lookup(entry.id, nullptr);
                if (!found.ok() || !found->has_value() || (*found)->block_offset != entry.location.block_offset) ++wrong;
            }
        });
    }
    for (std::uint64_t i = 0; i < 50; ++i) {
        index->add_pending(some_entry(i, 2));
        if (i % 10 == 0) {
            publish({some_entry(i, 3)});
            ASSERT_TRUE(index->reload().ok());
        }
    }
    for (auto& reader : readers) reader.join();
    EXPECT_EQ(wrong.load(), 0u);
}

TEST_F(IndexTest, AForeignLabelsSegmentIsDamageNotData) {
    const LabelFixture other(2);
    const auto written = write_index_segment(store, other.keys, other.signing_seed, {some_entry(1)}, some_rows(4));
    ASSERT_TRUE(written.ok());
    store.objects()[index_name(label.keys.label, written->id)] = store.objects()[index_name(other.keys.label, written->id)];
    const auto index = open();
    ASSERT_EQ(index->damaged().size(), 1u);
    EXPECT_EQ(index->damaged()[0].error.code, Code::corrupt);
    EXPECT_EQ(index->damaged()[0].object, index_name(label.keys.label, written->id));
}

TEST_F(IndexTest, ARepairedOrRemovedSegmentIsNoLongerDamage) {
    const std::string name = index_name(label.keys.label, publish({some_entry(1)}));
    const std::string other = index_name(label.keys.label, publish({some_entry(2)}));
    const Bytes good = store.objects()[name];
    store.objects()[name].pop_back();
    store.objects()[other].pop_back();
    const auto index = open();
    ASSERT_EQ(index->damaged().size(), 2u);
    EXPECT_FALSE(find(*index, some_entry(1)).has_value());
    store.objects()[name] = good;
    ASSERT_TRUE(store.remove(other).ok());
    ASSERT_TRUE(index->reload().ok());
    EXPECT_TRUE(index->damaged().empty());
    EXPECT_TRUE(find(*index, some_entry(1)).has_value());
}

TEST_F(IndexTest, EntriesOutOfOrderOrWithoutARowAreRefused) {
    auto writer = store.begin();
    ASSERT_TRUE(writer.ok());
    IndexSegmentBuilder builder(label.keys, label.signing_seed, some_rows(1), 2);
    ASSERT_TRUE(builder.begin(**writer).ok());
    EXPECT_FALSE(builder.add(some_entry(1)).ok());  // lies in pack 1, rows has pack 0
    auto low = some_entry(0), high = some_entry(4);
    if (high.id < low.id) std::swap(low, high);
    ASSERT_TRUE(builder.add(high).ok());
    EXPECT_FALSE(builder.add(low).ok());
}

// Every bit of a small segment, and every length: either the segment is refused at once or its page is, never a wrong answer.
TEST_F(IndexTest, EveryFlippedBitIsFound) {
    const auto entry = some_entry(3);
    const auto id = publish({entry});
    const std::string name = index_name(label.keys.label, id);
    const Bytes good = store.objects()[name];
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        store.objects()[name] = good;
        store.objects()[name][bit / 8] = static_cast<Byte>(store.objects()[name][bit / 8] ^ (1u << (bit % 8)));
        const auto index = open();
        if (index->damaged().size() == 1) {
            ASSERT_EQ(index->damaged()[0].error.code, Code::corrupt) << bit;
            continue;
        }
        const auto found = index->lookup(entry.id, nullptr);
        ASSERT_FALSE(found.ok()) << "bit " << bit << " was not noticed";
        ASSERT_EQ(found.error().code, Code::corrupt);
        ASSERT_NE(found.error().message.find(name), std::string::npos);
        ASSERT_FALSE(index->for_each([](const IndexEntry&, std::size_t) { return done(); }).ok());
    }
}

TEST_F(IndexTest, WhereOneSegmentsPageIsDamagedAnotherAnswers) {
    const auto both = some_entry(1), first_only = some_entry(2);
    const std::string damaged = index_name(label.keys.label, publish({both, first_only}));
    publish({both});
    Bytes& bytes = store.objects()[damaged];
    const Bytes good = bytes;
    bool seen = false;
    for (std::size_t at = 0; at < good.size(); at += 7) {
        bytes = good;
        bytes[at] ^= 1;
        const auto index = open();
        if (!index->damaged().empty()) continue;  // refused whole
        seen = true;
        expect_same(*find(*index, both), both.location);
        EXPECT_FALSE(index->lookup(first_only.id, nullptr).ok()) << "none else knows it";
    }
    EXPECT_TRUE(seen) << "no byte of a page was hit";
}

TEST_F(IndexTest, EveryTruncationIsFound) {
    const auto id = publish(some_entries(20));
    const std::string name = index_name(label.keys.label, id);
    const Bytes good = store.objects()[name];
    for (std::size_t size = 0; size < good.size(); ++size) {
        store.objects()[name] = Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
        const auto index = open();
        ASSERT_EQ(index->damaged().size(), 1u) << size;
        ASSERT_EQ(index->damaged()[0].error.code, Code::corrupt);
    }
}

// A writer that holds the label's keys can seal anything; what it seals is still checked field by field.
TEST_F(IndexTest, AnEntryThatPointsOutsideItsPackIsRefused) {
    auto entry = some_entry(1);
    entry.location.block_size = 50'000'000;
    publish({entry});
    const auto index = open();
    const auto found = index->lookup(entry.id, nullptr);
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().code, Code::corrupt);
}

TEST(BlockedFilter, FewForeignIdsPass) {
    constexpr std::uint64_t kEntries = 20'000;
    Bytes blocks(BlockedFilter::blocks_for(kEntries) * BlockedFilter::kBlockSize);
    for (std::uint64_t i = 0; i < kEntries; ++i) BlockedFilter::set(blocks, some_entry(i).id.data());
    std::uint64_t passed = 0;
    for (std::uint64_t i = 0; i < kEntries; ++i) {
        EXPECT_TRUE(BlockedFilter::may_hold(blocks, some_entry(i).id.data()));
        if (BlockedFilter::may_hold(blocks, some_entry(i, 1).id.data())) ++passed;
    }
    EXPECT_LT(passed, kEntries / 50);
}

}  // namespace
}  // namespace custody
