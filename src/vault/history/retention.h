// Retention rules: which snapshots of a group to keep. Pure; tested by table.
#pragma once

#include "base/clock.h"
#include "base/ids.h"

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
    Time time;             // of the snapshot
    std::size_t rank = 0;  // which is newer
    std::string group;     // label, name, host, kind joined
    bool held = false;
};
struct RetentionVerdict {
    bool keep = true;
    std::string why;  // "daily 2026-11-03", "held", "dated after now", "last of its group"
};
// One verdict an item, in the order given. Periods in local time. A rule never empties a group. A snapshot dated after `now`
// neither ends nor replaces another. Of one period the newest is kept.
[[nodiscard]] std::vector<RetentionVerdict> apply_retention(const std::vector<RetentionItem>& items, const RetentionRule& rule,
                                                            Time now);

}  // namespace custody
