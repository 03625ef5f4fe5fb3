#include "base/crypto.h"

#include <xxhash.h>
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>  // turns the calls below into ones that choose SSE2, AVX2 or AVX-512 when they run
#endif

namespace custody {

std::uint64_t checksum64(ByteView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Checksum128 checksum128(ByteView bytes) {
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    return {hash.low64, hash.high64};
}

}  // namespace custody
