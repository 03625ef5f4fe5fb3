// A file's content as pieces: which chunk goes where, around the holes.
#include "base/text.h"
#include "vault/tree_cursor.h"
#include "vault/tree_reader.h"

#include <algorithm>

namespace custody {

// The decoder has checked that chunks and holes of a span sum to its size.
Status visit_span(const Content& span, std::uint64_t base, const TreeReader::OnPiece& visit) {
    std::uint64_t at = 0;
    std::size_t hole = 0;
    for (const ContentChunk& chunk : span.chunks) {
        TreeReader::ContentPiece piece;
        piece.chunk = chunk;
        std::uint64_t left = chunk.length;
        while (left > 0) {
            std::uint64_t run = left;
            if (hole < span.holes.size()) {
                const Hole& next = span.holes[hole];
                if (next.offset == at) {
                    at += next.length;
                    ++hole;
                    continue;
                }
                run = std::min(run, next.offset - at);
            }
            piece.ranges.push_back({base + at, run});
            at += run;
            left -= run;
        }
        TRY(visit(piece));
    }
    return done();
}

Status TreeReader::content(const Content& content, const OnPiece& visit) {
    if (!content.node) return visit_span(content, 0, visit);
    struct Pending {
        TreeId id;
        std::uint64_t size;
        std::size_t depth;
    };
    std::vector<Pending> pending{{*content.node, content.size, 0}};  // next on top
    std::uint64_t base = 0;
    while (!pending.empty()) {
        const Pending next = pending.back();
        pending.pop_back();
        TRY_ASSIGN(const auto node, this->node(next.id));
        if (node->kind == NodeKind::content) {
            if (node->content.size != next.size) return Error{Code::corrupt, say("tree {} spans another size", next.id.hex())};
            TRY(visit_span(node->content, base, visit));
            base += next.size;
            continue;
        }
        if (node->kind != NodeKind::content_fanout || next.depth >= kMaxFanoutDepth) {
            return Error{Code::corrupt, say("tree {} is no content", next.id.hex())};
        }
        std::uint64_t total = 0;
        for (const FanoutChild& child : node->children) total += child.size;
        if (total != next.size) return Error{Code::corrupt, say("tree {} spans another size", next.id.hex())};
        for (auto child = node->children.rbegin(); child != node->children.rend(); ++child) {
            pending.push_back({child->id, child->size, next.depth + 1});
        }
    }
    return done();
}

}  // namespace custody
