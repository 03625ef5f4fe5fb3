// SIGINT, SIGTERM and SIGHUP ask running work to end; another one, a second or more later,
// ends the program at once, which the vault survives too.
#pragma once

#include "base/stop.h"

namespace custody {

// The one flag that signals set; lives as long as the program.
[[nodiscard]] StopFlag& stop_flag_of_process();
// First of all, before any thread starts. SIGPIPE is ignored: a closed terminal must not end a backup half way.
void install_signal_handlers();
// For commands that only print: `custody ls | head` ends by SIGPIPE, as any filter does.
void end_quietly_on_closed_output();
// Ends the process as end_quietly_on_closed_output() would have, where the write itself did not.
void end_by_closed_output();

}  // namespace custody
