// A symbolic link whose target is not there: to whoever follows it the name is missing, and to whoever makes it, taken.
//
// Threads: none. Errors: none; what cannot be looked at is not called one.
#pragma once

#include <string>

namespace custody {

[[nodiscard]] bool leads_nowhere(const std::string& path);

}  // namespace custody
