// What GET /v1/status says, on one screen: is everything protected that must be, what needs a person, how the plans stand, where
// the copies are. What does not fit is counted and named by the command that shows it. Pure; threads: any.
#pragma once

#include "base/records/canonical_json.h"

#include <cstddef>
#include <string>
#include <vector>

namespace custody {

struct ScreenSize {
    std::size_t rows = 23, columns = 80;  // a terminal of 24 lines, and the prompt
};
// What needs a person is never cut off in its line: it may go over the width, and be wrapped by the terminal.
[[nodiscard]] std::vector<std::string> status_screen(const Json& status, ScreenSize size = {});

}  // namespace custody
