// Whether everything below a tree can be had, judged from references alone (summary key; no label secret).
//
// A node is sound when it and everything below it can be had. Verdicts are kept per node, so that what snapshots share is walked
// once. Memory: 32 bytes and change for each distinct node (not for each file or chunk), plus a bounded cache of summaries.
// Threads: one. Errors: those of `find`, and what ends a run; a node that cannot be read is a broken node, not an error.
#pragma once

#include "base/result.h"
#include "base/stop.h"
#include "vault/packs/pack_reader.h"

#include <functional>
#include <list>
#include <map>
#include <optional>
#include <unordered_set>

namespace custody {

class Reachability {
public:
    // A place from which the id can be had, or none.
    using Find = std::function<Result<std::optional<Location>>(ByteView id32, SegmentKind kind)>;
    // What lies in the block at a place that `find` gave.
    using ReadSummary = std::function<Result<std::vector<BlockEntry>>(const Location& at)>;
    Reachability(ReadSummary read, Find find) : read_(std::move(read)), find_(std::move(find)) {}
    // `blocks` outlives this.
    Reachability(const BlockSource& blocks, Find find)
        : Reachability([&blocks](const Location& at) { return blocks.read_summary(at); }, std::move(find)) {}

    [[nodiscard]] Result<bool> is_sound(const TreeId& root, const StopFlag& stop);
    // Precondition: below a root that was asked for. Broken itself, or something below it is.
    [[nodiscard]] bool is_broken(const TreeId& node) const { return broken_.contains(node); }
    // References of one node; corrupt when it cannot be had.
    [[nodiscard]] Result<TreeRefs> refs(const TreeId& node);

private:
    struct Frame {
        TreeId id;
        TreeRefs refs;
        std::size_t next_tree = 0;
        bool broken = false;
    };
    struct CachedBlock {
        std::pair<ObjectId, std::uint32_t> key;
        std::vector<BlockEntry> entries;
        std::vector<std::uint64_t> offsets;  // of each entry in the block's data
        std::size_t cost = 0;
    };
    [[nodiscard]] Result<Frame> enter(const TreeId& node);
    [[nodiscard]] Result<const CachedBlock*> block_at(const Location& at);
    void evict();

    ReadSummary read_;
    Find find_;
    std::unordered_set<TreeId, IdHash> sound_, broken_;
    std::list<CachedBlock> cache_;  // most recently used first
    std::map<std::pair<ObjectId, std::uint32_t>, std::list<CachedBlock>::iterator> cached_;
    std::size_t cost_bytes_ = 0;
};

}  // namespace custody
