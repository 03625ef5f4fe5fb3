// The language of one thread, and the words of codes: what an answer of the service is made of.
#include "base/exit_code.h"
#include "base/text.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>

namespace custody {
namespace {

TEST(LanguageScope, CountsForItsThreadOnlyAndEnds) {
    const Language before = language();
    set_language(Language::english);
    {
        const LanguageScope outer(Language::vietnamese);
        EXPECT_EQ("hết bộ nhớ", say("out of memory"));
        std::string other;
        std::thread([&other] { other = say("out of memory"); }).join();
        EXPECT_EQ("out of memory", other);
        {
            const LanguageScope inner(Language::english);
            EXPECT_EQ("out of memory", say("out of memory"));
        }
        EXPECT_EQ(Language::vietnamese, language());
    }
    EXPECT_EQ(Language::english, language());
    set_language(before);
}

TEST(ExitCode, WordsGoBackToTheirCodes) {
    std::set<std::string_view> words;
    for (int number = static_cast<int>(Code::failed); number <= static_cast<int>(Code::interrupted); ++number) {
        const auto code = static_cast<Code>(number);
        const auto again = code_of_word(code_word(code));
        ASSERT_TRUE(again.has_value()) << code_word(code);
        EXPECT_EQ(code, *again);
        EXPECT_TRUE(words.insert(code_word(code)).second);
    }
    EXPECT_FALSE(code_of_word("").has_value());
    EXPECT_FALSE(code_of_word("Failed").has_value());
}

}  // namespace
}  // namespace custody
