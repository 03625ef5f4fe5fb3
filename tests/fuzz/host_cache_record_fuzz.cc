// Records of the host cache: never a crash, never an allocation that the record does not pay for.
#include "base/crypto.h"
#include "vault/history/host_cache_record.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace custody;
    // Head and checksum are made to fit, or the fuzzer would never get past them.
    Bytes record(kCacheRecordHead);
    append(record, ByteView(data, size));
    store_le(record.data(), static_cast<std::uint32_t>(size));
    store_le(record.data() + 4, checksum64(ByteView(record).subspan(kCacheRecordHead)));
    const auto piece = CachedPiece::parse(std::move(record));
    if (!piece) return 0;
    for (const CachedItem& item : piece->items()) (void)item.entry();
    return 0;
}
