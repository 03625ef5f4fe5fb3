// Turning raw content into a sealed block and back, and proving at once that it comes back (DESIGN.md vault decision 9).
//
// SegmentSeal lives as long as one open segment: it owns the random segment key, which is never written anywhere but in the
// sealed header, and is dropped when the segment is closed. Threads: seal_block and open_* are const and may run in many
// threads at once; each thread brings its own BlockTools.
#pragma once

#include "base/crypto.h"
#include "base/result.h"
#include "vault/keys/label_keys.h"
#include "vault/packs/compressor.h"
#include "vault/packs/format.h"

#include <optional>

namespace custody {

// Per-thread scratch: contexts and buffers, reused. thread_tools() hands out this thread's own.
struct BlockTools {
    Compressor compressor;
    Decompressor decompressor;
    Bytes compressed, opened, check;  // used through room_in()
    Bytes sealed;  // taken by the next seal_block for its result: a used buffer spares the kernel half a megabyte of fresh pages
};
[[nodiscard]] BlockTools& thread_tools();

// The front of a buffer that only grows: one that shrinks and grows again is filled with zeros each time.
[[nodiscard]] inline MutableByteView room_in(Bytes& buffer, std::size_t size) {
    if (buffer.size() < size) buffer.resize(size);
    return MutableByteView(buffer).first(size);
}

// Raw content of a block before sealing. `entries` and `raw` agree.
struct RawBlock {
    SegmentKind kind = SegmentKind::content;
    std::vector<BlockEntry> entries;
    Bytes raw;
    Checksum128 raw_checksum;  // of `raw`, taken when the source buffers were filled, before hashing (bad memory)
};

struct SealedBlock {
    BlockHeader header;
    Bytes bytes;  // header, summary, data: exactly what goes to the pack
};

class SegmentSeal {
public:
    // A fresh random segment of the label's newest epoch.
    static Result<SegmentSeal> create(const WriterKeys& keys, SegmentKind kind);
    [[nodiscard]] const SegmentHeader& header() const { return header_; }
    // Compress, seal, then open again, decompress and compare with raw_checksum. Code::memory when that differs twice.
    // `number` is given out by the caller, each once.
    [[nodiscard]] Result<SealedBlock> seal_block(const RawBlock& block, std::uint32_t number, BlockTools& tools) const;

private:
    SegmentHeader header_;
    Secret segment_key_, summary_key_;
};

// wrong_key, with what to do: sealed to a key of the label that is none of this keyring's.
[[nodiscard]] Error key_not_here(std::string_view label, std::uint32_t epoch);

// Opens summaries of one label with the writer's summary key, data with the label's secrets when there are any.
// Keeps the opened keys of recently seen segments (bounded). Threads: safe from many.
class SegmentOpener {
public:
    // `secrets` may be null: then data cannot be opened.
    SegmentOpener(const WriterKeys& keys, const LabelSecrets* secrets);
    ~SegmentOpener();
    [[nodiscard]] bool opens_data() const;
    // Whether what open_data needs for the segment is here: its secret, told by the tag of its key.
    [[nodiscard]] bool has_key_of(const SegmentHeader& segment) const;
    // `block_bytes`: header, summary and data as stored. Every mismatch is Code::corrupt; another label or family too;
    // a key whose secret is not here is Code::wrong_key.
    [[nodiscard]] Result<std::vector<BlockEntry>> open_summary(const SegmentHeader& segment, ByteView block_bytes) const;
    // The same of the summary alone, as it stands behind the block's decoded header.
    [[nodiscard]] Result<std::vector<BlockEntry>> open_summary(const SegmentHeader& segment, const BlockHeader& block,
                                                               ByteView sealed_summary) const;
    // Code::corrupt when the segment is of another family, label or suite than the keys.
    [[nodiscard]] Status check_owner(const SegmentHeader& segment) const;
    // Raw data of the block into `raw` (resized to the header's raw_size).
    [[nodiscard]] Status open_data(const SegmentHeader& segment, ByteView block_bytes, BlockTools& tools, Bytes& raw) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace custody
