// Officers' key files: the file as it comes, and its body under a right signature, which mutation alone would never find.
#include "base/records/canonical_json.h"
#include "base/records/officer_key.h"
#include "tests/fuzz/seeds.h"

#include <cstdlib>

namespace {

using namespace custody;

// One content has one spelling, and opening needs more than form.
void look_at(ByteView file) {
    const auto identity = read_officer_identity(file);
    if (!identity) return;
    if (!looks_like_officer_key(file)) std::abort();
    if (identity->name.empty() || identity->name.size() > kMaxOfficerName) std::abort();
    if (short_fingerprint(identity->sealing).size() != 16) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (!fuzz::wants_seeds()) return 0;
    const auto key = make_officer_key("Nguyễn Thị Lan", Time{1'790'000'000'000'000'000});
    if (!key) return 0;
    const auto file = encode_officer_key(*key, key->sealing_secret, {8192, 1, 1});
    if (!file) return 0;
    fuzz::write_seed("officer", *file);
    const auto record = parse_json(*file, kMaxOfficerKeySize);
    if (record) fuzz::write_seed("body", as_bytes((*record)["body"].dump()));
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    (void)looks_like_officer_key(bytes);
    look_at(bytes);
    const auto body = parse_json(bytes, kMaxOfficerKeySize);
    if (!body) return 0;
    const Secret seed(kKeySize);
    if (const auto file = sign_record(*body, "custody officer key 1", seed)) look_at(*file);
    return 0;
}
