// A new catalogue from what the vaults say, where the old one is lost or damaged, and from what the service's last sound records
// say of media and findings beside it. What neither knows stays unknown, and the new one says so: jobs and their results,
// settings.
//
// Vaults and records are read above (this room knows none); here are plain facts. Where both tell of the same, a vault is right:
// it was read now. Threads: one. Errors: busy (a service runs), those of
// files. Durable on return: the new catalogue has its name only when it is whole; before, the old one is set aside, never
// deleted. After a crash the folder has the old one, or none (opening says lost), or the new one: it is run again.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "catalog/findings.h"
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

// A medium as the records have it.
struct RecordedMedium {
    NewMedium entry;
    Time registered_at;
    std::optional<Time> first_used_at, last_used_at;
    std::vector<MediumMoved> moves;  // oldest first
};

// What only the old catalogue knew, out of the service's own records. Not trusted further than to be entered: names, identities
// and vaults that are another medium's are passed over, texts are cut to what the catalogue takes.
struct RecordedFacts {
    std::vector<RecordedMedium> media;
    std::vector<Finding> findings;  // open and resolved; ids do not count
    std::string host;               // that wrote them, and the snapshots of its plans; empty: not known
};

struct RebuildReport {
    std::uint64_t media = 0, snapshots = 0, copies = 0;  // from the vaults
    // From the records: media of the vaults that got place, custodian and hand-over record back; media that no vault told of,
    // whose copies are not known; lines of hand-over records; findings.
    std::uint64_t media_completed = 0, media_recorded = 0, moves = 0, findings = 0;
    std::vector<std::string> passed_over;  // of the records, in words
    std::string set_aside;                 // where the old one is; empty: there was none
};

[[nodiscard]] Result<RebuildReport> rebuild_catalog(const std::string& folder, const Clock& clock,
                                                    const std::vector<VaultFacts>& vaults, const RecordedFacts& recorded = {});

}  // namespace custody::catalog
