// Where in the configuration file a value stands. Values: plain, copied freely. Lines and columns count from 1, columns in
// characters of the line as the TOML reader counts them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace custody {

struct Position {
    std::uint32_t line = 0, column = 0;  // 0: not in the file, a default
    [[nodiscard]] bool in_file() const { return line != 0; }
    auto operator<=>(const Position&) const = default;
};

// The places of one section's values, by key; an element of a list as "media[0]", a key of an inline section as "smtp.server".
// Two sections that differ only in where they stand are equal: moving lines about is no change of the configuration.
struct Places {
    Position section;  // the section itself, or its first key
    std::map<std::string, Position, std::less<>> keys;
    // The key's place; that of the section where the key is not written.
    [[nodiscard]] Position of(std::string_view key) const {
        const auto found = keys.find(key);
        return found == keys.end() ? section : found->second;
    }
    [[nodiscard]] bool has(std::string_view key) const { return keys.find(key) != keys.end(); }
    bool operator==(const Places&) const { return true; }
};

}  // namespace custody
