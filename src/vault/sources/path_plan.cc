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
        for (std::size_t begin = 1; begin < path.size() && !at->named;) {
            const std::size_t end = std::min(path.find('/', begin), path.size());
            at = &at->below[path.substr(begin, end - begin)];
            begin = end + 1;
        }
        at->named = true;
        at->below.clear();
    }
    return root;
}

Excludes::Excludes(const std::vector<std::string>& globs) {
    for (std::string_view glob : globs) {
        while (glob.size() > 1 && glob.ends_with('/')) glob.remove_suffix(1);
        (glob.find('/') == std::string_view::npos ? names_ : paths_).push_back(folded(glob));
    }
}

bool Excludes::matches(const std::string& folder, std::string_view name) const {
    if (empty()) return false;
    const auto any = [](const std::vector<std::string>& globs, const std::string& text) {
        return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return glob_matches(glob, text); });
    };
    if (!names_.empty() && any(names_, folded(name))) return true;
    return !paths_.empty() && any(paths_, folded(join_path(folder, name)));
}

}  // namespace custody
