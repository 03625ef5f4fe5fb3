// POST /v1/scan-findings: what `custody restore` found by the [scan] command in what it brought back (duty I5), recorded as
// findings and told to people. docs/API.md has the fields.
//
// Refers to `control`, which outlives the server. Threads: handlers run on many.
#pragma once

#include "daemon/api/route.h"
#include "daemon/work/control.h"

namespace custody {

void add_scan_routes(RouteTable& routes, ServiceControl& control);

}  // namespace custody
