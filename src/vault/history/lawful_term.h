// How long the snapshots of a label must be kept by law, whatever retention rules say. Settings may lengthen a term, never
// shorten it. Pure. Durations are nanoseconds.
#pragma once

#include "base/clock.h"

#include <string>
#include <string_view>

namespace custody {

struct LawfulTerm {
    std::int64_t length_ns = 0;  // 0: none beyond the retention rules
    std::string_view duty;       // the duty of the requirements that sets it; empty without one
};
[[nodiscard]] LawfulTerm lawful_term(std::string_view label_name);
// Of any label: for a snapshot whose label is not known.
[[nodiscard]] LawfulTerm longest_lawful_term();

// A snapshot dated after `now` is within every term: its clock cannot be believed.
[[nodiscard]] bool is_within_lawful_term(std::string_view label_name, Time snapshot, Time now);
[[nodiscard]] bool is_within(const LawfulTerm& term, Time snapshot, Time now);
// In words: the first whole second after the term, local time.
[[nodiscard]] std::string end_of(const LawfulTerm& term, Time snapshot);

}  // namespace custody
