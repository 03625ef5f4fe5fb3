// /v1/plans: what is backed up, when next, and runs that a person asks for (docs/API.md).
//
// The routes refer to `control`, which outlives the server. Threads: handlers run on many, as `control` allows.
#pragma once

#include "daemon/api/route.h"
#include "daemon/work/control.h"

namespace custody {

void add_plan_routes(RouteTable& routes, ServiceControl& control);

}  // namespace custody
