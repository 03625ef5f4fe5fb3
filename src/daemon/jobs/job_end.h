// How a job ends that did not come to its end. Threads: the job's. Errors: none.
#pragma once

#include "catalog/jobs.h"
#include "daemon/jobs/live_job.h"

namespace custody {

// Cancelled or interrupted where somebody asked it to stop, else failed.
[[nodiscard]] catalog::JobEnd failed_end(const LiveJob& job, Error error);

}  // namespace custody
