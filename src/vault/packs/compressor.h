// The one door to zstd. A compressor or decompressor keeps its context; one thread at a time each.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "vault/packs/format.h"

#include <memory>

namespace custody {

class Compressor {
public:
    explicit Compressor(int level = kCompressionLevel);
    ~Compressor();
    Compressor(Compressor&&) noexcept;
    // Fills `out` (replaced; capacity kept). Falls back to Compression::none when that is not smaller (by 3 %), and probes
    // incompressible content cheaply; `out` is then empty, for `raw` itself is what is to be stored. Code::failed only when
    // zstd itself fails.
    [[nodiscard]] Result<Compression> compress(ByteView raw, Bytes& out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

class Decompressor {
public:
    Decompressor();
    ~Decompressor();
    Decompressor(Decompressor&&) noexcept;
    // Precondition: out.size() is the promised raw size (<= kMaxBlockRaw). Code::corrupt when the frame is bad or yields any
    // other size. Allocates nothing that depends on the input.
    [[nodiscard]] Status decompress(Compression how, ByteView stored, MutableByteView out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace custody
