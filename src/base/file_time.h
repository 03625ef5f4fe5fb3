// A file's time as file systems keep it: whole seconds since 1970-01-01T00:00:00Z, which may lie many centuries away on either
// side, and the nanoseconds that follow them; half a second before 1970 is {-1, 500'000'000}. What this program itself does
// happens at a Time (base/clock.h).
// Threads: values. Errors: none.
#pragma once

#include "base/clock.h"

#include <cstdint>
#include <ctime>
#include <string>

namespace custody {

struct FileTime {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;  // below a second
    auto operator<=>(const FileTime&) const = default;
};

[[nodiscard]] FileTime to_file_time(Time time);
// A damaged file system may show more nanoseconds than a second has: then the last one.
[[nodiscard]] FileTime to_file_time(const timespec& time);
[[nodiscard]] timespec to_timespec(FileTime time);
// The nearest that 64 bits of nanoseconds hold (1677 to 2262).
[[nodiscard]] Time nearest_time(FileTime time);
// No more than so many seconds apart.
[[nodiscard]] bool are_within(FileTime a, FileTime b, std::uint32_t seconds);

// RFC 3339 like those of Time. The years that it does not know are written as ISO 8601 expands them, with a sign and at least six
// digits (`+012345-01-01T00:00:00Z`, `-000044-03-15T12:00:00Z`), those that no calendar reaches as `@` and the seconds.
[[nodiscard]] std::string to_rfc3339_utc(FileTime time);
[[nodiscard]] std::string to_rfc3339_local(FileTime time);

}  // namespace custody
