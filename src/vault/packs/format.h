// Every magic number, size and limit of what lies in packs and index segments, for writer, reader and fuzzer alike.
// docs/FORMAT.md is the prose of this file; the two change together. All integers are little-endian.
//
// A pack:   PackHeader, then one or more segments. Its name is SHA-256 of the finished file: packs/<2 hex>/<64 hex>.
// A segment: SegmentHeader (random id, label, epoch, sealed segment key), then its blocks. A repacked pack carries a block
//           verbatim under a verbatim copy of its segment's header; so nothing in a header or AAD names the pack.
// A block:  BlockHeader, sealed summary, sealed data.
//   summary (key: HKDF(label summary key, salt = segment id, "custody block summary 1"); nonce = block number):
//           u32 count; count x { id 32, u32 length }: what the data hold, in order, offsets implied;
//           in a tree segment then, for each entry in turn: u32 trees, u32 chunks, that many TreeIds, then ChunkIds.
//   data    (key: the random segment key; nonce = block number): one zstd frame (or raw) of the concatenated contents.
//   AAD of both: BlockAad below; the first byte tells summary from data.
// Why summary and data are apart: an index is rebuilt and prune marks with the writer's keys, which open no content.
#pragma once

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/ids.h"
#include "base/result.h"
#include "vault/keys/key_tag.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace custody {

inline constexpr std::uint16_t kFormatVersion = 1;

inline constexpr std::array<Byte, 8> kPackMagic = {0x89, 'C', 'S', 'T', 'P', 'A', 'C', 'K'};
inline constexpr std::array<Byte, 8> kSegmentMagic = {0x89, 'C', 'S', 'T', 'S', 'E', 'G', 'M'};
inline constexpr std::array<Byte, 8> kBlockMagic = {0x89, 'C', 'S', 'T', 'B', 'L', 'C', 'K'};
inline constexpr std::array<Byte, 8> kIndexMagic = {0x89, 'C', 'S', 'T', 'I', 'N', 'D', 'X'};

// What a segment holds; its blocks are all of one kind.
enum class SegmentKind : std::uint8_t { content = 1, tree = 2 };
enum class Compression : std::uint8_t { none = 0, zstd = 1 };

// Limits. A reader refuses what lies outside before it allocates.
inline constexpr std::uint32_t kMinChunk = 256 * 1024;  // below this a file is one chunk
inline constexpr std::uint32_t kAverageChunk = 1024 * 1024;
inline constexpr std::uint32_t kMaxChunk = 8 * 1024 * 1024;
inline constexpr std::uint32_t kBlockTarget = 1024 * 1024;  // a block is closed at this much raw content
inline constexpr std::uint32_t kMaxBlockRaw = kMaxChunk + kBlockTarget;
inline constexpr std::uint32_t kMaxBlockEntries = 65536;
inline constexpr std::uint32_t kMaxBlockSummary = 32 * 1024 * 1024;
inline constexpr std::uint32_t kMaxBlockData = kMaxBlockRaw + 1024 * 1024;
inline constexpr std::uint64_t kPackTarget = 40 * 1024 * 1024;  // a pack is closed at this size, so 32-64 MiB
inline constexpr std::uint64_t kMaxPack = 128 * 1024 * 1024;
inline constexpr int kCompressionLevel = 3;

// Offset 0 of a pack.
//   0 magic 8 | 8 u16 format version | 10 u16 zero | 12 u32 zero | 16 u64 checksum64 of bytes 0..15
inline constexpr std::size_t kPackHeaderSize = 24;

// 0 magic 8 | 8 u16 format version | 10 u8 suite | 11 u8 kind | 12 u32 epoch | 16 family 16 | 32 label 16 | 48 segment 16
// 64 tag of the key that it is sealed to 8 | 72 sealed key 80 | 152 u64 checksum64 of bytes 0..151
// The sealed key: seal_to(label's public key of that epoch, info = "custody segment key 1", aad = bytes 0..71, plain = key 32).
inline constexpr std::size_t kSealedKeySize = kKeySize + kSealOverhead;
inline constexpr std::size_t kSegmentHeaderSize = 160;
inline constexpr std::string_view kSegmentKeyInfo = "custody segment key 1";

struct SegmentHeader {
    Suite suite = Suite::standard;
    SegmentKind kind = SegmentKind::content;
    std::uint32_t epoch = 0;
    FamilyId family;
    LabelId label;
    SegmentId segment;
    KeyTag key;
    std::array<Byte, kSealedKeySize> sealed_key{};
    bool operator==(const SegmentHeader&) const = default;
};

// 0 magic 8 | 8 u32 number | 12 u32 raw size | 16 u32 summary size | 20 u32 data size | 24 u8 compression | 25 u8 kind
// 26 u16 zero | 28 u32 zero | 32 segment 16 | 48 u64 checksum64 of bytes 0..47
// Then `summary size` and `data size` bytes, tags included.
inline constexpr std::size_t kBlockHeaderSize = 56;

struct BlockHeader {
    std::uint32_t number = 0;    // counts up from 0 within the segment, never reused: it is the nonce
    std::uint32_t raw_size = 0;  // of the data, decompressed
    std::uint32_t summary_size = 0;
    std::uint32_t data_size = 0;
    Compression compression = Compression::none;
    SegmentKind kind = SegmentKind::content;
    SegmentId segment;
    [[nodiscard]] std::uint64_t total_size() const { return kBlockHeaderSize + std::uint64_t{summary_size} + data_size; }
};

// AAD of a block's two parts, 72 bytes: u8 part (1 summary, 2 data) | u8 suite | u16 format version | u32 zero | family 16 |
// label 16 | segment 16 | u32 number | u32 raw size | u32 summary size | u8 compression | u8 kind | u16 zero.
// (The data part's own size is bound by the tag.)
inline constexpr std::size_t kBlockAadSize = 72;
enum class BlockPart : Byte { summary = 1, data = 2 };
using BlockAad = std::array<Byte, kBlockAadSize>;
[[nodiscard]] BlockAad block_aad(BlockPart part, const SegmentHeader& segment, const BlockHeader& block);

inline constexpr std::string_view kSummaryKeyInfo = "custody block summary 1";
// Domain bytes of the label's chunk-id key.
inline constexpr Byte kChunkDomain = 1;
inline constexpr Byte kTreeDomain = 2;

[[nodiscard]] Bytes encode(const SegmentHeader& header);
[[nodiscard]] std::array<Byte, kBlockHeaderSize> encode(const BlockHeader& header);
[[nodiscard]] std::array<Byte, kPackHeaderSize> encode_pack_header();
// Code::corrupt with the field at fault; Code::usage "needs Custody that reads format N" for a newer version.
[[nodiscard]] Status decode_pack_header(ByteView bytes);
[[nodiscard]] Result<SegmentHeader> decode_segment_header(ByteView bytes);
[[nodiscard]] Result<BlockHeader> decode_block_header(ByteView bytes);

// One thing in a block. `refs` only in tree segments.
struct TreeRefs {
    std::vector<TreeId> trees;
    std::vector<ChunkId> chunks;
};
struct BlockEntry {
    ChunkId id;                // a TreeId's bytes in a tree segment
    std::uint32_t length = 0;  // of its content in the data part
    TreeRefs refs;
};
[[nodiscard]] Bytes encode_summary(const std::vector<BlockEntry>& entries, SegmentKind kind);
// Bounded by kMaxBlockEntries and by the bytes given. Lengths sum to raw_size, else Code::corrupt.
[[nodiscard]] Result<std::vector<BlockEntry>> decode_summary(ByteView bytes, SegmentKind kind, std::uint32_t raw_size);

// Where a chunk or tree lies. Sizes in bytes.
struct Location {
    ObjectId pack;
    std::uint32_t segment_offset = 0;  // of its SegmentHeader in the pack
    std::uint32_t block_offset = 0;    // of its BlockHeader in the pack
    std::uint32_t block_size = 0;      // BlockHeader::total_size()
    std::uint32_t offset = 0;          // of the content in the block's data
    std::uint32_t length = 0;
    SegmentKind kind = SegmentKind::content;
};
// Object names.
[[nodiscard]] std::string pack_name(const ObjectId& id);                         // packs/ab/abcd...
[[nodiscard]] std::string index_name(const LabelId& label, const ObjectId& id);  // index/<32 hex>/<64 hex>
[[nodiscard]] std::string snapshot_name(const ObjectId& id);                     // snapshots/<64 hex>
[[nodiscard]] std::string ledger_name(std::uint64_t n);                          // ledger/0000000000000001

}  // namespace custody
