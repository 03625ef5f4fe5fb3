// The keyring file, remembered heads' container, writer exports and public keys. The checksum would stop nearly every mutation,
// so the body is also tried as if its checksum were right; and what decodes must encode to the same bytes.
#include "vault/keys/keyring_file.h"

#include <cstdlib>

namespace {

// What is accepted has one form.
void check_roundtrip(custody::ByteView bytes) {
    const auto content = custody::decode_keyring(bytes);
    if (!content) return;
    const auto again = custody::encode_keyring(*content);
    if (!again || *again != custody::Bytes(bytes.begin(), bytes.end())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace custody;
    const ByteView bytes(data, size);
    check_roundtrip(bytes);
    const auto body = parse_json(bytes, 1 << 18);
    if (!body) return 0;
    if (const auto with_checksum = encode_checksummed(*body, "custody keyring 1")) {
        if (const auto content = decode_keyring(*with_checksum)) {
            if (const auto encoded = encode_keyring(*content)) check_roundtrip(*encoded);
        }
    }
    (void)label_from_json(*body);
    if (body->is_array()) (void)signers_from_json(*body);
    return 0;
}
