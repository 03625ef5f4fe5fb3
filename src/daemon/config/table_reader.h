// Reads one section of a configuration key by key. Each getter makes its key known, notes where it stands, and leaves the value
// as it was when the key is absent or at fault; finish() then refuses every key that nobody asked for, with the nearest one that
// somebody did. Faults are collected, never thrown; reading goes on.
//
// Owner: the caller; table, places and faults outlive it. Threads: one. Units: durations are nanoseconds.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/faults.h"
#include "daemon/config/toml_tree.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace custody {

class TableReader {
public:
    // `prefix` stands before the keys in `places`: "smtp." for a section within the section.
    TableReader(const TomlValue& table, Places& places, ConfigFaults& faults, std::string prefix = "");

    // The entry as it is; null when absent.
    [[nodiscard]] const TomlEntry* any(std::string_view key);
    [[nodiscard]] bool has(std::string_view key) const { return table_.find(key) != nullptr; }

    // A text of one line, not empty. True when it was there and taken.
    bool text(std::string_view key, std::string& into);
    // As text(), of any characters.
    bool free_text(std::string_view key, std::string& into);
    // An absolute path, made clean of "//", "." and a '/' at the end; ".." is refused.
    bool path(std::string_view key, std::string& into);
    bool flag(std::string_view key, bool& into);
    // `least` and `most` are inclusive.
    template <class Number>
    bool whole(std::string_view key, Number& into, std::int64_t least, std::int64_t most) {
        std::int64_t value = 0;
        if (!integer(key, value, least, most)) return false;
        into = static_cast<Number>(value);
        return true;
    }
    bool percent(std::string_view key, double& into);
    // "15m"; 0 only where `least_ns` is 0, written as "never" too.
    bool duration(std::string_view key, std::int64_t& into, std::int64_t least_ns, std::int64_t most_ns = 100 * 366 * kDay);
    // A list of texts, each not empty; an empty list is refused.
    bool texts(std::string_view key, std::vector<std::string>& into);
    bool paths(std::string_view key, std::vector<std::string>& into);
    // A program and its arguments, never a line for a shell.
    bool arguments(std::string_view key, std::vector<std::string>& into);
    bool exception(std::string_view key, ExceptionText& into);
    // One of `words`: its number among them.
    bool choice(std::string_view key, std::span<const std::string_view> words, std::size_t& into);
    // A text given to `parse`, whose refusal becomes the fault.
    bool parsed(std::string_view key, const std::function<Status(const std::string&)>& parse);

    // A section in the section, or a list of them; null: absent or at fault.
    [[nodiscard]] const TomlValue* table(std::string_view key);
    [[nodiscard]] std::vector<const TomlValue*> tables(std::string_view key);

    // Whether the key is there; a fault at the section when not, told by finish() and only where no slip of the hand in another
    // key explains it. `what`: what it is for.
    bool require(std::string_view key, std::string what);
    void fault(std::string_view key, std::string words);
    void finish();

    // A key that is known elsewhere: "it belongs below [keys]".
    struct Misplaced {
        std::string_view key, section;
    };
    void finish(std::span<const Misplaced> misplaced);

private:
    bool integer(std::string_view key, std::int64_t& into, std::int64_t least, std::int64_t most);
    bool clean_path(const TomlValue& value, std::string_view key, std::string& into);
    bool list(std::string_view key, std::string_view what, std::vector<const TomlValue*>& into);

    const TomlValue& table_;
    Places& places_;
    ConfigFaults& faults_;
    std::string prefix_;
    std::vector<std::string> known_;
    std::vector<std::pair<std::string, std::string>> missing_;  // key, what it is for
};

// What stands there instead of what is meant: "a number", "a list", ...
[[nodiscard]] std::string word_of(TomlValue::Kind kind);

}  // namespace custody
