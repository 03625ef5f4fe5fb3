#include "vault/packs/pack_reader.h"

#include "tests/support/pack_fixtures.h"

#include <gtest/gtest.h>

#include <map>

namespace custody {
namespace {

using test::content_block;
using test::LabelFixture;
using test::MemoryStore;
using test::noise_bytes;
using test::text;
using test::tree_block;
using test::write_packs;

class PackReaderTest : public ::testing::Test {
protected:
    LabelFixture label;
    MemoryStore store;
    SegmentOpener opener{label.keys, &label.secrets};
    std::vector<Bytes> contents;

    // One content pack of `blocks` blocks of one chunk each.
    FinishedPack make_pack(std::size_t blocks, std::size_t size) {
        std::vector<RawBlock> raw;
        contents.clear();
        for (std::size_t i = 0; i < blocks; ++i) {
            contents.push_back(i % 2 == 0 ? text(size, i) : noise_bytes(size, i));
            raw.push_back(content_block(label.keys, {contents.back()}));
        }
        auto packs = write_packs(store, label.keys, SegmentKind::content, std::move(raw));
        EXPECT_EQ(packs.size(), 1u);
        return std::move(packs[0]);
    }
    Bytes& bytes_of(const FinishedPack& pack) { return store.objects()[pack_name(pack.id)]; }

    struct Seen {
        PackScan scan;
        std::vector<std::uint32_t> good, bad;  // block numbers that open, or do not
    };
    Seen scan(const ObjectId& id) {
        Seen seen;
        const OnBlock look = [&](const SegmentHeader& segment, std::uint32_t, std::uint32_t, const BlockHeader& block,
                                 ByteView bytes) {
            Bytes raw;
            const bool opens =
                opener.open_data(segment, bytes, thread_tools(), raw).ok() && opener.open_summary(segment, bytes).ok();
            if (opens) {
                EXPECT_EQ(raw, contents[block.number]);
            }
            (opens ? seen.good : seen.bad).push_back(block.number);
            return done();
        };
        auto result = scan_pack(store, id, &look);
        EXPECT_TRUE(result.ok()) << result.error().message;
        seen.scan = std::move(*result);
        return seen;
    }
};

TEST_F(PackReaderTest, AWholePackScansClean) {
    const auto pack = make_pack(5, 2000);
    const Seen seen = scan(pack.id);
    EXPECT_EQ(seen.scan.digest.hex(), pack.id.hex());
    EXPECT_EQ(seen.scan.size, pack.size);
    EXPECT_EQ(seen.scan.blocks, 5u);
    EXPECT_TRUE(seen.scan.damage.empty());
    EXPECT_EQ(seen.good, (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
    const auto hashed = scan_pack(store, pack.id, nullptr);
    ASSERT_TRUE(hashed.ok());
    EXPECT_EQ(hashed->digest, seen.scan.digest);
}

TEST_F(PackReaderTest, EveryFlippedBitIsFoundAndNoneYieldsOtherData) {
    const auto pack = make_pack(2, 150);
    const Bytes good = bytes_of(pack);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Bytes& bytes = bytes_of(pack);
        bytes = good;
        const std::size_t byte = bit / 8;
        bytes[byte] = static_cast<Byte>(bytes[byte] ^ (1u << (bit % 8)));
        const Seen seen = scan(pack.id);
        ASSERT_NE(seen.scan.digest.hex(), pack.id.hex());
        const BlockSource source(store, opener);
        for (std::size_t i = 0; i < 2; ++i) {
            const Location& at = pack.entries[i].location;
            const bool hit = (byte >= at.segment_offset && byte < at.segment_offset + kSegmentHeaderSize) ||
                             (byte >= at.block_offset && byte < at.block_offset + at.block_size);
            Bytes raw;
            const Status read = source.read_data(at, thread_tools(), raw);
            // A bit of the summary leaves the data readable; it is found where the summary is read.
            const bool unread = read.ok() && !source.read_summary(at).ok();
            ASSERT_EQ(!read.ok() || unread, hit) << "bit " << bit << " block " << i;
            if (read.ok()) {
                ASSERT_EQ(raw, contents[i]);
            } else {
                ASSERT_TRUE(read.error().code == Code::corrupt || read.error().code == Code::wrong_key);
                ASSERT_NE(read.error().message.find(pack.id.hex()), std::string::npos);
            }
        }
    }
}

TEST_F(PackReaderTest, EveryTruncationIsFound) {
    const auto pack = make_pack(3, 200);
    const Bytes good = bytes_of(pack);
    for (std::size_t size = 0; size < good.size(); ++size) {
        bytes_of(pack) = Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
        const Seen seen = scan(pack.id);
        ASSERT_NE(seen.scan.digest.hex(), pack.id.hex());
        std::size_t whole = 0;
        for (const auto& entry : pack.entries) whole += entry.location.block_offset + entry.location.block_size <= size ? 1u : 0u;
        ASSERT_EQ(seen.good.size(), whole) << size;
        const Location& last = pack.entries.back().location;
        Bytes raw;
        ASSERT_EQ(BlockSource(store, opener).read_data(last, thread_tools(), raw).error().code, Code::corrupt);
    }
}

TEST_F(PackReaderTest, AfterDamageTheNextBlockIsFound) {
    const auto pack = make_pack(6, 5000);
    const Bytes good = bytes_of(pack);
    for (const std::size_t victim : {0u, 2u, 5u}) {
        bytes_of(pack) = good;
        const auto& at = pack.entries[victim].location;
        std::fill_n(bytes_of(pack).begin() + at.block_offset, 40, Byte{0});
        const Seen seen = scan(pack.id);
        EXPECT_EQ(seen.scan.damage.size(), 1u);
        EXPECT_NE(seen.scan.damage[0].find(std::to_string(at.block_offset)), std::string::npos);
        EXPECT_EQ(seen.good.size(), 5u);
    }
    bytes_of(pack) = good;  // bytes slipped in between two blocks
    const Bytes junk = noise_bytes(777, 1);
    bytes_of(pack).insert(bytes_of(pack).begin() + pack.entries[3].location.block_offset, junk.begin(), junk.end());
    EXPECT_EQ(scan(pack.id).good.size(), 6u);
    bytes_of(pack) = good;  // the pack's own header
    bytes_of(pack)[3] ^= 1;
    EXPECT_EQ(scan(pack.id).good.size(), 6u);
}

TEST_F(PackReaderTest, ALostSegmentHeaderLosesItsBlocksOnly) {
    const auto one = make_pack(2, 400);
    const auto first_contents = contents;
    const auto two = make_pack(2, 400);
    // Both in one pack, as repacking leaves them.
    PackAssembler assembler(store);
    const BlockSource source(store, opener);
    std::vector<PackAssembler::Placed> placed;
    for (const auto* pack : {&one, &two}) {
        for (const auto& entry : pack->entries) {
            const auto stored = source.read_stored(entry.location);
            ASSERT_TRUE(stored.ok());
            const auto at = assembler.add(stored->segment, stored->bytes);
            ASSERT_TRUE(at.ok());
            placed.push_back(*at);
        }
    }
    ASSERT_TRUE(assembler.finish().ok());
    EXPECT_EQ(placed[0].segment_offset, placed[1].segment_offset);
    EXPECT_NE(placed[1].segment_offset, placed[2].segment_offset);
    EXPECT_EQ(scan(assembler.id()).good.size(), 4u);
    store.objects()[pack_name(assembler.id())][placed[0].segment_offset + 50] ^= 1;
    const Seen seen = scan(assembler.id());
    EXPECT_EQ(seen.good.size(), 2u);
    EXPECT_GE(seen.scan.damage.size(), 2u);
}

TEST_F(PackReaderTest, TheIndexIsRebuiltWithWriterKeysAlone) {
    std::vector<RawBlock> blocks;
    for (std::uint64_t i = 0; i < 8; ++i) {
        blocks.push_back(tree_block(label.keys, {text(300 + i, i), text(50, i + 100), noise_bytes(9, i)}, 3));
    }
    const auto packs = write_packs(store, label.keys, SegmentKind::tree, std::move(blocks));
    ASSERT_EQ(packs.size(), 1u);
    const SegmentOpener writer(label.keys, nullptr);
    std::vector<IndexEntry> rebuilt;
    const OnBlock collect = [&](const SegmentHeader& segment, std::uint32_t segment_offset, std::uint32_t block_offset,
                                const BlockHeader& block, ByteView bytes) -> Status {
        TRY_ASSIGN(const auto entries, writer.open_summary(segment, bytes));
        std::uint32_t offset = 0;
        for (const auto& entry : entries) {
            rebuilt.push_back({entry.id.bytes,
                               {packs[0].id, segment_offset, block_offset, static_cast<std::uint32_t>(block.total_size()), offset,
                                entry.length, segment.kind}});
            offset += entry.length;
        }
        return done();
    };
    const auto scanned = scan_pack(store, packs[0].id, &collect);
    ASSERT_TRUE(scanned.ok()) << scanned.error().message;
    ASSERT_EQ(rebuilt.size(), packs[0].entries.size());
    for (std::size_t i = 0; i < rebuilt.size(); ++i) {
        EXPECT_EQ(rebuilt[i].id, packs[0].entries[i].id);
        const Location &a = rebuilt[i].location, &b = packs[0].entries[i].location;
        EXPECT_EQ(std::tie(a.segment_offset, a.block_offset, a.block_size, a.offset, a.length),
                  std::tie(b.segment_offset, b.block_offset, b.block_size, b.offset, b.length));
    }
}

TEST_F(PackReaderTest, ReferencesAreReadWithoutTheSecret) {
    std::vector<RawBlock> blocks;
    blocks.push_back(tree_block(label.keys, {text(300, 1)}, 2));
    blocks.push_back(tree_block(label.keys, {text(90'000, 2), text(10, 3)}, 500));  // a summary beyond the first read
    const auto expected_big = blocks[1].entries;
    const auto packs = write_packs(store, label.keys, SegmentKind::tree, std::move(blocks));
    const SegmentOpener writer(label.keys, nullptr);
    const BlockSource source(store, writer);
    const auto small = source.read_summary(packs[0].entries[0].location);
    ASSERT_TRUE(small.ok());
    EXPECT_EQ((*small)[0].refs.trees.size(), 2u);
    const auto big = source.read_summary(packs[0].entries[1].location);
    ASSERT_TRUE(big.ok()) << big.error().message;
    ASSERT_EQ(big->size(), 2u);
    EXPECT_EQ((*big)[1].refs.chunks, expected_big[1].refs.chunks);
    Bytes raw;
    EXPECT_EQ(source.read_data(packs[0].entries[0].location, thread_tools(), raw).error().code, Code::wrong_key);
}

TEST_F(PackReaderTest, AMissingPackIsDamage) {
    const auto pack = make_pack(1, 100);
    store.objects().erase(pack_name(pack.id));
    Bytes raw;
    const Status read = BlockSource(store, opener).read_data(pack.entries[0].location, thread_tools(), raw);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, Code::corrupt);
    EXPECT_NE(read.error().message.find("missing"), std::string::npos);
    EXPECT_EQ(scan_pack(store, pack.id, nullptr).error().code, Code::corrupt);
}

TEST_F(PackReaderTest, AnIndexThatPointsElsewhereIsRefused) {
    const auto pack = make_pack(3, 1000);
    const Location good = pack.entries[1].location;
    const auto refused = [&](auto change) {
        Location at = good;
        change(at);
        Bytes raw;
        const Status read = BlockSource(store, opener).read_data(at, thread_tools(), raw);
        return !read.ok() && read.error().code == Code::corrupt;
    };
    EXPECT_FALSE(refused([](Location&) {}));
    EXPECT_TRUE(refused([](Location& at) { at.block_offset += 1; }));
    EXPECT_TRUE(refused([](Location& at) { at.block_size += 1; }));
    EXPECT_TRUE(refused([](Location& at) { at.block_size = 0xffffffff; }));
    EXPECT_TRUE(refused([](Location& at) { at.block_size = 10; }));
    EXPECT_TRUE(refused([](Location& at) { at.segment_offset = 0; }));
    EXPECT_TRUE(refused([](Location& at) { at.segment_offset = at.block_offset; }));
    EXPECT_TRUE(refused([](Location& at) { at.length = 1001; }));
    EXPECT_TRUE(refused([](Location& at) { at.offset = 0xffffffff; }));
    EXPECT_TRUE(refused([](Location& at) { at.kind = SegmentKind::tree; }));
}

TEST_F(PackReaderTest, ManyReadsOpenAPackOnce) {
    const auto pack = make_pack(6, 1000);
    const BlockSource source(store, opener);
    const std::size_t before = store.opens();
    Bytes raw;
    for (int round = 0; round < 3; ++round) {
        for (const auto& entry : pack.entries) ASSERT_TRUE(source.read_data(entry.location, thread_tools(), raw).ok());
    }
    EXPECT_EQ(store.opens() - before, 1u);
}

TEST_F(PackReaderTest, AnErrorOfTheReceiverEndsTheScan) {
    const auto pack = make_pack(3, 100);
    const OnBlock stop = [](const SegmentHeader&, std::uint32_t, std::uint32_t, const BlockHeader&, ByteView) {
        return Status(Error{Code::interrupted, "stop"});
    };
    EXPECT_EQ(scan_pack(store, pack.id, &stop).error().code, Code::interrupted);
}

// A pack that is nothing but magic numbers costs time, not memory.
TEST_F(PackReaderTest, AHostilePackYieldsBoundedDamage) {
    Bytes hostile;
    while (hostile.size() < 1'000'000) append(hostile, kBlockMagic);
    const ObjectId id = ObjectId::from(Bytes(32, 1));
    store.objects()[pack_name(id)] = hostile;
    const auto scanned = scan_pack(store, id, nullptr);
    ASSERT_TRUE(scanned.ok());
    const Seen seen = scan(id);
    EXPECT_TRUE(seen.good.empty());
    EXPECT_LE(seen.scan.damage.size(), 100u);
    EXPECT_EQ(seen.scan.digest, scanned->digest);
}

}  // namespace
}  // namespace custody
