// What `custody status` and GET /v1/status say: is everything protected that must be, since when, where are the copies, and what
// needs a person. A plain struct that the service's work fills from catalogue and media; the words are its own, the form is
// docs/API.md's.
//
// Values. Threads: any. Units: bytes; times of the wall clock.
#pragma once

#include "base/clock.h"
#include "base/records/canonical_json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace custody {

struct PlanStatus {
    std::string name, label;
    bool important = false;
    std::string state;  // "protected", "late", "failing", "never", "waiting_for_key"
    bool running = false;
    std::optional<Time> last_success, last_run, next_run;
    std::string last_error;  // one line; empty: none
    std::uint64_t copies = 0, copies_wanted = 0;
};

struct MediumStatus {
    std::string name, place, custodian;
    std::string state;  // "in_use", "off_site", "owed", "retired", "erased"
    bool present = false;
    bool may_be_removed = false;  // it is in step and unmounted: có thể rút đĩa
    std::uint64_t owed_snapshots = 0;
    std::optional<Time> owed_since, last_verified;
    std::optional<std::uint64_t> free_bytes, size_bytes;
};

// Something that a person has to do: what is the matter, what is still safe, what to type.
struct NeedsPerson {
    std::string what, safe, type;
};

struct StatusFacts {
    Time now, started;
    bool all_protected = false;
    std::vector<PlanStatus> plans;
    std::vector<MediumStatus> media;
    std::uint64_t jobs_running = 0, jobs_queued = 0, alerts_queued = 0;
    std::vector<std::string> not_covered;  // mounted file systems and databases in no plan (B10)
    std::vector<std::string> exceptions;   // recorded ones, a line each
    std::vector<NeedsPerson> needs;        // what needs a person, the most urgent first
};

[[nodiscard]] Json to_json(const StatusFacts& facts);

}  // namespace custody
