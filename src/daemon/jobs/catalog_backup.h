// The catalogue itself, backed up every night with configuration and register under the label `log` (name "custody-records"), to
// every medium that is here; and a new catalogue from the vaults.
//
// Threads: the job's. Errors: in the end that is returned.
#pragma once

#include "catalog/rebuild.h"
#include "daemon/jobs/catalog_sync.h"

namespace custody {

// The work of a job of kind `catalog`. Phases: records, backup, copy NAME for each further medium that is here, retention. A
// medium that fails is passed over and told; without any the job fails.
[[nodiscard]] catalog::JobEnd back_up_records(const JobContext& context);

// The facts of each medium of the configuration that is here, for catalog/rebuild.h; a medium that is not here, or cannot be
// read, is named in `lacking`, with the reason. A damaged vault tells what can still be read of it. Errors: those of
// Keyring::open.
struct VaultFactsFound {
    std::vector<catalog::VaultFacts> facts;
    std::vector<std::string> lacking;
};
[[nodiscard]] Result<VaultFactsFound> vault_facts(FileSystem& files, const Clock& clock, const Config& config);

}  // namespace custody
