#include "base/records/officer_key.h"

#include "base/records/canonical_json.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace custody {
namespace {

constexpr Argon2Cost kCheapCost{8192, 1, 1};
constexpr Time kMade{1'790'000'000'000'000'000};

Secret secret_text(std::string_view text) { return Secret::copy_of(as_bytes(text)); }

bool holds(ByteView haystack, ByteView needle) {
    return std::search(haystack.begin(), haystack.end(), needle.begin(), needle.end()) != haystack.end();
}

class OfficerKeyTest : public testing::Test {
protected:
    OfficerKey key_ = make_officer_key("Nguyễn Thị Lan", kMade).value();
    Secret passphrase_ = secret_text("Đồ Sơn");
    Bytes file_ = encode_officer_key(key_, passphrase_, kCheapCost).value();
};

TEST_F(OfficerKeyTest, OpensWithItsPassphraseAndSignsAndOpensAsBefore) {
    const auto opened = open_officer_key(file_, passphrase_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    EXPECT_EQ(opened->identity.name, "Nguyễn Thị Lan");
    EXPECT_EQ(opened->identity.made, kMade);
    EXPECT_TRUE(verify_signature(key_.identity.signer, as_bytes("plan"), sign(opened->signing_seed, as_bytes("plan"))));
    const auto sealed = seal_to(Suite::standard, key_.identity.sealing, {}, {}, as_bytes("secret"));
    const auto plain = open_sealed(Suite::standard, opened->sealing_secret, {}, {}, sealed.value());
    ASSERT_TRUE(plain.ok());
    EXPECT_EQ(as_text(plain->view()), "secret");
    // The same passphrase with decomposed letters.
    EXPECT_TRUE(open_officer_key(file_, secret_text("\xc4\x90o\xcc\x82\xcc\x80 So\xcc\x9bn")).ok());
}

TEST_F(OfficerKeyTest, ThePublicPartNeedsNoPassphraseAndNothingSecretIsInClear) {
    EXPECT_TRUE(looks_like_officer_key(file_));
    const auto identity = read_officer_identity(file_);
    ASSERT_TRUE(identity.ok());
    EXPECT_EQ(identity->signer, key_.identity.signer);
    EXPECT_EQ(identity->sealing, key_.identity.sealing);
    for (const Secret* secret : {&key_.signing_seed, &key_.sealing_secret, &passphrase_}) {
        EXPECT_FALSE(holds(file_, secret->view()));
        EXPECT_FALSE(holds(file_, as_bytes(to_hex(secret->view()))));
        EXPECT_FALSE(holds(file_, as_bytes(to_base64(secret->view()))));
    }
    EXPECT_TRUE(holds(file_, as_bytes(to_hex(key_.identity.sealing))));  // the search finds what is there
}

TEST_F(OfficerKeyTest, WrongPassphraseIsToldFromDamage) {
    const auto wrong = open_officer_key(file_, secret_text("Đồ Sơn "));
    ASSERT_FALSE(wrong.ok());
    EXPECT_EQ(wrong.error().code, Code::wrong_key);
    EXPECT_NE(wrong.error().message.find("Nguyễn Thị Lan"), std::string::npos);
    EXPECT_EQ(open_officer_key(file_, Secret()).error().code, Code::wrong_key);
    for (std::size_t at = 0; at < file_.size(); at += 7) {
        Bytes damaged = file_;
        damaged[at] ^= 1;
        EXPECT_FALSE(looks_like_officer_key(damaged) && read_officer_identity(damaged).ok()) << at;
        const auto opened = open_officer_key(damaged, passphrase_);
        ASSERT_FALSE(opened.ok()) << at;
        EXPECT_EQ(opened.error().code, Code::corrupt) << at;
    }
    EXPECT_EQ(open_officer_key(ByteView(file_).first(file_.size() - 1), passphrase_).error().code, Code::corrupt);
}

TEST_F(OfficerKeyTest, PartsOfTwoFilesDoNotMix) {
    // Another officer's public key, signed by the first one's seed: the sealed part is bound to the clear one.
    const OfficerKey other = make_officer_key("Minh", kMade).value();
    Json body = parse_json(file_, kMaxOfficerKeySize).value()["body"];
    body["sealing"] = to_hex(other.identity.sealing);
    const Bytes mixed = sign_record(body, "custody officer key 1", key_.signing_seed).value();
    EXPECT_TRUE(read_officer_identity(mixed).ok());
    EXPECT_EQ(open_officer_key(mixed, passphrase_).error().code, Code::wrong_key);
    body = parse_json(file_, kMaxOfficerKeySize).value()["body"];
    body["more"] = 1;
    EXPECT_EQ(read_officer_identity(sign_record(body, "custody officer key 1", key_.signing_seed).value()).error().code,
              Code::corrupt);
    body.erase("more");
    body["format"] = 2;
    EXPECT_EQ(read_officer_identity(sign_record(body, "custody officer key 1", key_.signing_seed).value()).error().code,
              Code::usage);
}

TEST(OfficerKeyMaking, RefusesNamesThatWouldNotShowAsTheyAreAndEmptyPassphrases) {
    for (const std::string& bad :
         {std::string(), std::string(" "), std::string("a\nb"), std::string("\xff"), std::string(201, 'a')}) {
        const auto made = make_officer_key(bad, kMade);
        ASSERT_FALSE(made.ok()) << bad;
        EXPECT_EQ(made.error().code, Code::usage) << bad;
    }
    const OfficerKey key = make_officer_key("Lan", kMade).value();
    EXPECT_EQ(encode_officer_key(key, Secret(), kCheapCost).error().code, Code::usage);
}

}  // namespace
}  // namespace custody
