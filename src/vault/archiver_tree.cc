#include "vault/archiver_tree.h"

#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kMaxNodeWeight = 2 * 1024 * 1024;   // a node is closed above this
constexpr std::size_t kMaxEntryWeight = 4 * 1024 * 1024;  // an entry above this cannot be stored

// About the bytes of an entry in its node, references included.
std::size_t weight_of(const Entry& entry) {
    std::size_t weight = 64 + entry.name.size() + entry.target.size() + entry.content.chunks.size() * (ChunkId::size + 4) +
                         entry.content.holes.size() * 12;
    for (const ExtendedAttribute& attribute : entry.attributes.xattrs)
        weight += 8 + attribute.name.size() + attribute.value.size();
    return weight;
}

}  // namespace

void TreeBuilder::enter(std::string path, std::size_t item, bool readable) {
    Level level;
    level.path = std::move(path);
    level.item = item;
    level.same = readable;
    levels_.push_back(std::move(level));
}

Status TreeBuilder::begin_piece(std::shared_ptr<Piece> piece) {
    Level& level = levels_.back();
    TRY(finish_piece(level));
    level.piece = std::move(piece);
    return done();
}

Status TreeBuilder::finish_piece(Level& level) {
    if (!level.piece) return done();
    if (level.piece->same) {
        const CachedPiece& cached = *level.piece->cached.front();
        level.nodes.push_back({*cached.tree(), cached.items().size(), std::string(cached.items().front().name)});
        records_.add(level.path, level.pieces, cached.record());
    } else {
        level.same = false;
        TRY(build_piece(level));
    }
    ++level.pieces;
    level.piece.reset();
    return done();
}

// The item as it goes into the node; nullopt: it failed.
Result<std::optional<StoredItem>> TreeBuilder::item_of(const Level& level, std::size_t index) {
    using Fate = Piece::Item::Fate;
    Piece& piece = *level.piece;
    const SourceItem& item = piece.items[index];
    const auto fail = [&](std::string why) {
        on_failed_(join_path(level.path, item.name), {Code::failed, std::move(why)});
        return std::optional<StoredItem>();
    };
    // It was the same until a folder below turned out to have changed.
    const bool taken_over = piece.fates.empty();
    const Fate fate = taken_over ? Fate::unchanged : piece.fates[index].fate;
    if (fate == Fate::waiting || fate == Fate::failed) return std::optional<StoredItem>();
    StoredItem result;
    if (fate == Fate::unchanged) {
        const CachedItem& cached = taken_over ? piece.cached.front()->items()[index] : *piece.fates[index].cached;
        auto entry = cached.entry();
        if (!entry) return fail(say("its record in the host cache is damaged; back up again"));
        result.entry = std::move(*entry);
        result.stamp = cached.stamp;
        if (item.attributes_only) {  // it may be the same but for its time
            result.stamp = item.stamp;
            result.entry.attributes.modified = item.stamp.modified;
        }
    } else if (fate == Fate::linked) {
        TRY_ASSIGN(const auto linked, on_linked_(level.piece, index));
        if (!linked) return std::optional<StoredItem>();
        result = *linked;
        result.entry.name = item.name;
    } else if (piece.fates[index].link) {
        result = *piece.fates[index].stored;  // every name of the inode needs it
    } else {
        result = std::move(*piece.fates[index].stored);
    }
    if (!taken_over) result.entry.hard_link = piece.fates[index].hard_link;
    if (weight_of(result.entry) > kMaxEntryWeight) return fail(say("it has more extended attributes than can be stored"));
    return std::optional<StoredItem>(std::move(result));
}

Status TreeBuilder::close_node(Level& level, Node& node) {
    if (node.entries.empty()) return done();
    FanoutChild child{{}, node.entries.size(), node.entries.front().name};
    TRY_ASSIGN(child.id, store_.add_node(node));
    level.nodes.push_back(std::move(child));
    node.entries.clear();
    return done();
}

Status TreeBuilder::build_piece(Level& level) {
    Piece& piece = *level.piece;
    Node node;
    node.kind = NodeKind::folder;
    const std::size_t nodes_before = level.nodes.size();
    std::size_t weight = 0;
    auto subfolder = piece.subfolders.begin();
    for (std::size_t i = 0; i < piece.items.size(); ++i) {
        const bool entered = subfolder != piece.subfolders.end() && subfolder->first == i;
        const auto children = entered ? (subfolder++)->second : std::nullopt;
        TRY_ASSIGN(auto item, item_of(level, i));
        if (!item) continue;
        if (item->entry.type == EntryType::folder) item->entry.children = children;
        record_.add(item->entry, item->stamp, item->racy);
        weight += weight_of(item->entry);
        node.entries.push_back(std::move(item->entry));
        if (weight > kMaxNodeWeight) {
            TRY(close_node(level, node));
            weight = 0;
        }
    }
    TRY(close_node(level, node));
    // A piece that took several nodes has no node to take over: it is built anew each time.
    std::optional<TreeId> tree;
    if (level.nodes.size() == nodes_before + 1) tree = level.nodes.back().id;
    records_.add(level.path, level.pieces, record_.finish(level.path, level.pieces, tree));
    return done();
}

Status TreeBuilder::leave() {
    Level& level = levels_.back();
    TRY(finish_piece(level));
    if (old_ && old_->knows(level.path, level.pieces)) level.same = false;  // it had more
    std::optional<TreeId> tree;
    if (!level.nodes.empty()) {
        TRY_ASSIGN(tree, add_fanout(store_, NodeKind::folder_fanout, std::move(level.nodes)));
    }
    const bool same = level.same;
    const std::size_t item = level.item;
    levels_.pop_back();
    if (levels_.empty()) {
        root_ = tree;
        return done();
    }
    Piece& parent = *levels_.back().piece;
    if (!same && parent.same) parent.same = false;
    parent.subfolders.emplace_back(item, tree);
    return done();
}

Result<TreeId> TreeBuilder::root() {
    if (root_) return *root_;
    Node nothing;
    nothing.kind = NodeKind::folder;
    return store_.add_node(nothing);
}

}  // namespace custody
