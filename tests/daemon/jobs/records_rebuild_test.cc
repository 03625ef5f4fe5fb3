// The register and the findings of the service's records are read back as they were written, and nothing else is taken for them.
#include "catalog/findings.h"
#include "daemon/jobs/records_reading.h"
#include "daemon/jobs/records_source.h"
#include "tests/daemon/jobs/jobs_fixture.h"

namespace custody::test {
namespace {

class RecordsRebuild : public JobsTest {
protected:
    void SetUp() override {
        JobsTest::SetUp();
        configure();
        const catalog::MediumMove move{catalog::MediumState::off_site, "Kho lưu trữ", "Nguyễn Thị Lan", "root", "BB 12"};
        ASSERT_TRUE(is_ok(catalog::Media(*catalog_).move(key("a"), move)));
        ASSERT_TRUE(is_ok(catalog::Media(*catalog_).used(key("a"))));
        catalog::Findings findings(*catalog_);
        const auto seen = findings.see({"overdue", "etc", catalog::Severity::urgent, {"plan {} is late", {"etc"}}});
        ASSERT_TRUE(is_ok(seen));
        ASSERT_TRUE(is_ok(findings.acknowledge(seen->id, "Lan")));
        ASSERT_TRUE(is_ok(findings.see({"overdue", "var", catalog::Severity::notice, {"plan {} is late", {"var"}}})));
        ASSERT_TRUE(is_ok(findings.resolve("overdue", "var")));
        media_ = media_register_json(*catalog_).value();
        findings_ = findings_json(*catalog_).value();
    }
    static Bytes bytes_of(const Json& json) {
        const std::string text = to_canonical_json(json).value();
        return {text.begin(), text.end()};
    }
    Json media_, findings_;
};

TEST_F(RecordsRebuild, WhatWasWrittenIsReadAndMakesTheSameRegister) {
    catalog::RecordedFacts facts;
    const auto media = read_media_register(bytes_of(media_));
    ASSERT_TRUE(is_ok(media));
    const auto findings = read_findings(bytes_of(findings_));
    ASSERT_TRUE(is_ok(findings));
    facts.media = *media;
    facts.findings = *findings;
    ASSERT_TRUE(is_ok(catalog::rebuild_catalog(world_.scratch() / "rebuilt", world_.clock(), {}, facts)));
    auto rebuilt = catalog::Catalog::open(world_.scratch() / "rebuilt", world_.clock());
    ASSERT_TRUE(is_ok(rebuilt));
    // But for the copies, which vaults tell.
    const Json again = media_register_json(**rebuilt).value(), findings_again = findings_json(**rebuilt).value();
    EXPECT_EQ(media_["media"], again["media"]);
    EXPECT_EQ(findings_["open"], findings_again["open"]);
    EXPECT_EQ(findings_["resolved"], findings_again["resolved"]);
}

TEST_F(RecordsRebuild, WhateverIsNotAsItShouldBeIsRefused) {
    const auto refused = [&](const std::function<void(Json&)>& spoil) {
        Json spoiled = media_;
        spoil(spoiled);
        return fails_with(Code::corrupt, read_media_register(bytes_of(spoiled)));
    };
    EXPECT_TRUE(fails_with(Code::corrupt, read_media_register(as_bytes("{}"))));
    EXPECT_TRUE(fails_with(Code::corrupt, read_media_register(as_bytes("[1"))));
    EXPECT_TRUE(refused([](Json& json) { json["format"] = "custody media register 2"; }));
    EXPECT_TRUE(refused([](Json& json) { json["media"] = 7; }));
    EXPECT_TRUE(refused([](Json& json) { json["media"][0] = "a"; }));
    EXPECT_TRUE(refused([](Json& json) { json["media"][0]["state"] = "eaten"; }));
    EXPECT_TRUE(refused([](Json& json) { json["media"][0]["name"] = ""; }));
    EXPECT_TRUE(refused([](Json& json) { json["media"][0]["identity"] = "xyz"; }));
    EXPECT_TRUE(refused([](Json& json) { json["media"][0]["registered_at"] = "yesterday"; }));
    EXPECT_TRUE(refused([](Json& json) { json["media"][0]["place"] = std::string(10'000, 'p'); }));
    EXPECT_TRUE(refused([](Json& json) { json["media"][0].erase("custodian"); }));
    EXPECT_TRUE(refused([](Json& json) { json["media"][0]["moves"][0]["state_before"] = 1; }));
    EXPECT_TRUE(refused([](Json& json) { json["media"][0]["moves"][0] = nullptr; }));
    Json findings = findings_;
    findings["open"][0]["arguments"] = Json::array({1});
    EXPECT_TRUE(fails_with(Code::corrupt, read_findings(bytes_of(findings))));
    findings["open"][0]["arguments"] = std::vector<std::string>(17, "x");
    EXPECT_TRUE(fails_with(Code::corrupt, read_findings(bytes_of(findings))));
    findings = findings_;
    findings["resolved"][0]["times"] = -1;
    EXPECT_TRUE(fails_with(Code::corrupt, read_findings(bytes_of(findings))));
}

}  // namespace
}  // namespace custody::test
