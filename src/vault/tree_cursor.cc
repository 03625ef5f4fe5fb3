#include "vault/tree_cursor.h"

#include "base/text.h"
#include "vault/unreadable.h"

#include <utility>

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

// A folder that contradicts itself is not read any further.
Error FolderCursor::end_with(Error error) {
    levels_.clear();
    return error;
}

// Leaves a node that is used up; its parent checks what it promised.
Status FolderCursor::leave() {
    const Level finished = std::move(levels_.back());
    levels_.pop_back();
    if (levels_.empty()) return done();
    Level& parent = levels_.back();
    const std::uint64_t entries = finished.node->kind == NodeKind::folder ? finished.node->entries.size() : finished.seen;
    const FanoutChild& child = parent.node->children[parent.at];
    if (entries != child.size) return end_with(contradicts(child.id, say("it has {} entries, not {}", entries, child.size)));
    parent.seen += entries;
    ++parent.at;
    return done();
}

Result<const Entry*> FolderCursor::next() {
    auto entry = step();
    if (entry.ok() || !is_unreadable(entry.error())) return entry;
    const Error& why = entry.error();
    return Error{why.code, is_lost() ? say("what is in it cannot be had: {}", why.message)
                                     : say("some of what is in it cannot be had: {}", why.message)};
}

Result<const Entry*> FolderCursor::step() {
    if (!begun_) {
        begun_ = true;
        TRY(enter(folder_, nullptr));
    }
    while (!levels_.empty()) {
        Level& level = levels_.back();
        if (level.node->kind == NodeKind::folder && level.at < level.node->entries.size()) {
            const Entry& entry = level.node->entries[level.at++];
            if (!last_name_.empty() && !(last_name_ < entry.name))
                return end_with(contradicts(folder_, say("names are unsorted or repeated")));
            last_name_ = entry.name;
            return &entry;
        }
        if (level.node->kind == NodeKind::folder_fanout && level.at < level.node->children.size()) {
            // A copy: entering may move the levels.
            const FanoutChild child = level.node->children[level.at];
            const Status entered = enter(child.id, &child);
            if (entered.ok()) continue;
            Level& above = levels_.back();
            above.seen += child.size;
            ++above.at;
            if (!is_unreadable(entered.error())) return entered.error();
            if (std::exchange(last_loss_, entered.error().message) == entered.error().message) continue;
            return entered.error();
        }
        TRY(leave());
    }
    return static_cast<const Entry*>(nullptr);
}

}  // namespace custody
