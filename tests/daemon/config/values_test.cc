// The small languages inside values.
#include "daemon/config/values.h"

#include "tests/support/results.h"

#include <gtest/gtest.h>

namespace custody::test {
namespace {

TEST(ConfigValues, RetentionRulesAreReadAndWritten) {
    const auto rule = parse_retention("daily 14, weekly 8, monthly 12, yearly 5");
    ASSERT_TRUE(is_ok(rule));
    EXPECT_EQ(*rule, (RetentionRule{0, 14, 8, 12, 5, {}}));
    const auto all = parse_retention(" last 3,within 30d ,  yearly   1");
    ASSERT_TRUE(is_ok(all));
    EXPECT_EQ(*all, (RetentionRule{3, 0, 0, 0, 1, 30 * kDay}));
    EXPECT_EQ(describe(*all), "last 3, yearly 1, within 30d");
    for (const char* bad : {"", "daily", "daily 0", "daily -1", "daily 14 weekly 8", "daily 14,", "daily 14, daily 3",
                            "within 0d", "within 30", "hourly 5", "daily 99999", "daily 4294967297", "14 daily"}) {
        EXPECT_TRUE(fails_with(Code::usage, parse_retention(bad))) << bad;
    }
}

TEST(ConfigValues, WindowsOfTheDay) {
    const auto night = parse_window("22:00-06:00");
    ASSERT_TRUE(is_ok(night));
    EXPECT_EQ(*night, (DayWindow{22 * 60, 6 * 60, 0x7f}));
    const auto work = parse_window("mon-fri 07:30-17:30");
    ASSERT_TRUE(is_ok(work));
    EXPECT_EQ(*work, (DayWindow{450, 1050, 0x3e}));
    const auto over = parse_window("fri-mon, wed 00:00-24:00");
    ASSERT_TRUE(is_ok(over));
    EXPECT_EQ(over->days, 0x6b);
    EXPECT_EQ(over->to_minute, 0);
    EXPECT_EQ(describe(*work), "mon,tue,wed,thu,fri 07:30-17:30");
    for (const char* bad : {"", "07:30", "7:30-9:00", "24:00-07:00", "07:60-08:00", "monday 07:00-08:00", "mon- 07:00-08:00",
                            "07:00-07:00", "mon-fri"}) {
        EXPECT_TRUE(fails_with(Code::usage, parse_window(bad))) << bad;
    }
}

TEST(ConfigValues, SizesAndPriorities) {
    EXPECT_EQ(*parse_size("50MiB"), 50u << 20);
    EXPECT_EQ(*parse_size("2 GB"), 2'000'000'000u);
    EXPECT_EQ(*parse_size("512"), 512u);
    for (const char* bad : {"", "MiB", "5 mb", "-1", "99999999999TiB", "1.5GiB"}) {
        EXPECT_TRUE(fails_with(Code::usage, parse_size(bad))) << bad;
    }
    Limits limits;
    ASSERT_TRUE(is_ok(parse_io_priority("best-effort:2", limits)));
    EXPECT_EQ(limits.io_class, IoClass::best_effort);
    EXPECT_EQ(limits.io_level, 2);
    for (const char* bad : {"best-effort:8", "best-effort:", "realtime", ""}) {
        EXPECT_TRUE(fails_with(Code::usage, parse_io_priority(bad, limits))) << bad;
    }
    EXPECT_EQ(describe_duration(90 * kSecond), "90s");
    EXPECT_EQ(describe_duration(48 * kHour), "2d");
}

TEST(ConfigValues, AnExceptionHasANumberAndAReason) {
    for (const char* good : {"12/QĐ-UBND: one server room", "Quyết định số 15/2026/QĐ-UBND, phòng máy chưa có",
                             "số 7: thiếu thiết bị lưu trữ", "QĐ-UBND 2026-11: máy chủ chờ thanh lý"}) {
        EXPECT_TRUE(is_ok(check_exception(good))) << good;
    }
    for (const char* bad : {"", "yes", "12/QĐ-UBND", "we have only one disk", "12/QĐ-UBND: später", "no 2 disks"}) {
        EXPECT_TRUE(fails_with(Code::usage, check_exception(bad))) << bad;
    }
}

TEST(ConfigValues, ConnectionStringsHoldNoPassword) {
    for (const char* good : {"service=portal", "dbname=x host=/run/postgresql", "host = 'a b' port=5432",
                             "postgresql://u@h/db?sslmode=require", "dbname='password=x'", "options='-c a\\'=b' dbname=x"}) {
        EXPECT_TRUE(is_ok(check_conninfo(good))) << good;
    }
    for (const char* bad :
         {"", "portal", "service=x password=y", "password = 'y'", "dbname='x' password=y", "dbname=a\\ b password=y",
          "postgresql://u:p@h/db", "postgres://h/db?password=x", "postgres://h/db?passw%6Frd=x", "sslpassword=x"}) {
        EXPECT_TRUE(fails_with(Code::usage, check_conninfo(bad))) << bad;
    }
    EXPECT_EQ(check_conninfo("geheim").error().message.find("geheim"), std::string::npos) << "it may be the password";
}

}  // namespace
}  // namespace custody::test
