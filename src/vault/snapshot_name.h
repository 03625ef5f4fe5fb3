// What a snapshot may be called, so that `latest:NAME` and `NAME@time` mean it and a list shows it on one line.
// Threads: safe. Errors: usage, in words for the user.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace custody {

inline constexpr std::size_t kMaxSnapshotName = 128;  // bytes

// A name that a person gave: not empty, not `latest`, no '@', nothing that does not show on a line (control characters, line
// ends, bytes that are not UTF-8), no blank at either end, at most kMaxSnapshotName bytes.
[[nodiscard]] Status check_snapshot_name(std::string_view name);

// A name that the rule allows, made from the last part of a path.
[[nodiscard]] std::string snapshot_name_from(std::string_view path_part);

}  // namespace custody
