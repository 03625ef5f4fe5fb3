// vault.json, as found on any medium, and references to vaults, as typed.
#include "tests/fuzz/signed_input.h"
#include "vault/store/vault_header.h"

namespace {

using namespace custody;

constexpr std::string_view kPurpose = "custody vault header 1";

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (!fuzz::wants_seeds()) return 0;
    VaultHeader header;
    header.created = Time{1'793'671'200 * kSecond};
    const auto record = encode(header, fuzz::zero_seed());
    if (!record.ok()) std::abort();
    fuzz::write_signed_seeds("header", *record, kPurpose);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input(data, size);
    (void)parse_vault_reference(as_text(input)).ok();
    const Bytes record = fuzz::signed_input(input, kPurpose);
    const auto header = decode_vault_header(record);
    if (!header.ok()) return 0;
    const auto again = encode(*header, fuzz::zero_seed());
    if (!again.ok()) std::abort();
    const auto twice = decode_vault_header(*again);
    if (!twice.ok() || twice->vault != header->vault || twice->family != header->family || twice->created != header->created) {
        std::abort();
    }
    return 0;
}
