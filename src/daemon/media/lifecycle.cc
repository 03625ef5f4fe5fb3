#include "daemon/media/lifecycle.h"

#include "base/counts.h"
#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {

using catalog::MediumState;

constexpr std::int64_t kFirstMonday = 4 * kDay;  // 1970-01-05

bool is_ended(MediumState state) { return state == MediumState::retired || state == MediumState::erased; }

std::string in_words(MediumState state) {
    switch (state) {
        case MediumState::in_use:
            return say("in use");
        case MediumState::off_site:
            return say("kept elsewhere");
        case MediumState::owed:
            return say("owing copies");
        case MediumState::retired:
            return say("retired");
        case MediumState::erased:
            return say("erased");
    }
    return "";
}

// Towards the past, as a calendar counts.
std::int64_t divided_down(std::int64_t value, std::int64_t by) { return value / by - (value % by != 0 && value < 0 ? 1 : 0); }

}  // namespace

bool may_become(MediumState from, MediumState to) {
    if (from == to) return true;
    if (from == MediumState::erased) return false;
    // What it holds may be the last copy: who erases a medium retires it first, and a person may take that back until then.
    if (from == MediumState::retired) return to == MediumState::erased || to == MediumState::in_use;
    return to != MediumState::erased;
}

Status check_transition(const std::string& medium, MediumState from, MediumState to) {
    if (may_become(from, to)) return done();
    if (from == MediumState::erased)
        return Error{Code::refused,
                     say("the medium {} is erased and stays so in the register; prepare the disk and register it as a "
                         "new one",
                         printable(medium))};
    return Error{Code::refused,
                 say("the medium {} is {} and cannot become {}: retire it first, when what it holds is on another one",
                     printable(medium), in_words(from), in_words(to))};
}

MediumState state_now(MediumState before, bool is_attached, std::uint64_t copies_owed) {
    if (is_ended(before)) return before;
    if (is_attached) return MediumState::in_use;
    return copies_owed > 0 ? MediumState::owed : MediumState::off_site;
}

bool owes_too_long(const std::optional<Time>& owed_since, std::int64_t owed_after_ns, Time now) {
    return owed_since && now.ns > owed_since->ns && now.ns - owed_since->ns > owed_after_ns;
}

std::optional<RotationTurn> rotation_turn(std::vector<std::string> sets, std::int64_t every_ns, Time now,
                                          std::int64_t offset_ns) {
    std::sort(sets.begin(), sets.end());
    sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
    std::erase(sets, std::string());
    if (sets.empty() || every_ns <= 0) return std::nullopt;
    const std::int64_t number = divided_down(now.ns + offset_ns - kFirstMonday, every_ns);
    const std::int64_t count = static_cast<std::int64_t>(sets.size());
    const std::int64_t which = number - divided_down(number, count) * count;
    const std::int64_t begin = number * every_ns + kFirstMonday - offset_ns;
    return RotationTurn{sets[static_cast<std::size_t>(which)], Time{begin}, Time{begin + every_ns}};
}

bool is_wanted(const std::string& set, const std::optional<RotationTurn>& turn) {
    return set.empty() || !turn || turn->set == set;
}

bool can_be_taken_out(const Departure& departure) {
    return departure.is_removable && !departure.is_mounted && departure.copies_owed == 0 && departure.jobs == 0;
}

std::string departure_in_words(const std::string& medium, const Departure& departure) {
    const std::string name = printable(medium);
    if (!departure.is_removable) return say("the medium {} stays where it is", name);
    if (departure.jobs > 0) return say("the medium {} is being written to: do not take it out", name);
    if (departure.copies_owed > 0)
        return say_count(departure.copies_owed, "the medium {1} still lacks {0} copy: do not take it out yet",
                         "the medium {1} still lacks {0} copies: do not take it out yet", name);
    if (departure.is_mounted)
        return say("the medium {} is up to date and still mounted: 'custody media detach {}', then it can be taken out", name,
                   name);
    return say("the medium {} is up to date: the disk can be taken out", name);
}

}  // namespace custody
