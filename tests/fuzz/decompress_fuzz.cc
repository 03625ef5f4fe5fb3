// Decompressor over hostile frames: exactly the promised size or corrupt, nothing outside the buffer.
#include "tests/fuzz/seeds.h"
#include "tests/support/pack_fixtures.h"
#include "vault/packs/compressor.h"

namespace {

using namespace custody;

constexpr std::size_t kLargest = 1 << 20;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (!fuzz::wants_seeds()) return 0;
    for (const std::size_t size : {100u, 3000u, 60'000u}) {
        Compressor compressor;
        Bytes room;
        const auto stored = compressor.compress(test::text(size, size), room);
        if (!stored.ok()) continue;
        Bytes seed(4);
        store_le<std::uint32_t>(seed.data(), static_cast<std::uint32_t>(size));
        append(seed, *stored);
        fuzz::write_seed(std::to_string(size), seed);
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    Bytes out(load_le<std::uint32_t>(data) % kLargest);
    const ByteView stored(data + 4, size - 4);
    Decompressor& decompressor = thread_tools().decompressor;
    const Status status = decompressor.decompress(Compression::zstd, stored, out);
    if (!status.ok() && status.error().code != Code::corrupt) std::abort();
    if (decompressor.decompress(Compression::none, stored, out).ok() != (stored.size() == out.size())) std::abort();
    return 0;
}
