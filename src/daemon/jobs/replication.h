// Duty B9: every other medium of a plan into step, in write order, read back, and entered in the catalogue.
//
// Threads: the job's; copies to one medium are made one at a time (they wait for each other, looking at the stop flag).
#pragma once

#include "daemon/jobs/medium_vault.h"
#include "vault/replicator.h"

#include <string>
#include <vector>

namespace custody {

struct Replicated {
    CopyResult copied;
    std::uint64_t owed_still = 0;  // snapshots that `to` still lacks
};
// From one open vault to another medium, that is here. Debts and copies of `to` are up to date when it returns, also on an error
// as far as it came. corrupt: something of the source or the target is damaged (told as an alert by the caller).
[[nodiscard]] Result<Replicated> bring_into_step(const JobContext& context, MediumVault& from, const MediumConfig& to);

// A medium that came back: from every other medium that is here and has what it lacks. The work of a copy job: phases, alerts
// (copy_owed, medium_failed) and warnings are its own; the end is returned to be entered by the caller.
[[nodiscard]] catalog::JobEnd bring_medium_into_step(const JobContext& context, const std::string& medium);

}  // namespace custody
