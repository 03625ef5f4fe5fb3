// What may not be known, as documents for people and programs show it: null. Values. Threads: any. Times are local, RFC 3339.
#pragma once

#include "base/clock.h"
#include "base/records/canonical_json.h"

#include <optional>
#include <string>

namespace custody {

template <typename T>
[[nodiscard]] Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}
[[nodiscard]] inline Json or_null(const std::optional<Time>& value) {
    return value ? Json(to_rfc3339_local(*value)) : Json(nullptr);
}
[[nodiscard]] inline Json text_or_null(const std::string& value) { return value.empty() ? Json(nullptr) : Json(value); }

}  // namespace custody
