// Recovery kits: the file, the payload below its seal, the lines and codes that people type and scan.
#include "tests/fuzz/seeds.h"
#include "vault/keys/kit_file.h"
#include "vault/keys/recovery_kit.h"

#include <cstdlib>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    using namespace custody;
    if (!fuzz::wants_seeds()) return 0;
    KitPayload payload;
    const auto key = [] { return Secret::random(kKeySize); };
    KitLabel label{random_id<LabelId>(), "log", key(), key(), key(), {}};
    label.epochs.emplace(1, key());
    payload.labels.push_back(std::move(label));
    payload.signers.push_back({random_id<SignerId>(), "server-1", Time{}});
    payload.officers.push_back({PublicKey{}, "deputy"});
    payload.destroyed.push_back({random_id<LabelId>(), "old", Time{}});
    payload.copies.push_back({1, "kit", "", Time{}, Time{}, Time{}, 1, {{payload.labels[0].id, true}}});
    fuzz::write_seed("payload", encode_kit_payload(payload));
    KitHeader header{1, random_id<FamilyId>(), Suite::standard, Time{}, Bytes(16), {{random_id<VaultId>(), {}}}, {}};
    const auto kit = encode_kit(header, payload, Secret(kKeySize));
    if (!kit) return 0;
    fuzz::write_seed("kit", *kit);
    fuzz::write_seed("unchecked", ByteView(*kit).first(kit->size() - Digest::size));
    std::string lines;
    for (const std::string& line : kit_to_lines(*kit)) lines += line + "\n";
    fuzz::write_seed("lines", as_bytes(lines));
    fuzz::write_seed("code", as_bytes(kit_to_qr_parts(*kit, 4000).front()));
    return 0;
}

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
