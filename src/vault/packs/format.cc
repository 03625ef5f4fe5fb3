#include "vault/packs/format.h"

#include "base/text.h"

#include <algorithm>

namespace custody {

namespace {

Error corrupt(std::string message) { return Error{Code::corrupt, std::move(message)}; }

void put_id(Byte* to, ByteView id) { std::memcpy(to, id.data(), id.size()); }

// Common to the three headers: magic first, checksum last. `bytes` is exactly the header.
template <std::size_t MagicSize>
Status check_frame(ByteView bytes, std::size_t size, const std::array<Byte, MagicSize>& magic, std::string_view what) {
    if (bytes.size() != size) return corrupt(say("{} is cut short", what));
    if (!std::equal(magic.begin(), magic.end(), bytes.begin())) return corrupt(say("{} has a wrong magic number", what));
    const std::size_t covered = size - sizeof(std::uint64_t);
    if (load_le<std::uint64_t>(bytes.data() + covered) != checksum64(bytes.first(covered))) {
        return corrupt(say("{} has a wrong checksum", what));
    }
    return done();
}

// Called after the checksum held, so that a flipped bit is not taken for a newer program's work.
Status check_version(std::uint16_t version, std::string_view what) {
    if (version == kFormatVersion) return done();
    if (version > kFormatVersion) return Error{Code::usage, say("{} needs Custody that reads format {}", what, version)};
    return corrupt(say("{} has format version 0", what));
}

Error field_fault(std::string_view what, std::string_view field) { return corrupt(say("{} has a bad {}", what, field)); }

bool is_kind(std::uint8_t value) {
    return value == static_cast<std::uint8_t>(SegmentKind::content) || value == static_cast<std::uint8_t>(SegmentKind::tree);
}
bool is_suite(std::uint8_t value) {
    return value == static_cast<std::uint8_t>(Suite::standard) || value == static_cast<std::uint8_t>(Suite::modern);
}
bool is_compression(std::uint8_t value) {
    return value == static_cast<std::uint8_t>(Compression::none) || value == static_cast<std::uint8_t>(Compression::zstd);
}

constexpr std::string_view kPackHeaderWord = "pack header";
constexpr std::string_view kSegmentHeaderWord = "segment header";
constexpr std::string_view kBlockHeaderWord = "block header";
constexpr std::string_view kSummaryWord = "block summary";

constexpr std::size_t kIdSize = 32;
constexpr std::size_t kEntrySize = kIdSize + sizeof(std::uint32_t);
constexpr std::size_t kRefCountsSize = 2 * sizeof(std::uint32_t);
constexpr std::size_t kSmallestSummary = sizeof(std::uint32_t) + kEntrySize + kTagSize;

Status check_sizes(const BlockHeader& block) {
    if (block.raw_size > kMaxBlockRaw) return field_fault(kBlockHeaderWord, "raw size");
    if (block.summary_size < kSmallestSummary || block.summary_size > kMaxBlockSummary) {
        return field_fault(kBlockHeaderWord, "summary size");
    }
    if (block.data_size < kTagSize || block.data_size > kMaxBlockData) return field_fault(kBlockHeaderWord, "data size");
    if (block.compression == Compression::none && block.data_size != std::uint64_t{block.raw_size} + kTagSize) {
        return field_fault(kBlockHeaderWord, "data size");
    }
    return done();
}

template <class AnyId>
bool read_ids(ByteReader& reader, std::uint32_t count, std::vector<AnyId>& out) {
    if (!reader.ok() || reader.remaining() / kIdSize < count) return false;
    out.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) out.push_back(AnyId::from(reader.raw(kIdSize)));
    return reader.ok();
}

}  // namespace

BlockAad block_aad(BlockPart part, const SegmentHeader& segment, const BlockHeader& block) {
    BlockAad aad{};
    aad[0] = static_cast<Byte>(part);
    aad[1] = static_cast<Byte>(segment.suite);
    store_le(aad.data() + 2, kFormatVersion);
    put_id(aad.data() + 8, segment.family.view());
    put_id(aad.data() + 24, segment.label.view());
    put_id(aad.data() + 40, segment.segment.view());
    store_le(aad.data() + 56, block.number);
    store_le(aad.data() + 60, block.raw_size);
    store_le(aad.data() + 64, block.summary_size);
    aad[68] = static_cast<Byte>(block.compression);
    aad[69] = static_cast<Byte>(block.kind);
    return aad;
}

Bytes encode(const SegmentHeader& header) {
    Bytes out(kSegmentHeaderSize, 0);
    std::copy(kSegmentMagic.begin(), kSegmentMagic.end(), out.begin());
    store_le(out.data() + 8, kFormatVersion);
    out[10] = static_cast<Byte>(header.suite);
    out[11] = static_cast<Byte>(header.kind);
    store_le(out.data() + 12, header.epoch);
    put_id(out.data() + 16, header.family.view());
    put_id(out.data() + 32, header.label.view());
    put_id(out.data() + 48, header.segment.view());
    put_id(out.data() + 64, header.key.view());
    put_id(out.data() + 72, {header.sealed_key.data(), header.sealed_key.size()});
    store_le(out.data() + 152, checksum64(ByteView(out).first(152)));
    return out;
}

std::array<Byte, kBlockHeaderSize> encode(const BlockHeader& header) {
    std::array<Byte, kBlockHeaderSize> out{};
    std::copy(kBlockMagic.begin(), kBlockMagic.end(), out.begin());
    store_le(out.data() + 8, header.number);
    store_le(out.data() + 12, header.raw_size);
    store_le(out.data() + 16, header.summary_size);
    store_le(out.data() + 20, header.data_size);
    out[24] = static_cast<Byte>(header.compression);
    out[25] = static_cast<Byte>(header.kind);
    put_id(out.data() + 32, header.segment.view());
    store_le(out.data() + 48, checksum64(ByteView(out).first(48)));
    return out;
}

std::array<Byte, kPackHeaderSize> encode_pack_header() {
    std::array<Byte, kPackHeaderSize> out{};
    std::copy(kPackMagic.begin(), kPackMagic.end(), out.begin());
    store_le(out.data() + 8, kFormatVersion);
    store_le(out.data() + 16, checksum64(ByteView(out).first(16)));
    return out;
}

Status decode_pack_header(ByteView bytes) {
    TRY(check_frame(bytes, kPackHeaderSize, kPackMagic, kPackHeaderWord));
    TRY(check_version(load_le<std::uint16_t>(bytes.data() + 8), kPackHeaderWord));
    if (load_le<std::uint16_t>(bytes.data() + 10) != 0 || load_le<std::uint32_t>(bytes.data() + 12) != 0) {
        return field_fault(kPackHeaderWord, "reserved field");
    }
    return done();
}

Result<SegmentHeader> decode_segment_header(ByteView bytes) {
    TRY(check_frame(bytes, kSegmentHeaderSize, kSegmentMagic, kSegmentHeaderWord));
    TRY(check_version(load_le<std::uint16_t>(bytes.data() + 8), kSegmentHeaderWord));
    if (!is_suite(bytes[10])) return field_fault(kSegmentHeaderWord, "suite");
    if (!is_kind(bytes[11])) return field_fault(kSegmentHeaderWord, "kind");
    SegmentHeader header;
    header.suite = static_cast<Suite>(bytes[10]);
    header.kind = static_cast<SegmentKind>(bytes[11]);
    header.epoch = load_le<std::uint32_t>(bytes.data() + 12);
    header.family = FamilyId::from(bytes.subspan(16, FamilyId::size));
    header.label = LabelId::from(bytes.subspan(32, LabelId::size));
    header.segment = SegmentId::from(bytes.subspan(48, SegmentId::size));
    header.key = KeyTag::from(bytes.subspan(64, KeyTag::size));
    std::copy_n(bytes.begin() + 72, kSealedKeySize, header.sealed_key.begin());
    return header;
}

Result<BlockHeader> decode_block_header(ByteView bytes) {
    TRY(check_frame(bytes, kBlockHeaderSize, kBlockMagic, kBlockHeaderWord));
    if (!is_compression(bytes[24])) return field_fault(kBlockHeaderWord, "compression");
    if (!is_kind(bytes[25])) return field_fault(kBlockHeaderWord, "kind");
    if (load_le<std::uint16_t>(bytes.data() + 26) != 0 || load_le<std::uint32_t>(bytes.data() + 28) != 0) {
        return field_fault(kBlockHeaderWord, "reserved field");
    }
    BlockHeader header;
    header.number = load_le<std::uint32_t>(bytes.data() + 8);
    header.raw_size = load_le<std::uint32_t>(bytes.data() + 12);
    header.summary_size = load_le<std::uint32_t>(bytes.data() + 16);
    header.data_size = load_le<std::uint32_t>(bytes.data() + 20);
    header.compression = static_cast<Compression>(bytes[24]);
    header.kind = static_cast<SegmentKind>(bytes[25]);
    header.segment = SegmentId::from(bytes.subspan(32, SegmentId::size));
    TRY(check_sizes(header));
    return header;
}

Bytes encode_summary(const std::vector<BlockEntry>& entries, SegmentKind kind) {
    Bytes out;
    out.reserve(sizeof(std::uint32_t) + entries.size() * (kEntrySize + kRefCountsSize));
    ByteWriter writer(out);
    writer.u32(static_cast<std::uint32_t>(entries.size()));
    for (const auto& entry : entries) {
        writer.raw(entry.id.view());
        writer.u32(entry.length);
    }
    if (kind != SegmentKind::tree) return out;
    for (const auto& entry : entries) {
        writer.u32(static_cast<std::uint32_t>(entry.refs.trees.size()));
        writer.u32(static_cast<std::uint32_t>(entry.refs.chunks.size()));
        for (const auto& tree : entry.refs.trees) writer.raw(tree.view());
        for (const auto& chunk : entry.refs.chunks) writer.raw(chunk.view());
    }
    return out;
}

Result<std::vector<BlockEntry>> decode_summary(ByteView bytes, SegmentKind kind, std::uint32_t raw_size) {
    ByteReader reader(bytes);
    const std::uint32_t count = reader.u32();
    if (!reader.ok() || count == 0 || count > kMaxBlockEntries || reader.remaining() / kEntrySize < count) {
        return field_fault(kSummaryWord, "count of entries");
    }
    std::vector<BlockEntry> entries(count);
    std::uint64_t total = 0;
    for (auto& entry : entries) {
        entry.id = ChunkId::from(reader.raw(kIdSize));
        entry.length = reader.u32();
        total += entry.length;
    }
    if (total != raw_size) return field_fault(kSummaryWord, "sum of lengths");
    if (kind == SegmentKind::tree) {
        for (auto& entry : entries) {
            const std::uint32_t trees = reader.u32();
            const std::uint32_t chunks = reader.u32();
            if (!read_ids(reader, trees, entry.refs.trees) || !read_ids(reader, chunks, entry.refs.chunks)) {
                return field_fault(kSummaryWord, "count of references");
            }
        }
    }
    if (!reader.at_end()) return field_fault(kSummaryWord, "size");
    return entries;
}

std::string pack_name(const ObjectId& id) {
    const std::string hex = id.hex();
    return "packs/" + hex.substr(0, 2) + "/" + hex;
}

std::string index_name(const LabelId& label, const ObjectId& id) { return "index/" + label.hex() + "/" + id.hex(); }

std::string snapshot_name(const ObjectId& id) { return "snapshots/" + id.hex(); }

std::string ledger_name(std::uint64_t n) {
    std::string digits = std::to_string(n);
    if (digits.size() < 16) digits.insert(0, 16 - digits.size(), '0');
    return "ledger/" + digits;
}

}  // namespace custody
