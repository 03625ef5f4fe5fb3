// A TOML text as plain values with their places, in the order of the file. The one door to toml++.
//
// Owner: values. Threads: any. Bounds: kMaxConfigSize bytes; keys of at most kMaxKeyParts parts, lists and sections at most
// kMaxNesting deep, so that no text makes the reader use more stack than it has. Errors: a TomlFault where the text is no TOML;
// such a text has one fault, for nobody can tell what the rest was meant to be.
#pragma once

#include "daemon/config/places.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace custody {

inline constexpr std::uint64_t kMaxConfigSize = 1024 * 1024;
inline constexpr std::uint32_t kMaxKeyParts = 8;
inline constexpr std::uint32_t kMaxNesting = 16;

struct TomlEntry;

struct TomlValue {
    enum class Kind { text, integer, number, boolean, time, list, table };
    Kind kind = Kind::table;
    Position at;
    std::string text;
    std::int64_t integer = 0;
    double number = 0;
    bool boolean = false;
    std::vector<TomlValue> items;    // of a list
    std::vector<TomlEntry> entries;  // of a table, in the order of the file
    [[nodiscard]] const TomlEntry* find(std::string_view key) const;
};

struct TomlEntry {
    std::string key;
    Position at;  // of the key
    TomlValue value;
};

struct TomlFault {
    Position at;
    std::string words;
};

// The table at the top, or what is wrong. Never throws.
[[nodiscard]] std::variant<TomlValue, TomlFault> parse_toml(std::string_view text);

}  // namespace custody
