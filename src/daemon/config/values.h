// The small languages inside configuration values: retention rules, windows of the day, sizes, I/O classes, exceptions,
// connection strings. Pure. Errors: usage, in words that say how the value is written; the caller adds where it stands.
#pragma once

#include "base/result.h"
#include "daemon/config/config.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace custody {

// "daily 14, weekly 8, monthly 12, yearly 5", also "last 3" and "within 30d"; each at most once, at least one.
[[nodiscard]] Result<RetentionRule> parse_retention(std::string_view text);
// The same form again, "within" last.
[[nodiscard]] std::string describe(const RetentionRule& rule);

// "07:30", 00:00 to 23:59, as minutes.
[[nodiscard]] Result<std::uint16_t> parse_time_of_day(std::string_view text);
// "07:30-17:30", "mon-fri 07:30-17:30", "sat,sun 00:00-24:00".
[[nodiscard]] Result<DayWindow> parse_window(std::string_view text);
// "07:30-17:30", with its days where they are not all.
[[nodiscard]] std::string describe(const DayWindow& window);

// "512", "64KiB", "50MiB", "2 GiB", "10MB": bytes.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
// A duration as configurations write it: "31d", "90s"; the largest unit that divides it.
[[nodiscard]] std::string describe_duration(std::int64_t ns);

// "idle", "normal", "best-effort", "best-effort:4".
[[nodiscard]] Status parse_io_priority(std::string_view text, Limits& into);

// Names a document by its number and says why: "QĐ 12/QĐ-UBND: one server room until May 2027". A number is a word with a digit
// and one of '/', '-' or a word that follows "số" or "no."; beside it there must be a reason of two words at least.
[[nodiscard]] Status check_exception(std::string_view text);

// A libpq connection string or URI without a password in it (which every list of processes and every copy of the file would
// show).
[[nodiscard]] Status check_conninfo(std::string_view text);

}  // namespace custody
