// GET and POST /v1/media and what lies below it (docs/API.md, "Media").
//
// Ownership: the control outlives the table. Threads: handlers run on the connections' own; registering and detaching wait for
// the disk there.
#pragma once

#include "daemon/api/route.h"
#include "daemon/work/control.h"

namespace custody {

void add_media_routes(RouteTable& routes, ServiceControl& control);

}  // namespace custody
