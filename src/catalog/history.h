// Keeping the catalogue of bounded size: what is older than its term goes, what somebody still needs stays.
//
// Of each job the phases and warnings go after `details`; its row, with all its numbers and its error, after `rows`. Always kept:
// open jobs; of each plan and kind (and medium, of those without a plan) the newest job and the newest that was done; the newest
// verification of each medium and level. Resolved findings, forgotten snapshots without a copy left, and older verifications go
// after `rows`, too. Snapshots that were not forgotten, media and their moves never go.
//
// Ages are counted from the Clock: not to be called while the clock is not trusted (forget's rule). Errors: as Catalog; refused
// (a term below the lawful one, L1), interrupted. Durable: in steps; what was done before an error stays done.
#pragma once

#include "base/stop.h"
#include "catalog/database.h"

#include <cstdint>

namespace custody::catalog {

inline constexpr std::int64_t kLeastHistory = 184 * kDay;  // six months (L1): the longest six that there are

struct HistoryTerms {
    std::int64_t details = kLeastHistory;  // nanoseconds
    std::int64_t rows = 5 * 366 * kDay;
};

struct HistoryPruned {
    std::uint64_t summarised = 0;                                            // jobs that lost their phases and warnings
    std::uint64_t jobs = 0, findings = 0, snapshots = 0, verifications = 0;  // rows that are gone
};

[[nodiscard]] Result<HistoryPruned> prune_history(Catalog& catalog, const HistoryTerms& terms, const StopFlag& stop);

}  // namespace custody::catalog
