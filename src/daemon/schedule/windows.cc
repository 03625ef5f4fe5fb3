#include "daemon/schedule/windows.h"

#include <algorithm>
#include <limits>

namespace custody {
namespace {

constexpr std::int64_t kWeekSeconds = 7 * 86'400;
constexpr std::int64_t kThursday = 4 * 86'400;  // on which 1970 began

std::size_t minute_of_week(std::int64_t local) {
    const std::int64_t rest = (local % kWeekSeconds + kWeekSeconds + kThursday) % kWeekSeconds;
    return static_cast<std::size_t>(rest / 60);
}

}  // namespace

Windows::Windows(const std::vector<DayWindow>& closed) {
    for (const DayWindow& window : closed) {
        const std::size_t from = window.from_minute, to = window.to_minute;
        const std::size_t length = to > from ? to - from : kMinutesOfDay - from + to;
        for (std::size_t day = 0; day < 7; ++day) {
            if ((window.days >> day & 1U) == 0) continue;
            for (std::size_t i = 0; i < length; ++i) closed_.set((day * kMinutesOfDay + from + i) % kMinutesOfWeek);
        }
    }
}

bool Windows::is_open(Time time, const ZoneRules& zone) const { return !closed_[minute_of_week(zone.local_at(time.seconds()))]; }

std::optional<Time> Windows::next_opening(Time time, const ZoneRules& zone) const {
    constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max() / kSecond - 2 * kWeekSeconds;
    if (is_open(time, zone)) return time;
    // Between two changes of the clock one week shows every minute there is.
    for (std::int64_t from = time.seconds(); !never_open() && from < kLatest;) {
        const std::int64_t local = zone.local_at(from);
        std::int64_t at = local;
        while (closed_[minute_of_week(at)] && at - local <= kWeekSeconds) at += 60 - (at % 60 + 60) % 60;
        const auto change = zone.next_change(from);
        if (!change || from + (at - local) < change->at) return Time{(from + (at - local)) * kSecond};
        from = change->at;
    }
    return std::nullopt;
}

}  // namespace custody
