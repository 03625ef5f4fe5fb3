// An id that lies under several keys keeps a place under each.
#include "vault/index_places.h"

#include "tests/support/pack_fixtures.h"

#include <gtest/gtest.h>

namespace custody::test {
namespace {

ObjectId pack_id(std::uint64_t seed) { return ObjectId::from(noise_bytes(32, seed)); }
KeyTag tag(std::uint64_t seed) { return KeyTag::from(noise_bytes(KeyTag::size, seed)); }

IndexEntry entry_in(std::uint64_t pack, std::uint64_t id) {
    IndexEntry entry;
    const Bytes bytes = noise_bytes(32, 1000 + id);
    std::copy(bytes.begin(), bytes.end(), entry.id.begin());
    entry.location = {pack_id(pack), kPackHeaderSize, kPackHeaderSize + kSegmentHeaderSize, 900, 0, 17, SegmentKind::content};
    return entry;
}

TEST(IndexPlaces, OfSeveralUnderOneKeyTheFirstStaysAndEachKeyKeepsOne) {
    const LabelFixture label;
    MemoryStore store;
    std::vector<PackRow> rows;
    for (std::uint64_t pack = 0; pack < 4; ++pack)
        rows.push_back({pack_id(pack), 40'000'000, kPackHeaderSize, SegmentKind::content});
    std::sort(rows.begin(), rows.end());
    // Packs 0 and 2 lie under one key, 1 and 3 under one each.
    const KeyOfPlace key_of = [](const Location& at) {
        for (std::uint64_t pack = 0; pack < 4; ++pack) {
            if (at.pack == pack_id(pack)) return tag(pack == 2 ? 0 : pack);
        }
        return tag(99);
    };
    std::vector<IndexEntry> entries;
    for (std::uint64_t pack = 0; pack < 4; ++pack) entries.push_back(entry_in(pack, 7));
    entries.push_back(entry_in(1, 8));
    const auto written = write_all_places(store, label.keys, label.signing_seed, entries, rows, key_of);
    ASSERT_TRUE(written.ok());
    EXPECT_EQ(written->size(), 3U);

    const auto index = Index::open(store, label.keys, IndexTrust{});
    ASSERT_TRUE(index.ok());
    std::set<ObjectId> places;
    const Index::Usable note = [&](const Location& at) {
        places.insert(at.pack);
        return false;
    };
    ASSERT_TRUE((*index)->lookup(entry_in(0, 7).id, &note).ok());
    EXPECT_EQ(places, (std::set<ObjectId>{pack_id(0), pack_id(1), pack_id(3)}));
    const auto single = (*index)->lookup(entry_in(1, 8).id, nullptr);
    ASSERT_TRUE(single.ok() && *single);
    EXPECT_EQ((*single)->pack, pack_id(1));
}

// One is a keyring's own epoch, or is not; an older own epoch comes with every newer one, and the first with every key.
TEST(IndexPlaces, WhoOpensOneOpensTheOther) {
    const SealedTo first{tag(1), 1, true}, second{tag(2), 2, true}, third{tag(3), 3, true}, foreign{tag(4), 3, false};
    EXPECT_TRUE(opens_wherever(first, third));
    EXPECT_TRUE(opens_wherever(second, third));
    EXPECT_TRUE(opens_wherever(second, second));
    EXPECT_FALSE(opens_wherever(third, second));
    EXPECT_TRUE(opens_wherever(first, foreign));
    EXPECT_FALSE(opens_wherever(second, foreign)) << "it may have branched off before";
    EXPECT_FALSE(opens_wherever(foreign, first));
    EXPECT_TRUE(opens_wherever(foreign, foreign));
}

}  // namespace
}  // namespace custody::test
