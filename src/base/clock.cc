#include "base/clock.h"

#include "base/file_time.h"
#include "base/text.h"

#include <array>
#include <ctime>
#include <limits>
#include <optional>

namespace custody {
namespace {

class SystemClock final : public Clock {
public:
    [[nodiscard]] Time now() const override { return Time{read(CLOCK_REALTIME)}; }
    [[nodiscard]] std::int64_t monotonic_ns() const override { return read(CLOCK_MONOTONIC); }

private:
    static std::int64_t read(clockid_t clock) {
        timespec spec{};
        clock_gettime(clock, &spec);
        return spec.tv_sec * kSecond + spec.tv_nsec;
    }
};

struct CivilTime {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    std::int64_t ns = 0;
    std::optional<int> offset_seconds;  // absent: local time
};

// A bounded cursor over the text; every step says whether it succeeded.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}
    bool digits(std::size_t count, int& value) {
        if (text_.size() < count) return false;
        value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (text_[i] < '0' || text_[i] > '9') return false;
            value = value * 10 + (text_[i] - '0');
        }
        text_.remove_prefix(count);
        return true;
    }
    bool any_of(std::string_view characters, char* which = nullptr) {
        if (text_.empty() || characters.find(text_.front()) == std::string_view::npos) return false;
        if (which != nullptr) *which = text_.front();
        text_.remove_prefix(1);
        return true;
    }
    bool at_end() const { return text_.empty(); }

private:
    std::string_view text_;
};

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int days_in_month(int year, int month) {
    constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// At least one digit; what is finer than a nanosecond is cut off.
bool scan_fraction(Scanner& scan, std::int64_t& ns) {
    std::int64_t unit = kSecond;
    int digit = 0;
    bool any = false;
    while (scan.digits(1, digit)) {
        unit /= 10;
        ns += unit * digit;
        any = true;
    }
    return any;
}

bool scan_offset(Scanner& scan, CivilTime& civil) {
    if (scan.any_of("Zz")) {
        civil.offset_seconds = 0;
        return scan.at_end();
    }
    char sign = '+';
    int hours = 0, minutes = 0;
    if (!scan.any_of("+-", &sign) || !scan.digits(2, hours) || !scan.any_of(":") || !scan.digits(2, minutes)) return false;
    if (hours > 23 || minutes > 59 || !scan.at_end()) return false;
    civil.offset_seconds = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
    return true;
}

bool scan_time_of_day(Scanner& scan, CivilTime& civil) {
    if (!scan.digits(2, civil.hour) || !scan.any_of(":") || !scan.digits(2, civil.minute)) return false;
    if (civil.hour > 23 || civil.minute > 59) return false;
    if (scan.at_end()) return true;
    if (!scan.any_of(":") || !scan.digits(2, civil.second) || civil.second > 60) return false;  // 60: a leap second
    if (scan.at_end()) return true;
    if (scan.any_of(".") && !scan_fraction(scan, civil.ns)) return false;
    return scan_offset(scan, civil);
}

std::optional<CivilTime> scan_time(std::string_view text) {
    CivilTime civil;
    Scanner scan(text);
    if (!scan.digits(4, civil.year) || !scan.any_of("-") || !scan.digits(2, civil.month) || !scan.any_of("-") ||
        !scan.digits(2, civil.day))
        return std::nullopt;
    if (civil.month < 1 || civil.month > 12 || civil.day < 1 || civil.day > days_in_month(civil.year, civil.month))
        return std::nullopt;
    if (scan.at_end()) return civil;
    if (!scan.any_of("Tt ") || !scan_time_of_day(scan, civil)) return std::nullopt;
    return civil;
}

std::optional<std::int64_t> seconds_since_epoch(const CivilTime& civil) {
    std::tm tm{};
    tm.tm_year = civil.year - 1900;
    tm.tm_mon = civil.month - 1;
    tm.tm_mday = civil.day;
    tm.tm_hour = civil.hour;
    tm.tm_min = civil.minute;
    tm.tm_sec = civil.second;
    if (civil.offset_seconds) return timegm(&tm) - *civil.offset_seconds;
    tm.tm_isdst = -1;
    tm.tm_wday = -1;  // mktime sets it when it succeeds; -1 alone as a result is also a valid time
    const std::time_t seconds = mktime(&tm);
    if (tm.tm_wday < 0) return std::nullopt;
    return seconds;
}

}  // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

std::string to_rfc3339_utc(Time time) { return to_rfc3339_utc(to_file_time(time)); }
std::string to_rfc3339_local(Time time) { return to_rfc3339_local(to_file_time(time)); }

Result<Time> parse_time(std::string_view text) {
    const auto civil = scan_time(text);
    const auto seconds = civil ? seconds_since_epoch(*civil) : std::nullopt;
    constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max() / kSecond - 1;
    if (seconds && *seconds > kLimit) {
        return Error{Code::usage, say("'{}' is too late: the latest time possible is {}", printable(text),
                                      to_rfc3339_utc(Time{kLimit * kSecond}))};
    }
    if (!seconds || *seconds > kLimit || *seconds < -kLimit) {
        return Error{
            Code::usage,
            say("'{}' is not a time; write it like 2026-11-03, 2026-11-03T02:00 or 2026-11-03T02:00:00+07:00", printable(text))};
    }
    return Time{*seconds * kSecond + civil->ns};
}

Result<std::int64_t> parse_duration(std::string_view text) {
    constexpr std::string_view kUnits = "smhdw";
    constexpr std::array<std::int64_t, 5> kSizes = {kSecond, kMinute, kHour, kDay, 7 * kDay};
    const Error refused{Code::usage, say("'{}' is not a duration; write it like 90s, 15m, 24h, 30d or 8w", printable(text))};
    if (text.size() < 2) return refused;
    const std::size_t unit = kUnits.find(text.back());
    if (unit == std::string_view::npos) return refused;
    std::int64_t count = 0;
    for (const char digit : text.substr(0, text.size() - 1)) {
        if (digit < '0' || digit > '9') return refused;
        count = count * 10 + (digit - '0');
        if (count > std::numeric_limits<std::int64_t>::max() / kSizes[unit]) return refused;
    }
    return count * kSizes[unit];
}

}  // namespace custody
