// kill -9 at any moment of the service's life: it starts again, what was open is closed as interrupted, no record is lost or
// invented, every snapshot that a ledger has is in the catalogue with the job that made it, and the next run is right.
#include "tests/support/sanitizers.h"
#include "tests/support/wait_for.h"
#include "tests/support/whole_service.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <thread>

namespace custody {
namespace {

using test::wait_until;
using test::WholeService;

constexpr int kKills = 12;

class ServiceKill : public testing::Test {
protected:
    ServiceKill() {
        for (int i = 0; i < 12; ++i) grow(i);
        service_.configure(service_.plan());
    }
    // New content, so that each run has something to store.
    void grow(int i) const {
        std::string content(400'000, '\0');
        std::mt19937 random(test::test_seed() + static_cast<unsigned>(i));
        for (char& c : content) c = static_cast<char>(random());
        std::ofstream(service_.source() + "/" + std::to_string(i), std::ios::binary) << content;
    }
    [[nodiscard]] Json jobs() const {
        const auto answer = service_.client().get("/v1/jobs?limit=1000&kind=backup");
        EXPECT_TRUE(answer.ok()) << answer.error().message;
        return answer.ok() ? (*answer)["jobs"] : Json::array();
    }
    // Newest first: ids go down without a gap in what was seen before, and nothing is open that does not run now.
    void check_records(const Json& before) const {
        const Json now = jobs();
        std::set<std::int64_t> ids;
        for (const Json& job : now) ids.insert(job["id"].get<std::int64_t>());
        EXPECT_EQ(ids.size(), now.size());
        for (const Json& job : before) EXPECT_TRUE(ids.contains(job["id"].get<std::int64_t>())) << job.dump();
        for (const Json& job : before) {
            if (job["state"] != "running") continue;
            const auto after = service_.client().get("/v1/jobs/" + std::to_string(job["id"].get<std::int64_t>()));
            ASSERT_TRUE(after.ok());
            EXPECT_EQ("interrupted", (*after)["state"]) << after->dump();
        }
    }
    WholeService service_{"service-kills"};
};

TEST_F(ServiceKill, AtAnyMomentLosesNothingAndInventsNothing) {
    std::mt19937 random(test::test_seed());
    std::uniform_int_distribution<int> moment(20, 1500);
    Json before = Json::array();
    for (int kill = 0; kill < kKills; ++kill) {
        service_.start();
        ASSERT_TRUE(service_.is_running());
        check_records(before);
        grow(100 + kill);
        (void)service_.client().post("/v1/plans/srv/run", {{"reason", "kill " + std::to_string(kill)}});
        std::this_thread::sleep_for(std::chrono::milliseconds(moment(random)));
        before = jobs();
        service_.kill();
    }
    service_.start();
    check_records(before);
    const auto last = service_.client().post("/v1/plans/srv/run", {{"reason", "the last"}});
    ASSERT_TRUE(last.ok()) << last.error().message;
    const Json job = service_.ended_job("srv", (*last)["id"].get<std::int64_t>() - 1);
    ASSERT_EQ("done", job.value("state", "")) << job.dump(1);
    // Each snapshot in the ledger is some job's.
    const auto all_claimed = [&] {
        std::set<std::string> claimed;
        for (const Json& one : jobs())
            if (one["snapshot"].is_string()) claimed.insert(one["snapshot"].get<std::string>());
        for (const Json& snapshot : service_.snapshots("a", "srv"))
            if (!claimed.contains(snapshot["id"].get<std::string>())) return false;
        return true;
    };
    EXPECT_TRUE(wait_until(all_claimed)) << jobs().dump(1) << service_.snapshots("a", "srv").dump(1);
    EXPECT_TRUE(wait_until([&] { return service_.snapshots("a", "srv").size() == service_.snapshots("b", "srv").size(); }));
    EXPECT_EQ(0, service_.stop().exit);
    for (const char* medium : {"a", "b"}) {
        const auto verified = service_.custody({"verify", "--vault", service_.vault(medium), "--level", "full"});
        EXPECT_EQ(0, verified.exit) << verified.out << verified.err;
    }
    const auto restored =
        service_.custody({"restore", "latest:srv", "--vault", service_.vault("b"), "--target", service_ / "back"});
    EXPECT_EQ(0, restored.exit) << restored.err;
    for (const auto& entry : std::filesystem::directory_iterator(service_.source())) {
        if (!entry.is_regular_file()) continue;
        EXPECT_EQ(test::text_of_file(entry.path()), test::text_of_file(service_ / "back" + entry.path().string()));
    }
}

}  // namespace
}  // namespace custody
