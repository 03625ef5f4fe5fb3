// What a medium's ledger says, entered into the catalogue: which snapshots lie on it, and which no more. The vault is the truth;
// called after every job that changed a vault, and when a medium comes back.
//
// Threads: the job's. Errors: those of catalogue and vault. Durable on return, in one step.
#pragma once

#include "catalog/snapshots.h"
#include "daemon/jobs/medium_vault.h"

#include <cstdint>

namespace custody {

struct CatalogSynced {
    std::uint64_t appeared = 0, gone = 0;  // copies
};
// Snapshots that the catalogue does not know are entered as known from the vault (only those whose record can be read here).
[[nodiscard]] Result<CatalogSynced> enter_ledger(catalog::Catalog& catalog, MediumVault& vault);
// Every snapshot of these plans that is live anywhere and not on the medium is owed to it, as far as it should have it: a medium
// of the plan that is neither retired nor erased.
[[nodiscard]] Status enter_debts(catalog::Catalog& catalog, const Config& config);

}  // namespace custody
