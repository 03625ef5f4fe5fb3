// custody status, where a service runs: its answer on one screen.
//
// Threads: one. Errors: those of the service's answer; denied: a service runs and this user may not ask it.
#pragma once

#include "cli/context.h"

#include <optional>

namespace custody {

// The exit code; nothing where no service runs. `check`: 1 when a person is needed.
[[nodiscard]] Result<std::optional<int>> service_status(Context& context, bool check);
// One line, where the configuration has plans that a service should run; else empty.
[[nodiscard]] std::string no_service_line(const Context& context);

}  // namespace custody
