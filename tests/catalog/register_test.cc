// Plans, media, snapshots with their copies, findings, settings.
#include "base/text.h"
#include "catalog/findings.h"
#include "catalog/overview.h"
#include "catalog/plans.h"
#include "catalog/settings.h"
#include "tests/catalog/catalog_fixture.h"

namespace custody::catalog {
namespace {

using test::fails_with;
using test::is_ok;

class Register : public CatalogTest {
protected:
    static PlanEntry plan(const std::string& name, Byte digest = 1) {
        return {name, "config", "files /etc", "0 2 * * *", Digest{{digest}}};
    }
};

TEST_F(Register, PlansFollowTheConfiguration) {
    Plans plans(catalog());
    const Time first = clock_.now();
    ASSERT_TRUE(is_ok(plans.enter({plan("etc"), plan("var")})));
    clock_.set(Time{first.ns - 366 * kDay});  // the clock goes back; what is configured is still known
    ASSERT_TRUE(is_ok(plans.enter({plan("etc", 2), plan("db")})));
    const auto listed = *plans.list();
    ASSERT_EQ(3u, listed.size());
    EXPECT_EQ("db", listed[0].entry.name);
    EXPECT_FALSE(listed[1].gone_at);
    EXPECT_EQ(first, listed[1].first_seen_at);
    EXPECT_EQ(Digest{{2}}, listed[1].entry.digest);
    EXPECT_EQ("var", listed[2].entry.name);
    EXPECT_TRUE(listed[2].gone_at);
    ASSERT_TRUE(is_ok(plans.enter({plan("var")})));
    EXPECT_FALSE((*plans.list())[2].gone_at);
}

TEST_F(Register, AMediumKeepsItsHandOverRecord) {
    Media media(catalog());
    NewMedium disk;
    disk.name = "đĩa A";
    disk.facts = {MediumId{{1}}, VaultId{{2}}, "removable", "WD-123", "aaaa-bbbb"};
    disk.place = "phòng máy chủ";
    disk.custodian = "Lan";
    disk.rotation_set = "A";
    const MediumKey key = *media.add(disk);
    clock_.advance(kHour);
    ASSERT_TRUE(is_ok(media.used(key)));
    ASSERT_TRUE(is_ok(media.move(key, {MediumState::off_site, "két sắt", "Minh", "Lan", "biên bản 12/BB"})));
    clock_.advance(kHour);
    ASSERT_TRUE(is_ok(media.used(key)));
    ASSERT_TRUE(is_ok(media.move(key, {MediumState::in_use, "phòng máy chủ", "Lan", "Minh", ""})));
    close();
    Media again(catalog());
    const RegisteredMedium found = *again.find("đĩa A");
    EXPECT_EQ(key, found.key);
    EXPECT_EQ(disk.facts.identity, found.entry.facts.identity);
    EXPECT_EQ("WD-123", found.entry.facts.serial);
    EXPECT_EQ("A", found.entry.rotation_set);
    EXPECT_EQ(MediumState::in_use, found.entry.state);
    EXPECT_EQ(kHour, found.last_used_at->ns - found.first_used_at->ns);
    const auto moves = *again.moves(key);
    ASSERT_EQ(2u, moves.size());
    EXPECT_EQ("phòng máy chủ", moves[0].place_before);
    EXPECT_EQ("Lan", moves[0].custodian_before);
    EXPECT_EQ("két sắt", moves[0].after.place);
    EXPECT_EQ("biên bản 12/BB", moves[0].after.note);
    EXPECT_EQ(MediumState::off_site, moves[1].state_before);
    EXPECT_EQ(key, again.find_by_identity(MediumId{{1}})->value().key);
    EXPECT_EQ(key, again.find_by_vault(VaultId{{2}})->value().key);
    EXPECT_FALSE(again.find_by_vault(VaultId{{3}})->has_value());
}

TEST_F(Register, TwoMediaAreNeverOne) {
    Media media(catalog());
    const MediumKey a = medium("A", 1), b = medium("B", 2);
    NewMedium clone;
    clone.name = "C";
    clone.facts.kind = "disk";
    clone.facts.vault = id_of<VaultId>(1);
    EXPECT_TRUE(fails_with(Code::exists, media.add(clone)));
    EXPECT_TRUE(fails_with(Code::exists, media.rename(b, "A")));
    EXPECT_TRUE(fails_with(Code::exists, media.set_facts(b, clone.facts)));
    EXPECT_TRUE(fails_with(Code::not_found, media.rename(99, "D")));
    EXPECT_TRUE(fails_with(Code::not_found, media.move(99, {})));
    EXPECT_TRUE(fails_with(Code::not_found, media.find("D")));
    // A bigger disk takes the place of A: the row stays, with its copies and moves.
    MediumFacts bigger = media.find(a)->entry.facts;
    bigger.serial = "NEW";
    EXPECT_TRUE(is_ok(media.set_facts(a, bigger)));
    EXPECT_EQ("NEW", media.find("A")->entry.facts.serial);
}

TEST_F(Register, CopiesAreOwedUntilTheyArePresent) {
    Snapshots snapshots(catalog());
    const MediumKey a = medium("A"), b = medium("B");
    const SnapshotRecord one = snapshot(1, "etc"), two = snapshot(2, "etc");
    ASSERT_TRUE(is_ok(snapshots.add(one)));
    ASSERT_TRUE(is_ok(snapshots.add(two)));
    ASSERT_TRUE(is_ok(snapshots.present(one.id, a, 5)));
    ASSERT_TRUE(is_ok(snapshots.owe(one.id, b)));
    ASSERT_TRUE(is_ok(snapshots.owe(one.id, a)));  // it is there: no debt
    const Time owed_since = clock_.now();
    clock_.advance(kDay);
    ASSERT_TRUE(is_ok(snapshots.owe(one.id, b)));  // still the same debt
    ASSERT_TRUE(is_ok(snapshots.owe(two.id, b)));
    auto debts = *Overview(catalog()).debts();
    ASSERT_EQ(1u, debts.size());
    EXPECT_EQ("B", debts[0].name);
    EXPECT_EQ(2u, debts[0].snapshots);
    EXPECT_EQ(2000u, debts[0].bytes);
    EXPECT_EQ(owed_since, debts[0].oldest_since);
    EXPECT_EQ(one.id, snapshots.owed_to(b)->front().snapshot);

    ASSERT_TRUE(is_ok(snapshots.present(one.id, b, 9)));
    EXPECT_EQ(1u, snapshots.owed_to(b)->size());
    EXPECT_EQ(9u, (*snapshots.copies_of(one.id))[1].sequence);
    ASSERT_TRUE(is_ok(snapshots.end(two.id, "retention")));
    EXPECT_TRUE(snapshots.owed_to(b)->empty());
    ASSERT_TRUE(is_ok(snapshots.owe(two.id, b)));  // what was forgotten is owed to nobody
    EXPECT_TRUE(snapshots.owed_to(b)->empty());
    EXPECT_EQ(1u, snapshots.list({})->size());
    EXPECT_EQ("retention", snapshots.find(two.id)->value().ended_reason);
    ASSERT_TRUE(is_ok(snapshots.drop_copies_on(a)));
    EXPECT_EQ(1u, snapshots.copies_of(one.id)->size());
    EXPECT_TRUE(fails_with(Code::failed, snapshots.present(one.id, 77, 1)));  // no such medium
}

TEST_F(Register, AFindingIsOneUntilItIsResolved) {
    Findings findings(catalog());
    const Seen owed{"medium_owed", "B", Severity::notice, {"copying the database {}: {}", {"B", "x"}}};
    const SeenAgain first = *findings.see(owed);
    EXPECT_TRUE(first.first);
    clock_.advance(kHour);
    ASSERT_TRUE(is_ok(findings.acknowledge(first.id, "lan")));
    EXPECT_FALSE(findings.see(owed)->first);
    EXPECT_EQ("lan", findings.open()->front().acknowledged_by);
    Seen graver = owed;
    graver.severity = Severity::urgent;
    EXPECT_TRUE(findings.see(graver)->graver);
    EXPECT_FALSE(findings.open()->front().acknowledged_by);
    EXPECT_EQ(3u, findings.open()->front().times);
    EXPECT_TRUE(findings.see({"overdue", "etc", Severity::warning, {"it was asked to stop", {}}})->first);
    EXPECT_EQ("medium_owed", findings.open()->front().seen.kind);
    EXPECT_TRUE(*findings.resolve("medium_owed", "B"));
    EXPECT_FALSE(*findings.resolve("medium_owed", "B"));
    EXPECT_EQ(1u, findings.open()->size());
    EXPECT_EQ(1u, findings.resolved(10)->size());
    EXPECT_TRUE(findings.see(owed)->first);
    EXPECT_TRUE(fails_with(Code::not_found, findings.acknowledge(first.id, "lan")));
}

TEST_F(Register, AFindingSpeaksTheReadersLanguage) {
    Findings findings(catalog());
    ASSERT_TRUE(is_ok(findings.see({"k", "o", Severity::notice, {"copying the database {}: {}", {"a{}b", "why"}}})));
    const Message message = findings.open()->front().seen.text;
    EXPECT_EQ("copying the database a{}b: why", message.shown());
    set_language(Language::vietnamese);
    EXPECT_EQ("sao chép cơ sở dữ liệu a{}b: why", message.shown());
    set_language(Language::english);
    EXPECT_EQ("two {} {} places · one", (Message{"two {} {} places", {"one"}}).shown());
}

TEST_F(Register, SettingsStayUntilReplaced) {
    Settings settings(catalog());
    EXPECT_FALSE(settings.get("digest_sent")->has_value());
    ASSERT_TRUE(is_ok(settings.set("digest_sent", "đã gửi")));
    close();
    EXPECT_EQ("đã gửi", Settings(catalog()).get("digest_sent")->value());
    ASSERT_TRUE(is_ok(Settings(catalog()).remove("digest_sent")));
    EXPECT_FALSE(Settings(catalog()).get("digest_sent")->has_value());
    EXPECT_TRUE(fails_with(Code::failed, Settings(catalog()).set("k", std::string(100'000, 'x'))));
    EXPECT_TRUE(fails_with(Code::failed, Settings(catalog()).set("k", "\xff")));
}

}  // namespace
}  // namespace custody::catalog
