// gc/marks. The checksum would stop nearly every mutation, so the input is also tried with a right one behind it. What is
// accepted has one form.
#include "base/crypto.h"
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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace custody;
    const ByteView bytes(data, size);
    check(bytes);
    Bytes with_checksum(bytes.begin(), bytes.end());
    append(with_checksum, sha256(bytes).view());
    check(with_checksum);
    return 0;
}
