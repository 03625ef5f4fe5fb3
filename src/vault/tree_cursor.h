// A folder's entries in name order, one at a time, through any fanouts. Memory: the nodes on the way down, at most
// kMaxFanoutDepth of them. One thread; refers to its TreeReader.
#pragma once

#include "vault/tree_reader.h"

#include <memory>
#include <string>
#include <vector>

namespace custody {

// 4096 children a node: 3 levels hold 68 billion entries. Deeper is hostile.
inline constexpr std::size_t kMaxFanoutDepth = 6;

class FolderCursor {
public:
    FolderCursor(TreeReader& reader, const TreeId& folder) : reader_(&reader), folder_(folder) {}
    // Null at the end; valid until the next call. corrupt: names that do not ascend, or counts that do not fit. After a failure
    // is_unreadable() the next call goes on behind what cannot be had; the same reason is told once in a row.
    [[nodiscard]] Result<const Entry*> next();
    // Nothing came of it, and nothing will: all of it is lost.
    [[nodiscard]] bool is_lost() const { return begun_ && levels_.empty() && last_name_.empty(); }

private:
    struct Level {
        std::shared_ptr<const Node> node;
        std::size_t at = 0;
        std::uint64_t seen = 0;  // entries met below, of a fanout's current child
    };
    Result<const Entry*> step();
    Status enter(const TreeId& id, const FanoutChild* promised);
    Status leave();
    Error end_with(Error error);

    TreeReader* reader_;
    TreeId folder_;
    bool begun_ = false;
    std::vector<Level> levels_;
    std::string last_name_;
    std::string last_loss_;  // in words
};

}  // namespace custody
