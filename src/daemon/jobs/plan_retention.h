// Retention of one plan on one medium, by the one rule (vault/history/retention.h), then freeing what nothing needs. The
// snapshots are those of this host and, as one group with them, those of hosts that it took over from (former_hosts.h).
//
// Threads: the job's; one at a time on a medium, and not beside a copy into it (medium_turn.h). Errors: those of forget and
// prune; a clock that is behind or far ahead is no error but a warning: nothing is ended then. A prune that another one keeps
// waiting is none either: the next one frees. Durable on return; catalogue and vault agree.
#pragma once

#include "daemon/jobs/medium_vault.h"

#include <cstdint>

namespace custody {

struct Retained {
    std::uint64_t forgotten = 0;
    bool pruned = false;
    std::uint64_t bytes_freed = 0;
};
// Prunes when something was forgotten since the medium was pruned last, and that was a day ago or longer, or less than a tenth of
// it is free.
[[nodiscard]] Result<Retained> apply_plan_retention(const JobContext& context, MediumVault& vault, const PlanConfig& plan);

}  // namespace custody
