#include "vault/packs/chunker.h"

#include "tests/support/pack_fixtures.h"
#include "vault/packs/format.h"

#include <gtest/gtest.h>

#include <set>

namespace custody {
namespace {

using test::noise_bytes;
using test::seeded_secret;

std::vector<std::size_t> cuts_of(const GearTable& table, ByteView data) {
    std::vector<std::size_t> sizes;
    while (!data.empty()) {
        sizes.push_back(next_cut(table, data));
        data = data.subspan(sizes.back());
    }
    return sizes;
}

// The rule of chunker.h and docs/FORMAT.md, a byte at a time: what any reader of the format would write.
std::size_t plain_cut(const GearTable& table, ByteView data) {
    if (data.size() <= kMinChunk) return data.size();
    const auto zero_bits = [](std::uint64_t hash, unsigned bits) { return (hash << 1) >> (64 - bits) == 0; };
    const std::size_t end = std::min<std::size_t>(data.size(), kMaxChunk);
    std::uint64_t hash = 0;
    for (std::size_t i = kMinChunk - 64; i < end; ++i) {
        hash = 2 * hash + table.values()[data[i]];
        if (i >= kMinChunk && zero_bits(hash, i < kAverageChunk ? 22 : 18)) return i + 1;
    }
    return end;
}

TEST(Chunker, CutsAsThePlainRuleDoes) {
    const GearTable table(seeded_secret(1));
    const Bytes data = noise_bytes(24u << 20, 2);
    ByteView rest = data;
    while (!rest.empty()) {
        const std::size_t cut = next_cut(table, rest);
        ASSERT_EQ(cut, plain_cut(table, rest)) << "at " << data.size() - rest.size();
        rest = rest.subspan(cut);
    }
    // Odd lengths meet the tail of the unrolled loop.
    for (std::size_t size = kMinChunk - 2; size < kMinChunk + 40; ++size) {
        const ByteView part = ByteView(data).first(size);
        EXPECT_EQ(next_cut(table, part), plain_cut(table, part)) << size;
    }
}

TEST(Chunker, SizesKeepTheLimitsAndTheAverage) {
    const GearTable table(seeded_secret(3));
    const Bytes data = noise_bytes(96u << 20, 4);
    const auto sizes = cuts_of(table, data);
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
        EXPECT_GT(sizes[i], kMinChunk);
        EXPECT_LE(sizes[i], kMaxChunk);
    }
    const std::size_t average = data.size() / sizes.size();
    EXPECT_GT(average, 900u * 1024);
    EXPECT_LT(average, 1400u * 1024);
}

TEST(Chunker, SmallAndMonotonousContent) {
    const GearTable table(seeded_secret(3));
    EXPECT_EQ(next_cut(table, {}), 0u);
    EXPECT_EQ(next_cut(table, Bytes(kMinChunk, 1)), std::size_t{kMinChunk});
    EXPECT_EQ(next_cut(table, Bytes(kMaxChunk + 5, 0)), std::size_t{kMaxChunk});
}

TEST(Chunker, AnInsertedByteChangesFewChunks) {
    const GearTable table(seeded_secret(5));
    const Bytes before = noise_bytes(64u << 20, 6);
    Bytes after = before;
    after.insert(after.begin() + 100'000, 42);
    const auto digests = [&](const Bytes& data) {
        std::set<std::string> found;
        ByteView rest = data;
        for (const std::size_t size : cuts_of(table, data)) {
            found.insert(sha256(rest.first(size)).hex());
            rest = rest.subspan(size);
        }
        return found;
    };
    const auto old_chunks = digests(before), new_chunks = digests(after);
    std::size_t fresh = 0;
    for (const auto& chunk : new_chunks) fresh += old_chunks.contains(chunk) ? 0 : 1;
    EXPECT_GE(fresh, 1u);
    EXPECT_LE(fresh, 4u);
    EXPECT_GT(new_chunks.size(), 30u);
}

TEST(Chunker, TheKeyDecidesTheCuts) {
    const Bytes data = noise_bytes(32u << 20, 7);
    const GearTable one(seeded_secret(8)), again(seeded_secret(8)), other(seeded_secret(9));
    EXPECT_EQ(cuts_of(one, data), cuts_of(again, data));
    EXPECT_NE(cuts_of(one, data), cuts_of(other, data));
}

}  // namespace
}  // namespace custody
