#include "daemon/discover/toml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace custody {
namespace {

std::string toml_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\u{:04X}", static_cast<unsigned>(byte));
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string number(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    std::string text = fmt::format("{}", value);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string list(const TomlValue& value) {
    std::string out;
    for (const TomlValue& item : value.items) out += (out.empty() ? "" : ", ") + toml_of(item);
    return "[" + out + "]";
}

std::string table(const TomlValue& value) {
    std::string out;
    for (const TomlEntry& entry : value.entries)
        out += (out.empty() ? "" : ", ") + toml_key(entry.key) + " = " + toml_of(entry.value);
    return out.empty() ? "{}" : "{ " + out + " }";
}

}  // namespace

std::string toml_of(const TomlValue& value) {
    switch (value.kind) {
        case TomlValue::Kind::text:
            return toml_quoted(value.text);
        case TomlValue::Kind::integer:
            return fmt::format("{}", value.integer);
        case TomlValue::Kind::number:
            return number(value.number);
        case TomlValue::Kind::boolean:
            return value.boolean ? "true" : "false";
        case TomlValue::Kind::list:
            return list(value);
        case TomlValue::Kind::time:
        case TomlValue::Kind::table:
            break;
    }
    return table(value);
}

std::string toml_key(std::string_view key) {
    const auto is_bare = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    return !key.empty() && std::all_of(key.begin(), key.end(), is_bare) ? std::string(key) : toml_quoted(key);
}

bool same_value(const TomlValue& a, const TomlValue& b) {
    if (a.kind != b.kind || a.text != b.text || a.integer != b.integer || a.boolean != b.boolean) return false;
    if (a.kind == TomlValue::Kind::number && a.number != b.number) return false;
    if (a.items.size() != b.items.size() || a.entries.size() != b.entries.size()) return false;
    for (std::size_t i = 0; i < a.items.size(); ++i) {
        if (!same_value(a.items[i], b.items[i])) return false;
    }
    return std::all_of(a.entries.begin(), a.entries.end(), [&](const TomlEntry& entry) {
        const TomlEntry* other = b.find(entry.key);
        return other != nullptr && same_value(entry.value, other->value);
    });
}

}  // namespace custody
