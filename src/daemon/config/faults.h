// What is wrong in a configuration, all of it, in the order of the file. Values; made by the reader and the judge.
#pragma once

#include "base/text.h"
#include "daemon/config/places.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace custody {

struct ConfigFault {
    Position at;
    std::string section;  // the key at the top that it is below, "plan"; empty: the file as a whole
    std::string words;    // what, why, what is meant; one line
    // "/etc/custody/custody.toml:3:1: unknown key ..."
    [[nodiscard]] std::string line(const std::string& file) const {
        return at.in_file() ? fmt::format("{}:{}:{}: {}", printable(file), at.line, at.column, words)
                            : fmt::format("{}: {}", printable(file), words);
    }
};

class ConfigFaults {
public:
    // Of the faults that follow.
    void enter(std::string section) { section_ = std::move(section); }
    void add(Position at, std::string words) { all_.push_back({at, section_, std::move(words)}); }
    [[nodiscard]] bool empty() const { return all_.empty(); }
    [[nodiscard]] std::vector<ConfigFault> sorted() && {
        std::stable_sort(all_.begin(), all_.end(), [](const ConfigFault& a, const ConfigFault& b) { return a.at < b.at; });
        return std::move(all_);
    }

private:
    std::string section_;
    std::vector<ConfigFault> all_;
};

}  // namespace custody
