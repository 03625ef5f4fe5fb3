// vault.json and vault references. The signature would stop nearly every mutation, so the input is also tried as the body of a
// record signed here.
#include "base/records/canonical_json.h"
#include "tests/fuzz/seeds.h"
#include "vault/store/vault_header.h"

#include <cstdlib>

namespace {

using namespace custody;

const Secret& seed() {
    static const Secret fixed = Secret::copy_of(Bytes(kKeySize, 7));
    return fixed;
}

void write_seeds() {
    VaultHeader header;
    header.created = Time{1'793'671'200'000'000'000};
    if (const auto bytes = encode(header, seed())) {
        fuzz::write_seed("header", *bytes);
        if (const auto record = open_record(*bytes, "custody vault header 1", bytes->size())) {
            if (const auto body = to_canonical_json(record->body)) fuzz::write_seed("body", as_bytes(*body));
        }
    }
    fuzz::write_seed("reference", as_bytes("file:///mnt/%E1%BB%95/vault"));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (fuzz::wants_seeds()) write_seeds();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    (void)decode_vault_header(bytes);
    const auto reference = parse_vault_reference(as_text(bytes));
    if (reference && !reference->starts_with('/')) std::abort();
    const auto body = parse_json(bytes, 1 << 16);
    if (!body) return 0;
    const auto record = sign_record(*body, "custody vault header 1", seed());
    if (!record) return 0;
    const auto header = decode_vault_header(*record);
    if (!header) return 0;
    const auto again = encode(*header, seed());
    if (!again || !decode_vault_header(*again)) std::abort();
    return 0;
}
