// What of a run is told to people, and what is over because of it. Threads: any. Errors: none.
#pragma once

#include "daemon/jobs/job_context.h"
#include "daemon/media/medium_probe.h"

#include <string>

namespace custody {

// An event about a plan, a medium or both, with the job's number.
[[nodiscard]] AlertEvent event_of(const JobContext& context, AlertKind kind, const std::string& plan, const std::string& medium,
                                  const std::string& detail);

// The findings of a probe: those that stop a run are raised (medium_absent, medium_wrong, medium_full, medium_failed), those
// that only need telling are the job's warnings; what no longer holds is resolved.
void tell_probe(const JobContext& context, const std::string& medium, const MediumProbe& probe);
// An error met while a medium was written to or read from: full, pulled out, failing, damaged.
void tell_medium_error(const JobContext& context, const std::string& medium, const Error& error);

}  // namespace custody
