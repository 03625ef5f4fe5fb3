#include "base/text.h"

#include "base/text_vi.h"

#include <gtest/gtest.h>

#include <string>

namespace custody {
namespace {

// "ế" composed and decomposed.
const std::string kComposed = "Ti\xe1\xba\xbfng";
const std::string kDecomposed = "Tie\xcc\x82\xcc\x81ng";
const std::string kNotUtf8 = "caf\xe9";

class Vietnamese : public testing::Test {
protected:
    Vietnamese() { set_language(Language::vietnamese); }
    ~Vietnamese() override { set_language(Language::english); }
};

TEST_F(Vietnamese, IsSpokenWhereThereIsATranslation) {
    EXPECT_EQ("2 phút 05 giây", human_seconds(125));
    EXPECT_EQ("không thể mở x: y", say("cannot {} {}: {}", "mở", "x", "y"));
    EXPECT_EQ("nobody translated this 5", say("nobody translated this {}", 5));
}

TEST(Unicode, NfcMakesTheTwoFormsOne) {
    EXPECT_EQ(kComposed, to_nfc(kDecomposed));
    EXPECT_EQ(kComposed, to_nfc(kComposed));
    EXPECT_EQ(kNotUtf8, to_nfc(kNotUtf8));
    EXPECT_EQ("", to_nfc(""));
}

TEST(Unicode, FoldsForMatching) {
    EXPECT_EQ(kComposed, fold_for_match(kDecomposed, false, false));
    EXPECT_EQ(fold_for_match("TIẾNG", true, false), fold_for_match(kDecomposed, true, false));
    EXPECT_NE(fold_for_match("TIẾNG", false, false), fold_for_match(kDecomposed, false, false));
    EXPECT_EQ("tieng viet do son", fold_for_match("Tiếng Việt Đồ Sơn", true, true));
    EXPECT_EQ("Tieng Do do", fold_for_match("Tiếng Đồ đồ", false, true));
    EXPECT_EQ(kNotUtf8, fold_for_match(kNotUtf8, true, true));
}

TEST(Unicode, ToldFromOtherBytes) {
    for (const char* text : {"", "abc", "Việt", "\xf0\x9f\x98\x80"}) EXPECT_TRUE(is_utf8(text)) << text;
    for (const char* text : {"caf\xe9", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "ab\xe1\xba"})
        EXPECT_FALSE(is_utf8(text));
    EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
}

TEST(Printable, KeepsTheTerminalSafe) {
    EXPECT_EQ("Tiếng Việt 😀", printable("Tiếng Việt 😀"));
    EXPECT_EQ(
        "a\xef\xbf\xbd"
        "b\xef\xbf\xbd[2J",
        printable("a\nb\x1b[2J"));
    EXPECT_EQ("caf\xef\xbf\xbd", printable(kNotUtf8));
    EXPECT_EQ("\xef\xbf\xbd", printable("\xc2\x9b")) << "C1: a CSI in one character";
    EXPECT_EQ(
        "x\xef\xbf\xbd"
        "gpj.exe",
        printable("x\xe2\x80\xae"
                  "gpj.exe"))
        << "right-to-left override";
}

struct GlobCase {
    const char* pattern;
    const char* path;
    bool matches;
};

TEST(Glob, Cases) {
    const GlobCase cases[] = {
        {"*.txt", "a.txt", true},
        {"*.txt", "a/b.txt", false},
        {"**.txt", "a/b.txt", true},
        {"**/*.txt", "a.txt", true},
        {"**/*.txt", "a/b/c.txt", true},
        {"a/**/z", "a/z", true},
        {"a/**/z", "a/b/c/z", true},
        {"a/**/z", "a/bz", false},
        {"a/**", "a/b/c", true},
        {"a/**", "a", false},
        {"**", "a/b", true},
        {"**", "", true},
        {"*", "", true},
        {"?", "", false},
        {"?", "/", false},
        {"?", "ế", true},
        {"??", "ế", false},
        {"a?c", "abc", true},
        {"[abc]x", "bx", true},
        {"[!abc]x", "bx", false},
        {"[^abc]x", "dx", true},
        {"[a-c]", "b", true},
        {"[a-c]", "d", false},
        {"[à-ỹ]", "ế", true},
        {"[]]", "]", true},
        {"[!]]", "]", false},
        {"[a-]", "-", true},
        {"[\\]]", "]", true},
        {"[ab", "[ab", true},
        {"[!a]", "/", false},
        {"\\*", "*", true},
        {"\\*", "x", false},
        {"a\\", "a\\", true},
        {"*a*b*c", "xxaxxbxxc", true},
        {"*a*b*c", "xxaxxcxxb", false},
        {"*/b/*", "a/b/c", true},
        {"*/b/*", "a/x/b/c", false},
        {"**/b/*.c", "a/b/x/b/y.c", true},
        {"/srv/*/cache", "/srv/www/cache", true},
        {"/srv/*/cache", "/srv/www/x/cache", false},
        {"", "", true},
        {"", "a", false},
    };
    for (const auto& [pattern, path, matches] : cases)
        EXPECT_EQ(matches, glob_matches(pattern, path)) << pattern << " on " << path;
}

TEST(Glob, AHostilePatternEnds) {
    std::string pattern;
    for (int i = 0; i < 50; ++i) pattern += "*a**";
    EXPECT_FALSE(glob_matches(pattern + "b", std::string(3000, 'a')));
}

TEST(Glob, BytesThatAreNotUtf8MatchThemselves) {
    EXPECT_TRUE(glob_matches("caf\xe9", kNotUtf8));
    EXPECT_TRUE(glob_matches("caf?", kNotUtf8));
    EXPECT_FALSE(glob_matches("caf[a-z]", kNotUtf8));
}

TEST(Human, BytesAndSeconds) {
    EXPECT_EQ("0 B", human_bytes(0));
    EXPECT_EQ("1023 B", human_bytes(1023));
    EXPECT_EQ("1.5 KiB", human_bytes(1536));
    EXPECT_EQ("1.0 MiB", human_bytes((1 << 20) - 1));
    EXPECT_EQ("16.0 EiB", human_bytes(~std::uint64_t{0}));
    EXPECT_EQ("0 s", human_seconds(0));
    EXPECT_EQ("0.5 s", human_seconds(0.5));
    EXPECT_EQ("10 s", human_seconds(9.99));
    EXPECT_EQ("2 min 05 s", human_seconds(125));
    EXPECT_EQ("60 min 00 s" == human_seconds(3599.9), false);
    EXPECT_EQ("1 h 00 min", human_seconds(3599.9));
    EXPECT_EQ("0 s", human_seconds(-1));
}

}  // namespace
}  // namespace custody
