// The bytes of an index segment, for builder, reader and fuzzer. docs/FORMAT.md is the prose of this file. All integers are
// little-endian; nothing is padded but where it says zero.
//
// The object index/<label, 32 hex>/<SHA-256 of the whole file, 64 hex>:
//
//   header   72   0 magic 8 (kIndexMagic) | 8 u16 format version | 10 u8 suite | 11 u8 zero | 12 u32 zero | 16 family 16
//                 32 label 16 | 48 segment id 16 (random) | 64 u64 checksum64 of bytes 0..63
//   pages         ceil(entries / 314) sealed pages; each but the last holds 314 entries (314 * 52 + 16 = 16,344 bytes)
//   table         sealed; its size is in the footer
//   footer  128   0 u64 bytes of all pages | 8 u64 bytes of the sealed table | 16 signer 32 | 48 signature 64
//                 112 u64 checksum64 of bytes 0..111 | 120 magic 8 (kIndexFooterMagic)
//
//   page n        sealed with HKDF-SHA-256(label's summary key, salt = segment id, "custody index page 1"), nonce = n,
//                 AAD = header. Plain: entries of 52 bytes, ids strictly ascending over the whole segment:
//                 0 id 32 | 32 u32 row | 36 u32 block offset | 40 u32 block size | 44 u32 offset in the block's data
//                 48 u32 length
//   table         sealed with HKDF-SHA-256(summary key, salt = segment id, "custody index table 1"), nonce = 0, AAD = header.
//                 Plain: u64 entries | u32 pages | u32 rows | u64 filter blocks | rows | first ids | digests | filter
//     row    48   0 pack 32 | 32 u64 pack size | 40 u32 segment offset | 44 u8 kind | 45 u8, u16 zero; strictly ascending by
//                 (pack, pack size, segment offset, kind)
//     first ids   of each page, 32 bytes each
//     digests     SHA-256 of each sealed page, 32 bytes each
//     filter      blocks of 64 bytes (512 bits): an id's block is (u64 at id[8] * blocks) >> 64; its 7 bits in the block are
//                 the 9-bit groups of the u64 at id[16], lowest first; bit b is bit b % 8 of byte b / 8
//   signature     Ed25519 by the writing host over "custody index segment 1" || SHA-256(header || sealed table)
//
// The signature vouches for the table and the table for every page, so one page can be trusted without reading the rest.
#pragma once

#include "base/crypto.h"
#include "base/result.h"
#include "vault/packs/index.h"

#include <array>
#include <string_view>
#include <vector>

namespace custody {

inline constexpr std::size_t kIndexHeaderSize = 72;
inline constexpr std::size_t kIndexFooterSize = 128;
inline constexpr std::array<Byte, 8> kIndexFooterMagic = {0x89, 'C', 'S', 'T', 'I', 'E', 'N', 'D'};
inline constexpr std::size_t kPageEntries = (kIndexPageSize - kTagSize) / kIndexEntrySize;
inline constexpr std::size_t kFullPageSize = kPageEntries * kIndexEntrySize + kTagSize;
inline constexpr std::size_t kPackRowSize = 48;
inline constexpr std::size_t kTableHeadSize = 24;
inline constexpr std::uint64_t kMaxIndexTable = 1024ull * 1024 * 1024;  // some 500 million entries
inline constexpr std::uint64_t kMaxIndexEntries = 500'000'000;
inline constexpr std::string_view kIndexPageInfo = "custody index page 1";
inline constexpr std::string_view kIndexTableInfo = "custody index table 1";
inline constexpr std::string_view kIndexSignPurpose = "custody index segment 1";
static_assert(kPageEntries == 314);

using IdBytes = std::array<Byte, 32>;

struct IndexHeader {
    Suite suite = Suite::standard;
    FamilyId family;
    LabelId label;
    SegmentId segment;
};
using IndexHeaderBytes = std::array<Byte, kIndexHeaderSize>;
[[nodiscard]] IndexHeaderBytes encode(const IndexHeader& header);
// corrupt; usage: newer format.
[[nodiscard]] Result<IndexHeader> decode_index_header(ByteView bytes);

struct IndexFooter {
    std::uint64_t pages_size = 0;
    std::uint64_t table_size = 0;  // sealed
    SignerId signer;
    Signature signature{};
};
using IndexFooterBytes = std::array<Byte, kIndexFooterSize>;
[[nodiscard]] IndexFooterBytes encode(const IndexFooter& footer);
[[nodiscard]] Result<IndexFooter> decode_index_footer(ByteView bytes);
[[nodiscard]] Bytes index_signed_message(const Digest& header_and_table);

// One entry of a page; the row says pack, segment offset and kind.
struct PageEntry {
    IdBytes id{};
    std::uint32_t row = 0, block_offset = 0, block_size = 0, offset = 0, length = 0;
};
void encode_page_entry(const PageEntry& entry, Byte* to);     // kIndexEntrySize bytes
[[nodiscard]] PageEntry decode_page_entry(const Byte* from);  // kIndexEntrySize bytes
[[nodiscard]] std::uint64_t page_count(std::uint64_t entries);
[[nodiscard]] std::uint64_t pages_size(std::uint64_t entries);  // sealed, all of them
[[nodiscard]] std::size_t entries_on_page(std::uint64_t entries, std::uint64_t page);

// Which ids a segment may hold. One cache line is touched an id; 12 bits an id let about 1 in 240 foreign ids pass.
class BlockedFilter {
public:
    static std::uint64_t blocks_for(std::uint64_t entries);
    static void set(MutableByteView blocks, const Byte* id32);
    [[nodiscard]] static bool may_hold(ByteView blocks, const Byte* id32);
    static constexpr std::size_t kBlockSize = 64;
};

// A checked table; owns the plain bytes and looks into them. Immutable.
class IndexTable {
public:
    // Every count is checked against the bytes given, rows and first ids for order, the page count against the entries.
    static Result<IndexTable> decode(Bytes plain);

    [[nodiscard]] std::uint64_t entries() const { return entries_; }
    [[nodiscard]] std::uint32_t pages() const { return pages_; }
    [[nodiscard]] const std::vector<PackRow>& rows() const { return rows_; }
    [[nodiscard]] ByteView first_id(std::uint32_t page) const { return view(firsts_at_ + std::size_t{page} * 32, 32); }
    [[nodiscard]] ByteView page_digest(std::uint32_t page) const { return view(digests_at_ + std::size_t{page} * 32, 32); }
    [[nodiscard]] bool may_hold(const Byte* id32) const { return BlockedFilter::may_hold(view(filter_at_, filter_size_), id32); }
    // The only page that can hold the id; pages() when it lies before the first.
    [[nodiscard]] std::uint32_t page_of(ByteView id32) const;

private:
    [[nodiscard]] ByteView view(std::size_t at, std::size_t size) const { return ByteView(plain_).subspan(at, size); }
    Status read_rows(ByteReader& reader, std::uint32_t count);

    Bytes plain_;
    std::vector<PackRow> rows_;
    std::uint64_t entries_ = 0;
    std::uint32_t pages_ = 0;
    std::size_t firsts_at_ = 0, digests_at_ = 0, filter_at_ = 0, filter_size_ = 0;
};

}  // namespace custody
