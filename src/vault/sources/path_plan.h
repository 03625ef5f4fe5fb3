// Which paths a user named, as a tree from "/": parents lead to them, and a path inside another one is covered by it.
// Pure. Paths are absolute and clean.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

struct PlannedPath {
    bool named = false;                                     // backed up as a whole; no children then
    std::map<std::string, PlannedPath, std::less<>> below;  // by name
};
[[nodiscard]] PlannedPath plan_paths(const std::vector<std::string>& paths);

// Globs of --exclude: with '/' against the whole path, else against the name; composed and decomposed Unicode are alike.
class Excludes {
public:
    explicit Excludes(const std::vector<std::string>& globs);
    [[nodiscard]] bool empty() const { return names_.empty() && paths_.empty(); }
    [[nodiscard]] bool matches(const std::string& folder, std::string_view name) const;
    [[nodiscard]] bool needs_path() const { return !paths_.empty(); }

private:
    std::vector<std::string> names_, paths_;
};

}  // namespace custody
