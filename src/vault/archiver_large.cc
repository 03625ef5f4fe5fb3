#include "vault/archiver_large.h"

#include "vault/archiver_reader.h"

#include <algorithm>

namespace custody {
LargeReader::LargeReader(const GearTable& gear, FileContent& content, SpareBuffers& buffers)
    : gear_(gear), content_(content), buffers_(buffers) {
    if (content.size() != kUnknownSize) {
        expected_ = content.size();
        for (const Hole& hole : content.holes()) expected_ -= hole.length;
    }
    advance(0);
}

bool LargeReader::ended_early() const { return expected_ != kUnknownSize && data_bytes_ < expected_; }

Status LargeReader::fill(Window& window) {
    const std::size_t kept = tail_.size();
    window.data = buffers_.take();
    // One byte more than there should be, so that the end is known when it is met.
    const std::uint64_t left = expected_ == kUnknownSize || data_bytes_ >= expected_ ? kWindowRead : expected_ - data_bytes_ + 1;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left, kWindowRead));
    window.data.resize(kept + want);
    std::copy(tail_.begin(), tail_.end(), window.data.begin());
    TRY_ASSIGN(const std::size_t got, content_.read(MutableByteView(window.data).subspan(kept)));
    window.data.resize(kept + got);
    window.checksum = checksum128(window.data);
    if (!std::equal(tail_.begin(), tail_.end(), window.data.begin())) return bad_memory();
    at_end_ = got < want;
    data_bytes_ += got;
    return done();
}

Result<std::optional<Window>> LargeReader::next() {
    for (;;) {
        if (at_end_ && tail_.empty()) return std::optional<Window>();
        Window window;
        TRY(fill(window));
        ByteView rest = window.data;
        while (!rest.empty()) {
            const std::size_t length = cut(rest);
            if (length == 0) break;
            window.lengths.push_back(static_cast<std::uint32_t>(length));
            rest = rest.subspan(length);
            advance(length);
        }
        tail_.assign(rest.begin(), rest.end());
        if (!window.lengths.empty()) return std::optional<Window>(std::move(window));
    }
}

// Length of the chunk at the front of `rest`; 0: more must be read to know.
std::size_t LargeReader::cut(ByteView rest) const {
    const std::uint32_t fixed = content_.fixed_chunk();
    const bool all = at_end_ || rest.size() >= kMaxChunk;
    if (fixed != 0) {
        const std::uint64_t boundary = (logical_ / fixed + 1) * fixed;
        const std::uint64_t length = std::max<std::uint64_t>(1, data_before(boundary, kMaxHolesInChunk));
        if (length > rest.size() && !at_end_) return 0;
        return static_cast<std::size_t>(std::min<std::uint64_t>(length, rest.size()));
    }
    std::size_t length = next_cut(gear_, rest);
    if (length == rest.size() && !all) return 0;  // a cut found before the end is one whatever follows
    if (content_.holes().size() - hole_ > kMaxHolesInChunk)
        length = static_cast<std::size_t>(std::min<std::uint64_t>(length, data_before(kUnknownSize, kMaxHolesInChunk)));
    return length;
}

// Data bytes from the next chunk's begin up to `logical`, past at most `max_holes` holes.
std::uint64_t LargeReader::data_before(std::uint64_t logical, std::size_t max_holes) const {
    const auto& holes = content_.holes();
    std::uint64_t data = 0, at = logical_;
    for (std::size_t i = hole_; i < holes.size() && holes[i].offset < logical; ++i) {
        data += holes[i].offset - at;
        at = holes[i].offset + holes[i].length;
        if (i - hole_ >= max_holes && data > 0) return data;
    }
    return logical > at ? data + (logical - at) : data;
}

void LargeReader::advance(std::uint64_t data) {
    const auto& holes = content_.holes();
    for (;;) {
        if (hole_ < holes.size() && holes[hole_].offset == logical_) {
            logical_ += holes[hole_++].length;
            continue;
        }
        if (data == 0) return;
        const std::uint64_t room = hole_ < holes.size() ? holes[hole_].offset - logical_ : data;
        const std::uint64_t step = std::min(room, data);
        logical_ += step;
        data -= step;
    }
}

Result<std::vector<HashedChunk>> hash_window(const Window& window, const WriterKeys& keys) {
    KeyedHash hash(keys.suite, keys.chunk_id_key);
    std::vector<HashedChunk> chunks;
    chunks.reserve(window.lengths.size());
    ByteView rest = window.data;
    for (const std::uint32_t length : window.lengths) {
        const ByteView chunk = rest.first(length);
        rest = rest.subspan(length);
        chunks.push_back({{hash.hash(kChunkDomain, chunk)}, length, checksum128(chunk)});
    }
    if (checksum128(window.data) != window.checksum) return bad_memory();
    return chunks;
}

}  // namespace custody
