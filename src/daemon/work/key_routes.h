// /v1/keys: for which labels the night has a key (docs/API.md). Unlocking and locking is done by the command, as the user that
// the service runs as, in the kernel's memory: no secret passes through the API.
//
// The routes refer to `control`, which outlives the server. Threads: handlers run on many, as `control` allows.
#pragma once

#include "daemon/api/route.h"
#include "daemon/work/control.h"

namespace custody {

void add_key_routes(RouteTable& routes, ServiceControl& control);

}  // namespace custody
