// How a job ends that did not come to its end, and what people are told of a medium that failed under it.
//
// Threads: the job's. Errors: none.
#pragma once

#include "daemon/jobs/job_context.h"

#include <cstdint>
#include <optional>

namespace custody {

// Cancelled or interrupted where somebody asked it to stop, else failed.
[[nodiscard]] catalog::JobEnd failed_end(const LiveJob& job, Error error);

// What the error says of the medium: pulled out or failing, full, damaged. None: nothing (it is not here, somebody stopped the
// job), and none is told.
[[nodiscard]] std::optional<AlertKind> medium_alert(const Error& error);
// An event about a medium, from this job.
[[nodiscard]] AlertEvent medium_event(const JobContext& context, AlertKind kind, const MediumConfig& medium, std::string detail);
void tell_of_medium(const JobContext& context, const MediumConfig& medium, const Error& error);

}  // namespace custody
