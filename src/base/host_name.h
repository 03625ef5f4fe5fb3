// What this machine calls itself. Threads: any.
#pragma once

#include <string>

namespace custody {

// As gethostname(2) has it; "localhost" where it has none.
[[nodiscard]] std::string host_name();

}  // namespace custody
