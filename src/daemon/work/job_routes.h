// /v1/jobs: what ran and what runs, how to look on and how to end one (docs/API.md).
//
// The routes refer to `control`, which outlives the server. Threads: handlers run on many, as `control` allows.
#pragma once

#include "catalog/jobs.h"
#include "daemon/api/route.h"
#include "daemon/work/control.h"

#include <vector>

namespace custody {

void add_job_routes(RouteTable& routes, ServiceControl& control);

// Lines of a list, with the names of their media. Errors: those of the catalogue.
[[nodiscard]] Result<Json> job_lines(catalog::Catalog& catalog, const std::vector<catalog::Job>& jobs);

}  // namespace custody
