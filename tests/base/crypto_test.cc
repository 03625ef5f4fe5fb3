#include "base/crypto.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace custody {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }
Secret secret_of(std::string_view text) { return Secret::copy_of(hex(text)); }
std::string hex_of(ByteView bytes) { return to_hex(bytes); }

class BothSuites : public testing::TestWithParam<Suite> {};
INSTANTIATE_TEST_SUITE_P(Crypto, BothSuites, testing::Values(Suite::standard, Suite::modern));

// FIPS 180-4 examples.
TEST(Sha256Test, MatchesThePublishedExamples) {
    EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256(as_bytes("abc")).hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Sha256 in_pieces;
    const std::string thousand(1000, 'a');
    for (int i = 0; i < 1000; ++i) in_pieces.update(as_bytes(thousand));
    EXPECT_EQ(in_pieces.finish().hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// RFC 4231 test case 2, its first byte ("w") given as the domain.
TEST(KeyedHashTest, StandardSuiteIsHmacSha256) {
    KeyedHash hash(Suite::standard, Secret::copy_of(as_bytes("Jefe")));
    const auto expected = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex_of(hash.hash('w', as_bytes("hat do ya want for nothing?"))), hex_of(expected));
    EXPECT_EQ(hex_of(hash.hash2('w', as_bytes("hat do ya want "), as_bytes("for nothing?"))), hex_of(expected));
}

TEST_P(BothSuites, KeyedHashDependsOnKeyDomainAndMessageAndOnNothingBefore) {
    const Secret key = Secret::random(kKeySize);
    KeyedHash hash(GetParam(), key);
    const auto first = hash.hash(1, as_bytes("message"));
    EXPECT_NE(first, hash.hash(2, as_bytes("message")));
    EXPECT_NE(first, hash.hash(1, as_bytes("massage")));
    EXPECT_EQ(first, hash.hash(1, as_bytes("message")));
    EXPECT_EQ(first, hash.hash2(1, as_bytes("mess"), as_bytes("age")));
    EXPECT_EQ(first, KeyedHash(GetParam(), key).hash(1, as_bytes("message")));
    EXPECT_NE(first, KeyedHash(GetParam(), Secret::random(kKeySize)).hash(1, as_bytes("message")));
}

// The GCM specification (McGrew and Viega), test case 14: zero key and nonce, one zero block.
TEST(AeadTest, StandardSuiteIsAes256Gcm) {
    Aead aead(Suite::standard, Bytes(32));
    Bytes sealed(16 + kTagSize);
    aead.seal(0, {}, Bytes(16), sealed);
    EXPECT_EQ(hex_of(sealed), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST_P(BothSuites, AeadOpensWhatItSealedInAnyOrderOfCalls) {
    Aead aead(GetParam(), Secret::random(kKeySize).view());
    const Bytes aad = hex("0102");
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{100'000}}) {
        Bytes plain(size), sealed(size + kTagSize), opened(size);
        fill_random(plain);
        aead.seal(size, aad, plain, sealed);
        ASSERT_TRUE(aead.open(size, aad, sealed, opened));
        EXPECT_EQ(plain, opened);
        EXPECT_FALSE(aead.open(size + 1, aad, sealed, opened));
        EXPECT_EQ(opened, Bytes(size));  // wiped
        EXPECT_FALSE(aead.open(size, {}, sealed, opened));
        ASSERT_TRUE(aead.open(size, aad, sealed, opened));
    }
}

TEST_P(BothSuites, AeadRefusesEveryFlippedBit) {
    Aead aead(GetParam(), Secret::random(kKeySize).view());
    Bytes sealed(5 + kTagSize), opened(5);
    aead.seal(7, {}, as_bytes("hello"), sealed);
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        sealed[bit / 8] ^= static_cast<Byte>(1u << (bit % 8));
        EXPECT_FALSE(aead.open(7, {}, sealed, opened)) << bit;
        sealed[bit / 8] ^= static_cast<Byte>(1u << (bit % 8));
    }
    EXPECT_TRUE(aead.open(7, {}, sealed, opened));
}

// RFC 5869, test case 1, first 32 bytes (HKDF output does not depend on the length asked for).
TEST(HkdfTest, MatchesRfc5869) {
    const Bytes info = hex("f0f1f2f3f4f5f6f7f8f9");
    const Secret out =
        hkdf(hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), hex("000102030405060708090a0b0c"), as_text(info));
    EXPECT_EQ(hex_of(out.view()), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    const Secret without_salt = hkdf(hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), {}, "");  // test case 3
    EXPECT_EQ(hex_of(without_salt.view()), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

// Sequence number 0 of the RFC's official vectors (the JSON file that RFC 9180 appendix A names; DHKEM(X25519, HKDF-SHA256),
// HKDF-SHA256, base mode): the KEM, the key schedule and the AEAD as a whole. Info, AAD and plaintext are the same in all.
struct HpkeVector {
    std::string_view ephemeral, recipient, recipient_public, enc, sealed;
    [[nodiscard]] Bytes message() const { return hex(std::string(enc) + std::string(sealed)); }
};
constexpr std::string_view kHpkeInfo = "4f6465206f6e2061204772656369616e2055726e";
constexpr std::string_view kHpkeAad = "436f756e742d30";
constexpr std::string_view kHpkePlain = "4265617574792069732074727574682c20747275746820626561757479";
constexpr HpkeVector kAes256GcmVector = {
    "179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11",
    "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d",
    "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c",
    "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256",
    "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a"};
// Appendix A.2.1.
constexpr HpkeVector kChaChaVector = {
    "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
    "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
    "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
    "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
    "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"};

TEST(HpkeTest, DerivesThePublicKeysOfTheRfc) {
    for (const HpkeVector& vector : {kAes256GcmVector, kChaChaVector}) {
        EXPECT_EQ(hex_of(x25519_public(secret_of(vector.ephemeral))), vector.enc);
        EXPECT_EQ(hex_of(x25519_public(secret_of(vector.recipient))), vector.recipient_public);
    }
}

TEST(HpkeTest, SealsTheMessageOfTheRfc) {
    PublicKey to{};
    const Bytes key = hex(kAes256GcmVector.recipient_public);
    std::copy(key.begin(), key.end(), to.begin());
    const auto sealed =
        hpke_seal_with_ephemeral(to, secret_of(kAes256GcmVector.ephemeral), hex(kHpkeInfo), hex(kHpkeAad), hex(kHpkePlain));
    ASSERT_TRUE(sealed.ok());
    EXPECT_EQ(hex_of(*sealed), hex_of(kAes256GcmVector.message()));
}

TEST(HpkeTest, OpensTheMessagesOfTheRfc) {
    const auto open = [](Suite suite, const HpkeVector& vector) {
        return open_sealed(suite, secret_of(vector.recipient), hex(kHpkeInfo), hex(kHpkeAad), vector.message());
    };
    const auto standard = open(Suite::standard, kAes256GcmVector), modern = open(Suite::modern, kChaChaVector);
    ASSERT_TRUE(standard.ok() && modern.ok());
    EXPECT_EQ(hex_of(standard->view()), kHpkePlain);
    EXPECT_EQ(hex_of(modern->view()), kHpkePlain);
    EXPECT_FALSE(open(Suite::modern, kAes256GcmVector).ok());  // the suite is bound
}

TEST_P(BothSuites, SealedToAKeyOpensWithItsSecretInfoAndAadOnly) {
    const Secret secret = make_x25519_secret();
    const Bytes info = hex("01"), aad = hex("02");
    auto sealed = seal_to(GetParam(), x25519_public(secret), info, aad, as_bytes("a key"));
    ASSERT_TRUE(sealed.ok());
    EXPECT_EQ(sealed->size(), 5 + kSealOverhead);
    auto opened = open_sealed(GetParam(), secret, info, aad, *sealed);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(as_text(opened->view()), "a key");

    const auto code = [](const Result<Secret>& result) { return result.ok() ? Code::failed : result.error().code; };
    EXPECT_EQ(code(open_sealed(GetParam(), make_x25519_secret(), info, aad, *sealed)), Code::wrong_key);
    EXPECT_EQ(code(open_sealed(GetParam(), secret, aad, aad, *sealed)), Code::wrong_key);
    EXPECT_EQ(code(open_sealed(GetParam(), secret, info, info, *sealed)), Code::wrong_key);
    EXPECT_EQ(code(open_sealed(GetParam(), secret, info, aad, ByteView(*sealed).first(40))), Code::wrong_key);
    EXPECT_EQ(code(open_sealed(GetParam(), secret, info, aad, Bytes(60))), Code::wrong_key);  // enc of small order
    sealed->back() ^= 1;
    EXPECT_EQ(code(open_sealed(GetParam(), secret, info, aad, *sealed)), Code::wrong_key);
}

TEST(HpkeTest, NothingIsSealedToAPublicKeyOfSmallOrder) {
    EXPECT_EQ(seal_to(Suite::standard, PublicKey{}, {}, {}, as_bytes("x")).error().code, Code::usage);
}

// RFC 8032 section 7.1, test 2.
TEST(Ed25519Test, MatchesRfc8032) {
    const Secret seed = secret_of("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    EXPECT_EQ(signer_id(seed).hex(), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    const Byte message[] = {0x72};
    Signature signature = sign(seed, message);
    EXPECT_EQ(
        hex_of(signature),
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d"
        "291612bb0c00");
    EXPECT_TRUE(verify_signature(signer_id(seed), message, signature));
    signature[3] ^= 1;
    EXPECT_FALSE(verify_signature(signer_id(seed), message, signature));
}

TEST(Argon2Test, DependsOnPassphraseSaltAndCost) {
    const Argon2Cost cheap{8192, 1, 1};
    const Secret passphrase = Secret::copy_of(as_bytes("correct horse"));
    const Bytes salt(16, 1), other_salt(16, 2);
    const auto stretched = [&](const Secret& words, ByteView with, Argon2Cost cost) {
        return hex_of(stretch_passphrase(words, with, cost).value().view());
    };
    const std::string key = stretched(passphrase, salt, cheap);
    EXPECT_EQ(key, stretched(passphrase, salt, cheap));
    EXPECT_NE(key, stretched(Secret::copy_of(as_bytes("correct hors")), salt, cheap));
    EXPECT_NE(key, stretched(passphrase, other_salt, cheap));
    EXPECT_NE(key, stretched(passphrase, salt, {8192, 2, 1}));
}

TEST(Argon2Test, RefusesCostsThatWouldExhaustTheMachine) {
    const Secret passphrase = Secret::copy_of(as_bytes("p"));
    const Bytes salt(16);
    for (const Argon2Cost cost : {Argon2Cost{0xFFFFFFFF, 1, 1}, Argon2Cost{8191, 1, 1}, Argon2Cost{8192, 65, 1},
                                  Argon2Cost{8192, 0, 1}, Argon2Cost{8192, 1, 2}}) {
        const auto refused = stretch_passphrase(passphrase, salt, cost);
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().code, Code::usage);
    }
    EXPECT_EQ(stretch_passphrase(passphrase, Bytes(15), {8192, 1, 1}).error().code, Code::usage);
}

// XXH3 of the empty input, from the specification of xxHash.
TEST(ChecksumTest, IsXxh3) {
    EXPECT_EQ(checksum64({}), 0x2d06800538d394c2u);
    EXPECT_EQ(checksum128({}), (Checksum128{0x6001c324468d497fu, 0x99aa06d3014798d8u}));
    EXPECT_NE(checksum128(as_bytes("a")), checksum128(as_bytes("b")));
}

TEST(RandomTest, IdsDiffer) {
    std::set<VaultId> ids;
    for (int i = 0; i < 100; ++i) ids.insert(random_id<VaultId>());
    EXPECT_EQ(ids.size(), 100u);
}

}  // namespace
}  // namespace custody
