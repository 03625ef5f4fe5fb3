// gc/marks. The checksum would stop nearly every mutation, so the input is also tried with a right one behind it. What is
// accepted has one form.
#include "base/crypto.h"
#include "tests/fuzz/seeds.h"
#include "vault/store/session.h"

#include <cstdlib>

namespace {

void check(custody::ByteView bytes) {
    const auto marks = custody::decode_marks(bytes);
    if (!marks) return;
    const custody::Bytes again = custody::encode(*marks);
    // Only order and repetition of ids may differ.
    if (again.size() > bytes.size()) std::abort();
    const auto twice = custody::decode_marks(again);
    if (!twice || twice->generation != marks->generation || twice->packs != marks->packs) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    using namespace custody;
    if (!fuzz::wants_seeds()) return 0;
    Marks marks;
    marks.generation = 3;
    for (Byte i = 1; i < 4; ++i) {
        ObjectId id;
        id.bytes.fill(i);
        marks.packs.insert(id);
    }
    const Bytes bytes = encode(marks);
    fuzz::write_seed("marks", bytes);
    fuzz::write_seed("unchecked", ByteView(bytes).first(bytes.size() - Digest::size));
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace custody;
    const ByteView bytes(data, size);
    check(bytes);
    Bytes with_checksum(bytes.begin(), bytes.end());
    append(with_checksum, sha256(bytes).view());
    check(with_checksum);
    return 0;
}
