// Single blocks and chunks, proven by their hash, from wherever the vault still has them.
//
// Threads: pure functions over a SnapshotAccess, safe from many, except that chunk_from_elsewhere reads the index again.
// Errors: corrupt names pack and offset.
#pragma once

#include "base/crypto.h"
#include "base/result.h"
#include "restore/snapshot_access.h"

#include <string>
#include <vector>

namespace custody {

// A chunk of the content of one file, with where it lies.
struct LocatedPiece {
    TreeReader::ContentPiece piece;
    Location at;
};

// Does `raw` hold the chunk where `at` says?
[[nodiscard]] bool proves(KeyedHash& hash, ByteView raw, const Location& at, const ChunkId& id);
// A chunk whose block failed with `why`, read from another pack; `why` again when there is none.
[[nodiscard]] Result<Bytes> chunk_from_elsewhere(SnapshotAccess& access, const LocatedPiece& failed, const Error& why);
[[nodiscard]] Error mismatch_at(const Location& at);

// The one regular file of an image or stream snapshot, or the one at `path`. usage: it is a folder, or there are several.
struct FoundFile {
    std::string path;  // "/dev/sda" as backed up
    Entry entry;
};
[[nodiscard]] Result<FoundFile> find_file(SnapshotAccess& access, const std::string& path);

}  // namespace custody
