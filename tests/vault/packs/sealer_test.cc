#include "vault/packs/sealer.h"

#include "tests/support/pack_fixtures.h"

#include <gtest/gtest.h>

namespace custody {
namespace {

using test::content_block;
using test::LabelFixture;
using test::noise_bytes;
using test::text;
using test::tree_block;

class SealerTest : public ::testing::TestWithParam<Suite> {
protected:
    LabelFixture label{1, GetParam()};

    SegmentSeal make_segment(SegmentKind kind) {
        auto created = SegmentSeal::create(label.keys, kind);
        EXPECT_TRUE(created.ok());
        return std::move(*created);
    }
    static Bytes sealed(const SegmentSeal& seal, const RawBlock& block, std::uint32_t number) {
        auto result = seal.seal_block(block, number, thread_tools());
        EXPECT_TRUE(result.ok()) << result.error().message;
        return std::move(result->bytes);
    }
};
INSTANTIATE_TEST_SUITE_P(Suites, SealerTest, ::testing::Values(Suite::standard, Suite::modern));

TEST_P(SealerTest, ContentAndReferencesComeBack) {
    const SegmentSeal seal = make_segment(SegmentKind::tree);
    const RawBlock block = tree_block(label.keys, {text(700, 1), noise_bytes(90, 2), text(1, 3)}, 5);
    const Bytes bytes = sealed(seal, block, 4);
    const SegmentOpener opener(label.keys, &label.secrets);
    const auto entries = opener.open_summary(seal.header(), bytes);
    ASSERT_TRUE(entries.ok()) << entries.error().message;
    ASSERT_EQ(entries->size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ((*entries)[i].id, block.entries[i].id);
        EXPECT_EQ((*entries)[i].length, block.entries[i].length);
        EXPECT_EQ((*entries)[i].refs.trees, block.entries[i].refs.trees);
        EXPECT_EQ((*entries)[i].refs.chunks, block.entries[i].refs.chunks);
    }
    Bytes raw;
    ASSERT_TRUE(opener.open_data(seal.header(), bytes, thread_tools(), raw).ok());
    EXPECT_EQ(raw, block.raw);
}

TEST_P(SealerTest, AWriterWithoutSecretsReadsSummariesButNoContent) {
    const SegmentSeal seal = make_segment(SegmentKind::content);
    const Bytes bytes = sealed(seal, content_block(label.keys, {text(9000, 1)}), 0);
    const SegmentOpener writer(label.keys, nullptr);
    EXPECT_FALSE(writer.opens_data());
    EXPECT_TRUE(writer.open_summary(seal.header(), bytes).ok());
    Bytes raw;
    EXPECT_EQ(writer.open_data(seal.header(), bytes, thread_tools(), raw).error().code, Code::wrong_key);
    EXPECT_TRUE(raw.empty());
}

// Also where it has the number of one that is here: two keyrings of a family that were each rotated.
TEST_P(SealerTest, AKeyWhoseSecretIsNotHereIsAWrongKey) {
    const SegmentSeal seal = make_segment(SegmentKind::content);
    const Bytes bytes = sealed(seal, content_block(label.keys, {text(9000, 1)}), 0);
    for (const std::uint32_t epoch : {9u, label.keys.epoch}) {
        LabelSecrets other;
        other.label = label.keys.label;
        other.by_epoch.emplace(epoch, make_x25519_secret());
        const SegmentOpener opener(label.keys, &other);
        EXPECT_FALSE(opener.has_key_of(seal.header()));
        Bytes raw;
        const Status opened = opener.open_data(seal.header(), bytes, thread_tools(), raw);
        ASSERT_FALSE(opened.ok());
        EXPECT_EQ(opened.error().code, Code::wrong_key);
        EXPECT_NE(opened.error().message.find("epoch 3"), std::string::npos) << opened.error().message;
    }
}

TEST_P(SealerTest, ASealedKeyThatDoesNotOpenWithItsOwnKeyIsDamage) {
    const SegmentSeal seal = make_segment(SegmentKind::content);
    const Bytes bytes = sealed(seal, content_block(label.keys, {text(9000, 1)}), 0);
    SegmentHeader torn = seal.header();
    torn.sealed_key[40] ^= 1;
    const SegmentOpener opener(label.keys, &label.secrets);
    Bytes raw;
    EXPECT_TRUE(opener.has_key_of(torn));
    EXPECT_EQ(opener.open_data(torn, bytes, thread_tools(), raw).error().code, Code::corrupt);
}

TEST_P(SealerTest, ForeignLabelsAndFamiliesAreRefused) {
    const SegmentSeal seal = make_segment(SegmentKind::content);
    const Bytes bytes = sealed(seal, content_block(label.keys, {text(9000, 1)}), 0);
    const SegmentOpener opener(label.keys, &label.secrets);
    for (const bool family : {false, true}) {
        SegmentHeader moved = seal.header();
        if (family) {
            moved.family.bytes[0] ^= 1;
        } else {
            moved.label.bytes[0] ^= 1;
        }
        Bytes raw;
        EXPECT_EQ(opener.open_summary(moved, bytes).error().code, Code::corrupt);
        EXPECT_EQ(opener.open_data(moved, bytes, thread_tools(), raw).error().code, Code::corrupt);
    }
}

// The header's own checksum is no proof: who changes a field recomputes it. The seals must refuse it nevertheless.
TEST_P(SealerTest, NoFieldOfABlockOrSegmentCanBeExchanged) {
    const SegmentSeal seal = make_segment(SegmentKind::content);
    const RawBlock block = content_block(label.keys, {text(9000, 1)});
    const Bytes zero = sealed(seal, block, 0), one = sealed(seal, block, 1);
    const SegmentOpener opener(label.keys, &label.secrets);
    Bytes raw;
    for (std::size_t at = 8; at < 48; ++at) {
        Bytes forged = zero;
        forged[at] = static_cast<Byte>(forged[at] ^ 1);
        store_le(forged.data() + 48, checksum64(ByteView(forged).first(48)));
        EXPECT_EQ(opener.open_summary(seal.header(), forged).error().code, Code::corrupt) << at;
        EXPECT_EQ(opener.open_data(seal.header(), forged, thread_tools(), raw).error().code, Code::corrupt) << at;
    }
    Bytes swapped = one;  // the header of block 0 before the body of block 1
    std::copy_n(zero.begin(), kBlockHeaderSize, swapped.begin());
    EXPECT_EQ(opener.open_data(seal.header(), swapped, thread_tools(), raw).error().code, Code::corrupt);
    for (std::size_t at = 10; at < 152; ++at) {
        Bytes forged = encode(seal.header());
        forged[at] = static_cast<Byte>(forged[at] ^ 1);
        store_le(forged.data() + 152, checksum64(ByteView(forged).first(152)));
        const auto header = decode_segment_header(forged);
        if (!header.ok()) continue;
        const Status opened = opener.open_data(*header, zero, thread_tools(), raw);
        ASSERT_FALSE(opened.ok()) << at;
        EXPECT_TRUE(opened.error().code == Code::corrupt || (opened.error().code == Code::wrong_key && at >= 64 && at < 72))
            << at;
    }
}

TEST_P(SealerTest, ContentThatChangedInMemoryIsNamedSo) {
    const SegmentSeal seal = make_segment(SegmentKind::content);
    for (const std::size_t at : {0u, 4000u, 8999u}) {
        RawBlock block = content_block(label.keys, {text(9000, 1)});
        block.raw[at] ^= 0x10;
        const auto result = seal.seal_block(block, 0, thread_tools());
        ASSERT_FALSE(result.ok());
        EXPECT_EQ(result.error().code, Code::memory);
    }
}

TEST_P(SealerTest, ABlockThatDoesNotHangTogetherIsNotSealed) {
    const SegmentSeal seal = make_segment(SegmentKind::content);
    RawBlock empty;
    EXPECT_FALSE(seal.seal_block(empty, 0, thread_tools()).ok());
    RawBlock longer = content_block(label.keys, {text(100, 1)});
    longer.entries[0].length += 1;
    EXPECT_FALSE(seal.seal_block(longer, 0, thread_tools()).ok());
    EXPECT_FALSE(seal.seal_block(tree_block(label.keys, {text(100, 1)}, 1), 0, thread_tools()).ok());
}

TEST_P(SealerTest, MoreSegmentsThanAreRememberedStillOpen) {
    const SegmentOpener opener(label.keys, &label.secrets);
    std::vector<std::pair<SegmentHeader, Bytes>> blocks;
    for (std::uint64_t i = 0; i < 150; ++i) {
        const SegmentSeal seal = make_segment(SegmentKind::content);
        blocks.emplace_back(seal.header(), sealed(seal, content_block(label.keys, {text(100, i)}), 0));
    }
    for (int round = 0; round < 2; ++round) {
        for (std::uint64_t i = 0; i < blocks.size(); ++i) {
            Bytes raw;
            ASSERT_TRUE(opener.open_data(blocks[i].first, blocks[i].second, thread_tools(), raw).ok());
            EXPECT_EQ(raw, text(100, i));
        }
    }
}

}  // namespace
}  // namespace custody
