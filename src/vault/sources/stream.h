// One stream (a file descriptor, usually standard input) as a Source of one file entry at "/NAME". Its size is known at the end;
// it is read once, so it has no second look.
#pragma once

#include "base/stop.h"
#include "vault/sources/source.h"

#include <memory>
#include <string>

namespace custody {

// `name`: one component. The descriptor is not owned. `stop`: ends the wait for a writer that says nothing; may be null.
[[nodiscard]] Result<std::unique_ptr<Source>> open_stream(int fd, const std::string& name, const Clock& clock,
                                                          const StopFlag* stop = nullptr);

}  // namespace custody
