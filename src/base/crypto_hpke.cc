// HPKE base mode, single shot (RFC 9180): DHKEM(X25519, HKDF-SHA256) of section 4.1, the key schedule of section 5.1 with
// HKDF-SHA256, and AES-256-GCM or ChaCha20-Poly1305. Each context seals one message, so the sequence number is always 0.
#include "base/crypto.h"
#include "base/crypto_internal.h"

#include <sodium.h>

#include <algorithm>

namespace custody {
namespace {

using crypto_internal::hkdf_expand;
using crypto_internal::hkdf_extract;
using crypto_internal::require;

constexpr std::size_t kEncSize = 32;
constexpr std::size_t kNonceSize = 12;
constexpr std::string_view kKemSuiteId{"KEM\x00\x20", 5};
constexpr std::string_view kAes256GcmSuiteId{"HPKE\x00\x20\x00\x01\x00\x02", 10};
constexpr std::string_view kChaChaSuiteId{"HPKE\x00\x20\x00\x01\x00\x03", 10};

// Key material on its way into HKDF: kept in locked memory like any other secret.
Secret joined(std::initializer_list<ByteView> parts) {
    std::size_t size = 0;
    for (const ByteView part : parts) size += part.size();
    Secret out(size);
    auto at = out.mutable_view().begin();
    for (const ByteView part : parts) at = std::copy(part.begin(), part.end(), at);
    return out;
}

Secret labeled_extract(std::string_view suite_id, ByteView salt, std::string_view label, ByteView key) {
    return hkdf_extract(salt, joined({as_bytes("HPKE-v1"), as_bytes(suite_id), as_bytes(label), key}).view());
}

Secret labeled_expand(std::string_view suite_id, ByteView pseudo_random_key, std::string_view label, ByteView info,
                      std::size_t size) {
    const Byte length[2] = {static_cast<Byte>(size >> 8), static_cast<Byte>(size)};
    const Secret labeled_info = joined({length, as_bytes("HPKE-v1"), as_bytes(suite_id), as_bytes(label), info});
    return hkdf_expand(pseudo_random_key, labeled_info.view(), size);
}

// Diffie-Hellman, then ExtractAndExpand. Empty for a public key of small order, which RFC 9180 section 7.1.4 refuses.
Secret shared_secret(const Secret& own, ByteView peer, ByteView enc, ByteView recipient) {
    Secret diffie_hellman(crypto_scalarmult_BYTES);
    if (crypto_scalarmult(diffie_hellman.mutable_view().data(), own.view().data(), peer.data()) != 0) return {};
    const Secret context = joined({enc, recipient});
    const Secret eae_prk = labeled_extract(kKemSuiteId, {}, "eae_prk", diffie_hellman.view());
    return labeled_expand(kKemSuiteId, eae_prk.view(), "shared_secret", context.view(), 32);
}

struct Context {
    Secret key;
    Secret base_nonce;
};

Context key_schedule(Suite suite, const Secret& shared, ByteView info) {
    const std::string_view id = suite == Suite::standard ? kAes256GcmSuiteId : kChaChaSuiteId;
    const Byte mode_base = 0;
    const Secret psk_id_hash = labeled_extract(id, {}, "psk_id_hash", {});
    const Secret info_hash = labeled_extract(id, {}, "info_hash", info);
    const Secret context = joined({{&mode_base, 1}, psk_id_hash.view(), info_hash.view()});
    const Secret secret = labeled_extract(id, shared.view(), "secret", {});
    return {labeled_expand(id, secret.view(), "key", context.view(), kKeySize),
            labeled_expand(id, secret.view(), "base_nonce", context.view(), kNonceSize)};
}

Result<Bytes> seal_with_ephemeral(Suite suite, const PublicKey& to, const Secret& ephemeral, ByteView info, ByteView aad,
                                  ByteView plain) {
    const PublicKey enc = x25519_public(ephemeral);
    const Secret shared = shared_secret(ephemeral, to, enc, to);
    if (shared.empty()) return Error{Code::usage, "this is no public key that anything can be sealed to"};
    const Context context = key_schedule(suite, shared, info);
    Bytes out(kEncSize + plain.size() + kTagSize);
    std::copy(enc.begin(), enc.end(), out.begin());
    const MutableByteView sealed = MutableByteView(out).subspan(kEncSize);
    if (suite == Suite::standard) {
        crypto_internal::aes_256_gcm_seal(context.key.view(), context.base_nonce.view(), aad, plain, sealed);
    } else {
        crypto_aead_chacha20poly1305_ietf_encrypt(sealed.data(), nullptr, plain.data(), plain.size(), aad.data(), aad.size(),
                                                  nullptr, context.base_nonce.view().data(), context.key.view().data());
    }
    return out;
}

bool open_with(Suite suite, const Context& context, ByteView aad, ByteView sealed, MutableByteView out) {
    if (suite == Suite::standard) {
        return crypto_internal::aes_256_gcm_open(context.key.view(), context.base_nonce.view(), aad, sealed, out);
    }
    return crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data(), sealed.size(), aad.data(),
                                                     aad.size(), context.base_nonce.view().data(),
                                                     context.key.view().data()) == 0;
}

}  // namespace

Result<Bytes> seal_to(Suite suite, const PublicKey& to, ByteView info, ByteView aad, ByteView plain) {
    return seal_with_ephemeral(suite, to, make_x25519_secret(), info, aad, plain);
}

Result<Bytes> hpke_seal_with_ephemeral(const PublicKey& to, const Secret& ephemeral, ByteView info, ByteView aad,
                                       ByteView plain) {
    return seal_with_ephemeral(Suite::standard, to, ephemeral, info, aad, plain);
}

Result<Secret> open_sealed(Suite suite, const Secret& secret, ByteView info, ByteView aad, ByteView sealed) {
    const Error wrong_key{Code::wrong_key, "this key does not open what was sealed"};
    if (sealed.size() < kSealOverhead) return wrong_key;
    const ByteView enc = sealed.first(kEncSize);
    const Secret shared = shared_secret(secret, enc, enc, x25519_public(secret));
    if (shared.empty()) return wrong_key;
    Secret plain(sealed.size() - kSealOverhead);
    if (!open_with(suite, key_schedule(suite, shared, info), aad, sealed.subspan(kEncSize), plain.mutable_view())) {
        return wrong_key;
    }
    return plain;
}

}  // namespace custody
