#include "base/records/canonical_json.h"

#include <gtest/gtest.h>

namespace custody {
namespace {

std::string canonical(std::string_view text) {
    auto value = parse_json(as_bytes(text), 1 << 20);
    if (!value) return "! " + value.error().message;
    auto out = to_canonical_json(*value);
    return out ? *out : "! " + out.error().message;
}
Code parse_code(std::string_view text, int max_depth = 32) {
    auto value = parse_json(as_bytes(text), 1 << 20, max_depth);
    return value ? Code::failed : value.error().code;
}

TEST(CanonicalJsonTest, DropsSpaceAndSortsKeys) {
    EXPECT_EQ(canonical(R"( { "b" : [ 1 , true , null ] , "a" : { } } )"), R"({"a":{},"b":[1,true,null]})");
}

// RFC 8785 section 3.2.3: the order is that of UTF-16 code units, in which U+1F600 (a surrogate pair) comes before U+FB33.
TEST(CanonicalJsonTest, SortsByUtf16CodeUnits) {
    EXPECT_EQ(
        canonical(R"({"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",)"
                  R"("1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control",)"
                  R"("\u00f6":"Latin Small Letter O With Diaeresis"})"),
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\xc3\xb6\":\"Latin Small Letter O With "
        "Diaeresis\",\"\xe2\x82\xac\":\"Euro Sign\",\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\",\"\xef\xac\xb3\":\"Hebrew "
        "Letter Dalet With Dagesh\"}");
}

// RFC 8785 section 3.2.2's example string.
TEST(CanonicalJsonTest, EscapesOnlyWhatItMust) {
    EXPECT_EQ(canonical(R"(["\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"])"),
              "[\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"]");
    EXPECT_EQ(canonical(R"(["\b\t\n\f\r\u001f\u007f"])"), "[\"\\b\\t\\n\\f\\r\\u001f\x7f\"]");
}

TEST(CanonicalJsonTest, WritesIntegersWithin53BitsOnly) {
    EXPECT_EQ(canonical("[0,-1,9007199254740992,-9007199254740992]"), "[0,-1,9007199254740992,-9007199254740992]");
    EXPECT_FALSE(to_canonical_json(Json(9007199254740993)).ok());
    EXPECT_FALSE(to_canonical_json(Json(-9007199254740993)).ok());
    EXPECT_FALSE(to_canonical_json(Json(~std::uint64_t{0})).ok());
    EXPECT_FALSE(to_canonical_json(Json(1.5)).ok());
    EXPECT_FALSE(to_canonical_json(Json("\xff")).ok());
    EXPECT_FALSE(to_canonical_json(Json{{"\xed\xa0\x80", 1}}).ok());  // an encoded surrogate
}

TEST(CanonicalJsonTest, RefusesEverythingButOneStrictValue) {
    using namespace std::string_view_literals;
    for (const std::string_view bad :
         {""sv, "{"sv, "{} {}"sv, "{}x"sv, "{}\0"sv, "{\"a\":1}\0garbage"sv, "\xef\xbb\xbf{}"sv, "{\"a\":1,\"a\":2}"sv,
          "{\"a\":1,\"\\u0061\":2}"sv, "[1.5]"sv, "[1e3]"sv, "[9007199254740993]"sv, "[18446744073709551616]"sv, "[\"\xff\"]"sv,
          "[\"\\ud800\"]"sv, "[01]"sv, "[1,]"sv, "// x\n{}"sv, "NaN"sv}) {
        EXPECT_EQ(parse_code(bad), Code::corrupt) << bad;
    }
    // The same key in different objects is no duplicate.
    EXPECT_EQ(canonical(R"({"a":{"a":1},"b":{"a":{"b":1}}})"), R"({"a":{"a":1},"b":{"a":{"b":1}}})");
}

TEST(CanonicalJsonTest, RefusesDepthAndSizeBeyondTheirBounds) {
    EXPECT_EQ(parse_code("[[[1]]]", 3), Code::failed);  // parsed
    EXPECT_EQ(parse_code("[[[[1]]]]", 3), Code::corrupt);
    EXPECT_EQ(parse_code(std::string(500'000, '[')), Code::corrupt);
    EXPECT_EQ(parse_json(as_bytes("[1,2]"), 4).error().code, Code::corrupt);
}

TEST(JsonFieldTest, NamesWhatIsMissingOrOfTheWrongKind) {
    const Json object = {{"text", "x"}, {"number", 7}, {"minus", -7}, {"yes", true}, {"id", "00ff"}};
    EXPECT_EQ(json_text(object, "text", "t").value(), "x");
    EXPECT_EQ(json_number(object, "number", "t").value(), 7u);
    EXPECT_TRUE(json_bool(object, "yes", "t").value());
    EXPECT_EQ(json_number(object, "minus", "t").error().code, Code::corrupt);
    EXPECT_EQ(json_number(object, "text", "t").error().code, Code::corrupt);
    EXPECT_EQ(json_bool(object, "gone", "t").error().code, Code::corrupt);
    EXPECT_EQ(json_text(Json::array(), "x", "t").error().code, Code::corrupt);
    EXPECT_EQ(json_id<VaultId>(object, "id", "a thing").error().message, "a thing: field 'id' is no identifier");
}

class SignedRecordTest : public testing::Test {
protected:
    Secret seed_ = Secret::random(kKeySize);
    Json body_ = {{"n", 1}, {"text", "bi\u1ec3n"}};
    Bytes record_ = sign_record(body_, "custody test 1", seed_).value();
    Code code(ByteView bytes, std::string_view purpose = "custody test 1") {
        auto opened = open_record(bytes, purpose, 1 << 16);
        return opened ? Code::failed : opened.error().code;
    }
};

TEST_F(SignedRecordTest, OpensAndNamesItsSigner) {
    auto opened = open_record(record_, "custody test 1", 1 << 16);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    EXPECT_EQ(opened->body, body_);
    EXPECT_EQ(opened->signer, signer_id(seed_));
}

TEST_F(SignedRecordTest, IsBoundToItsPurpose) { EXPECT_EQ(code(record_, "custody test 2"), Code::corrupt); }

TEST_F(SignedRecordTest, RefusesEveryFlippedBit) {
    for (std::size_t bit = 0; bit < record_.size() * 8; ++bit) {
        Bytes changed = record_;
        changed[bit / 8] ^= static_cast<Byte>(1u << (bit % 8));
        EXPECT_EQ(code(changed), Code::corrupt) << bit;
    }
}

TEST_F(SignedRecordTest, RefusesAnotherSpellingOfTheSameContent) {
    Bytes spaced = record_;
    spaced.insert(spaced.begin() + 1, ' ');
    EXPECT_EQ(code(spaced), Code::corrupt);
    Bytes longer = record_;
    longer.push_back('\n');
    EXPECT_EQ(code(longer), Code::corrupt);
}

}  // namespace
}  // namespace custody
