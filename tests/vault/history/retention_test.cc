// Retention by table: local days, weeks, months and years; clocks that lie; groups that are never emptied.
#include "vault/history/retention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace custody {
namespace {

class RetentionTest : public testing::Test {
protected:
    void SetUp() override { set_zone("Asia/Ho_Chi_Minh"); }
    void TearDown() override { set_zone("UTC"); }
    static void set_zone(const char* zone) {
        ::setenv("TZ", zone, 1);
        ::tzset();
    }

    // Local wall time, as a user writes it.
    static Time at(const char* text) {
        const auto time = parse_time(text);
        EXPECT_TRUE(time.ok()) << text;
        return time.ok() ? *time : Time{};
    }
    RetentionItem& add(const char* when, const char* group = "config/etc") {
        RetentionItem item;
        item.time = at(when);
        item.rank = items_.size();
        item.id.bytes[0] = static_cast<Byte>(items_.size());
        item.group = group;
        items_.push_back(item);
        return items_.back();
    }
    // Positions of what is kept.
    std::vector<std::size_t> kept(const RetentionRule& rule, const char* now) {
        verdicts_ = apply_retention(items_, rule, at(now));
        EXPECT_EQ(verdicts_.size(), items_.size());
        std::vector<std::size_t> positions;
        for (std::size_t i = 0; i < verdicts_.size(); ++i) {
            if (verdicts_[i].keep) positions.push_back(i);
        }
        return positions;
    }

    using Positions = std::vector<std::size_t>;
    std::vector<RetentionItem> items_;
    std::vector<RetentionVerdict> verdicts_;
};

RetentionRule daily(std::uint32_t n) {
    RetentionRule rule;
    rule.daily = n;
    return rule;
}

TEST_F(RetentionTest, NewestOfEachDayIsKept) {
    add("2026-11-01T02:00");
    add("2026-11-02T02:00");
    add("2026-11-02T23:59");
    add("2026-11-03T00:00");
    add("2026-11-03T02:00");
    EXPECT_EQ(kept(daily(2), "2026-11-03T12:00"), (Positions{2, 4}));
    EXPECT_EQ(verdicts_[2].why, "daily 2026-11-02");
    EXPECT_EQ(kept(daily(10), "2026-11-03T12:00"), (Positions{0, 2, 4}));
}

TEST_F(RetentionTest, DaysWithoutSnapshotDoNotCount) {
    add("2026-01-01T02:00");
    add("2026-05-01T02:00");
    add("2026-11-01T02:00");
    EXPECT_EQ(kept(daily(2), "2026-11-03T12:00"), (Positions{1, 2}));
}

TEST_F(RetentionTest, WeeksBeginOnMonday) {
    add("2026-11-01T02:00");  // Sunday of W44
    add("2026-11-02T02:00");  // Monday of W45
    add("2026-11-08T02:00");  // Sunday of W45
    RetentionRule rule;
    rule.weekly = 2;
    EXPECT_EQ(kept(rule, "2026-11-09T12:00"), (Positions{0, 2}));
    EXPECT_EQ(verdicts_[0].why, "weekly 2026-W44");
}

TEST_F(RetentionTest, WeekOfNewYearBelongsToItsThursday) {
    add("2026-12-31T02:00");  // Thursday: 2026-W53
    add("2027-01-01T02:00");  // Friday: still 2026-W53
    add("2027-01-04T02:00");  // Monday: 2027-W01
    RetentionRule rule;
    rule.weekly = 5;
    EXPECT_EQ(kept(rule, "2027-01-05T12:00"), (Positions{1, 2}));
}

TEST_F(RetentionTest, MonthsAndYearsAreUnited) {
    add("2024-06-01T02:00");
    add("2025-03-01T02:00");
    add("2025-12-31T02:00");
    add("2026-10-31T23:00");
    add("2026-11-01T02:00");
    RetentionRule rule;
    rule.monthly = 2;
    rule.yearly = 2;
    EXPECT_EQ(kept(rule, "2026-11-03T12:00"), (Positions{2, 3, 4}));
    EXPECT_EQ(verdicts_[2].why, "yearly 2025");
    EXPECT_EQ(verdicts_[3].why, "monthly 2026-10");
}

TEST_F(RetentionTest, LastCountsByLedgerOrderNotByTime) {
    add("2026-11-03T02:00");
    add("2026-11-01T02:00");  // written later with a clock that was behind
    add("2026-11-02T02:00");
    RetentionRule rule;
    rule.last = 2;
    EXPECT_EQ(kept(rule, "2026-11-03T12:00"), (Positions{1, 2}));
}

TEST_F(RetentionTest, OfOneDayTheLastInTheLedgerIsKept) {
    add("2026-11-03T09:00");
    add("2026-11-03T08:00");
    EXPECT_EQ(kept(daily(1), "2026-11-03T12:00"), (Positions{1}));
}

TEST_F(RetentionTest, WithinKeepsEverythingYoung) {
    add("2026-10-01T02:00");
    add("2026-11-02T02:00");
    add("2026-11-02T03:00");
    RetentionRule rule;
    rule.within_ns = 30 * kDay;
    EXPECT_EQ(kept(rule, "2026-11-03T12:00"), (Positions{1, 2}));
    rule.within_ns = INT64_MAX;
    EXPECT_EQ(kept(rule, "2026-11-03T12:00"), (Positions{0, 1, 2}));
}

TEST_F(RetentionTest, ShortAndLongDaysOfDaylightSaving) {
    set_zone("Europe/Berlin");
    items_.clear();
    add("2026-03-28T23:30");
    add("2026-03-29T00:30");  // a day of 23 hours
    add("2026-03-29T23:30");
    add("2026-03-30T00:30");
    EXPECT_EQ(kept(daily(3), "2026-03-30T12:00"), (Positions{0, 2, 3}));
    items_.clear();
    add("2026-10-25T00:30:00+02:00");  // a day of 25 hours
    add("2026-10-25T02:30:00+02:00");
    add("2026-10-25T02:30:00+01:00");
    add("2026-10-25T23:30:00+01:00");
    add("2026-10-26T00:30:00+01:00");
    EXPECT_EQ(kept(daily(3), "2026-10-26T12:00"), (Positions{3, 4}));
}

TEST_F(RetentionTest, DatedAfterNowNeitherEndsNorReplaces) {
    add("2026-11-01T02:00");
    add("2026-11-02T02:00");
    add("2027-11-03T02:00");
    add("2027-11-04T02:00");
    EXPECT_EQ(kept(daily(1), "2026-11-03T12:00"), (Positions{1, 2, 3}));
    EXPECT_EQ(verdicts_[3].why, "dated after now");
    RetentionRule rule;
    rule.last = 1;
    EXPECT_EQ(kept(rule, "2026-11-03T12:00"), (Positions{1, 2, 3}));
}

TEST_F(RetentionTest, ForgedOldTimesPushNothingOut) {
    add("2026-11-01T02:00");
    add("2026-11-02T02:00");
    for (const char* forged : {"1990-01-01", "1991-01-01", "1992-01-01"}) add(forged);
    const Positions all = kept(daily(2), "2026-11-03T12:00");
    EXPECT_TRUE(std::find(all.begin(), all.end(), 0U) != all.end());
    EXPECT_TRUE(std::find(all.begin(), all.end(), 1U) != all.end());
}

TEST_F(RetentionTest, RunWithASlowClockStaysAsTheNewestState) {
    add("2026-11-01T02:00");
    add("2026-11-02T02:00");
    add("1970-01-02T00:00");
    EXPECT_EQ(kept(daily(1), "2026-11-03T12:00"), (Positions{1, 2}));
    EXPECT_EQ(verdicts_[2].why, "last of its group");
}

TEST_F(RetentionTest, NeverEmptiesAGroup) {
    add("2020-11-01T02:00");
    add("2020-11-02T02:00");
    add("2020-11-02T02:00", "config/home");
    RetentionRule rule;
    rule.within_ns = kDay;
    EXPECT_EQ(kept(rule, "2026-11-03T12:00"), (Positions{1, 2}));
    EXPECT_EQ(verdicts_[1].why, "last of its group");
}

TEST_F(RetentionTest, GroupsDoNotCountTogether) {
    add("2026-11-01T02:00", "a");
    add("2026-11-01T02:00", "b");
    add("2026-11-02T02:00", "a");
    EXPECT_EQ(kept(daily(1), "2026-11-03T12:00"), (Positions{1, 2}));
}

TEST_F(RetentionTest, HeldIsKeptAndSaid) {
    add("2026-11-01T02:00").held = true;
    add("2026-11-02T02:00");
    add("2026-11-03T02:00");
    EXPECT_EQ(kept(daily(1), "2026-11-03T12:00"), (Positions{0, 2}));
    EXPECT_EQ(verdicts_[0].why, "held");
}

TEST_F(RetentionTest, TheLastCompleteOneStays) {
    add("2026-10-01T02:00");
    for (const char* incomplete : {"2026-11-01T02:00", "2026-11-02T02:00", "2026-11-03T02:00"}) add(incomplete).complete = false;
    EXPECT_EQ(kept(daily(1), "2026-11-03T12:00"), (Positions{0, 3}));
    EXPECT_EQ(verdicts_[0].why, "last complete one of its group");
}

TEST_F(RetentionTest, OfOnePeriodTheNewestAndTheNewestCompleteOneStay) {
    add("2026-11-02T01:00");
    add("2026-11-02T02:00");
    add("2026-11-02T03:00").complete = false;
    add("2026-11-02T04:00").complete = false;
    add("2026-11-03T02:00");
    EXPECT_EQ(kept(daily(2), "2026-11-03T12:00"), (Positions{1, 3, 4}));
    EXPECT_EQ(verdicts_[1].why, "daily 2026-11-02");
}

TEST_F(RetentionTest, TheLawfulTermIsKeptAndSaid) {
    for (const char* night : {"2026-05-01T02:00", "2026-05-03T12:00:01", "2026-11-03T02:00"})
        add(night).term = lawful_term("log");
    EXPECT_EQ(kept(daily(1), "2026-11-03T12:00"), (Positions{1, 2})) << "184 days";
    EXPECT_TRUE(verdicts_[1].is_protected);
    EXPECT_NE(verdicts_[1].why.find("B12"), std::string::npos);
    EXPECT_FALSE(verdicts_[2].is_protected) << "the rule keeps it anyway";
}

TEST_F(RetentionTest, NoRuleEndsNothing) {
    add("2026-11-01T02:00");
    add("2026-11-01T02:00");
    EXPECT_EQ(kept(RetentionRule{}, "2026-11-03T12:00"), (Positions{0, 1}));
    EXPECT_TRUE(apply_retention({}, daily(1), Time{}).empty());
}

}  // namespace
}  // namespace custody
