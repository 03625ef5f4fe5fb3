#include "base/crypto.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace custody {

std::uint64_t checksum64(ByteView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Checksum128 checksum128(ByteView bytes) {
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    return {hash.low64, hash.high64};
}

}  // namespace custody
