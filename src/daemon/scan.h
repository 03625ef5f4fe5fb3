// Duty I5: what was restored or copied in passes the [scan] command before it is used; a finding is named, moved out of reach,
// and recorded. The command gets one path as its last argument and says by its exit code what it found (clamscan, clamdscan and
// their like): 0 nothing, 1 something, anything else that it did not do its work.
//
// Threads: safe. Errors: not_found (no such command or path), interrupted, those of the file system. A command that fails, or
// whose time is up, is a result: nothing is ever taken for clean because it could not be scanned. Durable: a quarantined item is
// gone from its place, and its record written, when scan_path returns.
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "base/stop.h"

#include <string>
#include <vector>

namespace custody {

struct ScanOptions {
    std::vector<std::string> command;  // argument vector; empty: nothing is scanned
    std::int64_t limit_ns = kHour;     // of one call
    std::string quarantine;  // absolute; made with mode 0700. On another file system only single files can be moved there
};

enum class ScanVerdict { not_set, clean, found, not_scanned };
struct ScanFinding {
    std::string path;         // where it was, raw
    std::string threat;       // as the command names it; empty: it named none
    std::string quarantined;  // where it is now; empty: it could not be moved, `why_not` says why
    std::string why_not;
};
struct ScanResult {
    ScanVerdict verdict = ScanVerdict::not_set;
    std::vector<ScanFinding> findings;
    std::string words;  // one line: what was found or why it was not scanned, and what to do; empty when clean
};
// `path`: an absolute file or folder. Where the command names what it found ("PATH: NAME FOUND"), those files are moved away;
// where it does not, the whole of `path`.
[[nodiscard]] Result<ScanResult> scan_path(const ScanOptions& options, const std::string& path, const Clock& clock,
                                           const StopFlag& stop);

// "PATH: NAME FOUND", a line each, of paths that are `below` or below it. Pure.
[[nodiscard]] std::vector<ScanFinding> parse_findings(std::string_view output, std::string_view below);

}  // namespace custody
