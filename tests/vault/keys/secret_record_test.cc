#include "vault/keys/secret_record.h"

#include <gtest/gtest.h>

namespace custody {
namespace {

constexpr std::string_view kPurpose = "custody test record 1";

TEST(SecretRecord, KeysPassByTheJsonAndComeBack) {
    const Secret first = Secret::random(kKeySize), second = Secret::random(kKeySize);
    KeyPlaces keys;
    const Json body = {{"signing_seed", keys.put(first)},
                       {"labels", Json::array({{{"gear_key", keys.put(second)}, {"name", "a \"gear_key\":\"x"}}})}};
    const Secret bytes = encode_secret_record(body, keys, kPurpose).value();
    const std::string_view text = as_text(bytes.view());
    EXPECT_NE(text.find(to_hex(first.view())), std::string_view::npos) << "the file has the key itself";
    const SecretRecord record = decode_secret_record(bytes.view(), kPurpose, 4096).value();
    const std::string tree = record.body.dump();
    EXPECT_EQ(tree.find(to_hex(first.view())), std::string::npos) << "the parsed tree has none";
    EXPECT_EQ(tree.find(to_hex(second.view())), std::string::npos);
    const Secret* back = record.keys.at(record.body["signing_seed"].get<std::string>());
    ASSERT_NE(back, nullptr);
    EXPECT_TRUE(equal_in_constant_time(back->view(), first.view()));
    back = record.keys.at(record.body["labels"][0]["gear_key"].get<std::string>());
    ASSERT_NE(back, nullptr);
    EXPECT_TRUE(equal_in_constant_time(back->view(), second.view()));
    EXPECT_EQ(record.body["labels"][0]["name"], "a \"gear_key\":\"x");
}

TEST(SecretRecord, DamageAnotherPurposeAndOtherSpellingsAreRefused) {
    KeyPlaces keys;
    const Json body = {{"signing_seed", keys.put(Secret::random(kKeySize))}};
    const Secret bytes = encode_secret_record(body, keys, kPurpose).value();
    EXPECT_FALSE(decode_secret_record(bytes.view(), "custody test record 2", 4096).ok());
    EXPECT_FALSE(decode_secret_record(bytes.view(), kPurpose, bytes.size() - 1).ok());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        Secret damaged = bytes.clone();
        damaged.mutable_view()[at] ^= 1;
        const auto decoded = decode_secret_record(damaged.view(), kPurpose, 4096);
        ASSERT_FALSE(decoded.ok()) << at;
        EXPECT_EQ(decoded.error().code, Code::corrupt) << at;
        EXPECT_FALSE(decode_secret_record(bytes.view().first(at), kPurpose, 4096).ok()) << at;
    }
    // A blank that the checksum covers: one content has one spelling.
    const std::string spaced = "{ }";
    Sha256 hash;
    hash.update(as_bytes(kPurpose));
    hash.update(as_bytes("\n"));
    hash.update(as_bytes(spaced));
    const std::string record = "{\"body\":" + spaced + ",\"checksum\":\"" + hash.finish().hex() + "\"}";
    EXPECT_EQ(decode_secret_record(as_bytes(record), kPurpose, 4096).error().code, Code::corrupt);
}

TEST(SecretRecord, APlaceThatNobodyFilledIsNoKey) {
    KeyPlaces keys;
    EXPECT_EQ(keys.at(keys.put(Secret::random(kKeySize)) + "0"), nullptr);
    EXPECT_EQ(keys.at(std::string(63, '0') + "1"), nullptr);
    EXPECT_EQ(keys.at(std::string(64, '9')), nullptr);
    EXPECT_EQ(keys.at(std::string(64, 'a')), nullptr);
    EXPECT_FALSE(encode_secret_record({{"gear_key", std::string(64, 'f')}}, keys, kPurpose).ok());
}

}  // namespace
}  // namespace custody
