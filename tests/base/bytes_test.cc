#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace custody {
namespace {

Bytes of(std::initializer_list<int> values) {
    Bytes bytes;
    for (const int value : values) bytes.push_back(static_cast<Byte>(value));
    return bytes;
}

TEST(Hex, RoundTripAndRefusals) {
    EXPECT_EQ("00ff1a", to_hex(of({0, 255, 26})));
    EXPECT_EQ(of({0, 255, 26}), from_hex("00FF1a"));
    EXPECT_EQ(Bytes{}, from_hex(""));
    for (const char* text : {"0", "0g", "0x", " 00", "00 "}) EXPECT_FALSE(from_hex(text)) << text;
}

// RFC 4648, section 10.
TEST(Base64, VectorsOfTheRfc) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, text] : vectors) {
        EXPECT_EQ(text, to_base64(as_bytes(plain)));
        const auto back = from_base64(text);
        ASSERT_TRUE(back);
        EXPECT_EQ(plain, as_text(*back));
    }
}

TEST(Base64, OneValueHasOneText) {
    for (const char* text : {"Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9v", "Zm9v\n"})
        EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Varint, RoundTripOfEveryLength) {
    for (int bit = 0; bit < 64; ++bit) {
        for (const std::uint64_t value : {std::uint64_t{1} << bit, (std::uint64_t{1} << bit) - 1, ~(std::uint64_t{1} << bit)}) {
            Bytes bytes;
            ByteWriter(bytes).varint(value);
            EXPECT_LE(bytes.size(), 10u);
            ByteReader reader(bytes);
            EXPECT_EQ(value, reader.varint());
            EXPECT_TRUE(reader.at_end());
        }
    }
}

TEST(Varint, ZigzagKeepsSmallNumbersSmall) {
    for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}, std::int64_t{-64},
                                     std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
        Bytes bytes;
        ByteWriter(bytes).zigzag(value);
        EXPECT_EQ(value >= -64 && value < 64, bytes.size() == 1u);
        EXPECT_EQ(value, ByteReader(bytes).zigzag());
    }
}

TEST(Varint, OtherFormsAreFaults) {
    for (const Bytes& bytes :
         {of({0x80, 0x00}), of({0x80}), of({}), of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}),
          of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}), of({0x81, 0x80, 0x00})}) {
        ByteReader reader(bytes);
        EXPECT_EQ(0u, reader.varint()) << to_hex(bytes);
        EXPECT_FALSE(reader.ok()) << to_hex(bytes);
    }
}

TEST(ByteReader, NeverReadsPastItsView) {
    const Bytes bytes = of({1, 2, 3});
    ByteReader reader(bytes);
    EXPECT_EQ(0x0201u, reader.u16());
    EXPECT_EQ(0u, reader.u32());
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(0u, reader.u8()) << "after a fault everything is zero";
    EXPECT_FALSE(reader.at_end());
    EXPECT_TRUE(ByteReader(bytes).raw(4).empty());
    EXPECT_EQ(3u, ByteReader(bytes).raw(3).size());
}

TEST(ByteReader, BlobsAndCountsAreBoundedByWhatIsThere) {
    Bytes bytes;
    ByteWriter writer(bytes);
    writer.blob(as_bytes("four"));
    {
        ByteReader reader(bytes);
        EXPECT_EQ("four", as_text(reader.blob(4)));
        EXPECT_TRUE(reader.at_end());
    }
    {
        ByteReader reader(bytes);
        EXPECT_TRUE(reader.blob(3).empty());
        EXPECT_FALSE(reader.ok());
    }
    EXPECT_EQ(4u, ByteReader(bytes).count(1));
    EXPECT_EQ(0u, ByteReader(bytes).count(2)) << "eight bytes promised, four there";
    Bytes huge;
    ByteWriter(huge).varint(std::numeric_limits<std::uint64_t>::max());
    ByteReader reader(huge);
    EXPECT_EQ(0u, reader.count(1u << 31));
    EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace custody
