// Which snapshots lie in other vaults as well, as far as a vault has it in writing: `copy` leaves in each of two vaults witnesses
// of the other's ledger (vault/history/witness.h), and so what the other held when the two last met.
//
// That other medium may be lost since, or have lost something: only looking at it tells. What was forgotten there counts no more
// once the two have met again. Threads: one. Memory: 32 bytes a snapshot of the others. Durable: nothing is written.
#pragma once

#include "base/result.h"
#include "vault/repository.h"

#include <set>
#include <string>
#include <vector>

namespace custody {

struct Elsewhere {
    std::set<ObjectId> snapshots;      // live in another vault at least
    std::vector<std::string> damaged;  // witnesses: what they said may have ended some of those
};
// Entries whose signer does not speak for the family add nothing. Behind an entry that is missing nothing is known of what came
// before it: it may have been forgotten there; the next copy brings it. Errors: those of the store.
[[nodiscard]] Result<Elsewhere> snapshots_elsewhere(Repository& vault);

}  // namespace custody
