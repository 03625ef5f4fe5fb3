// SHA-256, keyed hashes and authenticated encryption. Algorithms are fetched from libcrypto once for the process: the
// implicit fetch behind EVP_sha256() costs more than hashing a small message.
#include "base/crypto.h"

#include "base/crypto_internal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace custody {
namespace crypto_internal {

void give_up(const char* what) {
    std::fprintf(stderr, "custody: the cryptographic library failed in %s; nothing more is done\n", what);
    std::abort();
}

void start_sodium() {
    static const bool ready = sodium_init() >= 0;
    require(ready, "sodium_init");
}

}  // namespace crypto_internal

namespace {

using crypto_internal::require;

const EVP_MD* sha256_algorithm() {
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    require(algorithm != nullptr, "SHA-256");
    return algorithm;
}

EVP_MAC* hmac_algorithm() {
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    require(algorithm != nullptr, "HMAC");
    return algorithm;
}

const EVP_CIPHER* aes_256_gcm() {
    static EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    require(algorithm != nullptr, "AES-256-GCM");
    return algorithm;
}

template <auto Function>
struct FreeBy {
    template <class T>
    void operator()(T* object) const {
        Function(object);
    }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeBy<EVP_CIPHER_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeBy<EVP_MAC_CTX_free>>;

}  // namespace

void fill_random(MutableByteView out) {
    crypto_internal::start_sodium();
    if (!out.empty()) randombytes_buf(out.data(), out.size());
}

// ---- SHA-256 ----

struct Sha256::State {
    DigestContext context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    require(state_->context && EVP_DigestInit_ex2(state_->context.get(), sha256_algorithm(), nullptr) == 1, "SHA-256");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView bytes) {
    require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1, "SHA-256");
}

Digest Sha256::finish() {
    Digest digest;
    unsigned size = 0;
    require(EVP_DigestFinal_ex(state_->context.get(), digest.bytes.data(), &size) == 1 && size == Digest::size, "SHA-256");
    return digest;
}

Digest sha256(ByteView bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

// ---- keyed hashes ----

// HMAC keeps its keyed inner state, and BLAKE2b is started from a copy of the state that has absorbed the key: a short
// message costs no key schedule.
struct KeyedHash::State {
    MacContext hmac;                                                     // suite 1
    alignas(64) crypto_generichash_state keyed_start{}, working_copy{};  // suite 2
    ~State() {
        wipe({reinterpret_cast<Byte*>(&keyed_start), sizeof keyed_start});
        wipe({reinterpret_cast<Byte*>(&working_copy), sizeof working_copy});
    }
};

KeyedHash::KeyedHash(Suite suite, const Secret& key) : state_(std::make_unique<State>()) {
    crypto_internal::start_sodium();
    if (suite == Suite::modern) {
        require(crypto_generichash_init(&state_->keyed_start, key.view().data(), key.size(), 32) == 0, "BLAKE2b");
        return;
    }
    state_->hmac.reset(EVP_MAC_CTX_new(hmac_algorithm()));
    char digest_name[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                                     OSSL_PARAM_construct_end()};
    require(state_->hmac && EVP_MAC_init(state_->hmac.get(), key.view().data(), key.size(), parameters) == 1, "HMAC");
}
KeyedHash::~KeyedHash() = default;
KeyedHash::KeyedHash(KeyedHash&&) noexcept = default;

std::array<Byte, 32> KeyedHash::hash(Byte domain, ByteView message) { return hash2(domain, message, {}); }

std::array<Byte, 32> KeyedHash::hash2(Byte domain, ByteView first, ByteView second) {
    std::array<Byte, 32> out{};
    if (!state_->hmac) {
        crypto_generichash_state& working = state_->working_copy;
        std::memcpy(&working, &state_->keyed_start, sizeof working);
        require(crypto_generichash_update(&working, &domain, 1) == 0 &&
                    crypto_generichash_update(&working, first.data(), first.size()) == 0 &&
                    crypto_generichash_update(&working, second.data(), second.size()) == 0 &&
                    crypto_generichash_final(&working, out.data(), out.size()) == 0,
                "BLAKE2b");
        return out;
    }
    EVP_MAC_CTX* const hmac = state_->hmac.get();
    std::size_t size = 0;
    require(EVP_MAC_init(hmac, nullptr, 0, nullptr) == 1 && EVP_MAC_update(hmac, &domain, 1) == 1 &&
                EVP_MAC_update(hmac, first.data(), first.size()) == 1 &&
                EVP_MAC_update(hmac, second.data(), second.size()) == 1 &&
                EVP_MAC_final(hmac, out.data(), &size, out.size()) == 1 && size == out.size(),
            "HMAC");
    return out;
}

// ---- authenticated encryption ----

struct Aead::State {
    CipherContext aes;   // suite 1; one key schedule serves both directions
    Secret xchacha_key;  // suite 2
};

namespace {

// libcrypto counts in int.
constexpr std::size_t kLargestStep = 1u << 30;
constexpr std::size_t kAesNonceSize = 12;
constexpr std::size_t kXChaChaNonceSize = 24;

bool cipher_update(EVP_CIPHER_CTX* context, Byte* out, ByteView in) {
    while (!in.empty()) {
        const std::size_t step = std::min(in.size(), kLargestStep);
        int written = 0;
        if (EVP_CipherUpdate(context, out, &written, in.data(), static_cast<int>(step)) != 1) return false;
        if (out != nullptr) out += step;
        in = in.subspan(step);
    }
    return true;
}

CipherContext aes_context(ByteView key) {
    require(key.size() == kKeySize, "a key of the wrong length");
    CipherContext context(EVP_CIPHER_CTX_new());
    require(context && EVP_CipherInit_ex2(context.get(), aes_256_gcm(), key.data(), nullptr, 1, nullptr) == 1, "AES-256-GCM");
    return context;
}

// One key schedule serves both directions; each message only sets nonce and direction.
void start_message(EVP_CIPHER_CTX* context, ByteView nonce, bool sealing, ByteView aad) {
    require(nonce.size() == kAesNonceSize &&
                EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), sealing ? 1 : 0, nullptr) == 1 &&
                cipher_update(context, nullptr, aad),
            "AES-256-GCM");
}

void seal_message(EVP_CIPHER_CTX* context, ByteView nonce, ByteView aad, ByteView plain, MutableByteView out) {
    start_message(context, nonce, true, aad);
    std::array<Byte, 16> unused{};
    int written = 0;
    require(cipher_update(context, out.data(), plain) && EVP_CipherFinal_ex(context, unused.data(), &written) == 1 &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, out.data() + plain.size()) == 1,
            "AES-256-GCM");
}

bool open_message(EVP_CIPHER_CTX* context, ByteView nonce, ByteView aad, ByteView sealed, MutableByteView out) {
    start_message(context, nonce, false, aad);
    std::array<Byte, kTagSize> tag{}, unused{};
    std::copy_n(sealed.data() + out.size(), kTagSize, tag.data());
    int written = 0;
    return cipher_update(context, out.data(), sealed.first(out.size())) &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1 &&
           EVP_CipherFinal_ex(context, unused.data(), &written) == 1;
}

template <std::size_t Size>
std::array<Byte, Size> counter_nonce(std::uint64_t nonce) {
    std::array<Byte, Size> bytes{};
    store_le(bytes.data(), nonce);
    return bytes;
}

}  // namespace

namespace crypto_internal {

void aes_256_gcm_seal(ByteView key, ByteView nonce, ByteView aad, ByteView plain, MutableByteView out) {
    require(out.size() == plain.size() + kTagSize, "sealing into a buffer of the wrong size");
    seal_message(aes_context(key).get(), nonce, aad, plain, out);
}

bool aes_256_gcm_open(ByteView key, ByteView nonce, ByteView aad, ByteView sealed, MutableByteView out) {
    require(out.size() + kTagSize == sealed.size(), "opening into a buffer of the wrong size");
    return open_message(aes_context(key).get(), nonce, aad, sealed, out);
}

}  // namespace crypto_internal

Aead::Aead(Suite suite, ByteView key) : state_(std::make_unique<State>()) {
    require(key.size() == kKeySize, "a key of the wrong length");
    if (suite == Suite::modern) {
        crypto_internal::start_sodium();
        state_->xchacha_key = Secret::copy_of(key);
    } else {
        state_->aes = aes_context(key);
    }
}
Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;

void Aead::seal(std::uint64_t nonce, ByteView aad, ByteView plain, MutableByteView out) {
    require(out.size() == plain.size() + kTagSize, "sealing into a buffer of the wrong size");
    if (state_->aes) return seal_message(state_->aes.get(), counter_nonce<kAesNonceSize>(nonce), aad, plain, out);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(), aad.data(), aad.size(), nullptr,
                                               counter_nonce<kXChaChaNonceSize>(nonce).data(), state_->xchacha_key.view().data());
}

bool Aead::open(std::uint64_t nonce, ByteView aad, ByteView sealed, MutableByteView out) {
    require(out.size() + kTagSize == sealed.size(), "opening into a buffer of the wrong size");
    const bool authentic = state_->aes
                               ? open_message(state_->aes.get(), counter_nonce<kAesNonceSize>(nonce), aad, sealed, out)
                               : crypto_aead_xchacha20poly1305_ietf_decrypt(
                                     out.data(), nullptr, nullptr, sealed.data(), sealed.size(), aad.data(), aad.size(),
                                     counter_nonce<kXChaChaNonceSize>(nonce).data(), state_->xchacha_key.view().data()) == 0;
    if (!authentic) wipe(out);
    return authentic;
}

}  // namespace custody
