#include "vault/packs/format.h"

#include "tests/support/pack_fixtures.h"

#include <gtest/gtest.h>

namespace custody {
namespace {

using test::noise_bytes;

template <class Header>
void fix_checksum(Header& bytes) {
    store_le(bytes.data() + bytes.size() - 8, checksum64(ByteView(bytes).first(bytes.size() - 8)));
}

SegmentHeader some_segment() {
    SegmentHeader header;
    header.suite = Suite::modern;
    header.kind = SegmentKind::tree;
    header.epoch = 0x01020304;
    header.family = FamilyId::from(noise_bytes(16, 1));
    header.label = LabelId::from(noise_bytes(16, 2));
    header.segment = SegmentId::from(noise_bytes(16, 3));
    header.key = KeyTag::from(noise_bytes(KeyTag::size, 5));
    const Bytes key = noise_bytes(kSealedKeySize, 4);
    std::copy(key.begin(), key.end(), header.sealed_key.begin());
    return header;
}

BlockHeader some_block() {
    BlockHeader header;
    header.number = 7;
    header.raw_size = 1000;
    header.summary_size = 100;
    header.data_size = 500;
    header.compression = Compression::zstd;
    header.segment = SegmentId::from(noise_bytes(16, 3));
    return header;
}

TEST(PackFormat, HeadersComeBack) {
    EXPECT_TRUE(decode_pack_header(encode_pack_header()).ok());
    const auto segment = decode_segment_header(encode(some_segment()));
    ASSERT_TRUE(segment.ok()) << segment.error().message;
    EXPECT_EQ(*segment, some_segment());
    const auto block = decode_block_header(encode(some_block()));
    ASSERT_TRUE(block.ok()) << block.error().message;
    EXPECT_EQ(encode(*block), encode(some_block()));
}

TEST(PackFormat, EveryFlippedBitOfAHeaderIsFound) {
    const auto flip_all = [](ByteView good, const auto& decode) {
        for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
            Bytes bad(good.begin(), good.end());
            bad[bit / 8] = static_cast<Byte>(bad[bit / 8] ^ (1u << (bit % 8)));
            const auto result = decode(bad);
            ASSERT_FALSE(result.ok()) << bit;
            ASSERT_EQ(result.error().code, Code::corrupt) << bit;
        }
        for (std::size_t size = 0; size < good.size(); ++size) ASSERT_FALSE(decode(good.first(size)).ok());
    };
    flip_all(encode_pack_header(), [](ByteView bytes) { return decode_pack_header(bytes); });
    flip_all(encode(some_segment()), [](ByteView bytes) { return decode_segment_header(bytes); });
    flip_all(encode(some_block()), [](ByteView bytes) { return decode_block_header(bytes); });
}

TEST(PackFormat, ReservedFieldsAndUnknownValuesAreRefused) {
    const auto expect_refused = [](auto bytes, std::size_t at, const auto& decode) {
        bytes[at] = 0x77;
        fix_checksum(bytes);
        const auto result = decode(bytes);
        ASSERT_FALSE(result.ok()) << at;
        EXPECT_EQ(result.error().code, Code::corrupt) << at;
    };
    for (const std::size_t at : {10u, 11u, 12u, 15u}) expect_refused(encode_pack_header(), at, decode_pack_header);
    for (const std::size_t at : {10u, 11u}) expect_refused(encode(some_segment()), at, decode_segment_header);
    for (const std::size_t at : {24u, 25u, 26u, 27u, 28u, 31u}) expect_refused(encode(some_block()), at, decode_block_header);
}

TEST(PackFormat, ANewerVersionIsNamedNotCalledDamage) {
    auto pack = encode_pack_header();
    pack[8] = 2;
    fix_checksum(pack);
    EXPECT_EQ(decode_pack_header(pack).error().code, Code::usage);
    Bytes segment = encode(some_segment());
    segment[8] = 2;
    fix_checksum(segment);
    EXPECT_EQ(decode_segment_header(segment).error().code, Code::usage);
    EXPECT_NE(decode_segment_header(segment).error().message.find('2'), std::string::npos);
}

TEST(PackFormat, SizesOutsideTheLimitsAreRefused) {
    const auto refused = [](auto change) {
        BlockHeader header = some_block();
        change(header);
        return !decode_block_header(encode(header)).ok();
    };
    EXPECT_TRUE(refused([](BlockHeader& b) { b.raw_size = kMaxBlockRaw + 1; }));
    EXPECT_TRUE(refused([](BlockHeader& b) { b.summary_size = 8; }));
    EXPECT_TRUE(refused([](BlockHeader& b) { b.summary_size = kMaxBlockSummary + 1; }));
    EXPECT_TRUE(refused([](BlockHeader& b) { b.data_size = 15; }));
    EXPECT_TRUE(refused([](BlockHeader& b) { b.data_size = 0xffffffff; }));
    EXPECT_TRUE(refused([](BlockHeader& b) { b.compression = Compression::none; }));  // sizes must then agree
}

TEST(PackFormat, SummaryCountsAreCheckedBeforeAnythingIsReserved) {
    Bytes huge;
    ByteWriter(huge).u32(0xffffffff);
    EXPECT_EQ(decode_summary(huge, SegmentKind::content, 0).error().code, Code::corrupt);

    std::vector<BlockEntry> entries(1);
    entries[0].length = 5;
    entries[0].refs.trees.resize(2);
    Bytes good = encode_summary(entries, SegmentKind::tree);
    EXPECT_TRUE(decode_summary(good, SegmentKind::tree, 5).ok());
    EXPECT_FALSE(decode_summary(good, SegmentKind::tree, 6).ok());
    EXPECT_FALSE(decode_summary(good, SegmentKind::content, 5).ok());  // bytes are left over
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(decode_summary(ByteView(good).first(size), SegmentKind::tree, 5).ok()) << size;
    }
    store_le<std::uint32_t>(good.data() + 40, 0xfffffff0);  // count of tree references
    EXPECT_FALSE(decode_summary(good, SegmentKind::tree, 5).ok());
}

TEST(PackFormat, LengthsThatOverflowTogetherAreRefused) {
    std::vector<BlockEntry> entries(2);
    entries[0].length = 0xffffffff;
    entries[1].length = 6;  // 32-bit sum: 5
    EXPECT_FALSE(decode_summary(encode_summary(entries, SegmentKind::content), SegmentKind::content, 5).ok());
}

TEST(PackFormat, ObjectNames) {
    const ObjectId id = ObjectId::from(Bytes(32, 0xab));
    const std::string hex = id.hex();
    EXPECT_EQ(pack_name(id), "packs/ab/" + hex);
    EXPECT_EQ(index_name(LabelId::from(Bytes(16, 1)), id), "index/01010101010101010101010101010101/" + hex);
    EXPECT_EQ(snapshot_name(id), "snapshots/" + hex);
    EXPECT_EQ(ledger_name(1), "ledger/0000000000000001");
}

}  // namespace
}  // namespace custody
