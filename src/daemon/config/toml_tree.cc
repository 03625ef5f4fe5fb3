#include "daemon/config/toml_tree.h"

#include "base/text.h"
#include "daemon/config/toml_depth.h"

#include <algorithm>

// toml++ 3.3 asserts on texts such as "[#" that it refuses well without, and where assertions are off it may tell the compiler
// that they always hold. Here they are neither: a text from outside ends no program.
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#include <toml++/toml.h>

namespace custody {
namespace {

// What toml++ made without a place of its own stands where the key does that made it.
Position place_of(const toml::source_region& source, Position otherwise) {
    if (source.begin.line == 0) return otherwise;
    return {static_cast<std::uint32_t>(source.begin.line), static_cast<std::uint32_t>(source.begin.column)};
}

TomlValue convert(const toml::node& node, Position otherwise);

void convert_table(const toml::table& table, TomlValue& into) {
    into.kind = TomlValue::Kind::table;
    into.entries.reserve(table.size());
    for (const auto& [key, value] : table) {
        const Position at = place_of(key.source(), into.at);
        into.entries.push_back({std::string(key.str()), at, convert(value, at)});
    }
    std::stable_sort(into.entries.begin(), into.entries.end(),
                     [](const TomlEntry& a, const TomlEntry& b) { return a.at < b.at; });
}

void convert_list(const toml::array& list, TomlValue& into) {
    into.kind = TomlValue::Kind::list;
    into.items.reserve(list.size());
    for (const toml::node& item : list) into.items.push_back(convert(item, into.at));
}

// As deep as the text, which is bounded.
TomlValue convert(const toml::node& node, Position otherwise) {
    TomlValue value;
    value.at = place_of(node.source(), otherwise);
    if (const auto* text = node.as_string()) {
        value.kind = TomlValue::Kind::text;
        value.text = text->get();
    } else if (const auto* integer = node.as_integer()) {
        value.kind = TomlValue::Kind::integer;
        value.integer = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
        value.kind = TomlValue::Kind::number;
        value.number = number->get();
    } else if (const auto* boolean = node.as_boolean()) {
        value.kind = TomlValue::Kind::boolean;
        value.boolean = boolean->get();
    } else if (const auto* list = node.as_array()) {
        convert_list(*list, value);
    } else if (const auto* table = node.as_table()) {
        convert_table(*table, value);
    } else {
        value.kind = TomlValue::Kind::time;
    }
    return value;
}

}  // namespace

const TomlEntry* TomlValue::find(std::string_view key) const {
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const TomlEntry& entry) { return entry.key == key; });
    return found == entries.end() ? nullptr : &*found;
}

std::variant<TomlValue, TomlFault> parse_toml(std::string_view text) {
    if (text.size() > kMaxConfigSize) {
        return TomlFault{{1, 1}, say("the file has more than {}: it is no configuration", human_bytes(kMaxConfigSize))};
    }
    if (const auto where = too_deep(text)) {
        return TomlFault{*where, say("nested too deeply: keys have at most {} parts, lists and sections at most {} levels",
                                     kMaxKeyParts, kMaxNesting)};
    }
    try {
        return convert(toml::parse(text), Position{1, 1});
    } catch (const toml::parse_error& error) {
        return TomlFault{place_of(error.source(), Position{1, 1}), say("this is no TOML: {}", printable(error.description()))};
    } catch (const std::exception& error) {
        return TomlFault{{1, 1}, say("this is no TOML: {}", printable(error.what()))};
    }
}

}  // namespace custody
