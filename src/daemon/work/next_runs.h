// The runs that come next: what the scheduler says of each plan, and after that the times of its schedule, windows heeded. What
// changes, retries and persons will ask for is not known before. Pure; threads: any.
#pragma once

#include "daemon/schedule/scheduled_plan.h"
#include "daemon/schedule/zone.h"

#include <cstddef>
#include <string>
#include <vector>

namespace custody {

struct NextRun {
    std::string plan;
    Time at;
    Trigger trigger = Trigger::schedule;
    bool is_due = false;  // it is waited for: `at` is now
};
// The soonest `count`, then by name. A plan whose schedule cannot be read has its next run only.
[[nodiscard]] std::vector<NextRun> next_runs(const Config& config, const std::vector<PlanView>& views, const ZoneRules& zone,
                                             Time now, std::size_t count);

}  // namespace custody
