// Which paths a user named, as a tree from "/": parents lead to them. A path inside another one stands below it, for it is backed
// up whatever the walk of the other leaves out.
// Pure, but for what Excludes remembers. Paths are absolute and clean.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

struct PlannedPath {
    bool named = false;                                     // backed up as a whole
    std::map<std::string, PlannedPath, std::less<>> below;  // by name
};
[[nodiscard]] PlannedPath plan_paths(const std::vector<std::string>& paths);

// Globs of --exclude: with '/' against the whole path, else against the name; composed and decomposed Unicode are alike.
// Threads: matches() from many.
class Excludes {
public:
    explicit Excludes(const std::vector<std::string>& globs);
    [[nodiscard]] bool empty() const { return globs_.empty(); }
    [[nodiscard]] bool matches(const std::string& folder, std::string_view name) const;
    [[nodiscard]] bool needs_path() const { return needs_path_; }
    // Those that nothing matched so far, as they were given, each once.
    [[nodiscard]] std::vector<std::string> unmatched() const;

private:
    struct Glob {
        std::string given, folded;
        bool of_path = false;
        mutable std::atomic<bool> has_matched = false;
    };
    std::deque<Glob> globs_;  // never moved: atomics
    bool needs_path_ = false;
};

}  // namespace custody
