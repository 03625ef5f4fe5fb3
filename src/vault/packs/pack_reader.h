// Reading packs: blocks by location for restore, and the whole file in order for verification, index rebuilding and repair.
//
// Threads: BlockSource is safe from many. Errors: corrupt for every mismatch, naming the pack and offset; a missing pack is
// corrupt too ("is missing"), never not_found. Memory: one block a call; segment headers and open packs cached (bounded).
#pragma once

#include "base/result.h"
#include "vault/packs/format.h"
#include "vault/packs/sealer.h"
#include "vault/store/object_store.h"

#include <functional>
#include <memory>

namespace custody {

class BlockSource {
public:
    BlockSource(ObjectStore& store, const SegmentOpener& opener);  // both outlive it
    ~BlockSource();
    // The stored block and its segment's header (checked: label, family, number ranges, sizes against the location).
    struct Stored {
        SegmentHeader segment;
        Bytes bytes;
    };
    [[nodiscard]] Result<Stored> read_stored(const Location& at) const;
    // Its data, opened and decompressed, into `raw`. wrong_key without the label's secret.
    [[nodiscard]] Status read_data(const Location& at, BlockTools& tools, Bytes& raw) const;
    // The header of the segment that the block lies in, checked as above.
    [[nodiscard]] Result<SegmentHeader> read_segment(const Location& at) const;
    // False: the block was sealed to a key whose secret is not here, though others are. True too where that cannot be read.
    [[nodiscard]] bool may_open(const Location& at) const;
    // Reads header and summary only, not the data.
    [[nodiscard]] Result<std::vector<BlockEntry>> read_summary(const Location& at) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

// One pass over a pack in bounded pieces. `on_block` may be null (hash only). After a damaged stretch it resynchronises at the
// next magic; `damage` names each stretch (the first 100). The digest is of the whole file whatever the content. Memory: the
// largest block. Without keys, damage inside a block's sealed parts shows only in the digest; with keys on_block opens the block.
struct PackScan {
    Digest digest;
    std::uint64_t size = 0;
    std::uint64_t blocks = 0;
    std::vector<std::string> damage;  // in words, with offsets
};
using OnBlock = std::function<Status(const SegmentHeader& segment, std::uint32_t segment_offset, std::uint32_t block_offset,
                                     const BlockHeader& block, ByteView block_bytes)>;
[[nodiscard]] Result<PackScan> scan_pack(ObjectStore& store, const ObjectId& id, const OnBlock* on_block);

}  // namespace custody
