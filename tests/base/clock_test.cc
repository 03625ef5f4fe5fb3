#include "base/clock.h"

#include "tests/support/fake_clock.h"
#include "tests/support/results.h"

#include <cstdlib>
#include <ctime>
#include <limits>

namespace custody::test {
namespace {

class InHaiPhong : public testing::Test {
protected:
    // A zone by rule, so that no zone files are needed.
    InHaiPhong() {
        setenv("TZ", "<+07>-7", 1);
        tzset();
    }
    ~InHaiPhong() override {
        unsetenv("TZ");
        tzset();
    }
};

constexpr Time kExample{1'793'671'200'000'000'000};  // 2026-11-03T02:00:00Z

TEST_F(InHaiPhong, Formats) {
    EXPECT_EQ("2026-11-03T02:00:00Z", to_rfc3339_utc(kExample));
    EXPECT_EQ("2026-11-03T09:00:00+07:00", to_rfc3339_local(kExample));
    EXPECT_EQ("2026-11-03T02:00:00.123456789Z", to_rfc3339_utc(Time{kExample.ns + 123'456'789}));
    EXPECT_EQ("2026-11-03T02:00:00.000000001Z", to_rfc3339_utc(Time{kExample.ns + 1}));
    EXPECT_EQ("1969-12-31T23:59:59.999999999Z", to_rfc3339_utc(Time{-1}));
    EXPECT_EQ("1969-12-31T23:59:59Z", to_rfc3339_utc(Time{-kSecond}));
}

TEST_F(InHaiPhong, ParsesWhatItFormats) {
    for (const std::int64_t ns :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}, kExample.ns + 500'000'000, -5 * kDay - 7,
          std::numeric_limits<std::int64_t>::max() / 10 * 9, std::numeric_limits<std::int64_t>::min() / 10 * 9}) {
        EXPECT_EQ(Time{ns}, *parse_time(to_rfc3339_utc(Time{ns})));
        EXPECT_EQ(Time{ns}, *parse_time(to_rfc3339_local(Time{ns})));
    }
}

TEST_F(InHaiPhong, ParsesLocalForms) {
    EXPECT_EQ(kExample, *parse_time("2026-11-03T09:00"));
    EXPECT_EQ(kExample, *parse_time("2026-11-03T09:00:00"));
    EXPECT_EQ(kExample, *parse_time("2026-11-03 09:00"));
    EXPECT_EQ(Time{kExample.ns - 9 * kHour}, *parse_time("2026-11-03"));
    EXPECT_EQ(kExample, *parse_time("2026-11-02T22:00:00-04:00"));
    EXPECT_EQ(kExample, *parse_time("2026-11-03t02:00:00.0z"));
    EXPECT_EQ(Time{1'709'164'800 * kSecond}, *parse_time("2024-02-29T00:00:00Z"));
    EXPECT_EQ(*parse_time("2017-01-01T00:00:00Z"), *parse_time("2016-12-31T23:59:60Z")) << "a leap second";
}

TEST_F(InHaiPhong, RefusesTheRest) {
    for (const char* text : {"",
                             "today",
                             "2026",
                             "2026-11",
                             "2026-13-01",
                             "2026-00-10",
                             "2026-11-31",
                             "2023-02-29",
                             "2026-11-03T24:00",
                             "2026-11-03T02",
                             "2026-11-03T02:60",
                             "2026-11-03T02:00:61",
                             "2026-11-03T02:00:00.Z",
                             "2026-11-03T02:00:00+7",
                             "2026-11-03T02:00:00+24:00",
                             "2026-11-03Z",
                             "2026-11-03T02:00:00Z ",
                             "9999-01-01",
                             "0001-01-01",
                             "+026-11-03"})
        EXPECT_TRUE(fails_with(Code::usage, parse_time(text))) << text;
}

TEST(Duration, ParsesAndRefuses) {
    EXPECT_EQ(90 * kSecond, *parse_duration("90s"));
    EXPECT_EQ(15 * kMinute, *parse_duration("15m"));
    EXPECT_EQ(24 * kHour, *parse_duration("24h"));
    EXPECT_EQ(30 * kDay, *parse_duration("30d"));
    EXPECT_EQ(56 * kDay, *parse_duration("8w"));
    EXPECT_EQ(0, *parse_duration("0s"));
    EXPECT_EQ(106'751 * kDay, *parse_duration("106751d"));
    for (const char* text : {"", "s", "5", "-5s", "5 s", "1.5h", "5y", "106752d", "99999999999999999999s", "1h30m"})
        EXPECT_TRUE(fails_with(Code::usage, parse_duration(text))) << text;
}

TEST(FakeClock, MovesOnlyWhenTold) {
    FakeClock clock;
    EXPECT_EQ("2026-11-03T02:00:00Z", to_rfc3339_utc(clock.now()));
    clock.advance(kHour);
    EXPECT_EQ("2026-11-03T03:00:00Z", to_rfc3339_utc(clock.now()));
    EXPECT_EQ(kHour, clock.monotonic_ns());
    clock.set(Time{0});
    EXPECT_EQ(kHour, clock.monotonic_ns());
}

TEST(Time, SecondsRoundDown) {
    EXPECT_EQ(-1, Time{-1}.seconds());
    EXPECT_EQ(-1, Time{-kSecond}.seconds());
    EXPECT_EQ(0, Time{999'999'999}.seconds());
}

}  // namespace
}  // namespace custody::test
