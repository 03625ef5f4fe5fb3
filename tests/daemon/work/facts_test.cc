// What status, metrics and digest say, over a real catalogue with plans in each state.
#include "daemon/work/facts.h"

#include "catalog/findings.h"
#include "catalog/plans.h"
#include "tests/catalog/catalog_fixture.h"
#include "tests/daemon/config/config_fixture.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/recording_alerts.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace custody {
namespace {

using catalog::JobKind;
using catalog::JobState;
using test::is_ok;

std::string plan_text(const std::string& name, const std::string& more = "") {
    return "[[plan]]\nname = \"" + name + "\"\nlabel = \"config\"\nsource = { files = [\"/srv/" + name +
           "\"] }\nschedule = \"30 1 * * *\"\n" + more;
}

class Facts : public catalog::CatalogTest {
protected:
    void SetUp() override {
        auto keyring = Keyring::create(posix_file_system(), clock_, scratch_ / "keyring", Suite::standard, "srv1",
                                       test::secret_text("a passphrase"), test::kCheapCost);
        ASSERT_TRUE(is_ok(keyring));
        disk_a_ = medium("disk-a", 1);
        disk_b_ = medium("disk-b", 2);
        configure(test::sound_config());
    }
    void configure(const std::string& text) {
        auto reading = read_config("c.toml", text);
        ASSERT_EQ(test::faults_of(reading), "");
        reading.config.exceptions = judge(reading.config, LawBook::built_in(), ZoneRules()).exceptions;
        reading.config.keys.keyring = scratch_ / "keyring";
        config_ = std::make_shared<const Config>(std::move(reading.config));
        std::vector<catalog::PlanEntry> entries;
        for (const PlanConfig& plan : config_->plans) {
            catalog::PlanEntry entry;
            entry.name = plan.name;
            entry.label = plan.label;
            entry.what = "files";
            entry.schedule = plan.schedule;
            entries.push_back(entry);
        }
        ASSERT_TRUE(is_ok(catalog::Plans(catalog()).enter(entries)));
        terms_ = plan_terms(*config_, ZoneRules());
    }
    FactsInputs inputs() {
        return {config_, catalog(), clock_.now(), clock_.now(), {}, {}, sights_, standing_, {}, troubles_, {}, {}, terms_};
    }
    // A run that is good, with copies on these media.
    catalog::JobId good(const std::string& plan, std::uint64_t number, const std::vector<catalog::MediumKey>& media,
                        std::uint64_t stored = 100) {
        const catalog::JobId id = job(plan);
        EXPECT_TRUE(is_ok(catalog::Jobs(catalog()).start(id)));
        catalog::JobEnd end;
        end.snapshot = id_of<ObjectId>(number);
        end.counts.bytes_scanned = 1000;
        end.counts.bytes_stored = stored;
        catalog::SnapshotRecord record = snapshot(number, plan);
        record.made_at = clock_.now();
        EXPECT_TRUE(is_ok(catalog::Snapshots(catalog()).add(record)));
        for (const catalog::MediumKey key : media) {
            EXPECT_TRUE(is_ok(catalog::Snapshots(catalog()).present(record.id, key, number)));
        }
        EXPECT_TRUE(is_ok(catalog::Jobs(catalog()).end(id, end)));
        return id;
    }
    void bad(const std::string& plan, const std::string& why) {
        const catalog::JobId id = job(plan);
        EXPECT_TRUE(is_ok(catalog::Jobs(catalog()).start(id)));
        catalog::JobEnd end;
        end.state = JobState::failed;
        end.error = Error{Code::failed, why};
        EXPECT_TRUE(is_ok(catalog::Jobs(catalog()).end(id, end)));
    }
    StatusFacts status() {
        auto facts = status_facts(inputs());
        EXPECT_TRUE(is_ok(facts));
        return facts.ok() ? *std::move(facts) : StatusFacts();
    }
    PlanStatus plan(const std::string& name) {
        for (const PlanStatus& one : status().plans) {
            if (one.name == name) return one;
        }
        ADD_FAILURE() << "no plan " << name;
        return {};
    }
    // The first need whose text holds this.
    static std::optional<NeedsPerson> need(const StatusFacts& facts, const std::string& words) {
        for (const NeedsPerson& one : facts.needs) {
            if (one.what.find(words) != std::string::npos) return one;
        }
        return std::nullopt;
    }

    std::shared_ptr<const Config> config_;
    std::shared_ptr<const PlanTerms> terms_;
    catalog::MediumKey disk_a_ = 0, disk_b_ = 0;
    std::vector<MediumSight> sights_;
    std::vector<AlertRecord> standing_;
    std::vector<AlertTrouble> troubles_;
};

TEST_F(Facts, APlanIsNeverThenProtectedThenLate) {
    EXPECT_EQ(plan("etc").state, "never");
    EXPECT_FALSE(status().all_protected);
    EXPECT_TRUE(need(status(), "etc was never backed up"));
    good("etc", 1, {disk_a_, disk_b_});
    const PlanStatus now = plan("etc");
    EXPECT_EQ(now.state, "protected");
    EXPECT_TRUE(now.important);
    EXPECT_EQ(now.copies, 2u);
    EXPECT_EQ(now.copies_wanted, 2u);
    EXPECT_EQ(now.last_success, std::optional(clock_.now()));
    EXPECT_TRUE(status().all_protected);
    clock_.advance(2 * kDay);
    EXPECT_EQ(plan("etc").state, "protected") << "a day for its schedule, and one of grace";
    clock_.advance(kSecond);
    EXPECT_EQ(plan("etc").state, "late");
    EXPECT_FALSE(status().all_protected);
    EXPECT_EQ(need(status(), "more than its schedule allows")->type, "custody job show 1 && custody plan run etc");
    // The clock was put back a year: that alone makes nothing late.
    clock_.set(Time{clock_.now().ns - 365 * kDay});
    EXPECT_EQ(plan("etc").state, "protected");
}

TEST_F(Facts, AFailureIsShownWithItsErrorUntilARunIsGoodAgain) {
    bad("etc", "no room on disk-a");
    EXPECT_EQ(plan("etc").state, "never");
    good("etc", 1, {disk_a_, disk_b_});
    bad("etc", "no room on disk-a");
    const PlanStatus failing = plan("etc");
    EXPECT_EQ(failing.state, "failing");
    EXPECT_EQ(failing.last_error, "no room on disk-a");
    const auto said = need(status(), "etc failed: no room on disk-a");
    ASSERT_TRUE(said);
    EXPECT_NE(said->safe.find("untouched"), std::string::npos);
    EXPECT_EQ(said->type, "custody job show 3 && custody plan run etc");
    EXPECT_EQ(status().needs[0].what, said->what) << "the worst first";
    ended("etc", JobState::interrupted);
    EXPECT_EQ(plan("etc").state, "failing");
    EXPECT_FALSE(plan("etc").last_error.empty());
    good("etc", 2, {disk_a_, disk_b_});
    EXPECT_EQ(plan("etc").state, "protected");
    EXPECT_EQ(plan("etc").last_error, "");
}

TEST_F(Facts, ACopyMayBeOwedForAWhile) {
    const catalog::JobId id = good("etc", 1, {disk_a_});
    ASSERT_GT(id, 0);
    EXPECT_EQ(plan("etc").state, "late") << "nobody owes the second copy";
    EXPECT_TRUE(need(status(), "fewer media than they should: etc"));
    ASSERT_TRUE(is_ok(catalog::Snapshots(catalog()).owe(id_of<ObjectId>(1), disk_b_)));
    EXPECT_EQ(plan("etc").state, "protected");
    EXPECT_EQ(plan("etc").copies, 1u);
    EXPECT_TRUE(status().all_protected);
    for (int day = 1; day <= 9; ++day) {
        clock_.advance(kDay);
        good("etc", static_cast<std::uint64_t>(day) + 1, {disk_a_});
        ASSERT_TRUE(is_ok(catalog::Snapshots(catalog()).owe(id_of<ObjectId>(static_cast<std::uint64_t>(day) + 1), disk_b_)));
    }
    EXPECT_EQ(plan("etc").state, "late") << "for longer than eight days";
    const StatusFacts facts = status();
    EXPECT_FALSE(facts.all_protected);
    const auto said = need(facts, "disk-b has owed copies");
    ASSERT_TRUE(said);
    EXPECT_NE(said->what.find("snapshots: 10"), std::string::npos) << said->what;
    EXPECT_FALSE(need(facts, "fewer media")) << "said once";
    EXPECT_EQ(facts.media[1].owed_snapshots, 10u);
}

TEST_F(Facts, APlanOfOneMediumNeedsAnExceptionAndItIsShown) {
    const std::string one = plan_text("portal", "media = [\"disk-a\"]\n");
    configure(test::sound_config(one));
    good("portal", 1, {disk_a_});
    EXPECT_EQ(plan("portal").copies_wanted, 2u);
    EXPECT_EQ(plan("portal").state, "late");
    configure(test::sound_config(one + "exception = \"QĐ 12/QĐ-UBND: one server room\"\n"));
    EXPECT_EQ(plan("portal").copies_wanted, 1u);
    EXPECT_EQ(plan("portal").state, "protected");
    const StatusFacts facts = status();
    ASSERT_EQ(facts.exceptions.size(), 1u);
    EXPECT_NE(facts.exceptions[0].find("B6, plan portal"), std::string::npos) << facts.exceptions[0];
    EXPECT_NE(facts.exceptions[0].find("QĐ 12/QĐ-UBND"), std::string::npos);
}

TEST_F(Facts, PlaintextThatADocumentAllowsIsShown) {
    configure(test::sound_config(
        "[alert]\nsyslog = { server = \"tcp://10.0.0.1:601\", exception = \"3/QĐ-UBND: an isolated network\" }\n"));
    ASSERT_EQ(status().exceptions.size(), 1u);
    EXPECT_NE(status().exceptions[0].find("E6"), std::string::npos);
    EXPECT_NE(status().exceptions[0].find("3/QĐ-UBND"), std::string::npos);
    auto unjudged = std::make_shared<Config>(*config_);
    unjudged->exceptions.clear();
    config_ = unjudged;
    ASSERT_EQ(status().exceptions.size(), 1u);
    EXPECT_NE(status().exceptions[0].find("tcp://10.0.0.1:601"), std::string::npos);
}

TEST_F(Facts, WorkThatWaitsForAKeyIsShownAndCostsNoProtection) {
    good("etc", 1, {disk_a_, disk_b_});
    const catalog::JobId drill = job("etc", JobKind::drill);
    ASSERT_TRUE(is_ok(catalog::Jobs(catalog()).wait_for_key(drill)));
    EXPECT_EQ(plan("etc").state, "waiting_for_key");
    const StatusFacts facts = status();
    EXPECT_TRUE(facts.all_protected);
    EXPECT_EQ(need(facts, "secret of label config")->type, "custody key unlock --label config --for 4h");
}

TEST_F(Facts, MediaAreShownAsRegisterKeeperAndVerificationSay) {
    good("etc", 1, {disk_a_, disk_b_});
    ASSERT_TRUE(is_ok(
        catalog::Media(catalog()).move(disk_b_, {catalog::MediumState::off_site, "Archive", "Nguyễn Văn A", "root", "weekly"})));
    catalog::Verification verification;
    verification.medium = disk_a_;
    verification.level = "full";
    verification.begun_at = verification.ended_at = clock_.now();
    verification.objects_all = 200;
    verification.objects_checked = 150;
    ASSERT_TRUE(is_ok(catalog::Media(catalog()).enter_verification(verification)));
    MediumSight a, b;
    a.name = "disk-a";
    a.present = true;
    a.free_bytes = 5;
    a.size_bytes = 10;
    b.name = "disk-b";
    b.may_be_removed = true;
    sights_ = {a, b};
    const StatusFacts facts = status();
    ASSERT_EQ(facts.media.size(), 2u);
    EXPECT_TRUE(facts.media[0].present);
    EXPECT_EQ(facts.media[0].free_bytes, std::optional<std::uint64_t>(5));
    EXPECT_EQ(facts.media[0].last_verified, std::optional(clock_.now()));
    EXPECT_EQ(facts.media[1].place, "Archive");
    EXPECT_EQ(facts.media[1].custodian, "Nguyễn Văn A");
    EXPECT_EQ(facts.media[1].state, "off_site");
    EXPECT_TRUE(facts.media[1].may_be_removed);
    const auto metrics = metrics_facts(inputs());
    ASSERT_TRUE(is_ok(metrics));
    EXPECT_EQ(metrics->media[0].verified_ratio, std::optional<double>(0.75));
    clock_.advance(400 * kDay);
    EXPECT_EQ(metrics_facts(inputs())->media[0].verified_ratio, std::nullopt) << "too long ago";
}

TEST_F(Facts, WhatNeedsAPersonIsSortedSaidOnceAndInTheReadersLanguage) {
    configure(test::sound_config(plan_text("log2", "media = [\"disk-a\", \"disk-b\"]\n")));
    good("log2", 1, {disk_a_, disk_b_});
    bad("etc", "no route");
    ASSERT_TRUE(is_ok(catalog::Findings(catalog()).see(
        {"damage", "disk-a", catalog::Severity::urgent, {"medium {}: 3 objects are damaged", {"disk-a"}}})));
    ASSERT_TRUE(is_ok(catalog::Findings(catalog()).see({"hint", "disk-a", catalog::Severity::notice, {"nothing", {}}})));
    AlertRecord same, other, said_once;
    same.event.kind = AlertKind::backup_failed;
    same.event.plan = "etc";
    other.event.kind = AlertKind::drill_failed;
    other.event.plan = "log2";
    said_once.event.kind = AlertKind::can_be_taken_out;
    said_once.event.medium = "disk-b";
    standing_ = {other, same, said_once};
    troubles_ = {{"smtp:a@b", clock_.now(), "away", 3}, {"syslog", clock_.now(), "away", 1}};
    FactsInputs all = inputs();
    all.not_covered = {"/srv/portal", "/srv/b", "/srv/c", "/srv/d", "/srv/e", "/srv/f"};
    all.further = {{"the clock is wrong", "", "timedatectl"}};
    const auto facts = status_facts(all);
    ASSERT_TRUE(is_ok(facts));
    std::vector<std::string> whats;
    for (const NeedsPerson& one : facts->needs) {
        whats.push_back(one.what);
        EXPECT_FALSE(one.type.empty()) << one.what;
    }
    const std::vector<std::string> expected = {"The restore drill of plan log2 failed",
                                               "medium disk-a: 3 objects are damaged",
                                               "the clock is wrong",
                                               "plan etc was never backed up: no route",
                                               "alerts do not pass to smtp:a@b: away",
                                               "there is no recovery kit: if the keyring is lost, so is every backup",
                                               "no plan covers: /srv/portal, /srv/b, /srv/c, /srv/d, /srv/e and 1 more"};
    EXPECT_EQ(whats, expected);
    EXPECT_EQ(facts->needs[0].type.find('\n'), std::string::npos);
    const LanguageScope scope(Language::vietnamese);
    const auto vi = status_facts(all);
    ASSERT_TRUE(is_ok(vi));
    EXPECT_EQ(vi->needs[0].what, "Diễn tập khôi phục của kế hoạch log2 thất bại");
    EXPECT_EQ(vi->needs[3].what, "kế hoạch etc chưa từng được sao lưu: no route");
}

TEST_F(Facts, WithoutKeyringOrPlanThatIsSaid) {
    auto none = std::make_shared<Config>();
    none->keys.keyring = scratch_ / "no-keyring";
    config_ = none;
    terms_ = nullptr;
    const StatusFacts facts = status();
    EXPECT_FALSE(facts.all_protected) << "nothing is not everything";
    EXPECT_TRUE(need(facts, "no plan is configured"));
    EXPECT_TRUE(need(facts, "no-keyring"));
}

TEST_F(Facts, TheDigestSpeaksBothLanguagesAndCountsSinceTheLastOne) {
    good("etc", 1, {disk_a_}, 100);
    ASSERT_TRUE(is_ok(catalog::Snapshots(catalog()).owe(id_of<ObjectId>(1), disk_b_)));
    AlertRecord kit;
    kit.event.kind = AlertKind::kit_stale;
    FactsInputs all = inputs();
    all.not_covered = {"/srv"};
    const auto first = digest_facts(all);
    ASSERT_TRUE(is_ok(first));
    ASSERT_EQ(first->plans.size(), 1u);
    EXPECT_TRUE(first->plans[0].done);
    EXPECT_EQ(first->plans[0].new_bytes, 100u);
    EXPECT_EQ(first->plans[0].copies, 1u);
    EXPECT_EQ(first->not_covered, 1u);
    ASSERT_EQ(first->owed.size(), 1u);
    EXPECT_EQ(first->owed[0].snapshots, 1u);
    ASSERT_EQ(first->needs_person.size(), 1u) << "the kit; coverage has a line of its own";
    EXPECT_EQ(first->needs_person[0].vi, "chưa có bộ phục hồi: nếu mất bộ khóa thì mất mọi bản sao lưu");
    EXPECT_EQ(first->needs_person[0].en, "there is no recovery kit: if the keyring is lost, so is every backup");
    standing_ = {kit};
    bad("etc", "no route");
    const auto second = digest_facts(inputs());
    ASSERT_TRUE(is_ok(second));
    EXPECT_FALSE(second->plans[0].done);
    EXPECT_EQ(second->plans[0].new_bytes, 0u);
    ASSERT_EQ(second->needs_person.size(), 1u) << "the alerter adds what stands, the kit among it";
    EXPECT_EQ(second->needs_person[0].en, "the last backup of plan etc failed: no route");
}

TEST_F(Facts, TheFirstDigestWaitsForTheFirstBackupsADayAtMost) {
    configure(test::sound_config(plan_text("portal", "media = [\"disk-a\"]\nexception = \"12/QĐ-UBND: one server room\"\n")));
    const auto waits = [&] {
        const auto facts = digest_facts(inputs());
        return !facts.ok() && facts.error().code == Code::interrupted;
    };
    EXPECT_TRUE(waits()) << "installed a minute before its time";
    good("etc", 1, {disk_a_, disk_b_});
    EXPECT_TRUE(waits()) << "one is not over";
    clock_.advance(kDay);
    EXPECT_TRUE(waits());
    clock_.advance(kSecond);
    const auto first = digest_facts(inputs());
    ASSERT_TRUE(is_ok(first));
    ASSERT_EQ(first->plans.size(), 2u);
    EXPECT_FALSE(first->plans[0].awaits_first);
    EXPECT_TRUE(first->plans[1].awaits_first) << "its schedule gives it another day";
    for (const Bilingual& need : first->needs_person) EXPECT_EQ(need.en.find("portal was never"), std::string::npos) << need.en;
    ASSERT_EQ(first->exceptions.size(), 1u);
    EXPECT_NE(first->exceptions[0].en.find("B6, plan portal: keeps"), std::string::npos) << first->exceptions[0].en;
    EXPECT_NE(first->exceptions[0].vi.find("B6, kế hoạch portal: "), std::string::npos) << first->exceptions[0].vi;
    const AlertMessage message = render_digest(*first, clock_.now(), {"srv1", ""});
    EXPECT_NE(message.text.find("NOT YET portal"), std::string::npos) << message.text;
    EXPECT_EQ(message.text.find("NOT DONE"), std::string::npos) << message.text;
    clock_.advance(kDay);
    const auto second = digest_facts(inputs());
    ASSERT_TRUE(is_ok(second));
    EXPECT_FALSE(second->plans[1].awaits_first) << "late by now";
    // A failure is news at once, also for a plan that is new.
    configure(test::sound_config(plan_text("third")));
    bad("third", "no route");
    const auto third = digest_facts(inputs());
    ASSERT_TRUE(is_ok(third));
    EXPECT_FALSE(third->plans[1].awaits_first);
}

TEST_F(Facts, WhatIsShownIsInTheLanguageOfWhoAsksWhateverItWasReadIn) {
    const std::string one_medium = "media = [\"disk-a\"]\nexception = \"12/QĐ-UBND: one server room\"\n";
    {
        const test::InVietnamese service;
        configure(test::sound_config(plan_text("portal", one_medium)));
    }
    EXPECT_NE(status().exceptions[0].find("B6, plan portal: keeps important data"), std::string::npos) << status().exceptions[0];
    const LanguageScope asked(Language::vietnamese);
    EXPECT_NE(status().exceptions[0].find("B6, kế hoạch portal: "), std::string::npos) << status().exceptions[0];
}

TEST_F(Facts, ARunThatHangsHidesNotThatNothingIsBackedUp) {
    test::RecordingAlerts alerts;
    const auto watch = [&] { ASSERT_TRUE(is_ok(raise_from_facts(inputs(), alerts))); };
    good("etc", 1, {disk_a_, disk_b_});
    clock_.advance(kDay);
    const catalog::JobId hangs = job("etc");
    ASSERT_TRUE(is_ok(catalog::Jobs(catalog()).start(hangs)));
    clock_.advance(kDay);
    watch();
    EXPECT_FALSE(alerts.standing(AlertKind::backup_failed, "etc")) << "it may end well";
    clock_.advance(kSecond);
    watch();
    ASSERT_TRUE(alerts.standing(AlertKind::backup_failed, "etc"));
    EXPECT_EQ(severity_of(*alerts.standing(AlertKind::backup_failed, "etc")), AlertSeverity::critical) << "important data";
}

TEST_F(Facts, WhatNothingElseWouldEndIsEnded) {
    test::RecordingAlerts alerts;
    AlertRecord key;
    key.event.kind = AlertKind::waiting_for_key;
    key.event.label = "log";
    const catalog::JobId id = job("etc", JobKind::verify);
    ASSERT_TRUE(is_ok(catalog::Jobs(catalog()).start(id)));
    ASSERT_TRUE(is_ok(catalog::Jobs(catalog()).wait_for_key(id)));
    standing_ = {key};
    ASSERT_TRUE(is_ok(raise_from_facts(inputs(), alerts)));
    EXPECT_FALSE(alerts.was_resolved(AlertKind::waiting_for_key, "log"));
    catalog::JobEnd end;
    end.state = JobState::cancelled;
    ASSERT_TRUE(is_ok(catalog::Jobs(catalog()).end(id, end)));
    ASSERT_TRUE(is_ok(raise_from_facts(inputs(), alerts)));
    EXPECT_TRUE(alerts.was_resolved(AlertKind::waiting_for_key, "log")) << "nothing waits";
}

TEST_F(Facts, WhatOnlyTimeBringsIsAlertedAndEndedAgain) {
    test::RecordingAlerts alerts;
    const auto watch = [&] { ASSERT_TRUE(is_ok(raise_from_facts(inputs(), alerts))); };
    watch();
    EXPECT_TRUE(alerts.standing(AlertKind::kit_stale, ""));
    EXPECT_FALSE(alerts.standing(AlertKind::backup_failed, "etc")) << "its first night is still to come";
    clock_.advance(2 * kDay + kSecond);
    watch();
    ASSERT_TRUE(alerts.standing(AlertKind::backup_failed, "etc"));
    EXPECT_EQ(alerts.standing(AlertKind::backup_failed, "etc")->detail, "plan etc was never backed up");
    bad("etc", "no room");
    standing_.emplace_back().event = *alerts.standing(AlertKind::backup_failed, "etc");
    const std::size_t told = alerts.raised(AlertKind::backup_failed).size();
    watch();
    EXPECT_EQ(alerts.raised(AlertKind::backup_failed).size(), told) << "the run told so itself";
    standing_.clear();
    good("etc", 1, {disk_a_});
    ASSERT_TRUE(is_ok(catalog::Snapshots(catalog()).owe(id_of<ObjectId>(1), disk_b_)));
    alerts.resolve(AlertKind::backup_failed, "etc");
    watch();
    EXPECT_FALSE(alerts.standing(AlertKind::copy_owed, "disk-b"));
    clock_.advance(9 * kDay);
    watch();
    ASSERT_TRUE(alerts.standing(AlertKind::copy_owed, "disk-b"));
    ASSERT_TRUE(alerts.standing(AlertKind::backup_failed, "etc"));
    EXPECT_NE(alerts.standing(AlertKind::backup_failed, "etc")->detail.find("more than its schedule allows"), std::string::npos);
    AlertRecord owed, gone;
    owed.event = *alerts.standing(AlertKind::copy_owed, "disk-b");
    gone.event.kind = AlertKind::source_absent;
    gone.event.plan = "no-more";
    standing_ = {owed, gone};
    ASSERT_TRUE(is_ok(catalog::Snapshots(catalog()).present(id_of<ObjectId>(1), disk_b_, 1)));
    watch();
    EXPECT_TRUE(alerts.was_resolved(AlertKind::copy_owed, "disk-b"));
    EXPECT_TRUE(alerts.was_resolved(AlertKind::source_absent, "no-more"));
}

TEST_F(Facts, MetricsCountEveryState) {
    good("etc", 1, {disk_a_, disk_b_}, 7);
    bad("etc", "no route");
    const catalog::JobId drill = job("etc", JobKind::drill);
    ASSERT_TRUE(is_ok(catalog::Jobs(catalog()).start(drill)));
    ASSERT_TRUE(is_ok(catalog::Jobs(catalog()).end(drill, {})));
    const Time drilled = clock_.now();
    const catalog::JobId running = job("etc");
    ASSERT_TRUE(is_ok(catalog::Jobs(catalog()).start(running)));
    job("etc", JobKind::verify);
    clock_.advance(kMinute);
    FactsInputs all = inputs();
    all.waiting.emplace_back();
    all.outbox.pending = 4;
    const auto facts = metrics_facts(all);
    ASSERT_TRUE(is_ok(facts));
    ASSERT_EQ(facts->plans.size(), 1u);
    EXPECT_TRUE(facts->plans[0].last_run_failed);
    EXPECT_EQ(facts->plans[0].source_bytes, 1000u);
    EXPECT_EQ(facts->plans[0].stored_bytes, 7u);
    EXPECT_EQ(facts->plans[0].last_drill, std::optional(drilled));
    EXPECT_EQ(facts->jobs_by_state.size(), 8u);
    EXPECT_EQ(facts->jobs_by_state.at("done"), 2u);
    EXPECT_EQ(facts->jobs_by_state.at("failed"), 1u);
    EXPECT_EQ(facts->jobs_by_state.at("running"), 1u);
    EXPECT_EQ(facts->jobs_by_state.at("queued"), 1u);
    EXPECT_EQ(facts->queue_length, 2u);
    EXPECT_EQ(facts->alerts_queued, 4u);
    EXPECT_EQ(facts->needs_person, status().needs.size());
    EXPECT_TRUE(status().plans[0].running);
}

}  // namespace
}  // namespace custody
