// The clock seam. Times are nanoseconds since 1970-01-01T00:00:00Z, signed; durations are nanoseconds.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace custody {

struct Time {
    std::int64_t ns = 0;
    auto operator<=>(const Time&) const = default;
    [[nodiscard]] std::int64_t seconds() const { return ns >= 0 ? ns / 1'000'000'000 : -((-ns + 999'999'999) / 1'000'000'000); }
};

inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kMinute = 60 * kSecond;
inline constexpr std::int64_t kHour = 60 * kMinute;
inline constexpr std::int64_t kDay = 24 * kHour;

class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Time now() const = 0;  // wall clock; may jump
    [[nodiscard]] virtual std::int64_t monotonic_ns() const = 0;
};

// The system's clocks; one instance for the life of the program, safe from any thread.
[[nodiscard]] const Clock& system_clock();

// RFC 3339: `2026-11-03T02:00:00.123456789Z` (fraction only when not zero), or with the local offset.
[[nodiscard]] std::string to_rfc3339_utc(Time time);
[[nodiscard]] std::string to_rfc3339_local(Time time);
// Accepts full RFC 3339, `2026-11-03` (local midnight) and `2026-11-03T02:00[:30]` (local). Code::usage otherwise.
[[nodiscard]] Result<Time> parse_time(std::string_view text);
// `90s`, `15m`, `24h`, `30d`, `8w`: nanoseconds. Code::usage otherwise, and beyond 64 bits (292 years).
[[nodiscard]] Result<std::int64_t> parse_duration(std::string_view text);

}  // namespace custody
