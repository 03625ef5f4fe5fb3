// gc/marks, as found on any medium: with its checksum as it stands, and with one that fits.
//   byte 0: 0 the object | else what comes before the checksum
#include "base/crypto.h"
#include "tests/fuzz/seeds.h"
#include "vault/store/session.h"

#include <cstdlib>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    using namespace custody;
    if (!fuzz::wants_seeds()) return 0;
    Marks marks;
    marks.generation = 7;
    marks.packs = {ObjectId{{1}}, ObjectId{{2}}};
    const Bytes encoded = encode(marks);
    Bytes seed = {0};
    append(seed, encoded);
    fuzz::write_seed("marks", seed);
    seed = {1};
    append(seed, ByteView(encoded).first(encoded.size() - Digest::size));
    fuzz::write_seed("marks-body", seed);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace custody;
    if (size == 0) return 0;
    Bytes object(data + 1, data + size);
    if (data[0] != 0) append(object, sha256(object).view());
    const auto marks = decode_marks(object);
    if (!marks.ok()) return 0;
    const auto again = decode_marks(encode(*marks));
    if (!again.ok() || again->generation != marks->generation || again->packs != marks->packs) std::abort();
    return 0;
}
