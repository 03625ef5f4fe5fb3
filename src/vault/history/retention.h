// Retention rules: which snapshots of a group to keep. Pure; tested by table, and over a hundred years of nights.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "vault/history/lawful_term.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace custody {

struct RetentionRule {
    std::uint32_t last = 0, daily = 0, weekly = 0, monthly = 0, yearly = 0;
    std::optional<std::int64_t> within_ns;
    [[nodiscard]] bool empty() const { return !(last || daily || weekly || monthly || yearly || within_ns); }
    bool operator==(const RetentionRule&) const = default;
};
struct RetentionItem {
    ObjectId id;
    Time time;             // of the snapshot; where its clock was in doubt, not before its order
    std::size_t rank = 0;  // which is newer
    std::string group;     // label, name, host, kind joined
    bool held = false;
    bool complete = true;  // every item of the source was read
    LawfulTerm term;       // of its label
};
struct RetentionVerdict {
    bool keep = true;
    std::string why;            // "daily 2026-11-03", "held", "dated after now", "last of its group"
    bool is_protected = false;  // no rule keeps it, but a hold or the lawful term
};
// The one rule of `custody forget` and of the service. One verdict an item, in the order given. Periods in local time.
// - A rule never empties a group: what came last stays, and so does the last complete one (the last good snapshot of a plan).
// - Of one period the newest is kept, and the newest complete one where that is another.
// - A snapshot dated after `now` neither ends nor replaces another.
// - What is held or within its lawful term stays, and counts in its periods like any other.
[[nodiscard]] std::vector<RetentionVerdict> apply_retention(const std::vector<RetentionItem>& items, const RetentionRule& rule,
                                                            Time now);

}  // namespace custody
