// Windows in which nothing begins of itself: weekdays, over midnight, and while clocks change.
#include "daemon/schedule/windows.h"

#include "tests/support/results.h"

namespace custody::test {
namespace {

constexpr std::uint8_t kEveryDay = 0x7f, kMondayToFriday = 0x3e, kSaturday = 0x40;

DayWindow window(unsigned from_hour, unsigned to_hour, std::uint8_t days = kEveryDay) {
    return {static_cast<std::uint16_t>(from_hour * 60), static_cast<std::uint16_t>(to_hour * 60 % (24 * 60)), days};
}
Time at(const char* utc) { return *parse_time(utc); }
std::string opening(const Windows& windows, const char* from, const ZoneRules& zone = ZoneRules()) {
    const auto time = windows.next_opening(at(from), zone);
    return time ? to_rfc3339_utc(*time) : "never";
}

TEST(Windows, WithoutAnyItIsAlwaysOpen) {
    const Windows none;
    EXPECT_TRUE(none.is_open(at("2026-11-03T09:00:00Z"), ZoneRules()));
    EXPECT_EQ("2026-11-03T09:00:00.500000000Z", opening(none, "2026-11-03T09:00:00.5Z"));
}

TEST(Windows, ClosesAndOpensByTheLocalClock) {
    const Windows office({window(7, 18)});
    const ZoneRules hai_phong = *ZoneRules::from_rule("<+07>-7");
    EXPECT_TRUE(office.is_open(at("2026-11-02T23:59:59Z"), hai_phong));
    EXPECT_FALSE(office.is_open(at("2026-11-03T00:00:00Z"), hai_phong));
    EXPECT_FALSE(office.is_open(at("2026-11-03T10:59:59Z"), hai_phong));
    EXPECT_TRUE(office.is_open(at("2026-11-03T11:00:00Z"), hai_phong));
    EXPECT_EQ("2026-11-03T11:00:00Z", opening(office, "2026-11-03T03:21:09.25Z", hai_phong));
}

TEST(Windows, KnowsTheDaysOfTheWeek) {
    const Windows office({window(7, 18, kMondayToFriday)});  // 6 November 2026 is a Friday
    EXPECT_FALSE(office.is_open(at("2026-11-06T12:00:00Z"), ZoneRules()));
    EXPECT_TRUE(office.is_open(at("2026-11-07T12:00:00Z"), ZoneRules()));
    EXPECT_TRUE(office.is_open(at("2026-11-08T12:00:00Z"), ZoneRules()));
    EXPECT_FALSE(office.is_open(at("2026-11-09T12:00:00Z"), ZoneRules()));
    EXPECT_TRUE(office.is_open(at("1969-12-28T12:00:00Z"), ZoneRules())) << "a Sunday before 1970";
}

TEST(Windows, OverMidnightBelongsToTheDayItBeginsOn) {
    const Windows night({window(22, 6, kSaturday)});
    EXPECT_TRUE(night.is_open(at("2026-11-07T21:59:00Z"), ZoneRules()));
    EXPECT_EQ("2026-11-08T06:00:00Z", opening(night, "2026-11-07T22:00:00Z"));
    EXPECT_FALSE(night.is_open(at("2026-11-08T05:59:00Z"), ZoneRules()));
    EXPECT_TRUE(night.is_open(at("2026-11-07T05:00:00Z"), ZoneRules()));
    EXPECT_EQ("2026-11-09T00:00:00Z", opening(Windows({window(22, 6, kSaturday), window(6, 24, 0x01)}), "2026-11-07T23:00:00Z"))
        << "two that meet";
}

TEST(Windows, AWholeDayAndAWholeWeek) {
    EXPECT_EQ("2026-11-08T00:00:00Z", opening(Windows({window(0, 24, kSaturday)}), "2026-11-07T12:00:00Z"));
    const Windows all({window(0, 24)});
    EXPECT_TRUE(all.never_open());
    EXPECT_EQ("never", opening(all, "2026-11-07T12:00:00Z"));
}

TEST(Windows, ClocksPutForwardOpenWhatTheyJumpOver) {
    const ZoneRules berlin = *ZoneRules::from_rule("CET-1CEST,M3.5.0,M10.5.0/3");
    const Windows before({{60, 150, kEveryDay}});  // 01:00 to 02:30, which does not exist on 29 March 2026
    EXPECT_EQ("2026-03-29T01:00:00Z", opening(before, "2026-03-29T00:30:00Z", berlin));
}

TEST(Windows, ClocksPutBackCloseTheRepeatedHourTwice) {
    const ZoneRules berlin = *ZoneRules::from_rule("CET-1CEST,M3.5.0,M10.5.0/3");
    const Windows half({{60, 150, kEveryDay}});  // 01:00 to 02:30
    EXPECT_EQ("2026-10-25T00:30:00Z", opening(half, "2026-10-25T00:00:00Z", berlin));
    EXPECT_FALSE(half.is_open(at("2026-10-25T01:00:00Z"), berlin)) << "02:00 again";
    EXPECT_EQ("2026-10-25T01:30:00Z", opening(half, "2026-10-25T01:00:00Z", berlin));
    const Windows until_three({{60, 180, kEveryDay}});
    EXPECT_EQ("2026-10-25T02:00:00Z", opening(until_three, "2026-10-24T23:00:00Z", berlin)) << "three hours by the sun";
}

TEST(Windows, TheNextOpeningIsTheFirstOpenMoment) {
    const Windows windows({window(7, 18, kMondayToFriday), window(22, 2), {150, 155, kSaturday}});
    for (const char* rule : {"UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"}) {
        const ZoneRules zone = *ZoneRules::from_rule(rule);
        const Time end = at("2026-11-05T00:00:00Z");
        for (Time from = at("2026-10-01T00:00:07Z"); from < end; from.ns += 47 * kMinute) {
            const auto next = windows.next_opening(from, zone);
            ASSERT_TRUE(next);
            EXPECT_TRUE(windows.is_open(*next, zone));
            for (Time closed = from; closed < *next; closed.ns += kMinute) EXPECT_FALSE(windows.is_open(closed, zone));
            if (*next != from) {
                EXPECT_FALSE(windows.is_open(Time{next->ns - 1}, zone));
            }
        }
    }
}

}  // namespace
}  // namespace custody::test
