#include "vault/history/tree.h"
#include "vault/history/tree_format.h"

#include <cassert>

namespace custody {
namespace {

using namespace tree_format;

class NodeEncoder {
public:
    explicit NodeEncoder(EncodedNode& out) : out_(out), writer_(out.body) {}

    void encode(const Node& node) {
        writer_.u8(kVersion);
        writer_.u8(static_cast<Byte>(node.kind));
        switch (node.kind) {
            case NodeKind::folder:
                writer_.varint(node.entries.size());
                for (const Entry& entry : node.entries) encode(entry);
                break;
            case NodeKind::content:
                inline_span(node.content);
                break;
            case NodeKind::folder_fanout:
            case NodeKind::content_fanout:
                fanout(node);
                break;
        }
    }

private:
    static Byte marks_of(const Entry& entry) {
        unsigned marks = 0;
        if (entry.hard_link != 0) marks |= kHardLink;
        if (entry.changed_while_read) marks |= kChangedWhileRead;
        if (entry.attributes_only) marks |= kAttributesOnly;
        if (entry.type == EntryType::file && entry.content.node) marks |= kLongContent;
        if (entry.type == EntryType::folder && entry.children) marks |= kChildren;
        return static_cast<Byte>(marks);
    }

    void encode(const Entry& entry) {
        assert(is_safe_name(entry.name));
        writer_.blob(as_bytes(entry.name));
        writer_.u8(static_cast<Byte>(entry.type));
        writer_.u8(marks_of(entry));
        attributes(entry.attributes);
        if (entry.hard_link != 0) writer_.varint(entry.hard_link);
        switch (entry.type) {
            case EntryType::file:
                span(entry.content);
                break;
            case EntryType::folder:
                if (entry.children) out_.refs.trees.push_back(*entry.children);
                break;
            case EntryType::symlink:
                writer_.blob(as_bytes(entry.target));
                break;
            case EntryType::character_device:
            case EntryType::block_device:
                writer_.varint(entry.device);
                break;
            case EntryType::fifo:
            case EntryType::socket:
                break;
        }
    }

    void attributes(const Attributes& attributes) {
        writer_.varint(attributes.mode);
        writer_.varint(attributes.uid);
        writer_.varint(attributes.gid);
        writer_.zigzag(attributes.modified.seconds);
        writer_.varint(attributes.modified.nanoseconds);
        writer_.varint(attributes.flags);
        writer_.varint(attributes.xattrs.size());
        for (const ExtendedAttribute& xattr : attributes.xattrs) {
            writer_.blob(as_bytes(xattr.name));
            writer_.blob(xattr.value);
        }
    }

    void span(const Content& content) {
        if (!content.node) return inline_span(content);
        writer_.varint(content.size);
        out_.refs.trees.push_back(*content.node);
    }

    void inline_span(const Content& content) {
        writer_.varint(content.size);
        writer_.varint(content.holes.size());
        std::uint64_t at = 0;
        for (const Hole& hole : content.holes) {
            writer_.varint(hole.offset - at);
            writer_.varint(hole.length);
            at = hole.offset + hole.length;
        }
        writer_.varint(content.chunks.size());
        for (const ContentChunk& chunk : content.chunks) {
            writer_.varint(chunk.length);
            out_.refs.chunks.push_back(chunk.id);
        }
    }

    void fanout(const Node& node) {
        writer_.varint(node.children.size());
        for (const FanoutChild& child : node.children) {
            writer_.varint(child.size);
            if (node.kind == NodeKind::folder_fanout) writer_.blob(as_bytes(child.first_name));
            out_.refs.trees.push_back(child.id);
        }
    }

    EncodedNode& out_;
    ByteWriter writer_;
};

// The same bytes as the summary of a tree block has them: u32 trees, u32 chunks, then the ids.
Bytes encode_refs(const TreeRefs& refs) {
    Bytes bytes;
    bytes.reserve(8 + 32 * (refs.trees.size() + refs.chunks.size()));
    ByteWriter writer(bytes);
    writer.u32(static_cast<std::uint32_t>(refs.trees.size()));
    writer.u32(static_cast<std::uint32_t>(refs.chunks.size()));
    for (const TreeId& id : refs.trees) writer.raw(id.view());
    for (const ChunkId& id : refs.chunks) writer.raw(id.view());
    return bytes;
}

}  // namespace

bool is_safe_name(std::string_view name) {
    if (name.empty() || name.size() > 255 || name == "." || name == "..") return false;
    return name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

EntryCost entry_cost(const Entry& entry) {
    constexpr std::size_t kVarint = 10;
    EntryCost cost;
    cost.body_bytes = 2 + entry.name.size() + 2 + 10 * kVarint + kVarint + entry.target.size();
    for (const ExtendedAttribute& xattr : entry.attributes.xattrs) {
        cost.body_bytes += 2 * kVarint + xattr.name.size() + xattr.value.size();
    }
    cost.body_bytes += kVarint * (2 * entry.content.holes.size() + entry.content.chunks.size());
    cost.refs = entry.content.chunks.size() + (entry.content.node ? 1 : 0) + (entry.children ? 1 : 0);
    return cost;
}

TreeId node_id(const TreeRefs& refs, ByteView body, KeyedHash& chunk_id_hash) {
    const auto id = chunk_id_hash.hash2(kTreeDomain, encode_refs(refs), body);
    return TreeId::from({id.data(), id.size()});
}

EncodedNode encode_node(const Node& node, KeyedHash& chunk_id_hash) {
    EncodedNode out;
    NodeEncoder(out).encode(node);
    out.id = node_id(out.refs, out.body, chunk_id_hash);
    return out;
}

}  // namespace custody
