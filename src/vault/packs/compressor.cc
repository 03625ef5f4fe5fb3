// A block is probed before it is compressed: 8 KiB of each 128 KiB at a fast level. Measured on 512 KiB of noise, one thread,
// zstd 1.5.4: level 3 takes 0.12 ms, the probe 0.01 ms, sealing and proving the block 0.29 ms. One sample that shrinks is enough
// for a full attempt, so a block that is half text, half photograph is never stored raw for the sake of speed.
//
// Level 3's own tables (2^17 and 2^16 entries, 768 KiB) do not fit beside a block in the cache of one core. With 2^15 and 2^14
// zstd takes 12 % less time on source code and 23 % less on programs, for 1 to 2 % more bytes; blocks of 1 MiB instead of
// 512 KiB win those back on small files (docs/PERFORMANCE.md).
#include "vault/packs/compressor.h"

#include "base/text.h"

#include <zstd.h>

#include <algorithm>

namespace custody {

namespace {

constexpr int kLongTableLog = 15;
constexpr int kShortTableLog = 14;
constexpr int kProbeLevel = -1;
constexpr std::size_t kProbeFrom = 128 * 1024;  // smaller blocks are simply tried
constexpr std::size_t kProbeStep = 128 * 1024;
constexpr std::size_t kProbeSample = 8 * 1024;

// Worth its decompression only when it saves 3 %.
bool is_gain(std::size_t raw, std::size_t compressed) { return compressed < raw - raw * 3 / 100; }

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Error zstd_error(std::size_t code) {
    return Error{Code::failed, say("cannot compress a block: zstd reports {}", ZSTD_getErrorName(code))};
}

}  // namespace

struct Compressor::State {
    std::unique_ptr<ZSTD_CCtx, FreeContext> context, probe;
    std::array<Byte, 2 * kProbeSample> probe_out{};

    bool looks_incompressible(ByteView raw);
};

bool Compressor::State::looks_incompressible(ByteView raw) {
    if (raw.size() < kProbeFrom) return false;
    for (std::size_t at = 0; at + kProbeSample <= raw.size(); at += kProbeStep) {
        const std::size_t size =
            ZSTD_compressCCtx(probe.get(), probe_out.data(), probe_out.size(), raw.data() + at, kProbeSample, kProbeLevel);
        if (ZSTD_isError(size) || is_gain(kProbeSample, size)) return false;
    }
    return true;
}

Compressor::Compressor(int level) : state_(std::make_unique<State>()) {
    state_->context.reset(ZSTD_createCCtx());
    state_->probe.reset(ZSTD_createCCtx());
    if (state_->context == nullptr) return;
    ZSTD_CCtx_setParameter(state_->context.get(), ZSTD_c_compressionLevel, level);
    if (level != kCompressionLevel) return;
    ZSTD_CCtx_setParameter(state_->context.get(), ZSTD_c_hashLog, kLongTableLog);
    ZSTD_CCtx_setParameter(state_->context.get(), ZSTD_c_chainLog, kShortTableLog);
}
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;

Result<ByteView> Compressor::compress(ByteView raw, Bytes& room) {
    if (state_->context == nullptr || state_->probe == nullptr) {
        return Error{Code::failed, say("cannot compress a block: out of memory")};
    }
    if (raw.empty() || state_->looks_incompressible(raw)) return ByteView();
    const std::size_t bound = ZSTD_compressBound(raw.size());
    if (room.size() < bound) room.resize(bound);
    const std::size_t size = ZSTD_compress2(state_->context.get(), room.data(), room.size(), raw.data(), raw.size());
    if (ZSTD_isError(size)) return zstd_error(size);
    return is_gain(raw.size(), size) ? ByteView(room).first(size) : ByteView();
}

struct Decompressor::State {
    std::unique_ptr<ZSTD_DCtx, FreeContext> context;
};

Decompressor::Decompressor() : state_(std::make_unique<State>()) { state_->context.reset(ZSTD_createDCtx()); }
Decompressor::~Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;

Status Decompressor::decompress(Compression how, ByteView stored, MutableByteView out) {
    if (how == Compression::none) {
        if (stored.size() != out.size()) return Error{Code::corrupt, say("a stored block has the wrong size")};
        std::copy(stored.begin(), stored.end(), out.begin());
        return done();
    }
    if (state_->context == nullptr) return Error{Code::failed, say("cannot decompress a block: out of memory")};
    // One frame exactly: ZSTD_decompressDCtx would take several in a row and skippable ones as well.
    const std::size_t frame = ZSTD_findFrameCompressedSize(stored.data(), stored.size());
    if (ZSTD_isError(frame) || frame != stored.size() || ZSTD_getFrameContentSize(stored.data(), stored.size()) != out.size()) {
        return Error{Code::corrupt, say("a compressed block is not one whole frame of its size")};
    }
    const std::size_t size = ZSTD_decompressDCtx(state_->context.get(), out.data(), out.size(), stored.data(), stored.size());
    if (ZSTD_isError(size)) {
        return Error{Code::corrupt, say("a compressed block does not decompress: {}", ZSTD_getErrorName(size))};
    }
    if (size != out.size()) return Error{Code::corrupt, say("a compressed block has the wrong size")};
    return done();
}

}  // namespace custody
