// What `custody status`, the metrics and the digest ask, answered from indexes: well under 100 ms with 100,000 jobs
// (docs/CATALOG.md). Each answer is of one moment; for several of one moment, ask within one Catalog::read. Owner, threads,
// errors: as Catalog.
#pragma once

#include "catalog/database.h"
#include "catalog/jobs.h"
#include "catalog/media.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace custody::catalog {

// How a plan stands with one kind of job. "Last" by the order of jobs, not by the clock.
struct PlanStanding {
    std::string plan;
    std::string label;
    std::optional<Job> last;           // whatever became of it
    std::optional<Job> last_done;      // done, or done but for some items
    std::uint64_t failed_since = 0;    // failed or interrupted ones after last_done
    std::optional<ObjectId> snapshot;  // the newest of the plan that was not forgotten, whoever made it
    std::optional<Time> snapshot_made_at;
    std::uint64_t copies_present = 0;  // media that hold it
    std::uint64_t copies_owed = 0;
};

struct MediumDebt {
    MediumKey medium = 0;
    std::string name;
    std::uint64_t snapshots = 0;
    std::uint64_t bytes = 0;  // of the sources; an upper bound of what is to be copied
    Time oldest_since;
};

class Overview {
public:
    explicit Overview(Catalog& catalog) : catalog_(catalog) {}

    // Of every plan that the configuration names, by name.
    [[nodiscard]] Result<std::vector<PlanStanding>> plans(JobKind kind = JobKind::backup);
    [[nodiscard]] Result<std::vector<MediumDebt>> debts();  // longest owed first
    // The last verification of each medium at each level.
    [[nodiscard]] Result<std::vector<Verification>> verifications();
    // Jobs that ended, by state, among those with an id above `after`: for the digest. The highest id that there is comes along.
    struct Tally {
        std::uint64_t done = 0, done_with_failures = 0, failed = 0, interrupted = 0, cancelled = 0, open = 0;
        JobId newest = 0;
    };
    [[nodiscard]] Result<Tally> jobs_after(JobId after);
    // Bytes that backups with an id above `after` have stored, by plan.
    [[nodiscard]] Result<std::map<std::string, std::uint64_t>> stored_after(JobId after);

private:
    Catalog& catalog_;
};

}  // namespace custody::catalog
