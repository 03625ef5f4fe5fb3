// A path to the thing behind a descriptor, for calls that take only paths.
//
// Ownership: a value; the descriptor must stay open while the text is used.
#pragma once

#include "base/file.h"

#include <cstdio>

namespace custody {

// "/proc/self/fd/N": reaches the thing behind any descriptor, also one opened with O_PATH, and never follows further.
class ProcPath {
public:
    explicit ProcPath(int descriptor) { std::snprintf(text_, sizeof text_, "/proc/self/fd/%d", descriptor); }
    [[nodiscard]] const char* text() const { return text_; }

private:
    char text_[32];
};

}  // namespace custody
