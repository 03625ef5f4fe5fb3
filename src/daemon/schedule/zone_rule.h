// The rule of a time zone in POSIX form ("CET-1CEST,M3.5.0,M10.5.0/3", "<+07>-7"), as TZ and the footer of a zone file have it
// (POSIX.1-2017 8.3; RFC 8536 3.3.1 lets the time of a change run from -167 to 167 hours). Pure values; safe from any thread.
// Units: seconds since 1970-01-01T00:00:00Z; offsets are seconds east of Greenwich.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace custody {

// A moment at which the local clock is put forward or back, and the offset from then on.
struct ZoneChange {
    std::int64_t at = 0;
    std::int32_t offset = 0;
};

// The day of a year on which a rule changes, and the local time of that day.
struct ZoneRuleDay {
    enum class Kind {
        julian,
        zero_based,
        weekday
    };  // J60: 29 February is never counted; 59: it is; M3.5.0: the last Sunday of March
    Kind kind = Kind::weekday;
    unsigned month = 1, week = 1, day = 0;  // day: of the year, or of the week (0: Sunday)
    std::int32_t time = 2 * 3600;
    // Local seconds of that moment.
    [[nodiscard]] std::int64_t in_year(int year) const;
};

class ZoneRule {
public:
    // Code::usage: not of this form, or an offset beyond 25 hours. Without rules for its summer time, those of the United States
    // count, as in the C library.
    [[nodiscard]] static Result<ZoneRule> parse(std::string_view text);

    // The offset where there is no summer time.
    [[nodiscard]] std::int32_t standard_offset() const { return standard_; }
    // All changes of these years, in order of time, one a moment; none where the zone has one offset for good.
    [[nodiscard]] std::vector<ZoneChange> changes_within(int first_year, int last_year) const;

private:
    struct Summer {
        std::int32_t offset = 0;
        ZoneRuleDay begins, ends;
    };
    std::int32_t standard_ = 0;
    std::optional<Summer> summer_;
    friend class ZoneRuleParser;
};

}  // namespace custody
