// What jobs on media do besides bringing them into step (daemon/jobs/replication.h): moving everything to a bigger disk, making a
// copy a vault of its own. Each is the work of a job (ServiceControl::start_job); phases and warnings are its own, the end is
// returned.
//
// Threads: the job's. Errors: in the end.
#pragma once

#include "daemon/jobs/job_context.h"

#include <optional>
#include <string>

namespace custody {

struct Replacement {
    std::string old_name, new_name;  // both configured and here
    std::string kept_as;             // what the old one is called afterwards
    std::string entered_by;
};
// Only where everything was brought over and read back, the register changes (replace_in_register) and the identities on both
// media say their new names. The configuration is people's: what to change in it is a warning of the job.
[[nodiscard]] catalog::JobEnd replace_work(const JobContext& context, const Replacement& replacement);

struct OwnVault {
    std::string name, vault, place, custodian, kind, rotation;
    std::optional<std::string> original;
};
[[nodiscard]] catalog::JobEnd own_identity_work(const JobContext& context, const OwnVault& request);

}  // namespace custody
