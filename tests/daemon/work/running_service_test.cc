// custodyd as a whole: plans run, to two media, are recorded, and go on after whatever happens.
#include "base/text.h"
#include "tests/support/wait_for.h"
#include "tests/support/whole_service.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace custody {
namespace {

using test::Outcome;
using test::wait_until;
using test::WholeService;

TEST(RunningService, RunsAPlanThatNeverRanToBothMediaAndRecordsIt) {
    WholeService service("service-run");
    service.configure(service.plan());
    service.start();
    const Json job = service.ended_job("srv");
    ASSERT_EQ("done", job.value("state", "")) << job.dump(1);
    EXPECT_EQ("missed", job["reason"]);
    EXPECT_EQ(3, job["reconciled"]["files"].get<int>()) << job.dump(1);
    const Json a = service.snapshots("a", "srv"), b = service.snapshots("b", "srv");
    ASSERT_EQ(1U, a.size());
    ASSERT_EQ(1U, b.size());
    EXPECT_EQ(a[0]["id"], b[0]["id"]);
    EXPECT_EQ(a[0]["id"], job["snapshot"]);
    std::vector<std::string> phases;
    for (const Json& phase : job["phases"]) phases.push_back(phase["name"]);
    EXPECT_NE(phases.end(), std::find(phases.begin(), phases.end(), "copy b")) << job["phases"].dump();
    const auto status = service.client().get("/v1/status");
    ASSERT_TRUE(status.ok());
    EXPECT_EQ("protected", (*status)["plans"][0]["state"]) << status->dump(1);
    EXPECT_EQ(2, (*status)["plans"][0]["copies"].get<int>());
    const Outcome ended = service.stop();
    EXPECT_EQ(0, ended.exit) << ended.err;
}

TEST(RunningService, AChangeIsBackedUpOnceItHasSettled) {
    WholeService service("service-change");
    service.configure(service.plan("on_change = true\nsettle = \"1s\"\n"));
    service.start();
    const Json first = service.ended_job("srv");
    ASSERT_EQ("done", first.value("state", "")) << first.dump(1);
    std::ofstream(service.source() + "/readme") << "changed\n";
    const Json second = service.ended_job("srv", first["id"].get<std::int64_t>());
    ASSERT_EQ("done", second.value("state", "")) << second.dump(1);
    EXPECT_EQ("change", second["reason"]);
    EXPECT_EQ(2U, service.snapshots("b", "srv").size());
}

TEST(RunningService, AMediumThatIsAwayOwesAndIsBroughtIntoStepWhenItIsBack) {
    WholeService service("service-owed");
    service.configure(service.plan());
    std::filesystem::rename(service / "b", service / "away");
    service.start();
    const Json job = service.ended_job("srv");
    ASSERT_EQ("done", job.value("state", "")) << job.dump(1);
    EXPECT_EQ(1U, service.snapshots("a", "srv").size());
    EXPECT_FALSE(std::filesystem::exists(service / "b"));  // nothing is made in its place
    ASSERT_EQ(0, service.stop().exit);
    std::filesystem::rename(service / "away", service / "b");
    service.start();
    EXPECT_TRUE(wait_until([&] { return service.snapshots("b", "srv").size() == 1; }));
}

TEST(RunningService, AfterKillWhatWasOpenIsClosedAsInterruptedAndTheNextRunIsRight) {
    WholeService service("service-kill");
    for (int i = 0; i < 40; ++i)
        std::ofstream(service.source() + "/" + std::to_string(i)) << std::string(2'000'000, static_cast<char>('a' + i % 26)) << i;
    service.configure(service.plan("bandwidth = \"4MiB\"\n"));
    service.start();
    ASSERT_TRUE(wait_until([&] {
        const auto jobs = service.client().get("/v1/jobs?state=running");
        return jobs.ok() && !(*jobs)["jobs"].empty();
    }));
    service.kill();
    service.configure(service.plan());
    service.start();
    const auto jobs = service.client().get("/v1/jobs?plan=srv");
    ASSERT_TRUE(jobs.ok());
    const Json first = (*jobs)["jobs"].back();
    EXPECT_EQ("interrupted", first["state"]) << first.dump();
    const auto run = service.client().post("/v1/plans/srv/run", {{"reason", "after the cut"}});
    ASSERT_TRUE(run.ok()) << run.error().message;
    const Json second = service.ended_job("srv", first["id"].get<std::int64_t>());
    ASSERT_EQ("done", second.value("state", "")) << second.dump(1);
    EXPECT_EQ(0, service.custody({"verify", "--vault", service.vault("a"), "--level", "full"}).exit);
    EXPECT_EQ(1U, service.snapshots("a", "srv").size());
}

TEST(RunningService, ASourceThatIsAllAtOnceEmptyMakesNoSnapshot) {
    WholeService service("service-empty");
    service.configure(service.plan());
    service.start();
    const Json first = service.ended_job("srv");
    ASSERT_EQ("done", first.value("state", "")) << first.dump(1);
    std::filesystem::rename(service.source(), service / "moved");
    std::filesystem::create_directory(service.source());
    const auto run = service.client().post("/v1/plans/srv/run", {{"reason", "test"}});
    ASSERT_TRUE(run.ok()) << run.error().message;
    const Json second = service.ended_job("srv", first["id"].get<std::int64_t>());
    EXPECT_EQ("failed", second.value("state", "")) << second.dump(1);
    EXPECT_EQ("not_found", second["error"]["code"]);
    EXPECT_EQ(1U, service.snapshots("a", "srv").size());
    const auto alerts = service.client().get("/v1/alerts");
    ASSERT_TRUE(alerts.ok());
    std::map<std::string, std::string> told;
    for (const Json& alert : (*alerts)["alerts"]) told[alert["kind"]] = alert["severity"];
    EXPECT_EQ("critical", told["source_absent"]) << "of important data: " << alerts->dump(1);
    EXPECT_FALSE(told.contains("medium_absent")) << "the medium is as it was";
}

TEST(RunningService, EachAnswerIsInTheLanguageOfWhoAsks) {
    WholeService service("service-language");
    service.configure(service.plan());
    service.start();
    ASSERT_EQ("done", service.ended_job("srv").value("state", ""));
    const auto status = [&](Language asker) {
        const LanguageScope scope(asker);
        const auto answer = service.client().get("/v1/status");
        return answer.ok() ? *answer : Json();
    };
    const Json english = status(Language::english), vietnamese = status(Language::vietnamese);
    ASSERT_FALSE(english["exceptions"].empty()) << english.dump(1);
    EXPECT_NE(std::string::npos, english["exceptions"][0].get<std::string>().find("medium a: the medium may lie"));
    EXPECT_NE(std::string::npos, vietnamese["exceptions"][0].get<std::string>().find("phương tiện")) << vietnamese.dump(1);
    for (const char* list : {"exceptions", "not_covered"}) {
        ASSERT_EQ(english[list].size(), vietnamese[list].size());
        for (std::size_t i = 0; i < english[list].size(); ++i) EXPECT_NE(english[list][i], vietnamese[list][i]);
    }
    // What is refused on the way, too.
    const LanguageScope scope(Language::vietnamese);
    const auto refused = service.client().post("/v1/plans/none/run", Json::object());
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(std::string::npos, refused.error().message.find("không có kế hoạch")) << refused.error().message;
}

TEST(RunningService, ARunThatWasAskedForOfAPlanThatIsTakenOutIsCancelled) {
    WholeService service("service-taken-out");
    for (int i = 0; i < 40; ++i)
        std::ofstream(service.source() + "/" + std::to_string(i)) << std::string(2'000'000, static_cast<char>('a' + i % 26)) << i;
    const std::string slow = service.plan("bandwidth = \"1MiB\"\n");
    service.configure(slow + "[[plan]]\nname = \"other\"\nlabel = \"business\"\nsource = { files = [\"" + service.source() +
                      "\"] }\nschedule = \"0 3 * * *\"\n");
    service.start();
    ASSERT_TRUE(wait_until([&] {
        const auto jobs = service.client().get("/v1/jobs?state=running&kind=backup");
        return jobs.ok() && !(*jobs)["jobs"].empty();
    }));
    const auto running = service.client().get("/v1/jobs?state=running&kind=backup");
    const std::string first = (*running)["jobs"][0]["plan"], second = first == "srv" ? "other" : "srv";
    const auto asked = service.client().post("/v1/plans/" + second + "/run", {{"reason", "test"}});
    ASSERT_TRUE(asked.ok()) << asked.error().message;
    ASSERT_EQ("queued", (*asked)["state"]);
    service.configure("[[plan]]\nname = \"" + first + "\"\nlabel = \"business\"\nsource = { files = [\"" + service.source() +
                      "\"] }\nschedule = \"0 3 * * *\"\nbandwidth = \"1MiB\"\n");
    service.reload();
    const std::string id = std::to_string((*asked)["id"].get<std::int64_t>());
    ASSERT_TRUE(wait_until([&] {
        const auto job = service.client().get("/v1/jobs/" + id);
        return job.ok() && (*job)["state"] == "cancelled";
    }));
    EXPECT_EQ(0, service.stop().exit);
}

TEST(RunningService, AHookThatFailsAfterwardsFailsTheRunAndTheSnapshotIsStillThatJobs) {
    WholeService service("service-hook");
    service.configure("[[plan]]\nname = \"srv\"\nlabel = \"business\"\nsource = { files = [\"" + service.source() +
                      "\"], after = [\"/bin/false\"] }\nschedule = \"0 3 * * *\"\n");
    service.start();
    const Json job = service.ended_job("srv");
    EXPECT_EQ("failed", job.value("state", "")) << job.dump(1);
    ASSERT_EQ(1U, service.snapshots("a", "srv").size());
    EXPECT_EQ(service.snapshots("a", "srv")[0]["id"], job["snapshot"]) << job.dump(1);
}

TEST(RunningService, ARunIsCancelledCleanly) {
    WholeService service("service-cancel");
    for (int i = 0; i < 40; ++i)
        std::ofstream(service.source() + "/" + std::to_string(i)) << std::string(2'000'000, static_cast<char>('a' + i % 26)) << i;
    service.configure(service.plan("bandwidth = \"1MiB\"\n"));
    service.start();
    std::int64_t id = 0;
    ASSERT_TRUE(wait_until([&] {
        const auto jobs = service.client().get("/v1/jobs?state=running&plan=srv");
        if (!jobs.ok() || (*jobs)["jobs"].empty()) return false;
        id = (*jobs)["jobs"][0]["id"].get<std::int64_t>();
        return true;
    }));
    ASSERT_TRUE(service.client().post("/v1/jobs/" + std::to_string(id) + "/cancel", Json::object()).ok());
    const Json job = service.ended_job("srv");
    EXPECT_EQ("cancelled", job.value("state", "")) << job.dump(1);
    EXPECT_EQ(0U, service.snapshots("a", "srv").size());
    EXPECT_EQ(0, service.stop().exit);
}

}  // namespace
}  // namespace custody
