// Duty I5: what was restored passes the [scan] command before anybody uses it; what it finds is named, moved out of reach, and
// told to the service, which records it and alerts people.
//
// Threads: one. Errors: those of scan_path; a service that is not there is no error, for the words stand on this terminal too.
#pragma once

#include "cli/context.h"
#include "daemon/scan.h"

#include <string>
#include <vector>

namespace custody {

struct RestoredPlaces {
    std::string target;              // absolute
    std::vector<std::string> paths;  // of the snapshot, that were brought back
    std::string strip_prefix;        // as restore was told; may be empty
};
// Where they lie now; the target as a whole where that cannot be said more exactly. Pure.
[[nodiscard]] std::vector<std::string> places_to_scan(const RestoredPlaces& restored);

struct RestoredScan {
    ScanVerdict verdict = ScanVerdict::not_set;  // the gravest
    std::vector<ScanFinding> findings;
    std::vector<std::string> words;  // one line each
    [[nodiscard]] bool is_clean() const { return verdict == ScanVerdict::not_set || verdict == ScanVerdict::clean; }
};
// Nothing is done where no command is set.
[[nodiscard]] Result<RestoredScan> scan_restored(Context& context, const RestoredPlaces& restored, const std::string& snapshot);

[[nodiscard]] Json json_of(const RestoredScan& scan);

}  // namespace custody
