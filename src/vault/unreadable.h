// What of a snapshot cannot be read while the rest of it can: which failures those are, and what a person is told of them.
//
// Threads: pure functions.
#pragma once

#include "base/result.h"

#include <string>

namespace custody {

// Damage, a medium that does not give its bytes, or a file that this user may not read: what lies elsewhere can still be had. A
// key that does not open, failing memory, a process that may open no more files (Code::failed, which ends the command) and an
// order to stop are none of these.
[[nodiscard]] bool is_unreadable(const Error& error);
// `what` could not be had, and what to do about it. denied and wrong_key where the reason was that, corrupt for all others.
[[nodiscard]] Error with_way_out(const std::string& what, Code why);
// A folder at `path` of which a FolderCursor said `why`.
[[nodiscard]] Error lost_folder(const std::string& path, const Error& why);

}  // namespace custody
