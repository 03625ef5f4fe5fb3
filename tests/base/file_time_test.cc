#include "base/file_time.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

namespace custody::test {
namespace {

constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

TEST(FileTime, IsOrderedBySecondsThenNanoseconds) {
    EXPECT_LT((FileTime{-1, 999'999'999}), (FileTime{0, 0}));
    EXPECT_LT((FileTime{-1, 5}), (FileTime{-1, 6}));
    EXPECT_LT((FileTime{kFirst, 0}), (FileTime{kLast, 0}));
    EXPECT_EQ((FileTime{7, 8}), (FileTime{7, 8}));
}

TEST(FileTime, ComesFromATimeAndGoesToTheNearest) {
    EXPECT_EQ(to_file_time(Time{-500'000'000}), (FileTime{-1, 500'000'000}));
    EXPECT_EQ(to_file_time(Time{-kSecond}), (FileTime{-1, 0}));
    for (const std::int64_t ns : {kFirst, kFirst + 1, -kSecond - 1, -kSecond, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1},
                                  kSecond - 1, kSecond, kLast - 1, kLast}) {
        EXPECT_EQ(nearest_time(to_file_time(Time{ns})), Time{ns});
    }
    EXPECT_EQ(nearest_time({kFirst, 0}), Time{kFirst});
    EXPECT_EQ(nearest_time({-9'223'372'037, 0}), Time{kFirst}) << "the second in which 64 bits of nanoseconds begin";
    EXPECT_EQ(nearest_time({kLast, 999'999'999}), Time{kLast});
    EXPECT_EQ(nearest_time({9'223'372'036, 999'999'999}), Time{kLast});
}

TEST(FileTime, IsReadFromWhatTheKernelSays) {
    const FileTime half_before{-1, 500'000'000};
    const timespec shown = to_timespec(half_before);
    EXPECT_EQ(shown.tv_sec, -1);
    EXPECT_EQ(shown.tv_nsec, 500'000'000);
    EXPECT_EQ(to_file_time(shown), half_before);
    EXPECT_EQ(to_file_time(timespec{3, 1'073'741'823}), (FileTime{3, 999'999'999})) << "30 bits of a damaged inode";
}

TEST(FileTime, DistanceIsExactAtAnyDistance) {
    EXPECT_TRUE(are_within({5, 0}, {7, 0}, 2));
    EXPECT_TRUE(are_within({7, 0}, {5, 0}, 2));
    EXPECT_FALSE(are_within({5, 0}, {7, 1}, 2));
    EXPECT_TRUE(are_within({5, 1}, {7, 0}, 2));
    EXPECT_TRUE(are_within({-1, 500'000'000}, {1, 500'000'000}, 2));
    EXPECT_FALSE(are_within({kFirst, 0}, {kLast, 0}, 2));
    EXPECT_FALSE(are_within({kLast, 0}, {kFirst, 0}, 2));
}

TEST(FileTime, IsWrittenAsRfc3339AndBeyondItAsIso8601) {
    EXPECT_EQ(to_rfc3339_utc(FileTime{-1, 500'000'000}), "1969-12-31T23:59:59.500000000Z");
    EXPECT_EQ(to_rfc3339_utc(FileTime{-11'676'096'000, 0}), "1600-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339_utc(FileTime{95'617'584'000, 1}), "5000-01-01T00:00:00.000000001Z");
    EXPECT_EQ(to_rfc3339_utc(FileTime{253'402'300'799, 999'999'999}), "9999-12-31T23:59:59.999999999Z");
    EXPECT_EQ(to_rfc3339_utc(FileTime{253'402'300'800, 0}), "+010000-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339_utc(FileTime{-62'167'219'200, 0}), "0000-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339_utc(FileTime{-62'167'219'201, 0}), "-000001-12-31T23:59:59Z");
    EXPECT_EQ(to_rfc3339_utc(FileTime{kLast, 5}), "@9223372036854775807") << "no year of libc's";
    EXPECT_EQ(to_rfc3339_utc(FileTime{kFirst, 5}), "@-9223372036854775808");
}

TEST(FileTime, LocalFormHasTheOffset) {
    ::setenv("TZ", "<+07>-7", 1);
    ::tzset();
    EXPECT_EQ(to_rfc3339_local(FileTime{-62'167'219'201, 0}), "0000-01-01T06:59:59+07:00");
    EXPECT_EQ(to_rfc3339_local(FileTime{253'402'300'799, 0}), "+010000-01-01T06:59:59+07:00");
    EXPECT_EQ(to_rfc3339_local(FileTime{kLast, 0}), "@9223372036854775807");
    ::unsetenv("TZ");
    ::tzset();
}

}  // namespace
}  // namespace custody::test
