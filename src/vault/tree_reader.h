// Walking the trees of a snapshot: nodes by id, entries in order, content chunks in order. Shared by restore, ls, diff, verify.
//
// Threads: a TreeReader is safe from many; an iterator serves one. Memory: a bounded cache of decoded nodes and raw blocks.
// Errors: corrupt with the path of the node; wrong_key without the label's secret.
#pragma once

#include "base/result.h"
#include "vault/history/tree.h"
#include "vault/packs/index.h"
#include "vault/packs/pack_reader.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace custody {

class TreeReader {
public:
    // `index` is reloaded once before a missing id is called damage.
    TreeReader(Index& index, const BlockSource& blocks, const WriterKeys& keys);
    ~TreeReader();
    // Read, re-hashed against `id`, decoded.
    [[nodiscard]] Result<std::shared_ptr<const Node>> node(const TreeId& id);
    // References only: enough to mark; needs no label secret.
    [[nodiscard]] Result<TreeRefs> refs(const TreeId& id);
    // Entries of a folder in name order, through fanouts. The visitor's error ends the walk. What is_unreadable() is told to
    // `on_lost`, and the walk goes on behind it; without one it ends the walk.
    using OnEntry = std::function<Status(const Entry& entry)>;
    using OnLost = std::function<Status(const Error& why)>;
    [[nodiscard]] Status entries(const TreeId& folder, const OnEntry& visit, const OnLost& on_lost = nullptr);
    // Depth-first, parents before children; path without a leading '/' ("srv/data/a"). `descend` false from the visitor skips a
    // folder. `on_lost` is told the path of the folder that cannot be read, or only in part; without one it ends the walk.
    using OnPath = std::function<Result<bool>(const std::string& path, const Entry& entry)>;
    using OnLostPath = std::function<Status(const std::string& path, const Error& why)>;
    [[nodiscard]] Status walk(const TreeId& root, const OnPath& visit, const OnLostPath& on_lost = nullptr);
    // The entry at a path below the root ("" is the root itself, as a folder without a name); not_found. Each component is
    // matched byte by byte first, then as composed Unicode.
    [[nodiscard]] Result<Entry> find(const TreeId& root, const std::string& path);
    // The same for one name in a folder; none: it has no such name. is_unreadable(): the part that would tell cannot be read.
    [[nodiscard]] Result<std::optional<Entry>> find_name(const TreeId& folder, const std::string& name);
    // Content in order: data ranges (chunk and its logical ranges come in file order) with holes implied by the gaps.
    struct ContentPiece {
        ContentChunk chunk;
        std::vector<Hole> ranges;  // where its bytes go in the file, in order; lengths sum to chunk.length
    };
    using OnPiece = std::function<Status(const ContentPiece& piece)>;
    [[nodiscard]] Status content(const Content& content, const OnPiece& visit);
    [[nodiscard]] Result<Location> locate(ByteView id32);
    // After a block failed: a prune may have moved what was in it. Reads the index again; then where an id lies in another pack
    // than `avoid`, if there is one; sealed to a key that is here, if there is such a one.
    [[nodiscard]] Status reload_index();
    [[nodiscard]] Result<std::optional<Location>> locate_elsewhere(ByteView id32, const ObjectId& avoid);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// The same for a span that lists its chunks itself (no `node`), at `base` in the file; reads nothing.
[[nodiscard]] Status visit_span(const Content& span, std::uint64_t base, const TreeReader::OnPiece& visit);

}  // namespace custody
