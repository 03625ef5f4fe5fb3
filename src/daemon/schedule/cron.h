// Cron expressions: five fields (minute, hour, day of month, month, day of week), each `*`, numbers, ranges `1-5`, steps `*/10`
// and `8-18/2`, lists of these with commas; months and days of the week also by their English names (jan-dec, mon-sun; 0 and 7
// are both Sunday); or one of @hourly @daily @midnight @weekly @monthly @yearly @annually.
//
// As in Vixie's cron: where day of month and day of week are both restricted, a day that matches either runs; a field that begins
// with
// `*` (also `*/2`) does not count as restricted there, and then both must match.
//
// Local time, and what becomes of it when clocks change:
// - A time that does not exist that day (clocks put forward) runs at the first moment after the gap; several such, once.
// - A time that occurs twice (clocks put back) runs once, the first time.
// - Where every hour is allowed (hour `*`), the expression means an interval: it runs whenever the clock shows a time that
// matches,
//   the second time too, and nothing is made up for an hour that does not exist.
//
// Pure values; safe from any thread. Nothing here loops for ever: an expression that no date fits is refused when it is read, and
// a search ends with the year 2261, where Time does.
#pragma once

#include "base/clock.h"
#include "daemon/schedule/zone.h"

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

namespace custody {

class Cron {
public:
    // Code::usage: names the field, what it has and what is allowed there.
    [[nodiscard]] static Result<Cron> parse(std::string_view text);

    // Every hour is allowed: an interval, see above.
    [[nodiscard]] bool is_interval() const { return every_hour_; }
    // As it was written.
    [[nodiscard]] const std::string& text() const { return text_; }
    // The first run strictly after, and the last one strictly before; absent: none within the years that Time has.
    [[nodiscard]] std::optional<Time> next_after(Time time, const ZoneRules& zone) const;
    [[nodiscard]] std::optional<Time> previous_before(Time time, const ZoneRules& zone) const;

private:
    [[nodiscard]] bool is_possible() const;
    [[nodiscard]] bool matches_day(std::int64_t day) const;
    [[nodiscard]] std::optional<std::int64_t> next_local(std::int64_t local) const;
    [[nodiscard]] std::optional<std::int64_t> previous_local(std::int64_t local) const;
    [[nodiscard]] std::optional<std::int64_t> next_interval(std::int64_t after, const ZoneRules& zone) const;
    [[nodiscard]] std::optional<std::int64_t> previous_interval(std::int64_t at, const ZoneRules& zone) const;
    [[nodiscard]] std::int64_t gap_within_day() const;
    friend std::int64_t worst_gap(const Cron& cron, const ZoneRules& zone, Time from, int years);

    std::string text_;
    std::bitset<24 * 60> minutes_;  // of a day
    std::bitset<32> days_;          // 1 to 31
    std::bitset<13> months_;        // 1 to 12
    std::bitset<7> weekdays_;       // 0 Sunday
    bool either_day_ = false;       // day of month and day of week are both restricted
    bool every_hour_ = false;
};

// The longest time between two runs that follow each other, of all whose first one lies within `years` (at least 1) after `from`;
// for the question whether a plan runs as often as it must. The yearly expression of 29 February needs 8 years from 2096 to 2104.
// Where it never runs again: from the last run, or from `from`, to the end of Time. Units: nanoseconds.
[[nodiscard]] std::int64_t worst_gap(const Cron& cron, const ZoneRules& zone, Time from, int years);

}  // namespace custody
