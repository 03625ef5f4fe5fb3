// One stream (a file descriptor, usually standard input) as a Source of one file entry at "/NAME". Its size is known at the end;
// it is read once, so it has no second look.
#pragma once

#include "vault/sources/source.h"

#include <memory>
#include <string>

namespace custody {

// `name`: one component. The descriptor is not owned.
[[nodiscard]] Result<std::unique_ptr<Source>> open_stream(int fd, const std::string& name, const Clock& clock);

}  // namespace custody
