#include "vault/sources/path_plan.h"

#include "base/file.h"
#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {

std::string folded(std::string_view text) { return fold_for_match(text, false, false); }

}  // namespace

PlannedPath plan_paths(const std::vector<std::string>& paths) {
    PlannedPath root;
    for (const std::string& path : paths) {
        PlannedPath* at = &root;
        for (std::size_t begin = 1; begin < path.size();) {
            const std::size_t end = std::min(path.find('/', begin), path.size());
            at = &at->below[path.substr(begin, end - begin)];
            begin = end + 1;
        }
        at->named = true;
    }
    return root;
}

Excludes::Excludes(const std::vector<std::string>& globs) {
    for (std::string_view glob : globs) {
        Glob& made = globs_.emplace_back();
        made.given = glob;
        while (glob.size() > 1 && glob.ends_with('/')) glob.remove_suffix(1);
        made.of_path = glob.find('/') != std::string_view::npos;
        made.folded = folded(glob);
        needs_path_ = needs_path_ || made.of_path;
    }
}

bool Excludes::matches(const std::string& folder, std::string_view name) const {
    if (empty()) return false;
    const std::string path = needs_path_ ? folded(join_path(folder, name)) : std::string(), alone = folded(name);
    bool matched = false;
    for (const Glob& glob : globs_) {
        // Behind one that matched, only those are tried of which that is still to be seen.
        if (matched && glob.has_matched.load(std::memory_order_relaxed)) continue;
        if (!glob_matches(glob.folded, glob.of_path ? path : alone)) continue;
        glob.has_matched.store(true, std::memory_order_relaxed);
        matched = true;
    }
    return matched;
}

std::vector<std::string> Excludes::unmatched() const {
    std::vector<std::string> left;
    for (const Glob& glob : globs_) {
        if (glob.has_matched || std::find(left.begin(), left.end(), glob.given) != left.end()) continue;
        left.push_back(glob.given);
    }
    return left;
}

}  // namespace custody
