// Recovery kits: the file, the payload below its seal, the lines and codes that people type and scan.
#include "vault/keys/kit_file.h"
#include "vault/keys/recovery_kit.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace custody;
    const ByteView bytes(data, size);
    if (auto kit = parse_kit(bytes)) (void)open_kit_payload(*kit, Secret(kKeySize));
    // The checksum stops nearly every mutation: tried also with a right one.
    Bytes with_checksum(bytes.begin(), bytes.end());
    append(with_checksum, sha256(bytes).view());
    (void)parse_kit(with_checksum);
    if (const auto payload = decode_kit_payload(bytes)) {
        if (encode_kit_payload(*payload) != with_checksum && !decode_kit_payload(encode_kit_payload(*payload))) std::abort();
    }
    (void)read_kit(bytes);
    if (size < 4096) {
        const auto lines = kit_from_lines(kit_to_lines(bytes));
        if (!lines || *lines != Bytes(bytes.begin(), bytes.end())) std::abort();
    }
    return 0;
}
