// Cron expressions: what they match, what is refused and in which words, changes of the clocks both ways, and the longest gap.
#include "daemon/schedule/cron.h"

#include "tests/support/results.h"

#include <vector>

namespace custody::test {
namespace {

constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";

ZoneRules zone(const char* rule) { return *ZoneRules::from_rule(rule); }
Time at(const char* utc) { return *parse_time(utc); }
Cron cron(const char* text) {
    auto parsed = Cron::parse(text);
    EXPECT_TRUE(is_ok(parsed)) << text;
    return parsed ? *parsed : *Cron::parse("@yearly");
}

// The runs after `from`, in UTC.
std::vector<std::string> runs(const char* expression, const char* from, std::size_t count, const ZoneRules& rules = ZoneRules()) {
    std::vector<std::string> times;
    Time last = at(from);
    while (times.size() < count) {
        const auto next = cron(expression).next_after(last, rules);
        if (!next) break;
        EXPECT_GT(*next, last);
        times.push_back(to_rfc3339_utc(*next));
        last = *next;
    }
    return times;
}
using Runs = std::vector<std::string>;

TEST(Cron, RunsAtWhatItSays) {
    EXPECT_EQ((Runs{"2026-11-04T01:30:00Z", "2026-11-05T01:30:00Z"}), runs("30 1 * * *", "2026-11-03T01:30:00Z", 2));
    EXPECT_EQ((Runs{"2026-11-03T01:30:00Z"}), runs("30 1 * * *", "2026-11-03T01:29:59.999999999Z", 1));
    EXPECT_EQ((Runs{"2026-11-03T18:30:00Z"}), runs("30 1 * * *", "2026-11-03T02:00:00Z", 1, zone("<+07>-7")));
    EXPECT_EQ((Runs{"2026-11-03T00:00:00Z", "2026-11-03T00:20:00Z", "2026-11-03T00:40:00Z", "2026-11-03T01:00:00Z"}),
              runs("*/20 * * * *", "2026-11-02T23:59:00Z", 4));
    EXPECT_EQ((Runs{"2026-11-06T08:00:00Z", "2026-11-06T10:00:00Z", "2026-11-09T08:00:00Z"}),
              runs("0 8-10/2 * * mon-fri", "2026-11-06T00:00:00Z", 3));
    EXPECT_EQ((Runs{"2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z", "2027-03-31T00:00:00Z"}),
              runs("0 0 31 * *", "2026-11-03T00:00:00Z", 3));
    EXPECT_EQ((Runs{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}), runs("0 0 29 feb *", "2026-11-03T00:00:00Z", 2));
    EXPECT_EQ((Runs{"2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"}), runs("0 0 29 2 *", "2095-01-01T00:00:00Z", 2));
    EXPECT_EQ((Runs{"2026-11-08T00:00:00Z"}), runs("0 0 * * 7", "2026-11-03T00:00:00Z", 1));
    EXPECT_EQ((Runs{"2026-11-08T00:00:00Z"}), runs("0 0 * * SUN", "2026-11-03T00:00:00Z", 1));
    EXPECT_EQ((Runs{"2026-11-06T00:00:00Z", "2026-11-07T00:00:00Z", "2026-11-08T00:00:00Z", "2026-11-13T00:00:00Z"}),
              runs("0 0 * * fri-sun", "2026-11-03T00:00:00Z", 4));
    EXPECT_EQ((Runs{"2027-01-01T00:00:00Z"}), runs("@yearly", "2026-11-03T00:00:00Z", 1));
    EXPECT_EQ((Runs{"2026-12-01T00:00:00Z"}), runs("@monthly", "2026-11-03T00:00:00Z", 1));
    EXPECT_EQ((Runs{"2026-11-08T00:00:00Z"}), runs("  @weekly ", "2026-11-03T00:00:00Z", 1));
    EXPECT_EQ((Runs{"2026-11-03T01:00:00Z"}), runs("@hourly", "2026-11-03T00:00:00Z", 1));
}

TEST(Cron, EitherDayMatchesWhereBothAreRestricted) {
    EXPECT_EQ((Runs{"2026-11-06T00:00:00Z", "2026-11-13T00:00:00Z", "2026-11-15T00:00:00Z", "2026-11-20T00:00:00Z"}),
              runs("0 0 15 * fri", "2026-11-03T00:00:00Z", 4));
    // A field that begins with * is not restricted: both must match.
    EXPECT_EQ((Runs{"2026-11-09T00:00:00Z", "2026-11-23T00:00:00Z"}), runs("0 0 */2 * mon", "2026-11-03T00:00:00Z", 2));
    EXPECT_EQ((Runs{"2027-02-04T00:00:00Z"}), runs("0 0 30 2 thu", "2026-11-03T00:00:00Z", 1)) << "possible by its weekday";
}

TEST(Cron, SpringForward) {
    const ZoneRules berlin = zone(kBerlin);
    // 02:30 does not exist on 29 March: 03:00 CEST is 01:00 UTC.
    EXPECT_EQ((Runs{"2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}),
              runs("30 2 * * *", "2026-03-27T12:00:00Z", 3, berlin));
    EXPECT_EQ((Runs{"2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:00:00Z"}),
              runs("0,30 2,3 * * *", "2026-03-29T00:00:00Z", 3, berlin))
        << "what the gap swallowed runs once, with what is due then anyway";
    EXPECT_EQ((Runs{"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}), runs("30 * * * *", "2026-03-29T00:00:00Z", 2, berlin))
        << "an interval makes nothing up";
}

TEST(Cron, FallBack) {
    const ZoneRules berlin = zone(kBerlin);
    EXPECT_EQ((Runs{"2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}),
              runs("30 2 * * *", "2026-10-23T12:00:00Z", 3, berlin))
        << "once, the first time";
    EXPECT_EQ((Runs{"2026-10-25T23:30:00Z"}), runs("30 0 * * *", "2026-10-25T01:30:00Z", 1, berlin));
    EXPECT_EQ((Runs{"2026-10-26T01:30:00Z"}), runs("30 2 * * *", "2026-10-25T01:15:00Z", 1, berlin))
        << "asked within the second hour: the run is past";
    EXPECT_EQ((Runs{"2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"}),
              runs("*/30 * * * *", "2026-10-25T00:00:00Z", 4, berlin))
        << "every real half hour";
}

TEST(Cron, ADayThatDidNotExistRunsAtItsEnd) {
    // The clocks of Samoa went from 29 to 31 December 2011; a rule cannot say so, a year of one zone with a jump can.
    const ZoneRules odd = zone("AAA12BBB-12,J100/0,J300/0");
    const auto run = cron("0 2 * * *").next_after(at("2026-04-10T11:59:00Z"), odd);
    ASSERT_TRUE(run);
    EXPECT_EQ("2026-04-10T12:00:00Z", to_rfc3339_utc(*run));
}

TEST(Cron, PreviousIsTheInverseOfNext) {
    for (const char* rule : {"UTC0", kBerlin, "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "AAA12BBB-12,J100/0,J300/0"}) {
        const ZoneRules rules = zone(rule);
        for (const char* text : {"30 2 * * *", "*/10 * * * *", "0 */2 * * *", "15,45 0-3 * * *", "0 0 1 * *", "7 3 * * mon"}) {
            const Cron expression = cron(text);
            for (const char* begin : {"2026-03-27T00:00:00Z", "2026-10-23T00:00:00Z"}) {
                Time last = at(begin);
                const Time end{last.ns + 17 * kDay};
                for (auto next = expression.next_after(last, rules); next && *next < end;
                     next = expression.next_after(*next, rules)) {
                    EXPECT_LT(last, *next) << rule << ' ' << text;
                    EXPECT_EQ(*next, expression.previous_before(Time{next->ns + 1}, rules)) << rule << ' ' << text;
                    const auto before = expression.previous_before(*next, rules);
                    ASSERT_TRUE(before);
                    EXPECT_EQ(*next, expression.next_after(*before, rules)) << rule << ' ' << text;
                    last = *next;
                }
            }
        }
    }
}

TEST(Cron, EndsWithTime) {
    const Time last = at("2261-12-31T00:00:00Z");
    EXPECT_FALSE(cron("0 0 29 2 *").next_after(last, ZoneRules()));
    EXPECT_FALSE(cron("* * * * *").next_after(Time{std::numeric_limits<std::int64_t>::max()}, ZoneRules()));
    EXPECT_FALSE(cron("* * * * *").previous_before(Time{std::numeric_limits<std::int64_t>::min()}, zone(kBerlin)));
    EXPECT_FALSE(cron("30 2 * * *").previous_before(Time{std::numeric_limits<std::int64_t>::min()}, zone(kBerlin)));
    EXPECT_FALSE(cron("30 2 * * *").next_after(Time{std::numeric_limits<std::int64_t>::max()}, zone(kBerlin)));
}

TEST(Cron, RefusesAndSaysWhichField) {
    const auto message = [](const char* text) {
        const auto parsed = Cron::parse(text);
        EXPECT_TRUE(fails_with(Code::usage, parsed)) << text;
        return parsed ? std::string() : parsed.error().message;
    };
    EXPECT_NE(std::string::npos, message("60 1 * * *").find("field 1 (minute) has '60'; allowed are 0-59"));
    EXPECT_NE(std::string::npos, message("0 24 * * *").find("field 2 (hour) has '24'"));
    EXPECT_NE(std::string::npos, message("0 1 0 * *").find("field 3 (day of month) has '0'"));
    EXPECT_NE(std::string::npos, message("0 1 * foo *").find("field 4 (month) has 'foo'"));
    EXPECT_NE(std::string::npos, message("0 1 * * mon,xyz").find("field 5 (day of week) has 'xyz'"));
    EXPECT_NE(std::string::npos, message("0 1 * *").find("4 fields"));
    EXPECT_NE(std::string::npos, message("@reboot").find("@daily"));
    EXPECT_NE(std::string::npos, message("0 0 30 2 *").find("never comes"));
    for (const char* text : {"",
                             " ",
                             "* * * * * *",
                             "0 0 31 4,6,9,11 *",
                             "5/10 * * * *",
                             "*/0 * * * *",
                             "10-5 * * * *",
                             "1, * * * *",
                             ",1 * * * *",
                             "1--2 * * * *",
                             "-1 * * * *",
                             "1- * * * *",
                             "* * * * 8",
                             "* * * 13 *",
                             "* * * jan-foo *",
                             "* * * * sat-mon",
                             "001 * * * *",
                             "1.5 * * * *",
                             "**/2 * * * *",
                             "*-5 * * * *",
                             "*/100 * * * *",
                             "jan * * * *",
                             "\x01 * * * *"})
        message(text);
    EXPECT_TRUE(fails_with(Code::usage, Cron::parse(std::string(100'000, '1'))));
}

TEST(Cron, LongestGap) {
    const Time from = at("2026-11-03T12:00:00Z");
    const ZoneRules berlin = zone(kBerlin);
    EXPECT_EQ(kDay, worst_gap(cron("30 1 * * *"), ZoneRules(), from, 8));
    EXPECT_EQ(25 * kHour, worst_gap(cron("30 1 * * *"), berlin, from, 1)) << "the night on which clocks are put back";
    EXPECT_EQ(31 * kDay, worst_gap(cron("@monthly"), ZoneRules(), from, 8));
    EXPECT_EQ(61 * kDay, worst_gap(cron("0 0 31 * *"), ZoneRules(), from, 8))
        << "from one month of 31 days over one that has fewer";
    EXPECT_EQ(366 * kDay, worst_gap(cron("@yearly"), ZoneRules(), from, 8));
    EXPECT_EQ(1461 * kDay, worst_gap(cron("0 0 29 2 *"), ZoneRules(), from, 8));
    EXPECT_EQ((8 * 365 + 1) * kDay, worst_gap(cron("0 0 29 2 *"), ZoneRules(), at("2095-01-01T00:00:00Z"), 8));
    EXPECT_EQ(kMinute, worst_gap(cron("* * * * *"), berlin, from, 1));
    EXPECT_EQ(10 * kMinute, worst_gap(cron("*/10 * * * *"), berlin, from, 1));
    EXPECT_EQ(16 * kHour, worst_gap(cron("0 1,9 * * *"), ZoneRules(), from, 1));
    EXPECT_EQ(3 * kDay, worst_gap(cron("0 2 * * mon-fri"), ZoneRules(), from, 1));
}

// The short way gives what looking at every run gives.
TEST(Cron, LongestGapIsExact) {
    const Time from = at("2026-11-03T12:34:56Z");
    for (const char* rule : {kBerlin, "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "AAA12BBB-12,J100/0,J300/0"}) {
        const ZoneRules rules = zone(rule);
        for (const char* text :
             {"7 3 * * *", "0 */3 * * *", "30 1-4 * * sun", "0 22 1,15 * *", "10 0,23 * 2-4 *", "45 * 28 * *"}) {
            const Cron expression = cron(text);
            std::int64_t worst = 0;
            auto last = expression.next_after(from, rules);
            while (last && *last <= Time{from.ns + 366 * kDay}) {
                const auto next = expression.next_after(*last, rules);
                worst = std::max(worst, next->ns - last->ns);
                last = next;
            }
            EXPECT_EQ(worst, worst_gap(expression, rules, from, 1)) << rule << ' ' << text;
        }
    }
}

}  // namespace
}  // namespace custody::test
