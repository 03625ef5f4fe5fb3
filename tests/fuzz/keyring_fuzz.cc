// The keyring file, remembered heads' container, writer exports and public keys. The checksum would stop nearly every mutation,
// so the body is also tried as if its checksum were right; and what decodes must encode to the same bytes.
#include "tests/fuzz/seeds.h"
#include "vault/keys/key_making.h"
#include "vault/keys/keyring_file.h"

#include <cstdlib>

namespace {

// What is accepted has one form.
void check_roundtrip(custody::ByteView bytes) {
    const auto content = custody::decode_keyring(bytes);
    if (!content) return;
    const auto again = custody::encode_keyring(*content);
    if (!again || !custody::equal_in_constant_time(again->view(), bytes)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    using namespace custody;
    if (!fuzz::wants_seeds()) return 0;
    KeyringContent content;
    content.is_custodian = true;
    content.host_name = "server-1";
    content.signing_seed = Secret::random(kKeySize);
    const Secret secret = make_x25519_secret();
    content.public_key = x25519_public(secret);
    content.next_slot = content.next_copy = 3;
    if (auto label = make_label(content, "log")) content.labels.push_back(std::move(*label));
    const WrapPlace place{content.suite, kSlotPurpose, content.family, 1};
    if (auto slot = seal_for_passphrase(place, secret, secret, {8192, 1, 1})) content.slots.push_back(std::move(*slot));
    if (auto slot = wrap_for_officer(place, secret, content.public_key)) content.slots.push_back(std::move(*slot));
    content.signers.push_back({signer_id(content.signing_seed), "server-1", Time{}});
    CopyInfo copy;
    copy.number = 1;
    copy.kind = "kit";
    copy.proven = copy.destroyed = Time{};
    copy.labels.emplace_back(content.labels.front().id, true);
    content.copies.push_back(copy);
    content.destroyed.push_back({random_id<LabelId>(), "old", Time{}});
    const auto bytes = encode_keyring(content);
    if (!bytes) return 0;
    fuzz::write_seed("keyring", bytes->view());
    const auto body = decode_checksummed(bytes->view(), "custody keyring 1", kMaxKeyringSize);
    if (!body) return 0;
    fuzz::write_seed("body", as_bytes(body->dump()));
    fuzz::write_seed("label", as_bytes((*body)["labels"][0].dump()));
    fuzz::write_seed("signers", as_bytes((*body)["signers"].dump()));
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace custody;
    const ByteView bytes(data, size);
    check_roundtrip(bytes);
    const auto body = parse_json(bytes, 1 << 18);
    if (!body) return 0;
    if (const auto with_checksum = encode_checksummed(*body, "custody keyring 1")) {
        if (const auto content = decode_keyring(*with_checksum)) {
            if (const auto encoded = encode_keyring(*content)) check_roundtrip(encoded->view());
        }
    }
    (void)label_from_json(*body, KeyPlaces());
    if (body->is_array()) (void)signers_from_json(*body);
    return 0;
}
