#include "restore/broken_places.h"

namespace custody {
namespace {

Status look_into(const Content& content, const std::string& path, const Reachability& reach, std::vector<BrokenPlace>& below,
                 const OnContentChunk& on_chunk) {
    if (content.node && reach.is_broken(*content.node)) below.push_back({*content.node, path});
    for (const ContentChunk& chunk : content.chunks) TRY(on_chunk(chunk, path));
    return done();
}

}  // namespace

Status look_below(const Node& node, const std::string& path, const Reachability& reach, std::vector<BrokenPlace>& below,
                  const OnContentChunk& on_chunk) {
    for (const FanoutChild& child : node.children) {
        if (reach.is_broken(child.id)) below.push_back({child.id, path});
    }
    TRY(look_into(node.content, path, reach, below, on_chunk));
    for (const Entry& entry : node.entries) {
        const std::string at = path.empty() || path.ends_with('/') ? path + entry.name : path + "/" + entry.name;
        if (entry.children && reach.is_broken(*entry.children)) below.push_back({*entry.children, at});
        TRY(look_into(entry.content, at, reach, below, on_chunk));
    }
    return done();
}

}  // namespace custody
