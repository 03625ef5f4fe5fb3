// The server burnt; what is left is one medium and one recovery kit, and nothing else. `custody recover` on a bare machine of
// another name, what it says to type, and custodyd runs on what came back: the same plans, media, jobs, with a key of its own.
#include "catalog/jobs.h"
#include "catalog/media.h"
#include "catalog/snapshots.h"
#include "daemon/config/law.h"
#include "daemon/config/load.h"
#include "daemon/jobs/catalog_backup.h"
#include "daemon/jobs/job_context.h"
#include "tests/support/recording_alerts.h"
#include "tests/support/results.h"
#include "tests/support/whole_service.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace custody {
namespace {

namespace fs = std::filesystem;
using test::is_ok;
using test::Outcome;
using test::Program;
using test::run;
using test::WholeService;

constexpr const char* kNewName = "may-moi";

class RecoveryWhole : public testing::Test {
protected:
    // As the service does once a day; between two lives of it, so that they are the last thing that was stored. The job's id.
    static void make_records(const WholeService& service, catalog::JobId& made) {
        FileSystem& files = posix_file_system();
        auto loaded = load_config(files, service.config(), ZoneRules(), law_folders());
        ASSERT_TRUE(is_ok(loaded));
        ASSERT_TRUE(loaded->sound()) << loaded->faults.front();
        const auto config = std::make_shared<const Config>(loaded->config);
        auto opened = catalog::Catalog::open(config->service.state_folder, system_clock());
        ASSERT_TRUE(is_ok(opened));
        catalog::Catalog& catalog = **opened;
        test::RecordingAlerts alerts;
        const ServiceLog log = ServiceLog::to_standard_error();
        MediaKeeper keeper(files, system_clock(), catalog, alerts, log);
        keeper.configure(config);
        ASSERT_TRUE(is_ok(keeper.look()));
        catalog::NewJob asked;
        asked.kind = catalog::JobKind::catalog;
        asked.label = "log";
        asked.reason = "schedule";
        asked.asked_by = "service";
        const auto id = catalog::Jobs(catalog).add(asked);
        ASSERT_TRUE(is_ok(id));
        LiveJob job(catalog, log, *id, "records");
        ASSERT_TRUE(is_ok(job.begin()));
        const JobContext context{files, system_clock(), catalog, alerts, keeper, LabelSecretsDoor(service / "credentials"),
                                 log,   config,         job};
        const catalog::JobEnd end = back_up_records(context);
        EXPECT_EQ(catalog::JobState::done, end.state) << (end.error ? end.error->message : "");
        ASSERT_TRUE(is_ok(job.end(end)));
        made = *id;
    }
    [[nodiscard]] Program command(std::vector<std::string> arguments) const {
        return {CUSTODY_PROGRAM,
                std::move(arguments),
                {{"CUSTODY_KEYRING", service_ / "keyring"},
                 {"CUSTODY_CONFIG", service_.config()},
                 {"CUSTODY_CACHE", service_ / "cache"},
                 {"CUSTODY_PASSPHRASE", "a passphrase of this test"},
                 {"CUSTODY_KIT_PASSPHRASE", "năm con gà vàng ngoài sân"},
                 {"CUSTODY_VAULT", ""},
                 {"LC_ALL", "C.UTF-8"}},
                "",
                std::nullopt};
    }
    // On a machine of another name, where this user may have one.
    [[nodiscard]] Outcome on_new_machine(const std::vector<std::string>& arguments) const {
        Program program = command(arguments);
        if (!is_renamed()) return run(program);
        std::vector<std::string> words = {"--uts", "/bin/sh", "-c",
                                          std::string("hostname ") + kNewName + " && exec \"$0\" \"$@\"", program.path};
        words.insert(words.end(), arguments.begin(), arguments.end());
        program.path = "/usr/bin/unshare";
        program.arguments = words;
        return run(program);
    }
    [[nodiscard]] static bool is_renamed() { return ::geteuid() == 0 && fs::exists("/usr/bin/unshare"); }
    // All that burns: everything but medium a and the kit.
    void burn() const {
        std::set<std::string> left;
        for (const auto& entry : fs::directory_iterator(service_ / "")) left.insert(entry.path());
        for (const std::string& path : left)
            if (path != service_ / "a" && path != kit_) fs::remove_all(path);
    }

    catalog::JobId records_ = 0;  // the last
    WholeService service_{"service-recovery"};
    const std::string kit_ = service_ / "kit";
};

TEST_F(RecoveryWhole, WithOneMediumAndOneKitAndNothingElseTheServiceRunsAgain) {
    service_.configure(service_.plan());
    ASSERT_EQ(0, run(command({"key", "export", "--recovery", "--output", kit_})).exit);
    service_.start();
    const Json before = service_.ended_job("srv");
    ASSERT_EQ("done", before.value("state", "")) << before.dump(1);
    const auto moved = service_.client().post("/v1/media/b/move", {{"place", "Kho lưu trữ"}, {"custodian", "Nguyễn Thị Lan"}});
    ASSERT_TRUE(is_ok(moved));
    ASSERT_EQ(0, service_.stop().exit);
    make_records(service_, records_);
    std::ifstream file(service_.config());
    const std::string config((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());

    burn();
    const Outcome recovered = on_new_machine({"recover", "--vault", service_.vault("a"), "--kit", kit_, "--json"});
    ASSERT_EQ(0, recovered.exit) << recovered.out << recovered.err;
    const Json told = Json::parse(recovered.out, nullptr, false);
    EXPECT_EQ("restored", told["catalog"]) << recovered.out;
    std::ifstream back(service_.config());
    EXPECT_EQ(config, std::string((std::istreambuf_iterator<char>(back)), std::istreambuf_iterator<char>()));
    const Outcome checked = run({CUSTODYD_PROGRAM, {"--check-config", "--config", service_.config()}, {}, "", {}});
    EXPECT_EQ(0, checked.exit) << checked.err;
    const Outcome restored = run(command({"restore", "latest:srv", "--target", "/", "--vault", service_.vault("a")}));
    ASSERT_EQ(0, restored.exit) << restored.err;

    service_.start();
    ASSERT_TRUE(service_.is_running());
    // The job that made the records is running in them; the others are as they were.
    const auto job = [&](const Json& id) { return service_.client().get("/v1/jobs/" + id.dump()); };
    const auto made = job(records_), first = job(before["id"]);
    ASSERT_TRUE(is_ok(made));
    ASSERT_TRUE(is_ok(first));
    EXPECT_EQ("interrupted", (*made)["state"]) << made->dump();
    EXPECT_EQ("done", (*first)["state"]) << first->dump();
    std::ofstream(service_.source() + "/readme") << "after the fire\n";
    const auto asked = service_.client().post("/v1/plans/srv/run", {{"reason", "after the fire"}});
    ASSERT_TRUE(is_ok(asked));
    const Json after = service_.ended_job("srv", before["id"].get<std::int64_t>());
    ASSERT_EQ("done", after.value("state", "")) << after.dump(1);
    const Json snapshots = service_.snapshots("a", "srv");
    ASSERT_EQ(2U, snapshots.size());
    EXPECT_EQ(before["snapshot"], snapshots[0]["id"]);
    EXPECT_EQ(after["snapshot"], snapshots[1]["id"]);
    EXPECT_NE(snapshots[0]["signed_by"], snapshots[1]["signed_by"]) << "the new host's own key";
    if (is_renamed()) {
        EXPECT_EQ(kNewName, snapshots[1]["host"]);
    }
    const auto b = service_.client().get("/v1/media/b");
    ASSERT_TRUE(is_ok(b));
    EXPECT_EQ("Nguyễn Thị Lan", (*b)["custodian"]);
    EXPECT_EQ("Kho lưu trữ", (*b)["moves"].back()["place"]);
    EXPECT_EQ(0, service_.stop().exit);
    const Outcome verified = run(command({"verify", "--vault", service_.vault("a"), "--level", "full"}));
    EXPECT_EQ(0, verified.exit) << verified.out << verified.err;
}

// The night after the last records is in the vault alone.
TEST_F(RecoveryWhole, WhatWasStoredAfterTheLastRecordsIsFoundInTheVault) {
    service_.configure(service_.plan());
    ASSERT_EQ(0, run(command({"key", "export", "--recovery", "--output", kit_})).exit);
    service_.start();
    const Json first = service_.ended_job("srv");
    ASSERT_EQ("done", first.value("state", "")) << first.dump(1);
    ASSERT_EQ(0, service_.stop().exit);
    make_records(service_, records_);
    service_.start();
    std::ofstream(service_.source() + "/readme") << "the last night\n";
    ASSERT_TRUE(is_ok(service_.client().post("/v1/plans/srv/run", {{"reason", "test"}})));
    const Json last = service_.ended_job("srv", first["id"].get<std::int64_t>());
    ASSERT_EQ("done", last.value("state", "")) << last.dump(1);
    ASSERT_EQ(0, service_.stop().exit);

    burn();
    const Outcome recovered = on_new_machine({"recover", "--vault", service_.vault("a"), "--kit", kit_});
    ASSERT_EQ(0, recovered.exit) << recovered.out << recovered.err;
    const Outcome restored = run(command({"restore", "latest:srv", "--target", "/", "--vault", service_.vault("a")}));
    ASSERT_EQ(0, restored.exit) << restored.err;
    std::ifstream back(service_.source() + "/readme");
    EXPECT_EQ("the last night\n", std::string((std::istreambuf_iterator<char>(back)), std::istreambuf_iterator<char>()));
    make_records(service_, records_);
    auto catalog = catalog::Catalog::open(service_ / "state", system_clock());
    ASSERT_TRUE(is_ok(catalog));
    const auto id = ObjectId::from_hex(last["snapshot"].get<std::string>());
    ASSERT_TRUE(id);
    const auto known = catalog::Snapshots(**catalog).find(*id);
    ASSERT_TRUE(is_ok(known));
    ASSERT_TRUE(*known);
    EXPECT_TRUE((*known)->rebuilt) << "no job that is known made it";
    const auto b = catalog::Media(**catalog).find("b");
    ASSERT_TRUE(is_ok(b));
    const auto copies = catalog::Snapshots(**catalog).copies_of(*id);
    ASSERT_TRUE(is_ok(copies));
    bool is_owed = false;
    for (const catalog::CopyRecord& copy : *copies)
        is_owed = is_owed || (copy.medium == b->key && copy.state == catalog::CopyState::owed);
    EXPECT_TRUE(is_owed) << "though the old machine stored it, under its own name";
}

}  // namespace
}  // namespace custody
