// What a reload changed: plans, media and labels added, removed and changed, key by key, for the scheduler to act on and the
// journal to tell. Where values stand in the file makes no difference. Pure.
#pragma once

#include "daemon/config/config.h"

#include <string>
#include <vector>

namespace custody {

struct Changed {
    std::string name;
    std::vector<std::string> keys;  // "schedule", "media": as in the file
};

struct Changes {
    std::vector<std::string> added, removed;
    std::vector<Changed> changed;
    [[nodiscard]] bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
};

struct ConfigDifference {
    Changes plans, media, labels;
    std::vector<std::string> sections;      // other sections that changed: "alert", "service"
    std::vector<std::string> need_restart;  // "[service] state_folder": what a running service cannot take over
    [[nodiscard]] bool empty() const;
};
[[nodiscard]] ConfigDifference difference(const Config& before, const Config& after);

// A line a change: "plan etc changed: schedule, media".
[[nodiscard]] std::vector<std::string> describe(const ConfigDifference& difference);

}  // namespace custody
