// Bad nights of the whole service: what is wrong is said in clear words by status, record and alert, nothing is lost, and the
// next run is right. Fault model: a medium's device fails from some moment on, and is there again later; another vault lies under
// a medium's path; a medium is full; a database server is down; a hook and a mail server never answer; a second service is
// started.
#include "tests/support/database_server.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/scripted_server.h"
#include "tests/support/wait_for.h"
#include "tests/support/whole_service.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <random>
#include <string>

namespace custody::test {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
const char* const kTriesSoon = "retry = { times = 10, wait = \"1s\", longest_wait = \"1s\" }\n";

void write_noise(const std::string& path, std::uint64_t bytes) {
    std::mt19937_64 random(bytes);
    std::ofstream file(path, std::ios::binary);
    for (std::uint64_t done = 0; done < bytes; done += sizeof(std::uint64_t)) {
        const std::uint64_t next = random();
        file.write(reinterpret_cast<const char*>(&next), sizeof next);
    }
}

// What stands of one kind about one object; null: nothing.
Json alert_of(const WholeService& service, const std::string& kind, const std::string& about) {
    const auto answer = service.client().get("/v1/alerts");
    EXPECT_TRUE(answer.ok());
    for (const Json& alert : answer.ok() ? (*answer)["alerts"] : Json::array()) {
        if (alert["kind"] == kind && alert["about"] == about) return alert;
    }
    return {};
}

std::string needs_of_person(const WholeService& service) {
    const auto status = service.client().get("/v1/status");
    EXPECT_TRUE(status.ok());
    return status.ok() ? (*status)["needs_person"].dump() : "";
}

Json medium_in_status(const WholeService& service, const std::string& name) {
    const auto status = service.client().get("/v1/status");
    EXPECT_TRUE(status.ok());
    for (const Json& medium : status.ok() ? (*status)["media"] : Json::array()) {
        if (medium["name"] == name) return medium;
    }
    return {};
}

void run_now(const WholeService& service) {
    const auto run = service.client().post("/v1/plans/srv/run", {{"reason", "test"}});
    EXPECT_TRUE(run.ok()) << run.error().message;
}

bool wait_for_snapshots(const WholeService& service, const std::string& medium, std::size_t count) {
    return wait_until([&] { return service.snapshots(medium, "srv").size() == count; });
}

// The first that did not fail, or the last that did.
Json last_of_tries(const WholeService& service, const Json& first) {
    Json last = first;
    for (int tries = 0; tries < 10 && last.is_object() && last["state"] == "failed"; ++tries)
        last = service.ended_job("srv", last["id"].get<std::int64_t>());
    return last;
}

// A pack grows below the vault's tmp.
bool is_written_to(const std::string& vault) {
    std::error_code gone;
    for (const auto& each : std::filesystem::directory_iterator(vault + "/tmp", gone)) {
        if (each.file_size(gone) > kMiB && !gone) return true;
    }
    return false;
}

// An ext4 of its own that can be pulled out and put back under its path.
class LooseMedium {
public:
    explicit LooseMedium(std::uint64_t bytes) : loop_(LoopFileSystem::make("ext4", bytes, why_not_)) {}
    ~LooseMedium() {
        std::string output;
        if (is_back_) (void)run_program({"umount", "--lazy", loop_->path()}, output);
    }
    LooseMedium(const LooseMedium&) = delete;
    LooseMedium& operator=(const LooseMedium&) = delete;
    [[nodiscard]] const std::string& why_not() const { return why_not_; }
    [[nodiscard]] std::string path() const { return loop_->path(); }
    [[nodiscard]] bool pull() const { return loop_->pull(); }
    // As the messages ask: checked with fsck before it is used again.
    void put_back() {
        ASSERT_TRUE(wait_until([this] { return loop_->unmount(); }));
        std::string output;
        (void)run_program({"fsck.ext4", "-f", "-y", loop_->image()}, output);  // 1: it mended something
        is_back_ = run_program({"mount", "-o", "loop", loop_->image(), loop_->path()}, output);
        ASSERT_TRUE(is_back_) << output;
    }

private:
    std::string why_not_;
    std::unique_ptr<LoopFileSystem> loop_;
    bool is_back_ = false;
};

TEST(ServiceFaults, AMediumThatIsPulledOutWhileItIsWrittenToIsToldAndBroughtIntoStepWhenItIsBack) {
    LooseMedium medium(96 * kMiB);
    if (!medium.why_not().empty()) GTEST_SKIP() << medium.why_not();
    WholeService service("fault-pulled", {{"a", medium.path()}});
    for (int i = 0; i < 12; ++i)
        write_noise(service.source() + "/" + std::to_string(i), kMiB + static_cast<std::uint64_t>(i) * 8);
    service.configure(service.plan(std::string("bandwidth = \"4MiB\"\n") + kTriesSoon));
    service.start();
    ASSERT_TRUE(wait_until([&] { return is_written_to(service.vault("a")); }));
    ASSERT_TRUE(medium.pull());
    const Json first = service.ended_job("srv");
    ASSERT_FALSE(first.is_null());
    EXPECT_EQ("failed", first.value("state", "")) << first.dump(1);
    EXPECT_NE(std::string::npos, first["error"]["message"].get<std::string>().find(medium.path())) << first["error"].dump();
    EXPECT_TRUE(wait_until([&] { return !alert_of(service, "medium_failed", "a").is_null(); }));
    EXPECT_NE(std::string::npos, needs_of_person(service).find("Medium a")) << needs_of_person(service);
    // Looked at again (as every minute), it is found to fail; the plan goes to the other medium, and the first owes.
    service.reload();
    const Json last = last_of_tries(service, first);
    EXPECT_EQ("done", last.value("state", "")) << last.dump(1);
    EXPECT_EQ(1U, service.snapshots("b", "srv").size());
    EXPECT_FALSE(medium_in_status(service, "a")["present"].get<bool>());
    EXPECT_EQ(1, medium_in_status(service, "a")["owed_snapshots"].get<int>());
    medium.put_back();
    EXPECT_TRUE(wait_for_snapshots(service, "a", 1));
    EXPECT_TRUE(wait_until([&] { return alert_of(service, "medium_failed", "a").is_null(); }));
    EXPECT_TRUE(wait_until([&] { return medium_in_status(service, "a")["owed_snapshots"] == 0; }));
    EXPECT_EQ(0, service.stop().exit);
    for (const char* each : {"a", "b"}) {
        const Outcome verified = service.custody({"verify", "--vault", service.vault(each), "--level", "full"});
        EXPECT_EQ(0, verified.exit) << verified.out << verified.err;
    }
}

TEST(ServiceFaults, TheWrongDiskUnderTheRightNameIsNotWrittenTo) {
    WholeService service("fault-wrong");
    service.configure(service.plan());
    service.start();
    const Json first = service.ended_job("srv");
    ASSERT_EQ("done", first.value("state", "")) << first.dump(1);
    std::filesystem::rename(service / "a", service / "right one");
    std::filesystem::create_directory(service / "a");
    ASSERT_EQ(0, service.custody({"init", "--vault", service.vault("a")}).exit);
    service.reload();
    ASSERT_TRUE(wait_until([&] { return !medium_in_status(service, "a")["present"].get<bool>(); }));
    EXPECT_TRUE(wait_until([&] { return !alert_of(service, "medium_wrong", "a").is_null(); }));
    std::ofstream(service.source() + "/readme") << "changed\n";
    run_now(service);
    const Json second = service.ended_job("srv", first["id"].get<std::int64_t>());
    EXPECT_EQ("done", second.value("state", "")) << second.dump(1);
    EXPECT_EQ(2U, service.snapshots("b", "srv").size());
    EXPECT_EQ(0U, service.snapshots("a", "srv").size());
    EXPECT_EQ(1, medium_in_status(service, "a")["owed_snapshots"].get<int>());
    std::filesystem::rename(service / "a", service / "wrong one");
    std::filesystem::rename(service / "right one", service / "a");
    service.reload();
    EXPECT_TRUE(wait_for_snapshots(service, "a", 2));
    EXPECT_TRUE(wait_until([&] { return alert_of(service, "medium_wrong", "a").is_null(); }));
}

TEST(ServiceFaults, AFullMediumMakesNoSnapshotAndTheNextRunIsRightOnceThereIsRoom) {
    LooseMedium medium(64 * kMiB);
    if (!medium.why_not().empty()) GTEST_SKIP() << medium.why_not();
    WholeService service("fault-full", {{"a", medium.path()}});
    const std::uint64_t room = std::filesystem::space(medium.path()).available;
    ASSERT_GT(room, 24 * kMiB);
    write_noise(medium.path() + "/somebody's film", room - 12 * kMiB);
    write_noise(service.source() + "/large", 20 * kMiB);
    service.configure(service.plan());
    service.start();
    const Json first = service.ended_job("srv");
    EXPECT_EQ("failed", first.value("state", "")) << first.dump(1);
    EXPECT_EQ("no_space", first["error"]["code"]) << first["error"].dump();
    EXPECT_TRUE(first["snapshot"].is_null()) << first.dump(1);
    EXPECT_TRUE(wait_until([&] { return !alert_of(service, "medium_full", "a").is_null(); }));
    EXPECT_TRUE(wait_until([&] { return !alert_of(service, "backup_failed", "srv").is_null(); }));
    EXPECT_NE(std::string::npos, needs_of_person(service).find("srv"));
    std::filesystem::remove(medium.path() + "/somebody's film");
    run_now(service);
    const Json second = service.ended_job("srv", first["id"].get<std::int64_t>());
    EXPECT_EQ("done", second.value("state", "")) << second.dump(1);
    EXPECT_EQ(1U, service.snapshots("a", "srv").size());
    EXPECT_EQ(1U, service.snapshots("b", "srv").size());
    EXPECT_TRUE(alert_of(service, "medium_full", "a").is_null());
    EXPECT_TRUE(alert_of(service, "backup_failed", "srv").is_null());
}

TEST(ServiceFaults, ADatabaseServerThatIsDownIsAskedAgainUntilItIsBack) {
    if (const std::string why = PostgresqlServer::absent(); !why.empty()) GTEST_SKIP() << why;
    PostgresqlServer server;
    server.sql("create table citizen (i int); insert into citizen values (1), (2)");
    server.kill();
    WholeService service("fault-server");
    service.configure("[[plan]]\nname = \"srv\"\nlabel = \"database\"\nsource = { postgresql = \"" + server.conninfo() +
                      "\" }\nschedule = \"0 3 * * *\"\nmedia = [\"a\", \"b\"]\n" + kTriesSoon);
    service.start();
    const Json first = service.ended_job("srv");
    EXPECT_EQ("failed", first.value("state", "")) << first.dump(1);
    EXPECT_NE(std::string::npos, needs_of_person(service).find("srv"));
    server.start();
    const Json last = last_of_tries(service, first);
    EXPECT_EQ("done", last.value("state", "")) << last.dump(1);
    EXPECT_EQ("retry", last["reason"]);
    EXPECT_EQ(1U, service.snapshots("b", "srv").size());
    EXPECT_TRUE(alert_of(service, "backup_failed", "srv").is_null());
}

TEST(ServiceFaults, AHookThatHangsIsEndedAndTheRunFails) {
    WholeService service("fault-hook");
    const std::string plan = "[[plan]]\nname = \"srv\"\nlabel = \"business\"\nschedule = \"0 3 * * *\"\nsource = { files = [\"" +
                             service.source() + "\"]";
    service.configure(plan + ", before = [\"/bin/sleep\", \"600\"], hook_limit = \"1s\" }\n");
    service.start();
    const Json first = service.ended_job("srv");
    EXPECT_EQ("failed", first.value("state", "")) << first.dump(1);
    EXPECT_NE(std::string::npos, first["error"]["message"].get<std::string>().find("sleep")) << first["error"].dump();
    EXPECT_TRUE(wait_until([&] { return !alert_of(service, "backup_failed", "srv").is_null(); }));
    service.configure(plan + " }\n");
    service.reload();
    run_now(service);
    EXPECT_EQ("done", service.ended_job("srv", first["id"].get<std::int64_t>()).value("state", ""));
}

TEST(ServiceFaults, AMailServerThatStallsHoldsUpNeitherRunsNorStatusNorTheEnd) {
    ScriptedServer server({"220 mail.example ESMTP", ""});
    WholeService service("fault-mail");
    service.configure(service.plan() + "[alert.smtp]\nserver = \"smtp://127.0.0.1:" + std::to_string(server.port()) +
                      "\"\nfrom = \"custody@example.org\"\nto = [\"admin@example.org\"]\n");
    service.start();
    auto told = std::async(std::launch::async, [&] { return service.client().post("/v1/alerts/test", Json::object()); });
    ASSERT_TRUE(wait_until([&] { return server.connections() > 0; }));
    EXPECT_EQ("done", service.ended_job("srv").value("state", ""));
    EXPECT_TRUE(service.client().get("/v1/status").ok());
    EXPECT_EQ(0, service.stop().exit);
    (void)told.get();  // an error, or that it was not delivered
}

TEST(ServiceFaults, ASecondServiceOnOneCatalogueIsRefusedInWordsAndTheFirstGoesOn) {
    WholeService service("fault-two");
    service.configure(service.plan());
    service.start();
    const std::string other = service / "other.toml";
    std::string config = text_of_file(service.config());
    config.replace(config.find(service.socket()), service.socket().size(), service / "other.sock");
    std::ofstream(other) << config;
    const Outcome second = run({CUSTODYD_PROGRAM, {"--config", other}, {{"LC_ALL", "C.UTF-8"}}, "", std::nullopt});
    EXPECT_EQ(6, second.exit) << second.err;
    EXPECT_NE(std::string::npos, second.err.find(service / "state")) << second.err;
    EXPECT_EQ("done", service.ended_job("srv").value("state", ""));
    EXPECT_EQ(0, service.stop().exit);
}

}  // namespace
}  // namespace custody::test
