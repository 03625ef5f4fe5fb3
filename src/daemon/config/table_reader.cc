#include "daemon/config/table_reader.h"

#include "base/file.h"
#include "base/nearest.h"
#include "daemon/config/values.h"

#include <algorithm>

#include <fmt/ranges.h>

namespace custody {
namespace {

constexpr std::size_t kMostItems = 4096;

// ["systemctl", "stop", "x"] of "systemctl stop x".
std::string as_arguments(const std::string& line) {
    std::string list;
    std::size_t at = 0;
    while ((at = line.find_first_not_of(' ', at)) != std::string::npos) {
        const std::size_t end = std::min(line.find(' ', at), line.size());
        list += (list.empty() ? "\"" : ", \"") + printable(line.substr(at, end - at)) + "\"";
        at = end;
    }
    return "[" + list + "]";
}

}  // namespace

std::string word_of(TomlValue::Kind kind) {
    switch (kind) {
        case TomlValue::Kind::text:
            return say("a text");
        case TomlValue::Kind::integer:
            return say("a whole number");
        case TomlValue::Kind::number:
            return say("a number with a fraction");
        case TomlValue::Kind::boolean:
            return say("true or false");
        case TomlValue::Kind::time:
            return say("a date or time");
        case TomlValue::Kind::list:
            return say("a list");
        case TomlValue::Kind::table:
            return say("a section");
    }
    return "";
}

TableReader::TableReader(const TomlValue& table, Places& places, ConfigFaults& faults, std::string prefix)
    : table_(table), places_(places), faults_(faults), prefix_(std::move(prefix)) {
    if (prefix_.empty()) places_.section = table.at;
}

const TomlEntry* TableReader::any(std::string_view key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
    const TomlEntry* entry = table_.find(key);
    if (entry != nullptr) places_.keys[prefix_ + std::string(key)] = entry->at;
    return entry;
}

void TableReader::fault(std::string_view key, std::string words) {
    const TomlEntry* entry = table_.find(key);
    faults_.add(entry == nullptr ? table_.at : entry->at, std::move(words));
}

bool TableReader::free_text(std::string_view key, std::string& into) {
    const TomlEntry* entry = any(key);
    if (entry == nullptr) return false;
    if (entry->value.kind != TomlValue::Kind::text) {
        faults_.add(entry->at, say("'{}' must be a text in quotes, not {}", key, word_of(entry->value.kind)));
        return false;
    }
    if (entry->value.text.empty()) {
        faults_.add(entry->at, say("'{}' is empty; leave the key out or give it a value", key));
        return false;
    }
    into = entry->value.text;
    return true;
}

bool TableReader::text(std::string_view key, std::string& into) {
    std::string value;
    if (!free_text(key, value)) return false;
    if (printable(value) != value) {
        fault(key, say("'{}' has control characters; it must be one line", key));
        return false;
    }
    into = std::move(value);
    return true;
}

bool TableReader::clean_path(const TomlValue& value, std::string_view key, std::string& into) {
    const std::string& path = value.text;
    const auto refuse = [&](std::string words) {
        faults_.add(value.at, std::move(words));
        return false;
    };
    if (const std::size_t colon = path.find("://"); colon != std::string::npos && path.find('/') > colon) {
        return refuse(say("'{}' must be a path on this machine; {} cannot be used here yet: mount the folder and name its path",
                          key, printable(path)));
    }
    if (!path.starts_with('/')) {
        return refuse(
            say("'{}' must be an absolute path; '{}' would depend on where the service is started", key, printable(path)));
    }
    if (printable(path) != path) return refuse(say("'{}' has control characters; it must be one line", key));
    std::string clean;
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string part = path.substr(at, end - at);
        if (part == "..") return refuse(say("'{}' must not have '..' in it: {}", key, printable(path)));
        if (!part.empty() && part != ".") clean += "/" + part;
        at = end + 1;
    }
    into = clean.empty() ? "/" : clean;
    return true;
}

bool TableReader::path(std::string_view key, std::string& into) {
    std::string ignored;
    if (!free_text(key, ignored)) return false;
    TomlValue value;
    value.text = ignored;
    value.at = any(key)->at;
    return clean_path(value, key, into);
}

bool TableReader::flag(std::string_view key, bool& into) {
    const TomlEntry* entry = any(key);
    if (entry == nullptr) return false;
    if (entry->value.kind != TomlValue::Kind::boolean) {
        faults_.add(entry->at, say("'{}' must be true or false, not {}", key, word_of(entry->value.kind)));
        return false;
    }
    into = entry->value.boolean;
    return true;
}

bool TableReader::integer(std::string_view key, std::int64_t& into, std::int64_t least, std::int64_t most) {
    const TomlEntry* entry = any(key);
    if (entry == nullptr) return false;
    if (entry->value.kind != TomlValue::Kind::integer) {
        faults_.add(entry->at,
                    say("'{}' must be a whole number from {} to {}, not {}", key, least, most, word_of(entry->value.kind)));
        return false;
    }
    if (entry->value.integer < least || entry->value.integer > most) {
        faults_.add(entry->at, say("'{}' must be from {} to {}, not {}", key, least, most, entry->value.integer));
        return false;
    }
    into = entry->value.integer;
    return true;
}

bool TableReader::percent(std::string_view key, double& into) {
    const TomlEntry* entry = any(key);
    if (entry == nullptr) return false;
    const bool is_whole = entry->value.kind == TomlValue::Kind::integer;
    const double value = is_whole ? static_cast<double>(entry->value.integer) : entry->value.number;
    if ((!is_whole && entry->value.kind != TomlValue::Kind::number) || !(value > 0 && value <= 100)) {
        faults_.add(entry->at, say("'{}' must be a number above 0 and at most 100", key));
        return false;
    }
    into = value;
    return true;
}

bool TableReader::duration(std::string_view key, std::int64_t& into, std::int64_t least_ns, std::int64_t most_ns) {
    return parsed(key, [&](const std::string& text) -> Status {
        if (text == "never" && least_ns == 0) {
            into = 0;
            return done();
        }
        TRY_ASSIGN(const std::int64_t value, parse_duration(text));
        if (value < least_ns || value > most_ns) {
            return Error{Code::usage, say("'{}' must be from {} to {}, not {}", key, describe_duration(least_ns),
                                          describe_duration(most_ns), text)};
        }
        into = value;
        return done();
    });
}

bool TableReader::parsed(std::string_view key, const std::function<Status(const std::string&)>& parse) {
    std::string value;
    if (!text(key, value)) return false;
    const Status status = parse(value);
    if (!status.ok()) fault(key, status.error().message);
    return status.ok();
}

bool TableReader::exception(std::string_view key, ExceptionText& into) {
    return parsed(key, [&](const std::string& text) -> Status {
        TRY(check_exception(text));
        into.text = text;
        return done();
    });
}

bool TableReader::choice(std::string_view key, std::span<const std::string_view> words, std::size_t& into) {
    return parsed(key, [&](const std::string& text) -> Status {
        const auto found = std::find(words.begin(), words.end(), text);
        if (found != words.end()) {
            into = static_cast<std::size_t>(found - words.begin());
            return done();
        }
        const std::string_view near = nearest(text, words);
        const std::string meant =
            near.empty() ? say("known are {}", fmt::format("{}", fmt::join(words, ", "))) : say("is '{}' meant?", near);
        return Error{Code::usage, say("'{}' cannot be '{}': {}", key, printable(text), meant)};
    });
}

// ---- lists

bool TableReader::list(std::string_view key, std::string_view what, std::vector<const TomlValue*>& into) {
    const TomlEntry* entry = any(key);
    if (entry == nullptr) return false;
    const auto refuse = [&](std::string words) {
        faults_.add(entry->at, std::move(words));
        return false;
    };
    if (entry->value.kind != TomlValue::Kind::list) {
        return refuse(say("'{}' must be a list, {}, not {}", key, what, word_of(entry->value.kind)));
    }
    if (entry->value.items.empty()) return refuse(say("'{}' is an empty list; leave the key out or name one at least", key));
    if (entry->value.items.size() > kMostItems) return refuse(say("'{}' has more than {} entries", key, kMostItems));
    bool sound = true;
    for (const TomlValue& item : entry->value.items) {
        places_.keys[fmt::format("{}{}[{}]", prefix_, key, into.size())] = item.at;
        into.push_back(&item);
        if (item.kind != TomlValue::Kind::text) {
            faults_.add(item.at, say("'{}' must hold texts in quotes, not {}", key, word_of(item.kind)));
            sound = false;
        } else if (item.text.empty()) {
            faults_.add(item.at, say("'{}' holds an empty text", key));
            sound = false;
        }
    }
    return sound;
}

bool TableReader::texts(std::string_view key, std::vector<std::string>& into) {
    std::vector<const TomlValue*> items;
    if (!list(key, "[\"...\"]", items)) return false;
    std::vector<std::string> values;
    for (const TomlValue* item : items) {
        if (printable(item->text) != item->text) {
            faults_.add(item->at, say("'{}' has control characters; it must be one line", key));
            return false;
        }
        values.push_back(item->text);
    }
    into = std::move(values);
    return true;
}

bool TableReader::paths(std::string_view key, std::vector<std::string>& into) {
    std::vector<const TomlValue*> items;
    if (!list(key, "[\"/...\"]", items)) return false;
    std::vector<std::string> values(items.size());
    bool sound = true;
    for (std::size_t i = 0; i < items.size(); ++i) sound = clean_path(*items[i], key, values[i]) && sound;
    if (sound) into = std::move(values);
    return sound;
}

bool TableReader::arguments(std::string_view key, std::vector<std::string>& into) {
    const TomlEntry* entry = any(key);
    if (entry != nullptr && entry->value.kind == TomlValue::Kind::text) {
        fault(key, say("'{}' must be a list of arguments, run without a shell: {}", key, as_arguments(entry->value.text)));
        return false;
    }
    std::vector<const TomlValue*> items;
    if (!list(key, "[\"/...\"]", items)) return false;
    std::vector<std::string> values;
    for (const TomlValue* item : items) {
        if (item->text.find('\0') != std::string::npos) {
            faults_.add(item->at, say("'{}' has control characters; it must be one line", key));
            return false;
        }
        values.push_back(item->text);
    }
    if (values[0].find('/') != std::string::npos && !values[0].starts_with('/')) {
        faults_.add(items[0]->at,
                    say("'{}' must begin with a program's name or its absolute path, not '{}'", key, printable(values[0])));
        return false;
    }
    into = std::move(values);
    return true;
}

// ---- sections

const TomlValue* TableReader::table(std::string_view key) {
    const TomlEntry* entry = any(key);
    if (entry == nullptr) return nullptr;
    if (entry->value.kind == TomlValue::Kind::table) return &entry->value;
    faults_.add(entry->at,
                say("'{}' must be a section, [{}] or {} = {{ ... }}, not {}", key, key, key, word_of(entry->value.kind)));
    return nullptr;
}

std::vector<const TomlValue*> TableReader::tables(std::string_view key) {
    std::vector<const TomlValue*> sections;
    const TomlEntry* entry = any(key);
    if (entry == nullptr) return sections;
    if (entry->value.kind != TomlValue::Kind::list) {
        faults_.add(entry->at, say("'{}' must be a list of sections: [[{}]]", key, key));
        return sections;
    }
    if (entry->value.items.size() > kMostItems) {
        faults_.add(entry->at, say("'{}' has more than {} entries", key, kMostItems));
        return sections;
    }
    for (const TomlValue& item : entry->value.items) {
        if (item.kind == TomlValue::Kind::table) {
            sections.push_back(&item);
        } else {
            faults_.add(item.at, say("'{}' must be a list of sections: [[{}]]", key, key));
        }
    }
    return sections;
}

bool TableReader::require(std::string_view key, std::string what) {
    if (any(key) != nullptr) return true;
    missing_.emplace_back(key, std::move(what));
    return false;
}

void TableReader::finish() { finish({}); }

void TableReader::finish(std::span<const Misplaced> misplaced) {
    const std::vector<std::string_view> names(known_.begin(), known_.end());
    for (const TomlEntry& entry : table_.entries) {
        if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
        const auto elsewhere =
            std::find_if(misplaced.begin(), misplaced.end(), [&](const Misplaced& each) { return each.key == entry.key; });
        const std::string_view near = nearest(entry.key, names);
        std::erase_if(missing_, [&](const auto& missing) { return missing.first == near; });
        std::string advice;
        if (elsewhere != misplaced.end()) {
            advice = say("it belongs below {}", elsewhere->section);
        } else if (!near.empty()) {
            advice = say("is '{}' meant?", near);
        } else {
            advice = say("known are {}", fmt::format("{}", fmt::join(names, ", ")));
        }
        faults_.add(entry.at, say("unknown key '{}': {}", printable(entry.key), advice));
    }
    for (const auto& [key, what] : missing_) faults_.add(table_.at, say("'{}' is missing: {}", key, what));
}

}  // namespace custody
