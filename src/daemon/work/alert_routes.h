// /v1/alerts: what stands, what waits to be sent, and a message to try every channel (docs/API.md).
//
// The routes refer to `control`, which outlives the server. Threads: handlers run on many, as `control` allows.
#pragma once

#include "daemon/api/route.h"
#include "daemon/work/control.h"

namespace custody {

void add_alert_routes(RouteTable& routes, ServiceControl& control);

}  // namespace custody
