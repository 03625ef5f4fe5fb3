// A catalogue that is rebuilt from vaults and records: what comes from where, and what of the records is passed over.
#include "catalog/rebuild.h"

#include "catalog/findings.h"
#include "catalog/settings.h"
#include "tests/catalog/catalog_fixture.h"

namespace custody::catalog {
namespace {

using test::is_ok;

class Rebuild : public CatalogTest {
protected:
    VaultFacts vault(const std::string& medium, Byte mark, std::uint64_t snapshots = 1) {
        VaultFacts facts;
        facts.medium = medium;
        facts.facts.identity = id_of<MediumId>(mark);
        facts.facts.vault = id_of<VaultId>(mark);
        facts.facts.kind = "disk";
        facts.facts.serial = "read now";
        for (std::uint64_t i = 0; i < snapshots; ++i) facts.snapshots.push_back({snapshot(i + 1, "etc"), i + 1, true});
        return facts;
    }
    RecordedMedium recorded(const std::string& medium, Byte mark) {
        RecordedMedium known;
        known.entry.name = medium;
        known.entry.facts.identity = id_of<MediumId>(mark);
        known.entry.facts.vault = id_of<VaultId>(mark);
        known.entry.facts.kind = "disk";
        known.entry.facts.serial = "of the records";
        known.entry.place = "Kho lưu trữ";
        known.entry.custodian = "Nguyễn Thị Lan";
        known.registered_at = Time{1'000 * kSecond};
        known.last_used_at = Time{2'000 * kSecond};
        known.moves.push_back({Time{1'500 * kSecond},
                               MediumState::in_use,
                               "here",
                               "An",
                               {MediumState::off_site, "Kho lưu trữ", "Nguyễn Thị Lan", "root", "BB 12"}});
        return known;
    }
    static Finding finding(const std::string& object, bool open) {
        Finding found;
        found.seen = {"overdue", object, Severity::warning, {"plan {} is late", {object}}};
        found.times = 7;
        found.first_seen_at = Time{5 * kSecond};
        found.last_seen_at = Time{6 * kSecond};
        if (open) found.acknowledged_at = Time{7 * kSecond};
        if (open) found.acknowledged_by = "Lan";
        if (!open) found.resolved_at = Time{8 * kSecond};
        return found;
    }
    RebuildReport rebuild(const std::vector<VaultFacts>& vaults, const RecordedFacts& facts) {
        const auto report = rebuild_catalog(folder(), clock_, vaults, facts);
        EXPECT_TRUE(is_ok(report));
        return report.ok() ? *report : RebuildReport();
    }
};

TEST_F(Rebuild, PlacesMovesAndFindingsComeFromTheRecordsAndWhatAVaultShowsFromIt) {
    RecordedFacts facts;
    facts.media = {recorded("a", 1)};
    facts.findings = {finding("etc", true), finding("var", false)};
    facts.host = "may-chu-1";
    const RebuildReport report = rebuild({vault("a", 1)}, facts);
    EXPECT_EQ(1u, report.media_completed);
    EXPECT_EQ(0u, report.media_recorded);
    EXPECT_EQ(1u, report.moves);
    EXPECT_EQ(2u, report.findings);
    EXPECT_TRUE(report.passed_over.empty());
    const auto medium = Media(catalog()).find("a");
    ASSERT_TRUE(is_ok(medium));
    EXPECT_EQ("Kho lưu trữ", medium->entry.place);
    EXPECT_EQ("Nguyễn Thị Lan", medium->entry.custodian);
    EXPECT_EQ("read now", medium->entry.facts.serial);
    EXPECT_EQ(Time{1'000 * kSecond}, medium->registered_at);
    EXPECT_EQ(1u, medium->copies_present);
    const auto moves = Media(catalog()).moves(medium->key);
    ASSERT_TRUE(is_ok(moves));
    ASSERT_EQ(1u, moves->size());
    EXPECT_EQ("BB 12", moves->front().after.note);
    const auto open = Findings(catalog()).open();
    ASSERT_TRUE(is_ok(open));
    ASSERT_EQ(1u, open->size());
    EXPECT_EQ("Lan", open->front().acknowledged_by);
    EXPECT_EQ("plan etc is late", open->front().seen.text.shown());
    EXPECT_EQ(1u, Findings(catalog()).resolved(10)->size());
    EXPECT_EQ("may-chu-1", Settings(catalog()).get(kHostSetting).value());
    // It is gone on with as with any other.
    EXPECT_FALSE(Findings(catalog()).see(finding("etc", true).seen)->first);
}

TEST_F(Rebuild, AMediumThatNoVaultToldOfIsEnteredWithoutCopies) {
    RecordedFacts facts;
    facts.media = {recorded("a", 1), recorded("b", 2), recorded("old", 3)};
    facts.media[2].entry.state = MediumState::retired;
    const RebuildReport report = rebuild({vault("a", 1)}, facts);
    EXPECT_EQ(2u, report.media_recorded);
    const auto b = Media(catalog()).find("b"), old = Media(catalog()).find("old");
    ASSERT_TRUE(is_ok(b));
    ASSERT_TRUE(is_ok(old));
    EXPECT_EQ(id_of<MediumId>(2), b->entry.facts.identity);
    EXPECT_EQ("of the records", b->entry.facts.serial);
    EXPECT_EQ(0u, b->copies_present);
    EXPECT_EQ(MediumState::retired, old->entry.state);
}

TEST_F(Rebuild, ADiskThatTookAnothersNameIsNotTakenForIt) {
    RecordedFacts facts;
    facts.media = {recorded("a", 9)};
    const RebuildReport report = rebuild({vault("a", 1)}, facts);
    EXPECT_EQ(0u, report.media_completed);
    ASSERT_EQ(1u, report.passed_over.size());
    EXPECT_NE(std::string::npos, report.passed_over.front().find("a"));
    EXPECT_EQ("", Media(catalog()).find("a")->entry.place);
}

TEST_F(Rebuild, AMediumThatWasRenamedIsKnownByItsIdentityAndOneWithoutByItsName) {
    RecordedFacts facts;
    facts.media = {recorded("before", 1), recorded("b", 2)};
    facts.media[1].entry.facts.identity.reset();
    facts.media[1].entry.facts.vault.reset();
    const RebuildReport report = rebuild({vault("after", 1), vault("b", 2)}, facts);
    EXPECT_EQ(2u, report.media_completed);
    EXPECT_EQ("Kho lưu trữ", Media(catalog()).find("after")->entry.place);
    EXPECT_EQ("Kho lưu trữ", Media(catalog()).find("b")->entry.place);
}

TEST_F(Rebuild, RecordsThatContradictThemselvesLoseNothingOfTheVaults) {
    RecordedFacts facts;
    facts.media = {recorded("a", 1), recorded("twice", 1), recorded("twice", 4), recorded("twice", 5)};
    facts.findings = {finding("etc", true), finding("etc", true)};
    facts.findings[0].seen.text.english = std::string(9'000, 'x') + "{";
    facts.media[0].entry.place = std::string(5'000, 'p');
    const RebuildReport report = rebuild({vault("a", 1, 3)}, facts);
    EXPECT_EQ(3u, report.copies);
    EXPECT_EQ(1u, report.media_recorded);
    EXPECT_EQ(3u, report.passed_over.size());
    EXPECT_LE(Media(catalog()).find("a")->entry.place.size(), 255u);
    EXPECT_FALSE(Findings(catalog()).open()->front().seen.text.shown().empty());
}

}  // namespace
}  // namespace custody::catalog
