// Content-defined chunking: FastCDC (Xia et al., USENIX ATC 2016) with a gear table drawn from a label's secret gear key, so
// that chunk sizes tell nothing about known content to who lacks the key.
//
// min kMinChunk, average kAverageChunk (normalised, level 2), max kMaxChunk. Same bytes and key: same cuts, on any machine.
// Threads: a table is immutable and shared; next_cut is a pure function.
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

#include <array>

namespace custody {

class GearTable {
public:
    // Values 4i..4i+3 are the little-endian u64 of HKDF-SHA-256(key, no salt, "custody gear table 1" || u8 i), i = 0..63.
    explicit GearTable(const Secret& gear_key);
    [[nodiscard]] const std::array<std::uint64_t, 256>& values() const { return values_; }

private:
    std::array<std::uint64_t, 256> values_{};
};

// Length of the first chunk of `data`: data.size() when that is <= kMinChunk or when no cut is found and it is the end;
// at most kMaxChunk. A caller that is not at the end of the content gives at least kMaxChunk bytes.
[[nodiscard]] std::size_t next_cut(const GearTable& table, ByteView data);

}  // namespace custody
