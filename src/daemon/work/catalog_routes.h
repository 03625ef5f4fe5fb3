// /v1/catalog: what the catalogue says of itself (docs/API.md). It is rebuilt by the command, while the service does not run:
// the service holds it.
//
// The routes refer to `control`, which outlives the server. Threads: handlers run on many, as `control` allows.
#pragma once

#include "daemon/api/route.h"
#include "daemon/work/control.h"

namespace custody {

void add_catalog_routes(RouteTable& routes, ServiceControl& control);

}  // namespace custody
