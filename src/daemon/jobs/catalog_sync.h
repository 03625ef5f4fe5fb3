// What a medium's ledger says, entered into the catalogue: which snapshots lie on it, and which no more. The vault is the truth;
// called after every job that changed a vault, and when a medium comes back.
//
// Threads: the job's. Errors: those of catalogue and vault; corrupt: the ledger is damaged, and nothing is entered. Durable on
// return, in one step.
#pragma once

#include "catalog/snapshots.h"
#include "daemon/jobs/medium_vault.h"

#include <cstdint>
#include <string>
#include <vector>

namespace custody {

inline constexpr const char* kRecordsName = "custody-records";  // of the snapshots of catalog_backup.h

struct CatalogSynced {
    std::uint64_t appeared = 0, gone = 0;  // copies
    std::uint64_t unreadable = 0;          // live there and not entered: no keys of their label here, or their record is damaged
};
// Snapshots that the catalogue does not know are entered as known from the vault (only those whose record can be read here). One
// that was forgotten on this medium is ended in the catalogue, wherever else it lies: no medium is owed it any more.
[[nodiscard]] Result<CatalogSynced> enter_ledger(catalog::Catalog& catalog, MediumVault& vault);
// Every snapshot of these plans that is live anywhere and not on the medium is owed to it, as far as it should have it: a medium
// of the plan that is neither retired nor erased. The service's own records are owed to every such medium of the configuration.
[[nodiscard]] Status enter_debts(catalog::Catalog& catalog, const Config& config);

// A start closed these jobs as interrupted: backups whose snapshot was published before the end, as this medium's ledger shows,
// get it entered. A snapshot is a job's when it bears the plan's name, was begun on this host, or one that it took over from,
// between the beginning of the job and that start, and is no other job's.
[[nodiscard]] Status claim_snapshots(catalog::Catalog& catalog, const std::vector<catalog::Job>& interrupted, MediumVault& vault);

[[nodiscard]] catalog::SnapshotRecord record_of(const Snapshot& snapshot);  // as known from a vault

}  // namespace custody
