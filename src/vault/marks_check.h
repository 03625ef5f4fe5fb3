// What the ledger says about gc/marks, so that marks which were lost or put back to an older state are noticed.
#pragma once

#include "base/result.h"
#include "vault/store/object_store.h"

namespace custody {

// The generation that the latest prune entered in the ledger; 0 where there was none. Entries that cannot be read are passed
// over: they are damage of the ledger, told elsewhere. `last`: the ledger's head.
[[nodiscard]] Result<std::uint64_t> last_pruned_generation(ObjectStore& store, std::uint64_t last);

}  // namespace custody
