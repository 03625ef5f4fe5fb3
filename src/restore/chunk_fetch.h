// Single blocks and chunks, proven by their hash, from wherever the vault still has them.
//
// Threads: pure functions over a SnapshotAccess, safe from many, except that chunk_from_elsewhere reads the index again.
// Errors: corrupt names pack and offset.
#pragma once

#include "base/result.h"
#include "restore/snapshot_access.h"

#include <span>
#include <string>
#include <vector>

namespace custody {

// A chunk of the content of one file, with where it lies.
struct LocatedPiece {
    TreeReader::ContentPiece piece;
    Location at;
};

// A chunk that is wanted from a block, by its place in the block's data.
struct WantedChunk {
    ChunkId id;
    std::uint32_t offset = 0, length = 0;
};
// Which chunks of a block are what they should be.
class BlockProof {
public:
    [[nodiscard]] bool holds(std::size_t wanted) const { return opened_.ok() && proven_[wanted]; }
    // Of one that it does not hold.
    [[nodiscard]] Error why_not() const;

private:
    friend BlockProof prove_block(const SnapshotAccess&, const Location&, std::span<const WantedChunk>, Bytes&);
    Location at_;
    Status opened_ = done();
    std::vector<bool> proven_;
};
// Reads, opens and decodes the block at `at` into `raw` and hashes each chunk that is wanted from it: one that is wanted several
// times in a row, once.
[[nodiscard]] BlockProof prove_block(const SnapshotAccess& access, const Location& at, std::span<const WantedChunk> wanted,
                                     Bytes& raw);
// A chunk whose block failed with `why`, read from another pack; `why` again when there is none.
[[nodiscard]] Result<Bytes> chunk_from_elsewhere(SnapshotAccess& access, const LocatedPiece& failed, const Error& why);

// The one regular file of an image or stream snapshot, or the one at `path`. usage: it is a folder, or there are several.
struct FoundFile {
    std::string path;  // "/dev/sda" as backed up
    Entry entry;
};
[[nodiscard]] Result<FoundFile> find_file(SnapshotAccess& access, const std::string& path);

}  // namespace custody
