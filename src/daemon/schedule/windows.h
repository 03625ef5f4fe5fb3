// The times of the week in which no run begins of itself (`not_between`). Judged by what the local clock shows, minute by minute:
// where clocks are put back, a window that lies in the repeated hour is closed both times; where they are put forward over its
// end, it opens with the change. A run that began before goes on to its end, and one that a person asks for does not wait.
//
// Pure values; safe from any thread.
#pragma once

#include "base/clock.h"
#include "daemon/config/config.h"
#include "daemon/schedule/zone.h"

#include <bitset>
#include <optional>
#include <vector>

namespace custody {

class Windows {
public:
    Windows() = default;  // always open
    // A window whose end is not after its beginning goes over midnight and belongs to the day on which it begins; 00:00-00:00
    // (also written 24:00) is that whole day.
    explicit Windows(const std::vector<DayWindow>& closed);

    // Closed the whole week: nothing would ever run, and a configuration that says so is refused.
    [[nodiscard]] bool never_open() const { return closed_.all(); }
    [[nodiscard]] bool is_open(Time time, const ZoneRules& zone) const;
    // The first moment at or after; absent: never_open(), or beyond the end of Time.
    [[nodiscard]] std::optional<Time> next_opening(Time time, const ZoneRules& zone) const;

private:
    static constexpr std::size_t kMinutesOfDay = 24 * 60;
    static constexpr std::size_t kMinutesOfWeek = 7 * kMinutesOfDay;
    std::bitset<kMinutesOfWeek> closed_;  // from Sunday 00:00
};

}  // namespace custody
