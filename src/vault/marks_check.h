// What the ledger says about gc/marks, so that marks which were lost or put back to an older state are noticed, and made anew.
//
// Threads: one. Errors: those of the store; denied: the marks may be sound, and this user may not read them.
#pragma once

#include "base/result.h"
#include "vault/store/object_store.h"
#include "vault/store/session.h"

#include <optional>

namespace custody {

// The generation that the latest prune entered in the ledger; 0 where there was none. Entries that cannot be read are passed
// over: they are damage of the ledger, told elsewhere. `last`: the ledger's head.
[[nodiscard]] Result<std::uint64_t> last_pruned_generation(ObjectStore& store, std::uint64_t last);

// In place of marks that are missing, damaged or older than that: empty ones, of a later generation than that prune's and any
// session's. None: the marks are sound. They hold only as long as no prune runs: whoever writes them asks under the prune lock.
// Until a prune marks anew nothing is deleted, and that waits for every session that read these.
[[nodiscard]] Result<std::optional<Marks>> fresh_marks(ObjectStore& store, std::uint64_t last);

}  // namespace custody
