// parse_json, to_canonical_json, open_record: what is accepted has one spelling, and parsing it again gives the same value.
#include "base/records/canonical_json.h"
#include "tests/fuzz/seeds.h"

#include <cstdlib>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    using namespace custody;
    if (!fuzz::wants_seeds()) return 0;
    const Json body = {{"text", "bi\u1ec3n \n"}, {"list", {1, -2, true, nullptr, Json::object()}}};
    if (const auto record = sign_record(body, "custody fuzz seed 1", Secret::random(kKeySize)))
        fuzz::write_seed("record", *record);
    fuzz::write_seed("numbers", as_bytes("[0,-1,9007199254740992,1e3,1.5,\"\\ud83d\\ude00\"]"));
    return 0;
}

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
