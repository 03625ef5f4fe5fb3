// Duty B9: every other medium of a plan into step, in write order, read back, and entered in the catalogue.
//
// Copied is what the catalogue says is owed (catalog_sync.h): never what retention or a person ended, on whichever medium.
// Threads: the job's; copies into one medium are made one at a time (medium_turn.h).
#pragma once

#include "daemon/jobs/medium_vault.h"
#include "vault/replicator.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

struct Replicated {
    CopyResult copied;             // its warnings have been told to the job; damaged, damaged_there and left_out are the caller's
    std::uint64_t owed_still = 0;  // snapshots that `to` still lacks
};
// From one open vault to another medium, that is here. Debts and copies of `to` are up to date when it returns, also on an error
// as far as it came. corrupt: the ledger of one of the two is damaged or was cut; damaged snapshots are no error but named in the
// result (to be told as an alert by the caller). A medium that is retired or erased gets nothing.
[[nodiscard]] Result<Replicated> bring_into_step(const JobContext& context, MediumVault& from, const MediumConfig& to);
// The same of one snapshot alone, where it is owed.
[[nodiscard]] Result<Replicated> bring_snapshot(const JobContext& context, MediumVault& from, const MediumConfig& to,
                                                const ObjectId& snapshot);

// What a copy found damaged is alerted (verify_damage), medium by medium. The first of it as an error; none: nothing was.
[[nodiscard]] std::optional<Error> tell_copy_damage(const JobContext& context, const MediumConfig& from, const MediumConfig& to,
                                                    const Replicated& replicated);

// A medium that came back: from every other medium that is here and has what it lacks, then retention on it. The work of a copy
// job: phases ("copy from NAME", "retention"), alerts (copy_owed, medium_failed, medium_full, verify_damage) and warnings are its
// own, and it tells the MediaKeeper whether the medium is in step; the end is returned to be entered by the caller.
[[nodiscard]] catalog::JobEnd bring_medium_into_step(const JobContext& context, const std::string& medium);

// Whose fault it was, as far as the paths in the message tell: `to`, unless only `from` is named.
[[nodiscard]] const MediumConfig& blamed(const Error& error, const MediumConfig& from, const MediumConfig& to);

}  // namespace custody
