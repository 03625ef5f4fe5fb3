// What the API answers of plans, jobs, alerts and keys, asked by the project's own client over a real socket.
#include "catalog/media.h"
#include "daemon/work/alert_routes.h"
#include "daemon/work/catalog_routes.h"
#include "daemon/work/job_routes.h"
#include "daemon/work/key_routes.h"
#include "daemon/work/plan_routes.h"
#include "tests/daemon/work/control_fixture.h"
#include "tests/support/kernel_features.h"
#include "tests/support/wait_for.h"

#include <filesystem>
#include <thread>

namespace custody {
namespace {

using test::fails_with;
using test::FakeControl;
using test::is_ok;
using test::Outcome;
using test::wait_until;

class WorkRoutes : public test::ApiFixture {
protected:
    void SetUp() override {
        ApiFixture::SetUp();
        test::set_up_plans(control_);
        add_plan_routes(routes_, control_);
        add_job_routes(routes_, control_);
        add_alert_routes(routes_, control_);
        add_key_routes(routes_, control_);
        add_catalog_routes(routes_, control_);
    }
    // The server runs from the first question on, when the test has set what it answers.
    ApiClient ask() {
        if (!server_) start();
        return client();
    }
    Json get(const std::string& path) {
        auto answer = ask().get(path);
        EXPECT_TRUE(is_ok(answer)) << path;
        return answer.ok() ? *answer : Json();
    }
    Json post(const std::string& path, const Json& body = Json::object()) {
        auto answer = ask().post(path, body);
        EXPECT_TRUE(is_ok(answer)) << path;
        return answer.ok() ? *answer : Json();
    }
    catalog::JobId run(const std::string& plan, const std::string& reason = "schedule") {
        const auto id = control_.run_plan(plan, {reason, "service", false});
        EXPECT_TRUE(is_ok(id));
        return id.ok() ? *id : 0;
    }
    catalog::JobId ended(const std::string& plan, catalog::JobState state, std::optional<Error> error = {}) {
        const catalog::JobId id = run(plan);
        control_.begin_job(id);
        catalog::JobEnd end;
        end.state = state;
        end.error = std::move(error);
        control_.end_job(id, end);
        return id;
    }
    // What the stream tells until its end, on a thread of its own; `meanwhile` moves the job on.
    Result<Json> stream(const std::string& method, const std::string& path, const std::optional<Json>& body,
                        std::vector<Json>& lines, const std::function<void()>& meanwhile) {
        Result<Json> last = Json();
        const ApiClient asked = ask();
        std::thread onlooker([&] {
            const auto line = [&](const Json& one) -> Status {
                lines.push_back(one);
                return done();
            };
            last = asked.stream(method, path, body, line);
        });
        meanwhile();
        onlooker.join();
        return last;
    }

    FakeControl control_;
};

TEST_F(WorkRoutes, PlansAreListedAsTheyStandWithWhatTheConfigurationSaysOfThem) {
    const Json plans = get("/v1/plans")["plans"];
    ASSERT_EQ(plans.size(), 3u);
    EXPECT_EQ(plans[0]["name"], "etc");
    EXPECT_EQ(plans[0]["state"], "protected");
    EXPECT_EQ(plans[0]["schedule"], "30 1 * * *");
    EXPECT_EQ(plans[0]["on_change"], true);
    EXPECT_EQ(plans[0]["media"], Json::array({"disk-a", "disk-b"}));
    EXPECT_EQ(plans[0]["source"],
              (Json{{"kind", "files"}, {"paths", Json::array({"/etc"})}, {"exclude", Json::array({"*.swp"})}}));
    EXPECT_EQ(plans[2]["source"]["conninfo"], "service=portal");
    EXPECT_EQ(plans[2]["last_error"], "the server refused the password");
}

TEST_F(WorkRoutes, OnePlanIsShownWithItsRetentionItsWindowsAndItsLastTenJobs) {
    for (int i = 0; i < 12; ++i) ended("hồ sơ", i % 2 == 0 ? catalog::JobState::done : catalog::JobState::failed);
    ended("etc", catalog::JobState::done);
    Waiting waiting;
    waiting.plan = "hồ sơ";
    waiting.what = Waiting::For::medium;
    waiting.medium = "disk-a";
    control_.waiting_runs = {waiting};
    const Json plan = get("/v1/plans/" + encode_percent("hồ sơ"));
    EXPECT_EQ(plan["name"], "hồ sơ");
    EXPECT_FALSE(plan["retention"].get<std::string>().empty());
    EXPECT_EQ(plan["not_between"], Json::array({"07:00-17:30"}));
    EXPECT_NE(plan["waiting"].get<std::string>().find("disk-a"), std::string::npos);
    ASSERT_EQ(plan["jobs"].size(), 10u);
    for (const Json& job : plan["jobs"]) EXPECT_EQ(job["plan"], "hồ sơ");
    EXPECT_GT(plan["jobs"][0]["id"], plan["jobs"][1]["id"]);
    EXPECT_TRUE(fails_with(Code::not_found, ask().get("/v1/plans/none")));
}

TEST_F(WorkRoutes, WhatRunsNextIsToldSoonestFirstAndHeedsWindows) {
    control_.views[0].is_due = true;
    control_.views[0].next_trigger = Trigger::missed;
    const Json runs = get("/v1/plans/next?count=30");
    ASSERT_EQ(runs.size(), 30u);
    EXPECT_EQ(runs[0]["plan"], "etc");
    EXPECT_EQ(runs[0]["due"], true);
    EXPECT_EQ(runs[0]["trigger"], "missed");
    Time last{};
    int of_the_hour = 0;
    for (const Json& run : runs) {
        const auto at = parse_time(run["at"].get<std::string>());
        ASSERT_TRUE(is_ok(at));
        EXPECT_GE(*at, last);
        last = *at;
        if (run["plan"] != "hồ sơ") continue;
        ++of_the_hour;
        const std::string clock = run["at"].get<std::string>().substr(11, 5);
        EXPECT_TRUE(clock < "07:00" || clock >= "17:30") << clock;
    }
    EXPECT_GT(of_the_hour, 10);
    EXPECT_EQ(get("/v1/plans/next?count=2").size(), 2u);
    EXPECT_TRUE(fails_with(Code::usage, ask().get("/v1/plans/next?count=1001")));
}

TEST_F(WorkRoutes, ARunIsEnteredUnderTheAccountThatAskedForIt) {
    const Json job = post("/v1/plans/etc/run", {{"reason", "before the upgrade"}, {"source_changed", true}});
    EXPECT_EQ(job["state"], "queued");
    EXPECT_EQ(job["plan"], "etc");
    EXPECT_EQ(job["reason"], "before the upgrade");
    EXPECT_EQ(job["asked_by"], ::getuid() == 0 ? "root" : job["asked_by"].get<std::string>());
    EXPECT_TRUE(job["exit"].is_null());
    ASSERT_EQ(control_.requests().size(), 1u);
    EXPECT_TRUE(control_.requests()[0].source_changed);
    EXPECT_TRUE(fails_with(Code::not_found, ask().post("/v1/plans/etcc/run", Json::object())));
    EXPECT_NE(curl("/v1/plans/etc/run", {"--data", "{}"}).out.find("\n202"), std::string::npos);
}

TEST_F(WorkRoutes, EverythingAtOnceNeedsAReason) {
    EXPECT_TRUE(fails_with(Code::usage, ask().post("/v1/plans/run", Json::object())));
    EXPECT_TRUE(fails_with(Code::usage, ask().post("/v1/plans/run", {{"reason", ""}})));
    const Json answer = post("/v1/plans/run", {{"reason", "incident 12/2026"}});
    EXPECT_EQ(answer["jobs"].size(), 3u);
    EXPECT_EQ(control_.requests().back().reason, "incident 12/2026");
}

TEST_F(WorkRoutes, JobsAreListedPageByPageAndByStateAndPlan) {
    std::vector<catalog::JobId> ids;
    for (int i = 0; i < 5; ++i) ids.push_back(ended("etc", catalog::JobState::done));
    ended("portal-db", catalog::JobState::failed, Error{Code::io, "the disk does not answer"});
    const Json first = get("/v1/jobs?plan=etc&limit=3");
    ASSERT_EQ(first["jobs"].size(), 3u);
    EXPECT_EQ(first["jobs"][0]["id"], ids[4]);
    const Json second = get("/v1/jobs?plan=etc&limit=3&before=" + std::to_string(first["next_before"].get<catalog::JobId>()));
    ASSERT_EQ(second["jobs"].size(), 2u);
    EXPECT_EQ(second["jobs"][1]["id"], ids[0]);
    EXPECT_TRUE(second["next_before"].is_null());
    const Json failed = get("/v1/jobs?state=failed");
    ASSERT_EQ(failed["jobs"].size(), 1u);
    EXPECT_EQ(failed["jobs"][0]["error"], (Json{{"code", "io"}, {"message", "the disk does not answer"}}));
    EXPECT_EQ(failed["jobs"][0]["exit"], 1);
    for (const char* bad :
         {"/v1/jobs?state=succeeded", "/v1/jobs?limit=0", "/v1/jobs?limit=1001", "/v1/jobs?before=x", "/v1/jobs/x"})
        EXPECT_TRUE(fails_with(Code::usage, ask().get(bad))) << bad;
    EXPECT_TRUE(fails_with(Code::not_found, ask().get("/v1/jobs/999999")));
}

TEST_F(WorkRoutes, AJobIsShownWithItsPhasesNumbersAndWarnings) {
    catalog::NewMedium medium;
    medium.name = "disk-a";
    medium.facts.kind = "disk";
    const auto key = catalog::Media(control_.catalog()).add(medium);
    ASSERT_TRUE(is_ok(key));
    const catalog::JobId id = run("etc");
    catalog::Jobs jobs(control_.catalog());
    control_.begin_job(id);
    ASSERT_TRUE(is_ok(jobs.use_medium(id, *key, std::nullopt)));
    ASSERT_TRUE(is_ok(jobs.begin_phase(id, "backup")));
    control_.fake_clock.advance(7 * kSecond + 200'000'000);
    control_.warn(id, "/etc/lp.cfg changed while it was read");
    ASSERT_TRUE(is_ok(jobs.begin_phase(id, "copy disk-b")));
    control_.fake_clock.advance(2 * kSecond);
    catalog::JobEnd end;
    end.state = catalog::JobState::done_with_failures;
    end.snapshot = ObjectId{};
    end.sequence = 17;
    end.counts.items_new = 3;
    end.counts.items_failed = 1;
    end.counts.bytes_stored = 4096;
    end.reconciled = catalog::ReconcileResult{1246, 1'992'294, 2, 1, 0};
    end.read_back = catalog::ReadBackResult{5, 4096, 0};
    control_.end_job(id, end);
    const Json job = get("/v1/jobs/" + std::to_string(id));
    EXPECT_EQ(job["state"], "done_with_failures");
    EXPECT_EQ(job["exit"], 3);
    EXPECT_EQ(job["medium"], "disk-a");
    EXPECT_EQ(job["snapshot"], ObjectId{}.hex());
    EXPECT_EQ(job["sequence"], 17);
    EXPECT_EQ(job["files"], (Json{{"new", 3}, {"changed", 0}, {"unchanged", 0}, {"failed", 1}}));
    EXPECT_EQ(job["bytes"]["stored"], 4096);
    EXPECT_EQ(job["reconciled"]["mismatches"], 3);
    EXPECT_EQ(job["read_back"]["objects"], 5);
    EXPECT_EQ(job["seconds"], 9.2);
    EXPECT_EQ(job["warnings"], Json::array({"/etc/lp.cfg changed while it was read"}));
    ASSERT_EQ(job["phases"].size(), 2u);
    EXPECT_EQ(job["phases"][0]["name"], "backup");
    EXPECT_EQ(job["phases"][0]["state"], "done");
    EXPECT_EQ(job["phases"][0]["seconds"], 7.2);
    EXPECT_EQ(get("/v1/jobs")["jobs"][0]["medium"], "disk-a");
}

TEST_F(WorkRoutes, WhoLooksOnSeesProgressAndWarningsAndTheRecordAsTheLastLine) {
    const catalog::JobId id = run("etc");
    std::vector<Json> lines;
    const auto last = stream("GET", "/v1/jobs/" + std::to_string(id) + "/stream", std::nullopt, lines, [&] {
        ASSERT_TRUE(wait_until([&] { return control_.is_watched(id); }));
        control_.begin_job(id);
        control_.progress(id, {{"phase", "backing up"}, {"items_done", 800}});
        control_.warn(id, "/etc/lp.cfg changed while it was read");
        catalog::JobEnd end;
        end.state = catalog::JobState::failed;
        end.error = Error{Code::corrupt, "3 objects of disk-a are damaged"};
        control_.end_job(id, end);
    });
    ASSERT_TRUE(is_ok(last)) << "the field error of a record is no error of the stream";
    EXPECT_EQ((*last)["state"], "failed");
    EXPECT_EQ((*last)["exit"], 4);
    ASSERT_GE(lines.size(), 2u);
    EXPECT_EQ(lines[lines.size() - 2]["warning"], "/etc/lp.cfg changed while it was read");
    std::vector<Json> of_ended;
    const auto again = stream("GET", "/v1/jobs/" + std::to_string(id) + "/stream", std::nullopt, of_ended, [] {});
    ASSERT_TRUE(is_ok(again));
    EXPECT_EQ(of_ended.size(), 1u);
    EXPECT_EQ(*again, *last);
}

TEST_F(WorkRoutes, ARunCanBeFollowedAtOnceAndAServiceThatEndsSaysSo) {
    std::vector<Json> lines;
    const auto last = stream("POST", "/v1/plans/etc/run", Json{{"follow", true}}, lines, [&] {
        ASSERT_TRUE(wait_until([&] { return !control_.requests().empty() && control_.is_watched(1); }));
        control_.cut_off(1);
    });
    EXPECT_TRUE(fails_with(Code::interrupted, last));
}

TEST_F(WorkRoutes, AJobIsCancelledByTheAccountThatAskedAndOnlyWhileItIsOpen) {
    const catalog::JobId id = run("etc");
    const std::string path = "/v1/jobs/" + std::to_string(id) + "/cancel";
    EXPECT_EQ(post(path)["state"], "cancelled");
    ASSERT_EQ(control_.cancelled_by().size(), 1u);
    EXPECT_FALSE(control_.cancelled_by()[0].empty());
    EXPECT_TRUE(fails_with(Code::refused, ask().post(path, Json::object())));
    EXPECT_TRUE(fails_with(Code::not_found, ask().post("/v1/jobs/999999/cancel", Json::object())));
}

TEST_F(WorkRoutes, StandingAlertsSayWhenTheyAreSentAgainAndInTheLanguageOfWhoAsks) {
    AlertRecord record;
    record.event.kind = AlertKind::copy_owed;
    record.event.medium = "disk-b";
    record.event.detail = "owed since 2026-10-26";
    record.first = record.last = control_.fake_clock.now();
    record.told = control_.fake_clock.now();
    control_.desk.records = {record};
    control_.desk.trouble_list = {{"smtp://mail.example:25", control_.fake_clock.now(), "connection refused", 3}};
    control_.desk.outbox_state.pending = 2;
    const Json answer = get("/v1/alerts");
    ASSERT_EQ(answer["alerts"].size(), 1u);
    const Json& alert = answer["alerts"][0];
    EXPECT_EQ(alert["kind"], "copy_owed");
    EXPECT_EQ(alert["about"], "disk-b");
    EXPECT_NE(alert["what"].get<std::string>().find("has owed copies"), std::string::npos);
    EXPECT_NE(alert["type"].get<std::string>().find("custody media attach disk-b"), std::string::npos);
    const auto sent = parse_time(alert["sent"].get<std::string>()), again = parse_time(alert["sent_again"].get<std::string>());
    ASSERT_TRUE(is_ok(sent) && is_ok(again));
    EXPECT_EQ(again->ns - sent->ns, control_.config_value->alert.settings.remind_every_ns);
    EXPECT_EQ(answer["queued"], 2);
    EXPECT_EQ(answer["troubles"][0]["why"], "connection refused");
    const std::string vietnamese = curl("/v1/alerts", {"-H", "Accept-Language: vi"}).out;
    EXPECT_NE(vietnamese.find("còn nợ bản sao quá lâu"), std::string::npos) << vietnamese;
    EXPECT_EQ(vietnamese.find("has owed copies"), std::string::npos);
}

TEST_F(WorkRoutes, ATestMessageTellsChannelByChannelWhetherItWasTaken) {
    control_.desk.test_results.push_back({"smtp://127.0.0.1:25", done()});
    control_.desk.test_results.push_back({"tls://syslog.example:6514", Error{Code::failed, "connection refused"}});
    const Json results = post("/v1/alerts/test");
    ASSERT_EQ(results.size(), 2u);
    EXPECT_EQ(results[0], (Json{{"channel", "smtp://127.0.0.1:25"}, {"delivered", true}, {"message", nullptr}}));
    EXPECT_EQ(results[1]["delivered"], false);
    EXPECT_EQ(results[1]["message"], "connection refused");
}

TEST_F(WorkRoutes, KeysSayForWhichLabelsTheNightHasOne) {
    const test::Vault vault(scratch_ / "keys");
    std::filesystem::create_directory(vault.folder());
    ASSERT_EQ(vault({"init"}).exit, 0);
    Config config = *control_.config_value;
    config.keys.keyring = vault.keyring();
    control_.config_value = std::make_shared<const Config>(config);
    const Json locked = get("/v1/keys");
    ASSERT_EQ(locked.size(), 5u);
    for (const Json& label : locked) {
        EXPECT_EQ(label["has_key"], false);
        EXPECT_TRUE(label["unlocked_until"].is_null());
    }
    const Outcome unlocked = vault({"key", "unlock", "--label", "log", "--for", "10m"});
    if (const std::string why = test::why_no_kernel_keys(); !why.empty()) GTEST_SKIP() << why;
    ASSERT_EQ(unlocked.exit, 0) << unlocked.err;
    for (const Json& label : get("/v1/keys")) {
        EXPECT_EQ(label["has_key"], label["label"] == "log");
        EXPECT_EQ(label["by_credential"], false);
    }
    EXPECT_EQ(vault({"key", "lock"}).exit, 0);
}

TEST_F(WorkRoutes, TheCatalogueSaysSinceWhenItIsOne) {
    const Json catalog = get("/v1/catalog");
    EXPECT_EQ(catalog["folder"], control_.catalog().folder());
    EXPECT_EQ(catalog["created"], to_rfc3339_local(control_.fake_clock.now()));
    EXPECT_TRUE(catalog["rebuilt"].is_null());
}

}  // namespace
}  // namespace custody
