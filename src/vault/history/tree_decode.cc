// Reading a node that may come from anyone who holds a writer's keys: whatever its bytes say, the result is safe to restore
// below a folder, or there is none.
#include "base/text.h"
#include "vault/history/tree.h"
#include "vault/history/tree_format.h"

namespace custody {
namespace {

using namespace tree_format;

constexpr std::size_t kMaxName = 255;

class NodeDecoder {
public:
    NodeDecoder(const TreeRefs& refs, ByteView body) : refs_(refs), reader_(body) {}

    Result<Node> decode() {
        const Byte version = reader_.u8();
        if (reader_.ok() && version > kVersion)
            return Error{Code::usage, say("this tree needs Custody that reads format {}", version)};
        if (version != kVersion) return fault("the version is wrong");
        Node node;
        const Byte kind = reader_.u8();
        if (kind < 1 || kind > static_cast<Byte>(NodeKind::content_fanout)) return fault("the kind is unknown");
        node.kind = static_cast<NodeKind>(kind);
        switch (node.kind) {
            case NodeKind::folder:
                TRY(folder(node));
                break;
            case NodeKind::content:
                TRY(inline_span(node.content, kMaxNodeEntries));
                break;
            case NodeKind::folder_fanout:
            case NodeKind::content_fanout:
                TRY(fanout(node));
                break;
        }
        if (!reader_.ok()) return fault("it is cut short");
        if (!reader_.at_end()) return fault("bytes are left over");
        if (trees_ != refs_.trees.size() || chunks_ != refs_.chunks.size()) return fault("references are left over");
        return node;
    }

private:
    static Error fault(std::string_view why) { return {Code::corrupt, say("tree node: {}", why)}; }

    std::string text(std::size_t max_size) { return std::string(as_text(reader_.blob(max_size))); }

    // A varint that must fit 32 bits.
    std::uint32_t small() {
        const std::uint64_t value = reader_.varint();
        if (value > UINT32_MAX) reader_.fail();
        return static_cast<std::uint32_t>(value);
    }

    Result<TreeId> next_tree() {
        if (trees_ >= refs_.trees.size()) return fault("a reference is missing");
        return refs_.trees[trees_++];
    }

    Status folder(Node& node) {
        const std::size_t count = reader_.count(kMinEntrySize);
        if (count > kMaxNodeEntries) return fault("too many entries");
        node.entries.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            Entry entry;
            TRY(decode(entry));
            if (i > 0 && !(node.entries.back().name < entry.name)) return fault("names are unsorted or repeated");
            node.entries.push_back(std::move(entry));
        }
        return done();
    }

    Status decode(Entry& entry) {
        entry.name = text(kMaxName);
        if (!reader_.ok() || !is_safe_name(entry.name)) return fault("a name is unsafe or cut short");
        const Byte type = reader_.u8();
        if (type < 1 || type > static_cast<Byte>(EntryType::block_device)) return fault("an entry's type is unknown");
        entry.type = static_cast<EntryType>(type);
        const Byte marks = reader_.u8();
        TRY(check_marks(entry.type, marks));
        entry.changed_while_read = (marks & kChangedWhileRead) != 0;
        entry.attributes_only = (marks & kAttributesOnly) != 0;
        TRY(attributes(entry.attributes));
        if ((marks & kHardLink) != 0) {
            entry.hard_link = reader_.varint();
            if (entry.hard_link == 0) return fault("a hard link has no number");
        }
        return by_type(entry, marks);
    }

    static Status check_marks(EntryType type, Byte marks) {
        const bool long_content = (marks & kLongContent) != 0;
        const bool children = (marks & kChildren) != 0;
        if ((marks & ~kAllMarks) != 0) return fault("an entry's marks are unknown");
        if (long_content && type != EntryType::file) return fault("an entry that is no file has content");
        if (children && type != EntryType::folder) return fault("an entry that is no folder has children");
        if ((marks & kHardLink) != 0 && type == EntryType::folder) return fault("a folder is hard-linked");
        return done();
    }

    Status by_type(Entry& entry, Byte marks) {
        switch (entry.type) {
            case EntryType::file:
                TRY(span(entry.content, (marks & kLongContent) != 0));
                break;
            case EntryType::folder:
                if ((marks & kChildren) != 0) {
                    TRY_ASSIGN(entry.children, next_tree());
                }
                break;
            case EntryType::symlink:
                entry.target = text(kMaxSymlinkTarget);
                if (entry.target.empty() || entry.target.find('\0') != std::string::npos)
                    return fault("a link's target is malformed");
                break;
            case EntryType::character_device:
            case EntryType::block_device:
                entry.device = reader_.varint();
                break;
            case EntryType::fifo:
            case EntryType::socket:
                break;
        }
        return reader_.ok() ? done() : Status(fault("an entry is cut short"));
    }

    Status attributes(Attributes& attributes) {
        attributes.mode = small();
        if (attributes.mode > 07777) return fault("a mode is out of range");
        attributes.uid = small();
        attributes.gid = small();
        attributes.modified.seconds = reader_.zigzag();
        attributes.modified.nanoseconds = small();
        if (attributes.modified.nanoseconds >= kSecond) return fault("a time has a second too many");
        attributes.flags = small();
        const std::size_t count = reader_.count(kMinXattrSize);
        for (std::size_t i = 0; i < count; ++i) {
            ExtendedAttribute xattr;
            xattr.name = text(kMaxName);
            const ByteView value = reader_.blob(kMaxXattrValue);
            if (!reader_.ok() || xattr.name.empty() || xattr.name.find('\0') != std::string::npos) {
                return fault("an extended attribute is malformed");
            }
            if (i > 0 && !(attributes.xattrs.back().name < xattr.name)) return fault("extended attributes are unsorted");
            xattr.value.assign(value.begin(), value.end());
            attributes.xattrs.push_back(std::move(xattr));
        }
        return reader_.ok() ? done() : Status(fault("attributes are cut short"));
    }

    Status span(Content& content, bool is_long) {
        if (!is_long) return inline_span(content, kMaxInlineChunks);
        content.size = reader_.varint();
        if (content.size > INT64_MAX) return fault("a size is out of range");
        TRY_ASSIGN(content.node, next_tree());
        return done();
    }

    Status inline_span(Content& content, std::size_t max_pieces) {
        content.size = reader_.varint();
        // No file system has larger files, and no sum below can overflow.
        if (content.size > INT64_MAX) return fault("a size is out of range");
        std::uint64_t left = content.size;
        TRY(holes(content, max_pieces, left));
        TRY(chunks(content, max_pieces - content.holes.size(), left));
        if (!reader_.ok()) return fault("content is cut short");
        if (left != 0) return fault("chunks and holes do not sum to the size");
        return done();
    }

    Status holes(Content& content, std::size_t max_count, std::uint64_t& left) {
        const std::size_t count = reader_.count(kMinHoleSize);
        if (count > max_count) return fault("too many holes");
        content.holes.reserve(count);
        std::uint64_t at = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t gap = reader_.varint();
            const std::uint64_t length = reader_.varint();
            if (gap > content.size - at || length > content.size - at - gap) return fault("a hole lies outside its file");
            if (length == 0 || (gap == 0 && i > 0)) return fault("holes are empty or touch");
            content.holes.push_back({at + gap, length});
            at += gap + length;
            left -= length;  // holes are disjoint and within the size
        }
        return done();
    }

    Status chunks(Content& content, std::size_t max_count, std::uint64_t& left) {
        const std::size_t count = reader_.count(1);
        if (count > max_count) return fault("too many chunks");
        if (count > refs_.chunks.size() - chunks_) return fault("a reference is missing");
        content.chunks.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t length = reader_.varint();
            if (length == 0 || length > kMaxChunk || length > left) return fault("a chunk's length does not fit");
            left -= length;
            content.chunks.push_back({refs_.chunks[chunks_++], static_cast<std::uint32_t>(length)});
        }
        return done();
    }

    Status fanout(Node& node) {
        const bool of_folder = node.kind == NodeKind::folder_fanout;
        const std::size_t count = reader_.count(of_folder ? 3 : 1);
        if (count == 0 || count > kMaxNodeEntries) return fault("the number of children is out of range");
        node.children.reserve(count);
        std::uint64_t total = 0;
        for (std::size_t i = 0; i < count; ++i) {
            FanoutChild child;
            child.size = reader_.varint();
            if (child.size == 0 || child.size > INT64_MAX - total) return fault("a child's size is out of range");
            total += child.size;
            if (of_folder) TRY(first_name(node, child));
            TRY_ASSIGN(child.id, next_tree());
            node.children.push_back(std::move(child));
        }
        return done();
    }

    Status first_name(const Node& node, FanoutChild& child) {
        child.first_name = text(kMaxName);
        if (!is_safe_name(child.first_name)) return fault("a name is unsafe or cut short");
        if (!node.children.empty() && !(node.children.back().first_name < child.first_name)) {
            return fault("names are unsorted or repeated");
        }
        return done();
    }

    const TreeRefs& refs_;
    ByteReader reader_;
    std::size_t trees_ = 0, chunks_ = 0;
};

}  // namespace

Result<Node> decode_node(const TreeRefs& refs, ByteView body) { return NodeDecoder(refs, body).decode(); }

}  // namespace custody
