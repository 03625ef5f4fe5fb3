// The paths that lead to what is broken of a snapshot: one step down from a node that can be read.
//
// Threads: none. Errors: those of `on_chunk`.
#pragma once

#include "base/result.h"
#include "vault/history/tree.h"
#include "vault/reachability.h"

#include <functional>
#include <string>
#include <vector>

namespace custody {

struct BrokenPlace {
    TreeId node;
    std::string path;
};
using OnContentChunk = std::function<Status(const ContentChunk& chunk, const std::string& path)>;
// Broken nodes right below `node`, which stands at `path`, are added to `below`; each chunk that it names goes to `on_chunk`.
[[nodiscard]] Status look_below(const Node& node, const std::string& path, const Reachability& reach,
                                std::vector<BrokenPlace>& below, const OnContentChunk& on_chunk);

}  // namespace custody
