#include "vault/tree_cursor.h"

#include "base/text.h"

namespace custody {
namespace {

Error contradicts(const TreeId& id, std::string_view why) { return {Code::corrupt, say("tree {}: {}", id.hex(), why)}; }

}  // namespace

Status FolderCursor::enter(const TreeId& id, const FanoutChild* promised) {
    if (levels_.size() >= kMaxFanoutDepth) return contradicts(id, say("a folder is nested too deeply in itself"));
    TRY_ASSIGN(auto node, reader_->node(id));
    if (node->kind != NodeKind::folder && node->kind != NodeKind::folder_fanout) return contradicts(id, say("it is no folder"));
    if (promised != nullptr) {
        const bool leaf = node->kind == NodeKind::folder;
        const std::string* first = leaf ? (node->entries.empty() ? nullptr : &node->entries.front().name)
                                        : (node->children.empty() ? nullptr : &node->children.front().first_name);
        if (first == nullptr || *first != promised->first_name) return contradicts(id, say("it does not begin as was promised"));
    }
    levels_.push_back({std::move(node), 0, 0});
    return done();
}

// Leaves a node that is used up; its parent checks what it promised.
Status FolderCursor::leave() {
    const Level finished = std::move(levels_.back());
    levels_.pop_back();
    if (levels_.empty()) return done();
    Level& parent = levels_.back();
    const std::uint64_t entries = finished.node->kind == NodeKind::folder ? finished.node->entries.size() : finished.seen;
    const FanoutChild& child = parent.node->children[parent.at];
    if (entries != child.size) return contradicts(child.id, say("it has {} entries, not {}", entries, child.size));
    parent.seen += entries;
    ++parent.at;
    return done();
}

Result<const Entry*> FolderCursor::next() {
    if (!begun_) {
        begun_ = true;
        TRY(enter(folder_, nullptr));
    }
    while (!levels_.empty()) {
        Level& level = levels_.back();
        if (level.node->kind == NodeKind::folder && level.at < level.node->entries.size()) {
            const Entry& entry = level.node->entries[level.at++];
            if (!last_name_.empty() && !(last_name_ < entry.name))
                return contradicts(folder_, say("names are unsorted or repeated"));
            last_name_ = entry.name;
            return &entry;
        }
        if (level.node->kind == NodeKind::folder_fanout && level.at < level.node->children.size()) {
            // A copy: entering may move the levels.
            const FanoutChild child = level.node->children[level.at];
            TRY(enter(child.id, &child));
            continue;
        }
        TRY(leave());
    }
    return static_cast<const Entry*>(nullptr);
}

}  // namespace custody
