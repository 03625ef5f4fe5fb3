// How long log files keep what was written into them, read from logrotate's configuration and from journald's: a plan that backs
// logs up less often than that loses entries between two runs (duty B12).
//
// The horizon of a file is the least time for which a line is sure to exist: `rotate N` periods, or `maxage` where that is less;
// with rotation by size (size, maxsize) a period counts as a day, for logrotate runs daily. Of journald it is MaxRetentionSec;
// what only sizes bound (SystemMaxUse) is no time, and is said so. What this cannot understand is said with file and line, never
// guessed.
//
// Parsing is pure and bounded (kMaxRotationConfig a file, kMaxConfigFiles, kMaxIncludeDepth); files are read through FileSystem.
// Ownership: values. Threads: safe. Units: ns. Errors: those of reading /etc/logrotate.conf and journald.conf, not_found aside.
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace custody {

inline constexpr std::uint64_t kMaxRotationConfig = 1024 * 1024;
inline constexpr std::size_t kMaxConfigFiles = 1000;
inline constexpr int kMaxIncludeDepth = 8;

struct RotationPlaces {
    std::string logrotate = "/etc/logrotate.conf";
    // Later ones count more; in each "journald.conf" and "journald.conf.d/*.conf".
    std::vector<std::string> journald = {"/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd"};
    std::vector<std::string> journals = {"/var/log/journal", "/run/log/journal"};
};

struct RotationHorizon {
    std::string what;                        // the pattern: "/var/log/syslog", "/var/log/journal"
    std::string from;                        // "/etc/logrotate.d/rsyslog:1"
    std::optional<std::int64_t> horizon_ns;  // none: bounded by size alone
};
struct RotationReport {
    std::vector<RotationHorizon> horizons;
    std::vector<std::string> not_understood;  // "/etc/logrotate.d/x:7: ..."
};

// Of the files at or below `paths` (absolute).
[[nodiscard]] Result<RotationReport> read_rotation(FileSystem& files, const std::vector<std::string>& paths,
                                                   const RotationPlaces& places = {});
// The shortest of those that are a time; null: there is none.
[[nodiscard]] const RotationHorizon* shortest_horizon(const RotationReport& report);
// refused, naming B12: a plan whose runs lie `interval_ns` apart at most would lose entries.
[[nodiscard]] Status check_log_interval(const RotationReport& report, const std::string& plan, std::int64_t interval_ns);

}  // namespace custody
