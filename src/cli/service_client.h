// Where the service answers: the socket that --socket, the environment or the configuration names. Threads: one.
#pragma once

#include "cli/context.h"
#include "daemon/api/client.h"

namespace custody {

[[nodiscard]] inline ApiClient service_of(const Context& context) { return ApiClient(context.settings().socket); }

}  // namespace custody
