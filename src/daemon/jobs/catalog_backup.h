// The catalogue itself, backed up every night with configuration and register under the label `log` (name "custody-records"), to
// every medium that is here; and a new catalogue from the vaults.
//
// Threads: the job's. Errors: in the end that is returned.
#pragma once

#include "catalog/rebuild.h"
#include "daemon/jobs/catalog_sync.h"

namespace custody {

[[nodiscard]] catalog::JobEnd back_up_records(const JobContext& context);

// The facts of each medium of the configuration that is here, for catalog/rebuild.h; a medium that is not here is named in
// `lacking`.
struct VaultFactsFound {
    std::vector<catalog::VaultFacts> facts;
    std::vector<std::string> lacking;
};
[[nodiscard]] Result<VaultFactsFound> vault_facts(FileSystem& files, const Clock& clock, const Config& config);

}  // namespace custody
