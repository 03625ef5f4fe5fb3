// Tree nodes: what a snapshot holds, as a Merkle tree. A node is references (child nodes and chunks; readable with the
// summary key, in its block's summary) and a body (names and attributes; label's secret, in its block's data).
// TreeId = keyed hash (kTreeDomain) of encoded references followed by the body.
//
// Kinds of node: a folder's entries in name order (at most kMaxNodeEntries; a larger folder is a `fanout` of such nodes), and
// pieces of a long file's content (`content`, and `fanout` of them). References appear in `refs` in the order in which a
// depth-first reading of the body meets them; the body holds only counts and lengths.
// Every decoder is bounded: a count is checked against the bytes that remain before anything is reserved.
#pragma once

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/file_time.h"
#include "base/ids.h"
#include "base/result.h"
#include "vault/packs/format.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

enum class EntryType : std::uint8_t { file = 1, folder, symlink, fifo, socket, character_device, block_device };

struct ExtendedAttribute {
    std::string name;  // "user.x", "system.posix_acl_access", "security.capability", "trusted.y"
    Bytes value;
    auto operator<=>(const ExtendedAttribute&) const = default;
};

// st_mode's permission bits, owner and the rest; no atime, no ctime.
struct Attributes {
    std::uint32_t mode = 0;  // 07777
    std::uint32_t uid = 0, gid = 0;
    std::uint32_t flags = 0;  // FS_IOC_GETFLAGS: append, immutable, nodump, noatime, sync, dirsync, nocow, compr only
    FileTime modified;
    std::vector<ExtendedAttribute> xattrs;  // by name
    auto operator<=>(const Attributes&) const = default;
};

struct Hole {
    std::uint64_t offset = 0, length = 0;  // within the span of the Content that lists it
    auto operator<=>(const Hole&) const = default;
};
struct ContentChunk {
    ChunkId id;
    std::uint32_t length = 0;
    auto operator<=>(const ContentChunk&) const = default;
};
// A span of a file: its bytes outside the holes, in order, are the concatenation of its chunks.
// sum(chunk lengths) + sum(hole lengths) == size.
struct Content {
    std::uint64_t size = 0;
    std::vector<Hole> holes;
    std::vector<ContentChunk> chunks;
    // Long content is a node instead: then holes and chunks are empty and `node` is a `content` or `fanout` node.
    std::optional<TreeId> node;
};
inline constexpr std::size_t kMaxInlineChunks = 1024;  // chunks plus holes in an entry
inline constexpr std::size_t kMaxNodeEntries = 4096;   // entries, chunks plus holes, or children in a node
// A writer closes a node before an entry that would bring it above either (one larger entry stands alone): a node must fit a
// block, in body and in references, whatever attributes and chunk lists its entries have.
inline constexpr std::size_t kNodeBodyTarget = 1024 * 1024;  // bytes
inline constexpr std::size_t kNodeRefsTarget = 8192;         // ids
inline constexpr std::size_t kMaxXattrValue = 64 * 1024;     // XATTR_SIZE_MAX of Linux
inline constexpr std::size_t kMaxSymlinkTarget = 65535;

struct Entry {
    std::string name;  // one component, no '/', not "." or "..", 1..255 bytes
    EntryType type = EntryType::file;
    Attributes attributes;
    std::uint64_t hard_link = 0;  // 0: alone; else equal for all names of one inode within the snapshot
    bool changed_while_read = false;
    bool attributes_only = false;    // a parent of a backed-up path: itself not backed up as a whole
    Content content;                 // file. The second and later names of a hard link repeat it
    std::string target;              // symlink, raw
    std::uint64_t device = 0;        // device nodes: st_rdev as makedev encodes it
    std::optional<TreeId> children;  // folder: node of kind folder or a fanout of them; none when empty
};

enum class NodeKind : std::uint8_t { folder = 1, folder_fanout = 2, content = 3, content_fanout = 4 };

struct FanoutChild {
    TreeId id;
    std::uint64_t size = 0;  // content_fanout: bytes spanned; folder_fanout: entries below
    std::string first_name;  // folder_fanout: first name in it
};
struct Node {
    NodeKind kind = NodeKind::folder;
    std::vector<Entry> entries;         // folder
    Content content;                    // content (never with `node`)
    std::vector<FanoutChild> children;  // fanouts
};

struct EncodedNode {
    TreeId id;
    TreeRefs refs;
    Bytes body;
};
// What an entry adds to a folder node: an upper bound of body bytes, and the exact number of references.
struct EntryCost {
    std::size_t body_bytes = 0;
    std::size_t refs = 0;
};
[[nodiscard]] EntryCost entry_cost(const Entry& entry);
// One path component that a node may hold: 1..255 bytes, no '/', no NUL, not "." or "..".
[[nodiscard]] bool is_safe_name(std::string_view name);
[[nodiscard]] EncodedNode encode_node(const Node& node, KeyedHash& chunk_id_hash);
// corrupt: malformed, references left over or missing, names unsorted, repeated or unsafe, sums that do not fit.
[[nodiscard]] Result<Node> decode_node(const TreeRefs& refs, ByteView body);
// The id of what was read, to compare with what was asked for.
[[nodiscard]] TreeId node_id(const TreeRefs& refs, ByteView body, KeyedHash& chunk_id_hash);

}  // namespace custody
