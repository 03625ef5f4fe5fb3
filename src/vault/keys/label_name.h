// What a labelled group may be called. Pure.
#pragma once

#include <algorithm>
#include <string_view>

namespace custody {

// Lower-case letters, digits and '-' (not first), at most 64.
[[nodiscard]] inline bool is_label_name(std::string_view name) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= 64 && name.front() != '-' && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace custody
