// Plans, as they stood in the configuration when it was last read. Owner, threads, errors, durability: as Catalog.
#pragma once

#include "base/ids.h"
#include "catalog/database.h"

#include <optional>
#include <string>
#include <vector>

namespace custody::catalog {

struct PlanEntry {
    std::string name;  // the key
    std::string label;
    std::string what;      // in words: "files /etc /var/log"
    std::string schedule;  // the cron expression, or "on_change"
    Digest digest;         // of all that the configuration says of it: another one is another plan under the same name
};

struct PlanRecord {
    PlanEntry entry;
    Time first_seen_at;
    Time last_seen_at;
    std::optional<Time> gone_at;  // since when the configuration names it no more
};

class Plans {
public:
    explicit Plans(Catalog& catalog) : catalog_(catalog) {}

    // The plans of a configuration that was read just now: all of them. Others are gone from here on; their jobs and snapshots
    // stay.
    [[nodiscard]] Status enter(const std::vector<PlanEntry>& configured);
    [[nodiscard]] Result<std::vector<PlanRecord>> list();  // by name; those that are gone, too

private:
    Catalog& catalog_;
};

}  // namespace custody::catalog
