// The rules of a medium's life, as pure functions: which state follows which, when one that owes is alerted, whose turn it is in
// a rotation, and when a disk can be taken out. Threads: any. Units: ns.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "catalog/words.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

// in_use: attached, or meant to be. off_site: away, and lacking nothing when it left. owed: away, and lacking copies that it
// should have. retired: keeps what it holds, gets nothing more. erased: holds nothing; the end (a disk that is used again is a
// new medium).
[[nodiscard]] bool may_become(catalog::MediumState from, catalog::MediumState to);
// refused, in words.
[[nodiscard]] Status check_transition(const std::string& medium, catalog::MediumState from, catalog::MediumState to);
// Retired and erased stay what they are; the others follow from where the medium is and what it lacks.
[[nodiscard]] catalog::MediumState state_now(catalog::MediumState before, bool is_attached, std::uint64_t copies_owed);

// From the time at which the first copy that it lacks was made. A clock that went back alerts nothing.
[[nodiscard]] bool owes_too_long(const std::optional<Time>& owed_since, std::int64_t owed_after_ns, Time now);

// Sets take turns in the order of their names, each for `every_ns`, beginning on a Monday at midnight of the local time.
struct RotationTurn {
    std::string set;
    Time from, until;
};
// None: there are no sets, or `every_ns` is not positive. `offset_ns`: local time minus UTC.
[[nodiscard]] std::optional<RotationTurn> rotation_turn(std::vector<std::string> sets, std::int64_t every_ns, Time now,
                                                        std::int64_t offset_ns);
// Whether a medium of that set ("": of none, wanted at all times) is expected now.
[[nodiscard]] bool is_wanted(const std::string& set, const std::optional<RotationTurn>& turn);

// For status and mail.
struct Departure {
    bool is_removable = false;
    bool is_mounted = false;
    std::uint64_t copies_owed = 0;  // that it lacks
    std::uint32_t jobs = 0;         // that use it now
};
[[nodiscard]] bool can_be_taken_out(const Departure& departure);
// "the disk disk-b can be taken out", or why not yet.
[[nodiscard]] std::string departure_in_words(const std::string& medium, const Departure& departure);

}  // namespace custody
