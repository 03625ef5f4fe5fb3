#include "vault/history/lawful_term.h"

#include <gtest/gtest.h>

namespace custody {
namespace {

constexpr Time at_day(std::int64_t day) { return {day * kDay}; }

TEST(LawfulTermTest, LogsAreKeptForSixMonths) {
    EXPECT_EQ(lawful_term("log").duty, "B12");
    EXPECT_TRUE(is_within_lawful_term("log", at_day(1000), at_day(1000)));
    EXPECT_TRUE(is_within_lawful_term("log", at_day(1000), at_day(1183)));
    EXPECT_FALSE(is_within_lawful_term("log", at_day(1000), at_day(1184)));
}

TEST(LawfulTermTest, ASnapshotFromTheFutureIsWithinItsTerm) {
    EXPECT_TRUE(is_within_lawful_term("log", at_day(5000), at_day(1000)));
}

TEST(LawfulTermTest, OtherLabelsHaveNone) {
    for (const char* label : {"config", "database", "business", "image", "payroll", ""}) {
        EXPECT_EQ(lawful_term(label).length_ns, 0) << label;
        EXPECT_FALSE(is_within_lawful_term(label, at_day(5000), at_day(1000))) << label;
    }
}

}  // namespace
}  // namespace custody
