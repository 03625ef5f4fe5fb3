// Key derivation, key agreement and signatures.
#include "base/crypto.h"
#include "base/crypto_internal.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sodium.h>

#include <algorithm>

namespace custody {
namespace {

using crypto_internal::require;

EVP_KDF* hkdf_algorithm() {
    static EVP_KDF* const algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    require(algorithm != nullptr, "HKDF");
    return algorithm;
}

OSSL_PARAM octets(const char* name, ByteView bytes) {
    // libcrypto takes a mutable pointer and reads it; it may not be null, even for no bytes.
    static const Byte nothing = 0;
    const Byte* data = bytes.empty() ? &nothing : bytes.data();
    return OSSL_PARAM_construct_octet_string(name, const_cast<Byte*>(data), bytes.size());
}

Secret run_hkdf(int mode, ByteView key, ByteView salt, ByteView info, std::size_t size) {
    struct FreeContext {
        void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
    };
    const std::unique_ptr<EVP_KDF_CTX, FreeContext> context(EVP_KDF_CTX_new(hkdf_algorithm()));
    char digest_name[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name, 0),
        octets(OSSL_KDF_PARAM_KEY, key),
        octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };
    Secret out(size);
    require(context && EVP_KDF_derive(context.get(), out.mutable_view().data(), size, parameters) == 1, "HKDF");
    return out;
}

struct Ed25519Pair {
    Secret secret{crypto_sign_SECRETKEYBYTES};
    SignerId signer;
};

Ed25519Pair ed25519_pair(const Secret& seed) {
    crypto_internal::start_sodium();
    require(seed.size() == crypto_sign_SEEDBYTES, "an Ed25519 seed of the wrong length");
    Ed25519Pair pair;
    require(crypto_sign_seed_keypair(pair.signer.bytes.data(), pair.secret.mutable_view().data(), seed.view().data()) == 0,
            "Ed25519");
    return pair;
}

}  // namespace

namespace crypto_internal {

Secret hkdf_extract(ByteView salt, ByteView key) { return run_hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, key, salt, {}, kKeySize); }

Secret hkdf_expand(ByteView pseudo_random_key, ByteView info, std::size_t size) {
    return run_hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, pseudo_random_key, {}, info, size);
}

}  // namespace crypto_internal

Secret hkdf(ByteView key, ByteView salt, std::string_view info) {
    return run_hkdf(EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, key, salt, as_bytes(info), kKeySize);
}

Secret make_x25519_secret() {
    crypto_internal::start_sodium();
    return Secret::random(crypto_scalarmult_SCALARBYTES);
}

PublicKey x25519_public(const Secret& secret) {
    crypto_internal::start_sodium();
    require(secret.size() == crypto_scalarmult_SCALARBYTES, "an X25519 secret of the wrong length");
    PublicKey key{};
    require(crypto_scalarmult_base(key.data(), secret.view().data()) == 0, "X25519");
    return key;
}

SignerId signer_id(const Secret& seed) { return ed25519_pair(seed).signer; }

Signature sign(const Secret& seed, ByteView message) {
    const Ed25519Pair pair = ed25519_pair(seed);
    Signature signature{};
    require(crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), pair.secret.view().data()) == 0,
            "Ed25519");
    return signature;
}

bool verify_signature(const SignerId& signer, ByteView message, const Signature& signature) {
    crypto_internal::start_sodium();
    return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), signer.bytes.data()) == 0;
}

Result<Secret> stretch_passphrase(const Secret& passphrase, ByteView salt16, Argon2Cost cost) {
    constexpr std::uint32_t kLeastKib = 8 * 1024;
    constexpr std::uint32_t kMostKib = 4 * 1024 * 1024;
    const bool within_bounds = cost.memory_kib >= kLeastKib && cost.memory_kib <= kMostKib && cost.passes >= 1 &&
                               cost.passes <= 64 && cost.lanes == 1 && salt16.size() == crypto_pwhash_SALTBYTES;
    if (!within_bounds) {
        return Error{Code::usage, "a passphrase cost is outside 8 MiB to 4 GiB, 1 to 64 passes, 1 lane: it is not carried out"};
    }
    crypto_internal::start_sodium();
    Secret key(kKeySize);
    const int failed =
        crypto_pwhash(key.mutable_view().data(), key.size(), as_text(passphrase.view()).data(), passphrase.size(), salt16.data(),
                      cost.passes, std::size_t{cost.memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13);
    if (failed != 0) {
        return Error{Code::failed, "not enough memory to check a passphrase: " + std::to_string(cost.memory_kib / 1024) +
                                       " MiB are needed; free some and try again"};
    }
    return key;
}

}  // namespace custody
