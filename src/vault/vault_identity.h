// Which vault a store is, when its parts may contradict each other: the header may be damaged, or swapped for another vault's,
// and so may any ledger entry. Each carries the vault's id under a signature.
#pragma once

#include "base/result.h"
#include "vault/store/object_store.h"

namespace custody {

// The header's id where the ledger's first or last entry says the same, else what most entries say, else the header's.
// corrupt: nothing readable says which vault this is; usage: a newer format.
[[nodiscard]] Result<VaultId> identify_vault(ObjectStore& store);

}  // namespace custody
