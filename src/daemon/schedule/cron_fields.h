// One field of a cron expression: its bounds, its names, and the numbers that it allows. Pure; part of daemon/schedule/cron.
#pragma once

#include "base/result.h"

#include <bitset>
#include <string_view>

namespace custody {

struct CronField {
    std::bitset<60> allowed;
    bool begins_with_star = false;
};
enum class CronFieldKind { minute, hour, day, month, weekday };

// Code::usage: the message names the field by number and name, what it has, and what is allowed. `whole` is the expression.
// Weekdays come back as 0 (Sunday) to 6.
[[nodiscard]] Result<CronField> parse_cron_field(CronFieldKind kind, std::string_view field, std::string_view whole);

}  // namespace custody
