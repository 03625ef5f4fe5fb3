#include "vault/reachability.h"

#include "base/text.h"
#include "vault/object_check.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kCacheBytes = 24 * 1024 * 1024;
// References are not hashed without the label's secret, so a hostile writer could make them run in a circle. The deepest
// honest tree is a path of one-letter folders, each a few levels of fanout.
constexpr std::size_t kMaxDepth = 100'000;

std::size_t cost_of(const std::vector<BlockEntry>& entries) {
    std::size_t cost = 0;
    for (const BlockEntry& entry : entries) {
        cost += sizeof(BlockEntry) + sizeof(std::uint64_t) + (entry.refs.trees.size() + entry.refs.chunks.size()) * ChunkId::size;
    }
    return cost;
}

}  // namespace

Result<const Reachability::CachedBlock*> Reachability::block_at(const Location& at) {
    const auto key = std::make_pair(at.pack, at.block_offset);
    if (const auto found = cached_.find(key); found != cached_.end()) {
        cache_.splice(cache_.begin(), cache_, found->second);
        return &cache_.front();
    }
    CachedBlock block;
    block.key = key;
    TRY_ASSIGN(block.entries, read_(at));
    std::uint64_t offset = 0;
    for (const BlockEntry& entry : block.entries) {
        block.offsets.push_back(offset);
        offset += entry.length;
    }
    block.cost = cost_of(block.entries);
    cost_bytes_ += block.cost;
    cache_.push_front(std::move(block));
    cached_[key] = cache_.begin();
    evict();
    return &cache_.front();
}

void Reachability::evict() {
    while (cost_bytes_ > kCacheBytes && cache_.size() > 1) {
        cost_bytes_ -= cache_.back().cost;
        cached_.erase(cache_.back().key);
        cache_.pop_back();
    }
}

Result<TreeRefs> Reachability::refs(const TreeId& node) {
    TRY_ASSIGN(const std::optional<Location> at, find_(node.view(), SegmentKind::tree));
    if (!at) return Error{Code::corrupt, say("tree node {} is not to be had", node.hex())};
    TRY_ASSIGN(const CachedBlock* block, block_at(*at));
    // Empty contents share an offset; the id decides among them.
    auto offset = std::lower_bound(block->offsets.begin(), block->offsets.end(), at->offset);
    for (; offset != block->offsets.end() && *offset == at->offset; ++offset) {
        const BlockEntry& entry = block->entries[static_cast<std::size_t>(offset - block->offsets.begin())];
        if (std::equal(entry.id.bytes.begin(), entry.id.bytes.end(), node.bytes.begin())) return entry.refs;
    }
    return Error{Code::corrupt, say("tree node {} is not where the index says", node.hex())};
}

Result<Reachability::Frame> Reachability::enter(const TreeId& node) {
    Frame frame;
    frame.id = node;
    auto refs_here = refs(node);
    if (!refs_here.ok()) {
        if (!is_damage(refs_here.error())) return refs_here.error();
        frame.broken = true;
        return frame;
    }
    frame.refs = std::move(*refs_here);
    for (const ChunkId& chunk : frame.refs.chunks) {
        TRY_ASSIGN(const std::optional<Location> at, find_(chunk.view(), SegmentKind::content));
        if (!at) frame.broken = true;
    }
    return frame;
}

Result<bool> Reachability::is_sound(const TreeId& root, const StopFlag& stop) {
    if (sound_.contains(root)) return true;
    if (broken_.contains(root)) return false;
    std::vector<Frame> stack;
    TRY_ASSIGN(Frame first, enter(root));
    stack.push_back(std::move(first));
    while (true) {
        TRY(stop.check());
        Frame& top = stack.back();
        if (top.next_tree < top.refs.trees.size()) {
            const TreeId child = top.refs.trees[top.next_tree++];
            if (sound_.contains(child)) continue;
            if (stack.size() >= kMaxDepth) broken_.insert(child);
            if (broken_.contains(child)) {
                top.broken = true;
                continue;
            }
            TRY_ASSIGN(Frame frame, enter(child));
            stack.push_back(std::move(frame));
            continue;
        }
        const bool broken = top.broken;
        (broken ? broken_ : sound_).insert(top.id);
        stack.pop_back();
        if (stack.empty()) return !broken;
        if (broken) stack.back().broken = true;
    }
}

}  // namespace custody
