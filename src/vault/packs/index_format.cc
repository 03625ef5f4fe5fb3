#include "vault/packs/index_format.h"

#include "base/text.h"

#include <algorithm>

namespace custody {

namespace {

Error index_fault(std::string_view what) { return Error{Code::corrupt, say("index segment: {}", what)}; }

}  // namespace

IndexHeaderBytes encode(const IndexHeader& header) {
    IndexHeaderBytes out{};
    std::copy(kIndexMagic.begin(), kIndexMagic.end(), out.begin());
    store_le(out.data() + 8, kFormatVersion);
    out[10] = static_cast<Byte>(header.suite);
    std::copy_n(header.family.bytes.begin(), FamilyId::size, out.begin() + 16);
    std::copy_n(header.label.bytes.begin(), LabelId::size, out.begin() + 32);
    std::copy_n(header.segment.bytes.begin(), SegmentId::size, out.begin() + 48);
    store_le(out.data() + 64, checksum64(ByteView(out).first(64)));
    return out;
}

Result<IndexHeader> decode_index_header(ByteView bytes) {
    if (bytes.size() != kIndexHeaderSize) return index_fault(say("it is cut short"));
    if (!std::equal(kIndexMagic.begin(), kIndexMagic.end(), bytes.begin())) return index_fault(say("wrong magic number"));
    if (load_le<std::uint64_t>(bytes.data() + 64) != checksum64(bytes.first(64))) {
        return index_fault(say("wrong checksum of the header"));
    }
    const auto version = load_le<std::uint16_t>(bytes.data() + 8);
    if (version > kFormatVersion) {
        return Error{Code::usage, say("{} needs Custody that reads format {}", "index segment", version)};
    }
    const bool known_suite = bytes[10] == static_cast<Byte>(Suite::standard) || bytes[10] == static_cast<Byte>(Suite::modern);
    if (version == 0 || !known_suite || bytes[11] != 0 || load_le<std::uint32_t>(bytes.data() + 12) != 0) {
        return index_fault(say("bad field in the header"));
    }
    IndexHeader header;
    header.suite = static_cast<Suite>(bytes[10]);
    header.family = FamilyId::from(bytes.subspan(16, FamilyId::size));
    header.label = LabelId::from(bytes.subspan(32, LabelId::size));
    header.segment = SegmentId::from(bytes.subspan(48, SegmentId::size));
    return header;
}

IndexFooterBytes encode(const IndexFooter& footer) {
    IndexFooterBytes out{};
    store_le(out.data(), footer.pages_size);
    store_le(out.data() + 8, footer.table_size);
    std::copy_n(footer.signer.bytes.begin(), SignerId::size, out.begin() + 16);
    std::copy_n(footer.signature.begin(), kSignatureSize, out.begin() + 48);
    store_le(out.data() + 112, checksum64(ByteView(out).first(112)));
    std::copy(kIndexFooterMagic.begin(), kIndexFooterMagic.end(), out.begin() + 120);
    return out;
}

Result<IndexFooter> decode_index_footer(ByteView bytes) {
    if (bytes.size() != kIndexFooterSize) return index_fault(say("it is cut short"));
    if (!std::equal(kIndexFooterMagic.begin(), kIndexFooterMagic.end(), bytes.begin() + 120)) {
        return index_fault(say("it does not end as it should"));
    }
    if (load_le<std::uint64_t>(bytes.data() + 112) != checksum64(bytes.first(112))) {
        return index_fault(say("wrong checksum of the footer"));
    }
    IndexFooter footer;
    footer.pages_size = load_le<std::uint64_t>(bytes.data());
    footer.table_size = load_le<std::uint64_t>(bytes.data() + 8);
    footer.signer = SignerId::from(bytes.subspan(16, SignerId::size));
    std::copy_n(bytes.begin() + 48, kSignatureSize, footer.signature.begin());
    return footer;
}

Bytes index_signed_message(const Digest& header_and_table) {
    Bytes message;
    append(message, as_bytes(kIndexSignPurpose));
    append(message, header_and_table.view());
    return message;
}

void encode_page_entry(const PageEntry& entry, Byte* to) {
    std::copy(entry.id.begin(), entry.id.end(), to);
    store_le(to + 32, entry.row);
    store_le(to + 36, entry.block_offset);
    store_le(to + 40, entry.block_size);
    store_le(to + 44, entry.offset);
    store_le(to + 48, entry.length);
}

PageEntry decode_page_entry(const Byte* from) {
    PageEntry entry;
    std::copy_n(from, entry.id.size(), entry.id.begin());
    entry.row = load_le<std::uint32_t>(from + 32);
    entry.block_offset = load_le<std::uint32_t>(from + 36);
    entry.block_size = load_le<std::uint32_t>(from + 40);
    entry.offset = load_le<std::uint32_t>(from + 44);
    entry.length = load_le<std::uint32_t>(from + 48);
    return entry;
}

std::uint64_t page_count(std::uint64_t entries) { return (entries + kPageEntries - 1) / kPageEntries; }

std::uint64_t pages_size(std::uint64_t entries) { return entries * kIndexEntrySize + page_count(entries) * kTagSize; }

std::size_t entries_on_page(std::uint64_t entries, std::uint64_t page) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(kPageEntries, entries - page * kPageEntries));
}

std::uint64_t BlockedFilter::blocks_for(std::uint64_t entries) {
    constexpr std::uint64_t kBitsEach = 12;
    return std::max<std::uint64_t>(1, (entries * kBitsEach + kBlockSize * 8 - 1) / (kBlockSize * 8));
}

namespace {

constexpr unsigned kFilterBits = 7;

std::size_t filter_block(std::size_t size, const Byte* id32) {
    __extension__ using Wide = unsigned __int128;
    const std::uint64_t blocks = size / BlockedFilter::kBlockSize;
    return static_cast<std::size_t>((Wide{load_le<std::uint64_t>(id32 + 8)} * blocks) >> 64) * BlockedFilter::kBlockSize;
}

}  // namespace

void BlockedFilter::set(MutableByteView blocks, const Byte* id32) {
    Byte* block = blocks.data() + filter_block(blocks.size(), id32);
    auto bits = load_le<std::uint64_t>(id32 + 16);
    for (unsigned i = 0; i < kFilterBits; ++i, bits >>= 9) {
        Byte& byte = block[(bits & 511) / 8];
        byte = static_cast<Byte>(byte | (1u << (bits & 7)));
    }
}

bool BlockedFilter::may_hold(ByteView blocks, const Byte* id32) {
    const Byte* block = blocks.data() + filter_block(blocks.size(), id32);
    auto bits = load_le<std::uint64_t>(id32 + 16);
    for (unsigned i = 0; i < kFilterBits; ++i, bits >>= 9) {
        if ((block[(bits & 511) / 8] & (1u << (bits & 7))) == 0) return false;
    }
    return true;
}

Result<IndexTable> IndexTable::decode(Bytes plain) {
    IndexTable table;
    table.plain_ = std::move(plain);
    ByteReader reader(table.plain_);
    table.entries_ = reader.u64();
    table.pages_ = reader.u32();
    const std::uint32_t rows = reader.u32();
    const std::uint64_t filter_blocks = reader.u64();
    if (!reader.ok() || table.entries_ > kMaxIndexEntries || table.pages_ != page_count(table.entries_)) {
        return index_fault(say("bad count of entries"));
    }
    TRY(table.read_rows(reader, rows));
    if (reader.remaining() / 64 < table.pages_) return index_fault(say("bad count of pages"));
    table.firsts_at_ = reader.position();
    table.digests_at_ = table.firsts_at_ + std::size_t{table.pages_} * 32;
    table.filter_at_ = table.digests_at_ + std::size_t{table.pages_} * 32;
    table.filter_size_ = table.plain_.size() - table.filter_at_;
    if (filter_blocks == 0 || table.filter_size_ % BlockedFilter::kBlockSize != 0 ||
        table.filter_size_ / BlockedFilter::kBlockSize != filter_blocks) {
        return index_fault(say("bad size of the filter"));
    }
    for (std::uint32_t page = 1; page < table.pages_; ++page) {
        const ByteView before = table.first_id(page - 1), after = table.first_id(page);
        if (std::memcmp(before.data(), after.data(), 32) >= 0) return index_fault(say("pages are out of order"));
    }
    return table;
}

Status IndexTable::read_rows(ByteReader& reader, std::uint32_t count) {
    if (reader.remaining() / kPackRowSize < count) return index_fault(say("bad count of packs"));
    rows_.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        PackRow row;
        row.pack = ObjectId::from(reader.raw(ObjectId::size));
        row.pack_size = reader.u64();
        row.segment_offset = reader.u32();
        const std::uint8_t kind = reader.u8();
        const bool zero = reader.u8() == 0 && reader.u16() == 0;
        const bool known_kind =
            kind == static_cast<std::uint8_t>(SegmentKind::content) || kind == static_cast<std::uint8_t>(SegmentKind::tree);
        row.kind = static_cast<SegmentKind>(kind);
        if (!zero || !known_kind || row.pack_size > kMaxPack || row.segment_offset < kPackHeaderSize ||
            std::uint64_t{row.segment_offset} + kSegmentHeaderSize > row.pack_size) {
            return index_fault(say("bad row of a pack"));
        }
        if (!rows_.empty() && !(rows_.back() < row)) return index_fault(say("rows are out of order"));
        rows_.push_back(row);
    }
    return done();
}

std::uint32_t IndexTable::page_of(ByteView id32) const {
    std::uint32_t low = 0, high = pages_;  // first page whose first id is greater
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        if (std::memcmp(first_id(middle).data(), id32.data(), 32) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? pages_ : low - 1;
}

}  // namespace custody
