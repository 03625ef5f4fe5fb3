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
    // The compressed form, a view into `room`, which grows and never shrinks: its capacity is used, its content is not. Empty
    // when that is not smaller (by 3 %), so that `raw` itself is what is to be stored; incompressible content is probed cheaply.
    // Code::failed only when zstd itself fails.
    [[nodiscard]] Result<ByteView> compress(ByteView raw, Bytes& room);

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
