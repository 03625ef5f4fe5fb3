// Reading a large file, an image or a stream: in windows of some MiB, cut into chunks, in order; the windows are hashed in
// worker threads.
//
// Bad memory (vault decision 9): a window's checksum is taken when it is filled; who hashes its chunks, and takes a checksum of
// each, then proves that the window is still what was read. Where it is not, the caller reads the file again, once. Threads: a
// LargeReader serves one; hash_window is pure. Memory: a window is at most kMaxChunk + kWindowRead; what it holds beyond its last
// cut is carried to the next.
#pragma once

#include "base/result.h"
#include "vault/keys/label_keys.h"
#include "vault/packs/chunker.h"
#include "vault/packs/format.h"
#include "vault/packs/spare_buffers.h"
#include "vault/sources/source.h"

#include <optional>
#include <vector>

namespace custody {

inline constexpr std::size_t kWindowRead = 4 * 1024 * 1024;
// A chunk spans fewer holes than this, so that its part of a tree node stays bounded.
inline constexpr std::size_t kMaxHolesInChunk = 1024;

struct Window {
    Bytes data;
    Checksum128 checksum;                // of all of `data`
    std::vector<std::uint32_t> lengths;  // of the chunks at its front
};

class LargeReader {
public:
    // Neither the content nor the buffers are owned.
    LargeReader(const GearTable& gear, FileContent& content, SpareBuffers& buffers);
    // The next window with at least one chunk; nullopt at the end.
    [[nodiscard]] Result<std::optional<Window>> next();
    [[nodiscard]] bool ended_early() const;  // at the end: fewer bytes came than the content promised

private:
    [[nodiscard]] Status fill(Window& window);
    [[nodiscard]] std::size_t cut(ByteView rest) const;
    [[nodiscard]] std::uint64_t data_before(std::uint64_t logical, std::size_t max_holes) const;
    void advance(std::uint64_t data);

    const GearTable& gear_;
    FileContent& content_;
    SpareBuffers& buffers_;
    Bytes tail_;
    bool at_end_ = false;
    std::uint64_t expected_ = kUnknownSize;  // data bytes in all
    std::uint64_t data_bytes_ = 0;           // so far
    std::uint64_t logical_ = 0;              // where the next chunk begins
    std::size_t hole_ = 0;                   // the first hole not before it
};

struct HashedChunk {
    ChunkId id;
    std::uint32_t length = 0;
    Checksum128 checksum;
};
// Of the chunks at its front, in order. Code::memory when the window is no longer what was read.
[[nodiscard]] Result<std::vector<HashedChunk>> hash_window(const Window& window, const WriterKeys& keys);

}  // namespace custody
