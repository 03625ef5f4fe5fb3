// How little of the processor and of the disks a job's thread takes: nice and ioprio of the kernel. Threads and processes that it
// starts later are as modest as it is.
//
// Threads: acts on the one that calls. Errors: told as warnings, one line each; a job runs without it, too.
#pragma once

#include "daemon/config/config.h"

#include <string>
#include <vector>

namespace custody {

[[nodiscard]] std::vector<std::string> lower_priority(const Limits& limits);

}  // namespace custody
