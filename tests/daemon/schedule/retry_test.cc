// Tries again: only what waiting can help, later and later, a bounded number of times, scattered but the same every time.
#include "daemon/schedule/retry.h"

#include "base/clock.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace custody::test {
namespace {

constexpr RetryConfig kRule{6, 5 * kMinute, kHour};

TEST(Retry, OnlyWhatWaitingCanHelp) {
    const auto of = [](Code code, Stage stage, bool answered = false) { return setback_of({code, "x"}, stage, answered); };
    for (const Stage stage : {Stage::source_server, Stage::medium, Stage::other}) {
        EXPECT_EQ(Setback::busy, of(Code::busy, stage));
        EXPECT_EQ(Setback::interrupted, of(Code::interrupted, stage));
        for (const Code code : {Code::corrupt, Code::refused, Code::usage, Code::wrong_key, Code::no_space, Code::denied,
                                Code::memory, Code::exists})
            EXPECT_EQ(Setback::permanent, of(code, stage));
    }
    EXPECT_EQ(Setback::server_away, of(Code::failed, Stage::source_server));
    EXPECT_EQ(Setback::permanent, of(Code::failed, Stage::source_server, true));
    EXPECT_EQ(Setback::medium_away, of(Code::not_found, Stage::medium));
    EXPECT_EQ(Setback::medium_away, of(Code::io, Stage::medium)) << "pulled out while it is written";
    EXPECT_EQ(Setback::medium_away, of(Code::read_only, Stage::medium)) << "what its file system becomes of it";
    EXPECT_EQ(Setback::permanent, of(Code::read_only, Stage::other));
    EXPECT_EQ(Setback::permanent, of(Code::not_found, Stage::other)) << "a source that is absent";
    EXPECT_FALSE(retry_wait(kRule, Setback::permanent, 1, "etc", 7));
}

TEST(Retry, LaterAndLaterAndThenNoMore) {
    std::int64_t nominal = 5 * kMinute;
    for (std::uint32_t failed = 1; failed <= 6; ++failed) {
        const auto wait = retry_wait(kRule, Setback::server_away, failed, "etc", 7);
        ASSERT_TRUE(wait) << failed;
        EXPECT_GE(*wait, nominal - nominal / 10);
        EXPECT_LE(*wait, nominal + nominal / 10);
        nominal = std::min(2 * nominal, kHour);
    }
    EXPECT_FALSE(retry_wait(kRule, Setback::server_away, 7, "etc", 7));
    EXPECT_FALSE(retry_wait({0, 5 * kMinute, kHour}, Setback::busy, 1, "etc", 7));
    EXPECT_LE(*retry_wait(kRule, Setback::interrupted, 1, "etc", 7), 66 * kSecond);
}

TEST(Retry, TakesAnyNumbers) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t wait : {std::int64_t{0}, std::int64_t{-5}, kMost}) {
        for (const std::int64_t longest : {std::int64_t{0}, std::int64_t{-5}, kMost}) {
            const auto given = retry_wait({4'000'000'000, wait, longest}, Setback::busy, 3'999'999'999, "etc", 7);
            ASSERT_TRUE(given);
            EXPECT_GT(*given, 0);
        }
    }
}

TEST(Retry, ScattersPlansAndRepeatsItself) {
    std::set<std::int64_t> waits;
    for (int i = 0; i < 200; ++i) {
        const std::string plan = "plan-" + std::to_string(i);
        waits.insert(*retry_wait(kRule, Setback::busy, 1, plan, 7));
        EXPECT_EQ(retry_wait(kRule, Setback::busy, 1, plan, 7), retry_wait(kRule, Setback::busy, 1, plan, 7));
    }
    EXPECT_GT(waits.size(), 190U);
}

TEST(Retry, SaysWhatComes) {
    EXPECT_EQ("the server does not answer; tried again in 5 min 00 s (2 of 6)",
              retry_text(kRule, Setback::server_away, 2, 5 * kMinute));
    EXPECT_EQ("waiting would not help; not tried again before the next run of the schedule",
              retry_text(kRule, Setback::permanent, 1, std::nullopt));
    EXPECT_EQ("another holder has it; 7 tries failed; not tried again before the next run of the schedule",
              retry_text(kRule, Setback::busy, 7, std::nullopt));
}

}  // namespace
}  // namespace custody::test
