// Records of the host cache: never a crash, never an allocation that the record does not pay for.
#include "base/crypto.h"
#include "tests/fuzz/seeds.h"
#include "vault/history/host_cache_record.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    using namespace custody;
    if (!fuzz::wants_seeds()) return 0;
    CacheRecordBuilder builder;
    for (const EntryType type : {EntryType::file, EntryType::folder, EntryType::symlink, EntryType::block_device}) {
        Entry entry;
        entry.type = type;
        entry.name = std::string(1, static_cast<char>('a' + static_cast<int>(type)));
        entry.attributes.mode = 0644;
        entry.attributes.xattrs = {{"user.a", Bytes{1, 2, 3}}};
        if (type == EntryType::file) {
            entry.content.chunks = {{ChunkId{}, 10}, {ChunkId{}, 300'000}};
            entry.content.holes = {{5, 4096}};
            entry.content.size = 10 + 300'000 + 4096;
        }
        if (type == EntryType::symlink) entry.target = "../x";
        if (type == EntryType::block_device) entry.device = 2048;
        builder.add(entry, {}, true);
    }
    const Bytes record = builder.finish("/srv/files", 1, TreeId{});
    fuzz::write_seed("record", ByteView(record).subspan(kCacheRecordHead));
    return 0;
}

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
