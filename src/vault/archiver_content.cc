#include "vault/archiver_content.h"

#include "vault/archiver_large.h"

#include <algorithm>

namespace custody {

static_assert(kMaxNodeEntries / 2 + kMaxHolesInChunk + 2 <= kMaxNodeEntries, "a node has room for one chunk more");

void ContentBuilder::pass_holes() {
    while (hole_ < holes_.size() && holes_[hole_].offset == at_) {
        span_.holes.push_back({at_ - begin_, holes_[hole_].length});
        at_ += holes_[hole_++].length;
    }
}

Status ContentBuilder::add(const ContentChunk& chunk) {
    if (span_.chunks.size() + span_.holes.size() >= kMaxNodeEntries / 2) TRY(close_node());
    const bool is_drawn = sample_ && sample_->draw();
    TreeReader::ContentPiece drawn{chunk, {}};
    for (std::uint64_t left = chunk.length; left > 0;) {
        pass_holes();
        const std::uint64_t room = hole_ < holes_.size() ? holes_[hole_].offset - at_ : left;
        const std::uint64_t step = std::min(room, left);
        if (is_drawn) drawn.ranges.push_back({at_, step});
        at_ += step;
        left -= step;
    }
    if (is_drawn) sample_->keep(std::move(drawn));
    span_.chunks.push_back(chunk);
    return done();
}

Status ContentBuilder::close_node() {
    Node node;
    node.kind = NodeKind::content;
    node.content = std::exchange(span_, {});
    node.content.size = at_ - begin_;
    begin_ = at_;
    TRY_ASSIGN(const TreeId id, store_.add_node(node));
    nodes_.push_back({id, node.content.size, {}});
    return done();
}

Result<Content> ContentBuilder::finish(std::uint64_t size) {
    if (size == kUnknownSize || at_ < size) pass_holes();  // one at the end
    if (nodes_.empty() && span_.chunks.size() + span_.holes.size() <= kMaxInlineChunks) {
        span_.size = at_;
        return std::move(span_);
    }
    TRY(close_node());
    Content content;
    content.size = at_;
    TRY_ASSIGN(content.node, add_fanout(store_, NodeKind::content_fanout, std::move(nodes_)));
    return content;
}

Result<TreeId> add_fanout(ChunkStore& store, NodeKind kind, std::vector<FanoutChild> children) {
    while (children.size() > 1) {
        std::vector<FanoutChild> above;
        for (std::size_t begin = 0; begin < children.size(); begin += kMaxNodeEntries) {
            const std::size_t end = std::min(children.size(), begin + kMaxNodeEntries);
            Node node;
            node.kind = kind;
            node.children.assign(children.begin() + static_cast<std::ptrdiff_t>(begin),
                                 children.begin() + static_cast<std::ptrdiff_t>(end));
            FanoutChild parent;
            for (const FanoutChild& child : node.children) parent.size += child.size;
            parent.first_name = node.children.front().first_name;
            TRY_ASSIGN(parent.id, store.add_node(node));
            above.push_back(std::move(parent));
        }
        children = std::move(above);
    }
    return children.front().id;
}

}  // namespace custody
