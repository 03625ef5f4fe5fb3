#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace custody::test {
namespace {

TEST(Nearest, FindsWhatASlipOfTheHandMeant) {
    constexpr std::array<std::string_view, 4> kKnown = {"language", "keys", "medium", "plan"};
    EXPECT_EQ(nearest("langauge", kKnown), "language");
    EXPECT_EQ(nearest("key", kKnown), "keys");
    EXPECT_EQ(nearest("mediums", kKnown), "medium");
    EXPECT_EQ(nearest("zzz", kKnown), "");
    EXPECT_EQ(nearest("", kKnown), "");
    EXPECT_EQ(nearest("p", kKnown), "") << "half of a short word is another word";
    EXPECT_EQ(nearest(std::string(100'000, 'p'), kKnown), "");
}

}  // namespace
}  // namespace custody::test
