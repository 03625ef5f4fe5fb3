#include "vault/packs/pack_writer.h"

#include "tests/support/pack_fixtures.h"
#include "vault/packs/pack_reader.h"

#include <gtest/gtest.h>

namespace custody {
namespace {

using test::content_block;
using test::LabelFixture;
using test::MemoryStore;
using test::noise_bytes;
using test::text;
using test::write_packs;

class PackWriterTest : public ::testing::TestWithParam<Suite> {
protected:
    LabelFixture label{1, GetParam()};
    MemoryStore store;
};
INSTANTIATE_TEST_SUITE_P(Suites, PackWriterTest, ::testing::Values(Suite::standard, Suite::modern));

TEST_P(PackWriterTest, WhatWasWrittenIsReadBackByLocation) {
    const std::vector<Bytes> contents = {text(30'000, 1), noise_bytes(300'000, 2), text(1, 3), text(400'000, 4)};
    std::vector<RawBlock> blocks;
    blocks.push_back(content_block(label.keys, {contents[0], contents[1]}));
    blocks.push_back(content_block(label.keys, {contents[2], contents[3]}));
    const auto packs = write_packs(store, label.keys, SegmentKind::content, std::move(blocks));
    ASSERT_EQ(packs.size(), 1u);
    ASSERT_EQ(packs[0].entries.size(), 4u);
    ASSERT_EQ(packs[0].rows.size(), 1u);
    EXPECT_EQ(packs[0].rows[0].pack_size, store.objects().at(pack_name(packs[0].id)).size());
    EXPECT_EQ(sha256(store.objects().at(pack_name(packs[0].id))).hex(), packs[0].id.hex());

    const SegmentOpener opener(label.keys, &label.secrets);
    const BlockSource source(store, opener);
    for (std::size_t i = 0; i < contents.size(); ++i) {
        const Location& at = packs[0].entries[i].location;
        Bytes raw;
        const Status read = source.read_data(at, thread_tools(), raw);
        ASSERT_TRUE(read.ok()) << read.error().message;
        const ByteView content = ByteView(raw).subspan(at.offset, at.length);
        EXPECT_TRUE(std::equal(content.begin(), content.end(), contents[i].begin(), contents[i].end())) << i;
    }
}

TEST_P(PackWriterTest, PacksAreCutBetween32And64MiBWithOneSegmentEach) {
    std::vector<RawBlock> blocks;
    const Bytes content = noise_bytes(1'000'000, 9);
    for (int i = 0; i < 130; ++i) {
        Bytes changed = content;
        changed[0] = static_cast<Byte>(i);
        blocks.push_back(content_block(label.keys, {changed}));
    }
    const auto packs = write_packs(store, label.keys, SegmentKind::content, std::move(blocks));
    ASSERT_GE(packs.size(), 3u);
    std::size_t entries = 0;
    for (std::size_t i = 0; i < packs.size(); ++i) {
        EXPECT_EQ(packs[i].rows.size(), 1u);
        EXPECT_LE(packs[i].size, 64u * 1024 * 1024);
        if (i + 1 < packs.size()) {
            EXPECT_GE(packs[i].size, 32u * 1024 * 1024);
        }
        entries += packs[i].entries.size();
    }
    EXPECT_EQ(entries, 130u);
}

TEST_P(PackWriterTest, AFullMediumIsReportedOnceAndForAll) {
    WorkerPool pool(2);
    std::size_t reported = 0;
    PackWriter writer(store, label.keys, pool, SegmentKind::content, [&](FinishedPack&&) {
        ++reported;
        return done();
    });
    store.fail_after_appends(3);
    Status status = done();
    for (std::uint64_t i = 0; i < 50 && status.ok(); ++i)
        status = writer.add(content_block(label.keys, {noise_bytes(200'000, i)}));
    if (status.ok()) status = writer.flush();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Code::no_space);
    EXPECT_EQ(writer.add(content_block(label.keys, {noise_bytes(10, 1)})).error().code, Code::no_space);
    EXPECT_EQ(writer.flush().error().code, Code::no_space);
    EXPECT_EQ(reported, 0u);
    EXPECT_TRUE(store.objects().empty());
}

TEST_P(PackWriterTest, ContentThatChangedInMemoryIsRefused) {
    RawBlock block = content_block(label.keys, {text(50'000, 1)});
    block.raw[777] ^= 4;
    WorkerPool pool(1);
    PackWriter writer(store, label.keys, pool, SegmentKind::content, [](FinishedPack&&) { return done(); });
    Status status = writer.add(std::move(block));
    if (status.ok()) status = writer.flush();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Code::memory);
}

TEST_P(PackWriterTest, ARefusalByTheReceiverEndsTheRun) {
    WorkerPool pool(2);
    PackWriter writer(store, label.keys, pool, SegmentKind::content, [](FinishedPack&&) {
        return Status(Error{Code::interrupted, "stop"});
    });
    ASSERT_TRUE(writer.add(content_block(label.keys, {text(5000, 1)})).ok());
    EXPECT_EQ(writer.flush().error().code, Code::interrupted);
    EXPECT_EQ(writer.add(content_block(label.keys, {text(5000, 1)})).error().code, Code::interrupted);
}

TEST_P(PackWriterTest, AnUnfinishedPackLeavesNothing) {
    {
        WorkerPool pool(2);
        PackWriter writer(store, label.keys, pool, SegmentKind::content, [](FinishedPack&&) { return done(); });
        for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(writer.add(content_block(label.keys, {text(200'000, i)})).ok());
    }
    EXPECT_TRUE(store.objects().empty());
}

TEST_P(PackWriterTest, BlocksMovedVerbatimStillOpen) {
    std::vector<RawBlock> blocks;
    const Bytes wanted = text(90'000, 11);
    blocks.push_back(content_block(label.keys, {text(10'000, 10)}));
    blocks.push_back(content_block(label.keys, {wanted}));
    const auto packs = write_packs(store, label.keys, SegmentKind::content, std::move(blocks));
    ASSERT_EQ(packs.size(), 1u);
    Location at = packs[0].entries[1].location;

    const SegmentOpener writer_only(label.keys, nullptr);
    const BlockSource source(store, writer_only);
    auto stored = source.read_stored(at);
    ASSERT_TRUE(stored.ok()) << stored.error().message;
    PackAssembler assembler(store);
    const auto placed = assembler.add(stored->segment, stored->bytes);
    ASSERT_TRUE(placed.ok());
    const auto info = assembler.finish();
    ASSERT_TRUE(info.ok());
    EXPECT_EQ(info->size, store.objects().at(pack_name(assembler.id())).size());

    at.pack = assembler.id();
    at.segment_offset = placed->segment_offset;
    at.block_offset = placed->block_offset;
    const SegmentOpener opener(label.keys, &label.secrets);
    Bytes raw;
    const Status read = BlockSource(store, opener).read_data(at, thread_tools(), raw);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(raw, wanted);
}

}  // namespace
}  // namespace custody
