// From a file's chunks, in order, to the Content of its entry: inline when short, else tree nodes of bounded size.
//
// Ownership: refers to store and holes. Threads: one. Memory: one node and 80 bytes for each before it; of what is drawn for the
// second reading (archiver_sample.h) kMaxLongPieces.
#pragma once

#include "vault/archiver_sample.h"
#include "vault/archiver_store.h"

#include <optional>
#include <vector>

namespace custody {

class ContentBuilder {
public:
    // `holes`: of the file, ascending; outlive the builder.
    ContentBuilder(ChunkStore& store, const std::vector<Hole>& holes) : store_(store), holes_(holes) {}
    // From now on chunks are drawn to be read again; for content that turns out to be long.
    void draw(unsigned percent) { sample_.emplace(percent); }
    [[nodiscard]] Status add(const ContentChunk& chunk);
    // `size`: the file's; kUnknownSize when the chunks were all there was.
    [[nodiscard]] Result<Content> finish(std::uint64_t size);
    // What was drawn.
    [[nodiscard]] ContentPieces take_drawn() { return sample_ ? sample_->take() : ContentPieces(); }

private:
    void pass_holes();
    [[nodiscard]] Status close_node();

    ChunkStore& store_;
    const std::vector<Hole>& holes_;
    std::size_t hole_ = 0;
    std::uint64_t at_ = 0;     // logical end so far
    std::uint64_t begin_ = 0;  // of the current span
    Content span_;
    std::vector<FanoutChild> nodes_;
    std::optional<LongSample> sample_;
};

// One id for many nodes, in levels of at most kMaxNodeEntries.
[[nodiscard]] Result<TreeId> add_fanout(ChunkStore& store, NodeKind kind, std::vector<FanoutChild> children);

}  // namespace custody
