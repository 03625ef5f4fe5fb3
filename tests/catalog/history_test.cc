// Overview, the pruning of history, and rebuilding.
#include "catalog/history.h"

#include "catalog/findings.h"
#include "catalog/overview.h"
#include "catalog/plans.h"
#include "catalog/rebuild.h"
#include "catalog/settings.h"
#include "tests/catalog/catalog_fixture.h"

namespace custody::catalog {
namespace {

using test::fails_with;
using test::is_ok;

class History : public CatalogTest {
protected:
    void configure(const std::vector<std::string>& names) {
        std::vector<PlanEntry> plans;
        for (const std::string& name : names) plans.push_back({name, "config", "files", "@daily", Digest{}});
        ASSERT_TRUE(is_ok(Plans(catalog()).enter(plans)));
    }
};

TEST_F(History, OverviewTellsHowEachPlanStands) {
    configure({"etc", "never", "var"});
    const MediumKey a = medium("A"), b = medium("B");
    ended("etc", JobState::done);
    const JobId good = ended("etc", JobState::done_with_failures);
    clock_.set(Time{clock_.now().ns - 366 * kDay});  // "last" is not the clock's
    ended("etc", JobState::failed);
    ended("etc", JobState::interrupted);
    const JobId running = job("etc");
    job("etc", JobKind::verify);
    Snapshots snapshots(catalog());
    const SnapshotRecord record = snapshot(1, "etc");
    ASSERT_TRUE(is_ok(snapshots.add(record)));
    ASSERT_TRUE(is_ok(snapshots.present(record.id, a, 1)));
    ASSERT_TRUE(is_ok(snapshots.owe(record.id, b)));
    const auto plans = *Overview(catalog()).plans();
    ASSERT_EQ(3u, plans.size());
    EXPECT_EQ("etc", plans[0].plan);
    EXPECT_EQ(running, plans[0].last->id);
    EXPECT_EQ(good, plans[0].last_done->id);
    EXPECT_EQ(2u, plans[0].failed_since);
    EXPECT_EQ(record.id, plans[0].snapshot);
    EXPECT_EQ(1u, plans[0].copies_present);
    EXPECT_EQ(1u, plans[0].copies_owed);
    EXPECT_FALSE(plans[1].last);
    EXPECT_FALSE(plans[1].last_done);
    const auto tally = *Overview(catalog()).jobs_after(good);
    EXPECT_EQ(1u, tally.failed);
    EXPECT_EQ(1u, tally.interrupted);
    EXPECT_EQ(2u, tally.open);
    EXPECT_EQ(0u, tally.done);
    EXPECT_EQ(running + 1, tally.newest);
}

TEST_F(History, OverviewHasTheLastVerificationOfEachLevel) {
    Media media(catalog());
    const MediumKey a = medium("A");
    for (std::uint64_t round = 1; round <= 3; ++round) {
        ASSERT_TRUE(is_ok(media.enter_verification({a, {}, "keyless", clock_.now(), clock_.now(), 10, round, 5, 0})));
        if (round == 3) break;
        ASSERT_TRUE(is_ok(media.enter_verification({a, {}, "full", clock_.now(), clock_.now(), 10, round, 5, 1})));
    }
    const auto last = *Overview(catalog()).verifications();
    ASSERT_EQ(2u, last.size());
    EXPECT_EQ("full", last[0].level);
    EXPECT_EQ(2u, last[0].objects_checked);
    EXPECT_EQ(1u, last[0].damaged);
    EXPECT_EQ(3u, last[1].objects_checked);
}

TEST_F(History, DetailsGoAfterTheirTermAndRowsAfterTheirs) {
    Jobs jobs(catalog());
    const JobId old_good = job("etc");
    ASSERT_TRUE(is_ok(jobs.begin_phase(old_good, "backing up")));
    ASSERT_TRUE(is_ok(jobs.warn(old_good, "w")));
    ASSERT_TRUE(is_ok(jobs.end(old_good, JobEnd{})));
    ASSERT_TRUE(is_ok(catalog().write([&](sqlite::Database&) {
        for (int at = 0; at < 700; ++at) ended("etc", JobState::failed);
        return done();
    })));
    const JobId open = job("var");
    clock_.advance(100 * kDay);
    const JobId young = ended("etc", JobState::failed);
    EXPECT_EQ(0u, prune_history(catalog(), {}, StopFlag{})->summarised);
    clock_.advance(100 * kDay);

    auto pruned = prune_history(catalog(), {}, StopFlag{});
    ASSERT_TRUE(is_ok(pruned));
    EXPECT_EQ(701u, pruned->summarised);
    EXPECT_EQ(0u, pruned->jobs);
    const JobDetails details = *jobs.details(old_good);
    EXPECT_TRUE(details.job.summarised);
    EXPECT_TRUE(details.phases.empty());
    EXPECT_EQ(1u, details.job.warnings);
    EXPECT_EQ("backing up", details.job.last_phase);
    EXPECT_FALSE(jobs.find(young)->summarised);
    EXPECT_EQ(0u, prune_history(catalog(), {}, StopFlag{})->summarised);

    // The rows: what a person still asks for stays, however old.
    clock_.advance(6 * 366 * kDay);
    pruned = prune_history(catalog(), {}, StopFlag{});
    ASSERT_TRUE(is_ok(pruned));
    EXPECT_EQ(700u, pruned->jobs);
    EXPECT_EQ(JobState::done, jobs.find(old_good)->state);
    EXPECT_EQ(JobState::failed, jobs.find(young)->state);
    EXPECT_EQ(JobState::queued, jobs.find(open)->state);
    EXPECT_TRUE(catalog().check(StopFlag{})->empty());
    // An id is never given twice.
    ASSERT_GT(job("etc"), young);
}

TEST_F(History, WhatElseIsOldGoesAndWhatIsNeededStays) {
    const MediumKey a = medium("A");
    Snapshots snapshots(catalog());
    for (std::uint64_t at = 1; at <= 3; ++at) ASSERT_TRUE(is_ok(snapshots.add(snapshot(at, "etc"))));
    ASSERT_TRUE(is_ok(snapshots.present(snapshot(2, "etc").id, a, 1)));
    ASSERT_TRUE(is_ok(snapshots.end(snapshot(2, "etc").id, "retention")));
    ASSERT_TRUE(is_ok(snapshots.end(snapshot(3, "etc").id, "retention")));
    Findings findings(catalog());
    ASSERT_TRUE(is_ok(findings.see({"k", "resolved", Severity::notice, {"t", {}}})));
    ASSERT_TRUE(is_ok(findings.resolve("k", "resolved")));
    ASSERT_TRUE(is_ok(findings.see({"k", "open", Severity::notice, {"t", {}}})));
    for (int at = 0; at < 2; ++at)
        ASSERT_TRUE(is_ok(Media(catalog()).enter_verification({a, {}, "full", clock_.now(), clock_.now(), 1, 1, 1, 0})));
    clock_.advance(10 * 366 * kDay);
    const auto pruned = prune_history(catalog(), {}, StopFlag{});
    ASSERT_TRUE(is_ok(pruned));
    EXPECT_EQ(1u, pruned->findings);
    EXPECT_EQ(1u, pruned->snapshots);  // the third: forgotten, and no copy of it left
    EXPECT_EQ(1u, pruned->verifications);
    EXPECT_EQ(1u, findings.open()->size());
    EXPECT_TRUE(snapshots.find(snapshot(1, "etc").id)->has_value());
    EXPECT_TRUE(snapshots.find(snapshot(2, "etc").id)->has_value());
}

TEST_F(History, TheLawfulTermIsNotUndercut) {
    EXPECT_TRUE(fails_with(Code::refused, prune_history(catalog(), {kLeastHistory - 1, 5 * 366 * kDay}, StopFlag{})));
    EXPECT_TRUE(fails_with(Code::refused, prune_history(catalog(), {2 * kLeastHistory, kLeastHistory}, StopFlag{})));
    StopFlag stop;
    stop.request();
    EXPECT_TRUE(fails_with(Code::interrupted, prune_history(catalog(), {}, stop)));
}

TEST_F(History, RebuiltFromWhatTheVaultsSay) {
    const JobId before = ended("etc", JobState::done);
    close();
    SnapshotRecord one = snapshot(1, "etc"), two = snapshot(2, "etc"), three = snapshot(3, "db");
    three.ended_at = clock_.now();
    VaultFacts a{"A", {MediumId{{1}}, VaultId{{1}}, "disk", "S1", "uuid"}, {{one, 1, true}, {two, 2, false}, {three, 3, false}}};
    VaultFacts b{"B", {{}, VaultId{{2}}, "disk", {}, {}}, {{one, 4, true}, {two, 5, true}}};
    const auto report = rebuild_catalog(folder(), clock_, {a, b});
    ASSERT_TRUE(is_ok(report));
    EXPECT_EQ(2u, report->media);
    EXPECT_EQ(3u, report->snapshots);
    EXPECT_EQ(3u, report->copies);
    EXPECT_EQ(file("catalog.db.replaced-20261103T020000Z"), report->set_aside);
    auto old = sqlite::Database::open(report->set_aside, {});
    EXPECT_EQ(1, *old->integer("SELECT count(*) FROM jobs"));

    EXPECT_FALSE(catalog().opening().created);
    EXPECT_EQ(std::to_string(clock_.now().ns), Settings(catalog()).about("rebuilt_at")->value());
    Snapshots snapshots(catalog());
    EXPECT_EQ(2u, snapshots.list({})->size());  // the second lives on B
    EXPECT_EQ(2u, snapshots.copies_of(one.id)->size());
    EXPECT_TRUE(snapshots.find(three.id)->value().ended_at);
    EXPECT_TRUE(snapshots.find(one.id)->value().rebuilt);
    EXPECT_EQ("S1", Media(catalog()).find("A")->entry.facts.serial);
    EXPECT_EQ("", Media(catalog()).find("A")->entry.custodian);
    EXPECT_GT(job("etc"), before + 1000);  // ids on paper are not given again
    close();

    EXPECT_TRUE(fails_with(Code::usage, rebuild_catalog(folder(), clock_, {a, a})));
    b.facts.vault = a.facts.vault;
    EXPECT_TRUE(fails_with(Code::usage, rebuild_catalog(folder(), clock_, {a, b})));
    EXPECT_EQ(2u, Snapshots(catalog()).list({})->size());
}

}  // namespace
}  // namespace custody::catalog
