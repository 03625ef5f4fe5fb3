#include "daemon/schedule/cron.h"

#include "base/text.h"
#include "daemon/schedule/cron_fields.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <vector>

namespace custody {
namespace {

constexpr std::int64_t kMinuteSeconds = 60, kDaySeconds = 86'400;
constexpr int kMinutesOfDay = 24 * 60;
// 1678 to 2261, whole years of Time: no search goes beyond.
constexpr std::int64_t kFirstDay = -106'600, kLastDay = 106'600;
constexpr std::size_t kMostText = 200;

struct Alias {
    std::string_view name, fields;
};
constexpr std::array<Alias, 7> kAliases = {{{"@hourly", "0 * * * *"},
                                            {"@daily", "0 0 * * *"},
                                            {"@midnight", "0 0 * * *"},
                                            {"@weekly", "0 0 * * 0"},
                                            {"@monthly", "0 0 1 * *"},
                                            {"@yearly", "0 0 1 1 *"},
                                            {"@annually", "0 0 1 1 *"}}};

std::int64_t floor_divided(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

std::int64_t floor_day(std::int64_t local) { return floor_divided(local, kDaySeconds) * kDaySeconds; }

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const std::size_t begin = text.find_first_not_of(" \t");
        if (begin == std::string_view::npos) break;
        text.remove_prefix(begin);
        const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return words;
}

Result<std::vector<std::string_view>> fields_of(std::string_view text) {
    std::vector<std::string_view> words = words_of(text);
    if (words.size() == 1 && words.front().starts_with('@')) {
        const auto alias =
            std::find_if(kAliases.begin(), kAliases.end(), [&](const Alias& known) { return known.name == words.front(); });
        if (alias != kAliases.end()) return words_of(alias->fields);
        return Error{Code::usage,
                     say("schedule '{}' is not known; allowed are @hourly, @daily, @weekly, @monthly, @yearly, or five "
                         "fields such as 30 1 * * *",
                         printable(text))};
    }
    if (words.size() == 5) return words;
    return Error{Code::usage,
                 say("schedule '{}' has {} fields and not five: minute, hour, day of month, month, day of week; every "
                     "night at half past one is 30 1 * * *",
                     printable(text), words.size())};
}

std::optional<Time> as_time(std::optional<std::int64_t> seconds) {
    constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max() / kSecond;
    if (!seconds || *seconds > kLatest || *seconds < -kLatest) return std::nullopt;
    return Time{*seconds * kSecond};
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
    if (text.size() > kMostText)
        return Error{Code::usage,
                     say("schedule '{}...' is too long: {} bytes at most", printable(text.substr(0, 40)), kMostText)};
    TRY_ASSIGN(const std::vector<std::string_view> words, fields_of(text));
    TRY_ASSIGN(const CronField minute, parse_cron_field(CronFieldKind::minute, words[0], text));
    TRY_ASSIGN(const CronField hour, parse_cron_field(CronFieldKind::hour, words[1], text));
    TRY_ASSIGN(const CronField day, parse_cron_field(CronFieldKind::day, words[2], text));
    TRY_ASSIGN(const CronField month, parse_cron_field(CronFieldKind::month, words[3], text));
    TRY_ASSIGN(const CronField weekday, parse_cron_field(CronFieldKind::weekday, words[4], text));
    Cron cron;
    cron.text_ = text;
    for (std::size_t i = 0; i < cron.minutes_.size(); ++i) cron.minutes_[i] = hour.allowed[i / 60] && minute.allowed[i % 60];
    for (std::size_t i = 0; i < cron.days_.size(); ++i) cron.days_[i] = day.allowed[i];
    for (std::size_t i = 0; i < cron.months_.size(); ++i) cron.months_[i] = month.allowed[i];
    for (std::size_t i = 0; i < cron.weekdays_.size(); ++i) cron.weekdays_[i] = weekday.allowed[i];
    cron.either_day_ = !day.begins_with_star && !weekday.begins_with_star;
    cron.every_hour_ = hour.allowed.count() == 24;
    if (cron.is_possible()) return cron;
    return Error{Code::usage, say("schedule '{}' never comes: no month in field 4 has a day of field 3", printable(text))};
}

// Every date but 29 February falls on every weekday within 11 years, and that one within 40.
bool Cron::is_possible() const {
    constexpr std::array<std::size_t, 13> kDays = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (either_day_) return true;
    for (std::size_t month = 1; month <= 12; ++month) {
        for (std::size_t day = 1; months_[month] && day <= kDays[month]; ++day) {
            if (days_[day]) return true;
        }
    }
    return false;
}

bool Cron::matches_day(std::int64_t day) const {
    const std::chrono::sys_days at{std::chrono::days(day)};
    const std::chrono::year_month_day date(at);
    if (!months_[static_cast<unsigned>(date.month())]) return false;
    const bool by_date = days_[static_cast<unsigned>(date.day())];
    const bool by_weekday = weekdays_[std::chrono::weekday(at).c_encoding()];
    return either_day_ ? by_date || by_weekday : by_date && by_weekday;
}

// The first local time at or after, in seconds; always a whole minute.
std::optional<std::int64_t> Cron::next_local(std::int64_t local) const {
    const std::int64_t minute = -floor_divided(-local, kMinuteSeconds);
    std::int64_t day = floor_divided(minute, kMinutesOfDay);
    std::int64_t of_day = minute - day * kMinutesOfDay;
    for (; day <= kLastDay; ++day, of_day = 0) {
        if (day < kFirstDay || !matches_day(day)) continue;
        for (; of_day < kMinutesOfDay; ++of_day) {
            if (minutes_[static_cast<std::size_t>(of_day)]) return day * kDaySeconds + of_day * kMinuteSeconds;
        }
    }
    return std::nullopt;
}

// The last local time at or before.
std::optional<std::int64_t> Cron::previous_local(std::int64_t local) const {
    const std::int64_t minute = floor_divided(local, kMinuteSeconds);
    std::int64_t day = floor_divided(minute, kMinutesOfDay);
    std::int64_t of_day = minute - day * kMinutesOfDay;
    for (; day >= kFirstDay; --day, of_day = kMinutesOfDay - 1) {
        if (day > kLastDay || !matches_day(day)) continue;
        for (; of_day >= 0; --of_day) {
            if (minutes_[static_cast<std::size_t>(of_day)]) return day * kDaySeconds + of_day * kMinuteSeconds;
        }
    }
    return std::nullopt;
}

// Between two changes local and real time run alike: each stretch is searched for itself.
std::optional<std::int64_t> Cron::next_interval(std::int64_t after, const ZoneRules& zone) const {
    for (std::int64_t from = after + 1;;) {
        const std::int32_t offset = zone.offset_at(from);
        const auto local = next_local(from + offset);
        if (!local) return std::nullopt;
        const auto change = zone.next_change(from);
        if (!change || *local - offset < change->at) return *local - offset;
        from = change->at;
    }
}

std::optional<std::int64_t> Cron::previous_interval(std::int64_t at, const ZoneRules& zone) const {
    for (;;) {
        const std::int32_t offset = zone.offset_at(at);
        const auto local = previous_local(at + offset);
        if (!local) return std::nullopt;
        const auto change = zone.last_change(at);
        if (!change || *local - offset >= change->at) return *local - offset;
        at = change->at - 1;
    }
}

std::optional<Time> Cron::next_after(Time time, const ZoneRules& zone) const {
    if (time.ns > kLastDay * kDay) return std::nullopt;
    const std::int64_t seconds = std::max(time, Time{kFirstDay * kDay}).seconds();
    if (every_hour_) return as_time(next_interval(seconds, zone));
    // A local time whose first moment is past is one that the clock has shown already.
    const auto local = next_local(zone.furthest_shown(seconds) + 1);
    return local ? as_time(zone.first_showing(*local)) : std::nullopt;
}

std::optional<Time> Cron::previous_before(Time time, const ZoneRules& zone) const {
    if (time.ns < kFirstDay * kDay) return std::nullopt;
    time = std::min(time, Time{kLastDay * kDay});
    const std::int64_t seconds = time.seconds() - (time.ns == time.seconds() * kSecond ? 1 : 0);
    if (every_hour_) return as_time(previous_interval(seconds, zone));
    const auto local = previous_local(zone.furthest_shown(seconds));
    return local ? as_time(zone.first_showing(*local)) : std::nullopt;
}

// The longest time between two runs of one day on which no clock changes.
std::int64_t Cron::gap_within_day() const {
    std::int64_t worst = 0, last = -1;
    for (std::int64_t of_day = 0; of_day < kMinutesOfDay; ++of_day) {
        if (!minutes_[static_cast<std::size_t>(of_day)]) continue;
        if (last >= 0) worst = std::max(worst, of_day - last);
        last = of_day;
    }
    return worst * kMinute;
}

// Days are alike but for those about a change of the clocks: of each only the first and the last run are asked for.
std::int64_t worst_gap(const Cron& cron, const ZoneRules& zone, Time from, int years) {
    constexpr Time kEnd{kLastDay * kDay};
    const std::int64_t span = std::int64_t{std::clamp(years, 1, 200)} * 366 * kDay;
    const Time until{std::min(from.ns, kEnd.ns - span) + span};
    std::int64_t worst = 0;
    std::optional<Time> last = cron.next_after(from, zone);
    if (!last) return std::max(std::int64_t{0}, kEnd.ns - from.ns);
    while (*last <= until) {
        const std::int64_t seconds = last->seconds(), of_day = zone.local_at(seconds) - floor_day(zone.local_at(seconds));
        const auto change = zone.next_change(seconds - 3 * kDaySeconds);
        const bool is_alike = !change || change->at > seconds + 3 * kDaySeconds;
        const Time begin{(seconds - of_day) * kSecond}, end{(seconds - of_day + kDaySeconds) * kSecond};
        const auto before = cron.previous_before(*last, zone);
        if (is_alike && (!before || *before < begin)) {
            worst = std::max(worst, cron.gap_within_day());
            last = cron.previous_before(end, zone);  // itself at least
        }
        const auto next = cron.next_after(*last, zone);
        if (!next) return std::max(worst, kEnd.ns - last->ns);
        worst = std::max(worst, next->ns - last->ns);
        last = next;
    }
    return worst;
}

}  // namespace custody
