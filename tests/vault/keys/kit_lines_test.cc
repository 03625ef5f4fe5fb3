#include "vault/keys/recovery_kit.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace custody {
namespace {

Bytes some_bytes(std::size_t size) {
    Bytes bytes(size);
    std::uint32_t state = 12345;
    for (Byte& byte : bytes) byte = static_cast<Byte>((state = state * 1664525 + 1013904223) >> 24);
    return bytes;
}
std::string message_of(const Result<Bytes>& result) { return result.ok() ? "no error" : result.error().message; }

TEST(KitLinesTest, ComeBackAtEverySize) {
    for (const std::size_t size : {0, 1, 20, 21, 22, 46, 47, 1400, 30000}) {
        const auto lines = kit_to_lines(some_bytes(size));
        const auto back = kit_from_lines(lines);
        ASSERT_TRUE(back.ok()) << size << ": " << message_of(back);
        EXPECT_EQ(*back, some_bytes(size));
    }
}

TEST(KitLinesTest, HaveNumbersGroupsOfFiveAndAChecksum) {
    const auto lines = kit_to_lines(some_bytes(100));
    ASSERT_EQ(lines.size(), 5u);
    for (const std::string& line : lines) {
        EXPECT_EQ(line.size(), 3u + 9 * 6);
        EXPECT_EQ(std::count(line.begin(), line.end(), ' '), 9);
        EXPECT_EQ(line.find_first_of("ILOU"), std::string::npos);
    }
    EXPECT_EQ(lines[1].substr(0, 4), "002 ");
}

TEST(KitLinesTest, AcceptWhatPeopleType) {
    const Bytes file = some_bytes(700);
    auto lines = kit_to_lines(file);
    lines.insert(lines.begin() + 2, "   ");
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::string& line = lines[i];
        if (i % 4 == 0)
            std::transform(line.begin(), line.end(), line.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
        if (i % 4 == 1) line.erase(std::remove(line.begin(), line.end(), ' '), line.end());
        for (char& c : line) {
            if (c == '0') c = i % 2 ? 'O' : 'o';
            if (c == '1') c = i % 2 ? 'l' : 'I';
        }
        if (i % 4 == 3) line = "  " + line + " \r";
    }
    const auto back = kit_from_lines(lines);
    ASSERT_TRUE(back.ok()) << message_of(back);
    EXPECT_EQ(*back, file);
    auto short_numbers = kit_to_lines(file);
    short_numbers[2] = "3: " + short_numbers[2].substr(4);
    EXPECT_TRUE(kit_from_lines(short_numbers).ok());
}

TEST(KitLinesTest, EveryTypoIsNamedByItsLine) {
    const auto lines = kit_to_lines(some_bytes(200));
    for (std::size_t at = 4; at < lines[3].size(); ++at) {
        if (lines[3][at] == ' ') continue;
        auto typed = lines;
        typed[3][at] = typed[3][at] == 'X' ? 'Y' : 'X';
        const auto refused = kit_from_lines(typed);
        ASSERT_FALSE(refused.ok()) << at;
        EXPECT_EQ(refused.error().code, Code::usage);
        EXPECT_NE(refused.error().message.find("line 4 "), std::string::npos) << refused.error().message;
    }
    auto odd = lines;
    odd[1][6] = 'U';  // no letter of the alphabet
    EXPECT_NE(message_of(kit_from_lines(odd)).find("line 2 "), std::string::npos);
    auto short_line = lines;
    short_line[4].pop_back();
    EXPECT_NE(message_of(kit_from_lines(short_line)).find("line 5 "), std::string::npos);
    auto twisted = lines;
    const std::size_t differing = lines[5][5] != lines[5][6] ? 5 : 6;
    std::swap(twisted[5][differing], twisted[5][differing + 1]);
    ASSERT_NE(twisted[5], lines[5]);
    EXPECT_NE(message_of(kit_from_lines(twisted)).find("line 6 "), std::string::npos);
}

TEST(KitLinesTest, MissingSwappedAndForeignLinesAreNamed) {
    const auto lines = kit_to_lines(some_bytes(200));
    auto missing = lines;
    missing.erase(missing.begin() + 2);
    EXPECT_NE(message_of(kit_from_lines(missing)).find("line 3 "), std::string::npos);
    auto swapped = lines;
    std::swap(swapped[1], swapped[2]);
    EXPECT_NE(message_of(kit_from_lines(swapped)).find("line 2 "), std::string::npos);
    auto cut = lines;
    cut.pop_back();
    EXPECT_NE(message_of(kit_from_lines(cut)).find("missing after line"), std::string::npos);
    EXPECT_FALSE(kit_from_lines({}).ok());
    EXPECT_FALSE(kit_from_lines({"hello world"}).ok());
    EXPECT_FALSE(kit_from_lines({"001"}).ok());
}

TEST(KitQrPartsTest, ComeBackInAnyOrder) {
    const Bytes file = some_bytes(3001);
    auto parts = kit_to_qr_parts(file, 1800);
    ASSERT_EQ(parts.size(), 3u);
    for (const std::string& part : parts) {
        EXPECT_LE(part.size(), 1800u);
        EXPECT_EQ(part.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"), std::string::npos);
    }
    std::reverse(parts.begin(), parts.end());
    EXPECT_EQ(kit_from_lines(parts).value(), file);
    parts.pop_back();
    EXPECT_NE(message_of(kit_from_lines(parts)).find("code 1 of 3"), std::string::npos);
    auto mixed = kit_to_qr_parts(file, 1800);
    mixed[1] = kit_to_qr_parts(file, 4000)[0];
    EXPECT_FALSE(kit_from_lines(mixed).ok());
}

TEST(ReadKitTest, TakesTheFileItsLinesOrItsCodes) {
    const std::string magic = "custody recovery kit 1\n";
    Bytes file(magic.begin(), magic.end());
    append(file, some_bytes(300));
    EXPECT_EQ(read_kit(file).value(), file);
    std::string lines, codes;
    for (const std::string& line : kit_to_lines(file)) lines += line + "\r\n";
    for (const std::string& part : kit_to_qr_parts(file, 100)) codes += part + "\n";
    EXPECT_EQ(read_kit(as_bytes(lines)).value(), file);
    EXPECT_EQ(read_kit(as_bytes(codes)).value(), file);
    EXPECT_EQ(read_kit(some_bytes(50)).error().code, Code::corrupt);
    EXPECT_FALSE(read_kit({}).ok());
}

}  // namespace
}  // namespace custody
