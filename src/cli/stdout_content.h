// The one file that `cat` and `restore --stdout` write. Threads: one.
#pragma once

#include "cli/context.h"
#include "restore/restorer.h"

#include <string>

namespace custody {

// As write_content(), to standard output. Where nobody reads it on, the process ends by SIGPIPE, as any filter does.
[[nodiscard]] Result<RestoreResult> content_to_stdout(Context& context, Repository& repository, const Snapshot& snapshot,
                                                      const UnlockedKeyring& unlocked, const std::string& path);

}  // namespace custody
