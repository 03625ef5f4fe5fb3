#include "vault/packs/compressor.h"

#include "tests/support/pack_fixtures.h"

#include <gtest/gtest.h>

namespace custody {
namespace {

using test::noise_bytes;
using test::text;

Bytes compressed(ByteView raw) {
    Compressor compressor;
    Bytes room;
    const auto smaller = compressor.compress(raw, room);
    EXPECT_TRUE(smaller.ok());
    EXPECT_FALSE(smaller->empty());
    return {smaller->begin(), smaller->end()};
}

Status restore(Compression how, ByteView stored, Bytes& out) {
    Decompressor decompressor;
    return decompressor.decompress(how, stored, out);
}

TEST(Compressor, TextComesBackAndIsSmaller) {
    Compressor compressor;
    Bytes room;
    for (const std::size_t size : {3'000'000u, 100u, 5000u, 200'000u}) {  // a room that was larger before does not show
        const Bytes raw = text(size, size);
        const auto stored = compressor.compress(raw, room);
        ASSERT_TRUE(stored.ok());
        ASSERT_FALSE(stored->empty()) << size;
        EXPECT_LT(stored->size(), raw.size());
        Bytes back(raw.size());
        ASSERT_TRUE(restore(Compression::zstd, *stored, back).ok());
        EXPECT_EQ(back, raw);
    }
}

TEST(Compressor, NoiseIsStoredAsItIs) {
    Compressor compressor;
    Bytes room = {1, 2, 3};
    for (const std::size_t size : {0u, 1u, 1000u, 130'000u, 2'000'000u}) {
        const auto smaller = compressor.compress(noise_bytes(size, size + 1), room);
        ASSERT_TRUE(smaller.ok());
        EXPECT_TRUE(smaller->empty()) << size;
    }
}

TEST(Compressor, OnePartThatShrinksIsEnough) {
    Bytes raw = noise_bytes(1'000'000, 1);
    const Bytes part = text(300'000, 2);
    std::copy(part.begin(), part.end(), raw.begin() + 500'000);
    EXPECT_LT(compressed(raw).size(), 850'000u);
}

TEST(Decompressor, RefusesWhatIsNotOneWholeFrameOfThePromisedSize) {
    const Bytes raw = text(50'000, 3);
    const Bytes good = compressed(raw);
    Bytes out(raw.size());
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_EQ(restore(Compression::zstd, ByteView(good).first(size), out).error().code, Code::corrupt) << size;
    }
    Bytes more = good;
    more.push_back(0);
    EXPECT_FALSE(restore(Compression::zstd, more, out).ok());
    Bytes twice = compressed(ByteView(raw).first(25'000));
    append(twice, compressed(ByteView(raw).subspan(25'000)));
    EXPECT_FALSE(restore(Compression::zstd, twice, out).ok());
    Bytes skippable = {0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4};
    EXPECT_FALSE(restore(Compression::zstd, skippable, out).ok());
    Bytes small(raw.size() - 1), large(raw.size() + 1);
    EXPECT_FALSE(restore(Compression::zstd, good, small).ok());
    EXPECT_FALSE(restore(Compression::zstd, good, large).ok());
    EXPECT_FALSE(restore(Compression::none, good, out).ok());
    EXPECT_TRUE(restore(Compression::zstd, good, out).ok());
}

}  // namespace
}  // namespace custody
