// parse_json, to_canonical_json, open_record: what is accepted has one spelling, and parsing it again gives the same value.
#include "base/records/canonical_json.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace custody;
    const ByteView bytes(data, size);
    if (auto value = parse_json(bytes, 1 << 16)) {
        const auto text = to_canonical_json(*value);
        if (!text) std::abort();
        const auto again = parse_json(as_bytes(*text), 1 << 17);
        if (!again || *again != *value) std::abort();
    }
    if (open_record(bytes, "custody fuzz 1", 1 << 16)) std::abort();  // nobody signs for this purpose
    return 0;
}
