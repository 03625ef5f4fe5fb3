// Jobs of the service on a terminal: looking on while one runs, and what came of it.
//
// Threads: one. Errors: those of the service's answer; interrupted: the person looks on no longer, the job goes on.
#pragma once

#include "cli/context.h"
#include "daemon/api/client.h"

#include <cstdint>
#include <string>
#include <vector>

namespace custody {

// "backup of plan etc", "verify of disk-a"
[[nodiscard]] std::string job_title(const Json& job);
// Its record in lines: what was done, what it found, why it failed. `told`: warnings and error were told already.
[[nodiscard]] std::vector<std::string> job_lines_of(const Json& job, bool told = false);
// A table of records.
[[nodiscard]] std::vector<std::string> job_table(const Json& jobs);

// Progress and warnings to standard error until the job has ended; then its record as the result. The exit code is the job's.
[[nodiscard]] Result<int> look_on(Context& context, const ApiClient& service, std::uint64_t job);

}  // namespace custody
