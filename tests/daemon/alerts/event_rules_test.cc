// "Each kind once per event with reminders", and one digest a day: the rules over clocks that jump.
#include "daemon/alerts/event_rules.h"

#include "tests/support/results.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace custody {
namespace {

using test::is_ok;

constexpr Time kNow{1'793'671'200 * kSecond};

Time later(std::int64_t ns) { return Time{kNow.ns + ns}; }

AlertRecord told_record(AlertKind kind = AlertKind::backup_failed) {
    AlertRecord record;
    record.event.kind = kind;
    record.event.plan = "etc";
    record.first = record.last = kNow;
    record.told = kNow;
    record.told_severity = severity_of(record.event);
    record.thread = std::string(32, 'a');
    return record;
}

TEST(AlertRules, AnEventIsToldOnceThenRemindedOf) {
    AlertRecord record = told_record();
    record.told.reset();
    EXPECT_EQ(due_now(record, kNow, kDay), AlertClass::first);
    record.told = kNow;
    EXPECT_EQ(due_now(record, kNow, kDay), std::nullopt);
    EXPECT_EQ(due_now(record, later(kDay - 1), kDay), std::nullopt);
    EXPECT_EQ(due_now(record, later(kDay), kDay), AlertClass::reminder);
}

TEST(AlertRules, WhatBecomesWorseIsToldAtOnce) {
    AlertRecord record = told_record();
    record.event.severity = AlertSeverity::critical;
    EXPECT_EQ(due_now(record, later(1), kDay), AlertClass::first);
    record.told_severity = AlertSeverity::critical;
    record.event.severity = AlertSeverity::warning;
    EXPECT_EQ(due_now(record, later(1), kDay), std::nullopt);
}

TEST(AlertRules, AClockSetBackSilencesNothing) {
    const AlertRecord record = told_record();
    EXPECT_EQ(due_now(record, later(-30 * kMinute), kDay), std::nullopt);  // a small correction
    EXPECT_EQ(due_now(record, later(-365 * kDay), kDay), AlertClass::reminder);
}

TEST(AlertRules, SomeKindsAreSaidOnceAndNoMore) {
    EXPECT_EQ(due_now(told_record(AlertKind::can_be_taken_out), later(30 * kDay), kDay), std::nullopt);
}

TEST(AlertRules, ReportsAreCounted) {
    AlertEvent event = told_record().event;
    event.detail = "newer";
    const AlertRecord record = reported_again(told_record(), event, later(kHour));
    EXPECT_EQ(record.count, 2u);
    EXPECT_EQ(record.first, kNow);
    EXPECT_EQ(record.last, later(kHour));
    EXPECT_EQ(record.event.detail, "newer");
}

TEST(AlertRules, ARecordComesBackFromJson) {
    const auto back = record_from_json(record_to_json(told_record()));
    ASSERT_TRUE(is_ok(back));
    AlertRecord expected = told_record();
    expected.event.severity = AlertSeverity::error;  // written out
    EXPECT_EQ(*back, expected);
    AlertRecord untold = told_record();
    untold.told.reset();
    EXPECT_FALSE(record_from_json(record_to_json(untold))->told.has_value());
}

// Minutes of the local day are counted in the zone of the process.
class DigestTime : public testing::Test {
protected:
    void SetUp() override {
        const char* zone = std::getenv("TZ");
        if (zone != nullptr) before_ = zone;
        had_ = zone != nullptr;
        ::setenv("TZ", "Asia/Ho_Chi_Minh", 1);
        ::tzset();
    }
    void TearDown() override {
        if (had_) {
            ::setenv("TZ", before_.c_str(), 1);
        } else {
            ::unsetenv("TZ");
        }
        ::tzset();
    }
    static Time at(const char* text) { return *parse_time(text); }
    static constexpr int kSeven = 7 * 60;

private:
    std::string before_;
    bool had_ = false;
};

TEST_F(DigestTime, OnceADayAtItsTime) {
    const Time sent = at("2026-11-03T07:00:10+07:00");
    EXPECT_FALSE(digest_due(std::nullopt, at("2026-11-03T06:59:59+07:00"), kSeven));
    EXPECT_TRUE(digest_due(std::nullopt, at("2026-11-03T07:00:00+07:00"), kSeven));
    EXPECT_FALSE(digest_due(sent, at("2026-11-03T23:59:59+07:00"), kSeven));
    EXPECT_FALSE(digest_due(sent, at("2026-11-04T06:59:59+07:00"), kSeven));
    EXPECT_TRUE(digest_due(sent, at("2026-11-04T07:00:00+07:00"), kSeven));
}

TEST_F(DigestTime, WhatWasMissedIsMadeUpTheSameDay) {
    EXPECT_TRUE(digest_due(at("2026-11-02T07:00:10+07:00"), at("2026-11-03T15:00:00+07:00"), kSeven));
}

TEST_F(DigestTime, AClockSetBackAYearDoesNotSilenceItForAYear) {
    EXPECT_TRUE(digest_due(at("2026-11-03T07:00:00+07:00"), at("2025-11-03T08:00:00+07:00"), kSeven));
    EXPECT_FALSE(digest_due(at("2026-11-03T07:05:00+07:00"), at("2026-11-03T07:01:00+07:00"), kSeven));  // a small correction
}

TEST_F(DigestTime, ALaterTimeSetTheSameDayHasItsDigest) {
    EXPECT_TRUE(digest_due(at("2026-11-03T07:00:10+07:00"), at("2026-11-03T09:00:00+07:00"), 9 * 60));
}

}  // namespace
}  // namespace custody
