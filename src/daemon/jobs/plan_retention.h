// Retention of one plan on one medium, by the one rule (vault/history/retention.h), then freeing what nothing needs.
//
// Threads: the job's. Errors: those of forget and prune; a clock that is behind or far ahead is no error but a warning: nothing
// is ended then. Durable on return; catalogue and vault agree.
#pragma once

#include "daemon/jobs/medium_vault.h"

#include <cstdint>

namespace custody {

struct Retained {
    std::uint64_t forgotten = 0;
    bool pruned = false;
    std::uint64_t bytes_freed = 0;
};
// Prunes when something was forgotten and the medium was not pruned within the last day.
[[nodiscard]] Result<Retained> apply_plan_retention(const JobContext& context, MediumVault& vault, const PlanConfig& plan);

}  // namespace custody
