#include "base/file_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace custody {
namespace {

std::string date_and_time(const std::tm& tm, std::uint32_t nanoseconds) {
    const std::int64_t year = std::int64_t{tm.tm_year} + 1900;
    std::string text = year >= 0 && year <= 9999 ? fmt::format("{:04}", year) : fmt::format("{:+07}", year);
    text += fmt::format("-{:02}-{:02}T{:02}:{:02}:{:02}", tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (nanoseconds != 0) text += fmt::format(".{:09}", nanoseconds);
    return text;
}

}  // namespace

FileTime to_file_time(Time time) {
    std::int64_t seconds = time.ns / kSecond;
    std::int64_t rest = time.ns % kSecond;
    if (rest < 0) {
        rest += kSecond;
        --seconds;
    }
    return {seconds, static_cast<std::uint32_t>(rest)};
}

FileTime to_file_time(const timespec& time) {
    return {time.tv_sec, static_cast<std::uint32_t>(std::clamp(time.tv_nsec, 0L, static_cast<long>(kSecond) - 1))};
}

timespec to_timespec(FileTime time) { return {time.seconds, static_cast<long>(time.nanoseconds)}; }

Time nearest_time(FileTime time) {
    constexpr Time kFirst{std::numeric_limits<std::int64_t>::min()}, kLast{std::numeric_limits<std::int64_t>::max()};
    if (time <= to_file_time(kFirst)) return kFirst;
    if (time >= to_file_time(kLast)) return kLast;
    // The second of the earliest times begins before what 64 bits hold: counted from its end.
    if (time.seconds < 0) return {(time.seconds + 1) * kSecond - (kSecond - std::int64_t{time.nanoseconds})};
    return {time.seconds * kSecond + std::int64_t{time.nanoseconds}};
}

bool are_within(FileTime a, FileTime b, std::uint32_t seconds) {
    if (b < a) std::swap(a, b);
    // Of unsigned numbers even the longest difference is exact.
    const std::uint64_t apart = static_cast<std::uint64_t>(b.seconds) - static_cast<std::uint64_t>(a.seconds);
    return apart < seconds || (apart == seconds && b.nanoseconds <= a.nanoseconds);
}

std::string to_rfc3339_utc(FileTime time) {
    const std::time_t seconds = time.seconds;
    std::tm tm{};
    if (gmtime_r(&seconds, &tm) == nullptr) return fmt::format("@{}", time.seconds);
    return date_and_time(tm, time.nanoseconds) + "Z";
}

std::string to_rfc3339_local(FileTime time) {
    const std::time_t seconds = time.seconds;
    std::tm tm{};
    if (localtime_r(&seconds, &tm) == nullptr) return fmt::format("@{}", time.seconds);
    const long minutes = (tm.tm_gmtoff < 0 ? -tm.tm_gmtoff : tm.tm_gmtoff) / 60;
    return date_and_time(tm, time.nanoseconds) +
           fmt::format("{}{:02}:{:02}", tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

}  // namespace custody
