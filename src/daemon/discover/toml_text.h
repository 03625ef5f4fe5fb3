// Writing TOML: values on one line, as they stand behind a key. What parse_toml reads of it is the same value. Pure.
#pragma once

#include "daemon/config/toml_tree.h"

#include <string>
#include <string_view>

namespace custody {

// "text", 5, true, ["a", "b"], { key = "value" }. Precondition: no time in it (a configuration has none).
[[nodiscard]] std::string toml_of(const TomlValue& value);
// Bare where it may be, else quoted.
[[nodiscard]] std::string toml_key(std::string_view key);
// Whether two values say the same, wherever they stand and in whatever order a table has its keys.
[[nodiscard]] bool same_value(const TomlValue& a, const TomlValue& b);

}  // namespace custody
