// A new catalogue from what the vaults say, where the old one is lost or damaged. What only the catalogue knew stays unknown, and
// the new one says so: jobs and their results, who had a medium and where it was, acknowledgements, settings.
//
// The vaults are read above (this room knows none); here are plain facts. Threads: one. Errors: busy (a service runs), those of
// files. Durable on return: the new catalogue has its name only when it is whole; before, the old one is set aside, never
// deleted. After a crash the folder has the old one, or none (opening says lost), or the new one: it is run again.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "catalog/media.h"
#include "catalog/snapshots.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace custody::catalog {

// A snapshot as a vault's ledger and its summary tell.
struct SnapshotFact {
    SnapshotRecord snapshot;     // job and rebuilt do not count
    std::uint64_t sequence = 0;  // of its entry in this ledger
    bool present = true;         // false: forgotten here
};

struct VaultFacts {
    std::string medium;  // the name under which the configuration knows it; must differ from each other
    MediumFacts facts;
    std::vector<SnapshotFact> snapshots;
};

struct RebuildReport {
    std::uint64_t media = 0, snapshots = 0, copies = 0;
    std::string set_aside;  // where the old one is; empty: there was none
};

[[nodiscard]] Result<RebuildReport> rebuild_catalog(const std::string& folder, const Clock& clock,
                                                    const std::vector<VaultFacts>& vaults);

}  // namespace custody::catalog
