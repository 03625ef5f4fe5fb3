#include "vault/history/host_cache_record.h"

#include "base/crypto.h"

namespace custody {
namespace {

constexpr std::size_t kTimeSize = 8 + 4;
constexpr std::size_t kFixedItemSize = 4 + 1 + 1 + 2 + 3 * 8 + 2 * kTimeSize;
constexpr std::size_t kMaxPath = 1024 * 1024;
constexpr std::size_t kMaxAttribute = 64 * 1024;
constexpr Byte kRacy = 1, kChangedWhileRead = 2, kAttributesOnly = 4;

void write_time(ByteWriter& out, FileTime time) {
    out.u64(static_cast<std::uint64_t>(time.seconds));
    out.u32(time.nanoseconds);
}

FileTime read_time(ByteReader& in) {
    const auto seconds = static_cast<std::int64_t>(in.u64());
    const std::uint32_t nanoseconds = in.u32();
    if (nanoseconds >= kSecond) in.fail();
    return {seconds, nanoseconds};
}

void write_content(ByteWriter& out, const Content& content) {
    out.varint(content.size);
    out.u8(content.node ? 1 : 0);
    if (content.node) return out.raw(content.node->view());
    out.varint(content.holes.size());
    for (const Hole& hole : content.holes) {
        out.varint(hole.offset);
        out.varint(hole.length);
    }
    out.varint(content.chunks.size());
    for (const ContentChunk& chunk : content.chunks) {
        out.raw(chunk.id.view());
        out.varint(chunk.length);
    }
}

Content read_content(ByteReader& in) {
    Content content;
    content.size = in.varint();
    if (in.u8() != 0) {
        const ByteView id = in.raw(TreeId::size);
        if (in.ok()) content.node = TreeId::from(id);
        return content;
    }
    content.holes.resize(in.count(2));
    for (Hole& hole : content.holes) {
        hole.offset = in.varint();
        hole.length = in.varint();
    }
    content.chunks.resize(in.count(ChunkId::size + 1));
    for (ContentChunk& chunk : content.chunks) {
        const ByteView id = in.raw(ChunkId::size);
        if (!in.ok()) break;
        chunk.id = ChunkId::from(id);
        chunk.length = static_cast<std::uint32_t>(in.varint());
    }
    return content;
}

void write_rest(ByteWriter& out, const Entry& entry) {
    const Attributes& attributes = entry.attributes;
    out.varint(attributes.mode);
    out.varint(attributes.uid);
    out.varint(attributes.gid);
    out.varint(attributes.flags);
    out.varint(attributes.xattrs.size());
    for (const ExtendedAttribute& attribute : attributes.xattrs) {
        out.blob(as_bytes(attribute.name));
        out.blob(attribute.value);
    }
    out.varint(entry.hard_link);
    if (entry.type == EntryType::symlink) out.blob(as_bytes(entry.target));
    if (entry.type == EntryType::character_device || entry.type == EntryType::block_device) out.varint(entry.device);
    if (entry.type == EntryType::file) write_content(out, entry.content);
}

CachedItem read_item(ByteReader& in) {
    CachedItem item;
    const std::uint32_t size = in.u32();
    item.type = static_cast<EntryType>(in.u8());
    const Byte marks = in.u8();
    const std::size_t name_size = in.u16();
    item.stamp.size = in.u64();
    item.stamp.inode = in.u64();
    item.stamp.device = in.u64();
    item.stamp.modified = read_time(in);
    item.stamp.changed = read_time(in);
    item.racy = (marks & kRacy) != 0;
    item.changed_while_read = (marks & kChangedWhileRead) != 0;
    item.attributes_only = (marks & kAttributesOnly) != 0;
    item.name = as_text(in.raw(name_size));
    if (size < kFixedItemSize + name_size) in.fail();
    if (in.ok()) item.rest = in.raw(size - kFixedItemSize - name_size);
    return item;
}

}  // namespace

std::optional<Entry> CachedItem::entry() const {
    ByteReader in(rest);
    Entry entry;
    entry.name = name;
    entry.type = type;
    entry.changed_while_read = changed_while_read;
    entry.attributes_only = attributes_only;
    Attributes& attributes = entry.attributes;
    attributes.modified = stamp.modified;
    attributes.mode = static_cast<std::uint32_t>(in.varint());
    attributes.uid = static_cast<std::uint32_t>(in.varint());
    attributes.gid = static_cast<std::uint32_t>(in.varint());
    attributes.flags = static_cast<std::uint32_t>(in.varint());
    attributes.xattrs.resize(in.count(2));
    for (ExtendedAttribute& attribute : attributes.xattrs) {
        attribute.name = as_text(in.blob(kMaxAttribute));
        const ByteView value = in.blob(kMaxAttribute);
        attribute.value.assign(value.begin(), value.end());
    }
    entry.hard_link = in.varint();
    if (type == EntryType::symlink) entry.target = as_text(in.blob(kMaxAttribute));
    if (type == EntryType::character_device || type == EntryType::block_device) entry.device = in.varint();
    if (type == EntryType::file) entry.content = read_content(in);
    if (!in.at_end()) return std::nullopt;
    return entry;
}

std::shared_ptr<const CachedPiece> CachedPiece::parse(Bytes record) {
    std::shared_ptr<CachedPiece> piece(new CachedPiece);
    piece->record_ = std::move(record);
    return piece->read() ? piece : nullptr;
}

bool CachedPiece::read() {
    ByteReader in(record_);
    const std::uint32_t size = in.u32();
    const std::uint64_t checksum = in.u64();
    if (!in.ok() || in.remaining() != size || checksum64(ByteView(record_).subspan(kCacheRecordHead)) != checksum) return false;
    path_ = as_text(in.blob(kMaxPath));
    number_ = in.varint();
    if (in.u8() != 0) {
        const ByteView id = in.raw(TreeId::size);
        if (in.ok()) tree_ = TreeId::from(id);
    }
    const std::size_t count = in.count(kFixedItemSize);
    items_.reserve(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) items_.push_back(read_item(in));
    return in.at_end();
}

void CacheRecordBuilder::add(const Entry& entry, const FileStamp& stamp, bool racy) {
    const std::size_t begin = items_.size();
    ByteWriter out(items_);
    out.u32(0);
    out.u8(static_cast<Byte>(entry.type));
    out.u8(static_cast<Byte>((racy ? kRacy : 0) | (entry.changed_while_read ? kChangedWhileRead : 0) |
                             (entry.attributes_only ? kAttributesOnly : 0)));
    out.u16(static_cast<std::uint16_t>(entry.name.size()));
    out.u64(stamp.size);
    out.u64(stamp.inode);
    out.u64(stamp.device);
    write_time(out, stamp.modified);
    write_time(out, stamp.changed);
    out.raw(as_bytes(entry.name));
    write_rest(out, entry);
    store_le(items_.data() + begin, static_cast<std::uint32_t>(items_.size() - begin));
    ++count_;
}

Bytes CacheRecordBuilder::finish(const std::string& path, std::uint64_t number, const std::optional<TreeId>& tree) {
    Bytes record(kCacheRecordHead);
    ByteWriter out(record);
    out.blob(as_bytes(path));
    out.varint(number);
    out.u8(tree ? 1 : 0);
    if (tree) out.raw(tree->view());
    out.varint(count_);
    out.raw(items_);
    store_le(record.data(), static_cast<std::uint32_t>(record.size() - kCacheRecordHead));
    store_le(record.data() + 4, checksum64(ByteView(record).subspan(kCacheRecordHead)));
    items_.clear();
    count_ = 0;
    return record;
}

}  // namespace custody
