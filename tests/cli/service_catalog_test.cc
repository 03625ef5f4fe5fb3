// custody catalog rebuild: a lost catalogue comes back from the vaults, as far as they know.
#include "catalog/findings.h"
#include "catalog/media.h"
#include "catalog/settings.h"
#include "catalog/snapshots.h"
#include "tests/cli/service_fixture.h"

#include <filesystem>

namespace custody::test {
namespace {

class CatalogRebuild : public ServiceCommands {
protected:
    // Two configured media; one holds a vault with a backup, the other is away.
    void SetUp() override {
        ServiceCommands::SetUp();
        std::filesystem::create_directory(scratch_ / "srv");
        std::ofstream(scratch_ / "srv/readme") << "read me\n";
        vault_ = std::make_unique<Vault>(scratch_ / "by-hand");
        ASSERT_EQ((*vault_)({"init"}).exit, 0);
        ASSERT_EQ((*vault_)({"backup", scratch_ / "srv", "--label", "business", "--name", "srv"}).exit, 0);
        std::ofstream(scratch_ / "media.toml") << "[keys]\nkeyring = \"" << vault_->keyring() << "\"\n[service]\nsocket = \""
                                               << socket() << "\"\nstate_folder = \"" << state() << "\"\n"
                                               << "[[medium]]\nname = \"disk-a\"\nvault = \"" << vault_->vault() << "\"\n"
                                               << "[[medium]]\nname = \"disk-b\"\nvault = \"" << scratch_ / "away/vault"
                                               << "\"\n";
    }
    [[nodiscard]] std::string state() const { return scratch_ / "new-state"; }
    [[nodiscard]] Program rebuild(std::vector<std::string> more = {}) const {
        std::vector<std::string> words = {"catalog", "rebuild", "--config", scratch_ / "media.toml"};
        words.insert(words.end(), more.begin(), more.end());
        Program program = command(words);
        program.environment["CUSTODY_PASSPHRASE"] = program.environment["CUSTODY_KEYRING"] = "";
        return program;
    }
    // As the service stores them every night.
    void store_records(const std::string& media) {
        const std::string records = scratch_ / "records";
        std::filesystem::create_directories(records);
        std::ofstream(records + "/media.json") << media;
        std::ofstream(records + "/findings.json") << R"({"format": "custody findings 1", "made": "2026-11-03T02:00:00Z",
            "open": [{"kind": "overdue", "object": "srv", "severity": "warning", "text": "plan {} is late",
            "arguments": ["srv"], "times": 2, "first_seen_at": "2026-11-01T02:00:00Z", "last_seen_at": "2026-11-02T02:00:00Z",
            "acknowledged_at": "2026-11-02T08:00:00Z", "acknowledged_by": "Lan", "resolved_at": null}], "resolved": []})";
        const Outcome stored = (*vault_)({"backup", records, "--label", "log", "--name", "custody-records"});
        ASSERT_EQ(stored.exit, 0) << stored.err;
    }
    static std::string medium_json(const std::string& name) {
        return R"({"name": ")" + name + R"(", "identity": null, "vault": null, "kind": "disk", "serial": null,
            "filesystem_uuid": null, "state": "in_use", "place": "Kho lưu trữ", "custodian": "Lan", "rotation_set": "A",
            "registered_at": "2026-01-02T03:04:05Z", "first_used_at": null, "last_used_at": null, "moves": [
            {"moved_at": "2026-05-06T07:08:09Z", "state_before": "in_use", "place_before": "Phòng máy chủ",
            "custodian_before": "An", "state": "in_use", "place": "Kho lưu trữ", "custodian": "Lan", "entered_by": "root",
            "note": "BB 12"}]})";
    }
    static std::string register_json() {
        return R"({"format": "custody media register 1", "made": "2026-11-03T02:00:00Z", "media": [)" + medium_json("disk-a") +
               ", " + medium_json("disk-b") + "]}";
    }
    std::unique_ptr<Vault> vault_;
};

TEST_F(CatalogRebuild, TheRegisterComesFromTheRecordsWhereTheirKeyIsAtHand) {
    server_.reset();
    store_records(register_json());
    const Outcome without = run(rebuild());
    ASSERT_EQ(without.exit, 0) << without.err;
    EXPECT_TRUE(has(without.out, "CUSTODY_PASSPHRASE_FILE")) << without.out;
    EXPECT_TRUE(has(without.out, "not known any more: jobs and their results, places")) << without.out;
    Program with_key = rebuild({"--json"});
    with_key.environment["CUSTODY_PASSPHRASE"] = "bốn con mèo đen";
    const Outcome outcome = run(with_key);
    ASSERT_EQ(outcome.exit, 0) << outcome.err;
    const Json report = json_of(outcome);
    EXPECT_TRUE(report["records"].is_string());
    EXPECT_EQ(report["media_completed"], 1);
    EXPECT_EQ(report["media_recorded"], 1);
    EXPECT_EQ(report["moves"], 2);
    EXPECT_EQ(report["findings"], 1);
    EXPECT_EQ(report["not_known"], (Json{"jobs", "settings"}));
    {
        auto opened = catalog::Catalog::open(state(), system_clock());
        ASSERT_TRUE(is_ok(opened));
        catalog::Media media(**opened);
        const auto a = media.find("disk-a"), b = media.find("disk-b");
        ASSERT_TRUE(is_ok(a));
        ASSERT_TRUE(is_ok(b));
        EXPECT_EQ("Kho lưu trữ", a->entry.place);
        EXPECT_EQ(2u, a->copies_present);
        EXPECT_EQ(0u, b->copies_present);
        EXPECT_EQ("BB 12", media.moves(a->key)->front().after.note);
        EXPECT_EQ("Lan", catalog::Findings(**opened).open()->front().acknowledged_by);
    }
    with_key.environment["CUSTODY_PASSPHRASE"] = "another";
    EXPECT_EQ(run(with_key).exit, 8) << "a wrong passphrase is no reason to know less";
    with_key.arguments = rebuild({"--without-records", "--lang", "vi"}).arguments;
    const Outcome vaults_alone = run(with_key);
    EXPECT_EQ(vaults_alone.exit, 0) << vaults_alone.err;
    EXPECT_TRUE(has(vaults_alone.out, "không còn biết")) << vaults_alone.out;
}

TEST_F(CatalogRebuild, RecordsThatAreNotSoundArePassedOverForThoseOfTheNightBefore) {
    server_.reset();
    store_records(register_json());
    store_records("{\"format\": \"custody media register 1\", \"media\": 1}");
    Program with_key = rebuild();
    with_key.environment["CUSTODY_PASSPHRASE"] = "bốn con mèo đen";
    const Outcome outcome = run(with_key);
    ASSERT_EQ(outcome.exit, 0) << outcome.err;
    EXPECT_TRUE(has(outcome.out, "not taken from the records: ")) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "back from the service's records of ")) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "media known from these records alone: 1")) << outcome.out;
}

TEST_F(CatalogRebuild, BringsBackSnapshotsAndCopiesAndSaysWhatIsNotKnown) {
    EXPECT_EQ(run(rebuild()).exit, 6) << "a service runs";
    server_.reset();
    const Outcome outcome = run(rebuild({"--json"}));
    ASSERT_EQ(outcome.exit, 0) << outcome.err;
    const Json report = json_of(outcome);
    EXPECT_EQ(report["snapshots"], 1);
    EXPECT_EQ(report["copies"], 1);
    ASSERT_EQ(report["not_read"].size(), 1u);
    EXPECT_TRUE(has(report["not_read"][0], "disk-b: "));
    EXPECT_TRUE(report["set_aside"].is_null());
    {
        auto opened = catalog::Catalog::open(state(), system_clock());
        ASSERT_TRUE(is_ok(opened));
        const auto snapshots = catalog::Snapshots(**opened).list({});
        ASSERT_TRUE(is_ok(snapshots));
        ASSERT_EQ(snapshots->size(), 1u);
        EXPECT_EQ(snapshots->front().plan, "srv");
        EXPECT_TRUE(snapshots->front().rebuilt);
        EXPECT_EQ(run(rebuild()).exit, 6) << "another process holds the catalogue";
    }
    const Outcome again = run(rebuild({"--lang", "vi"}));
    ASSERT_EQ(again.exit, 0) << again.err;
    for (const char* part : {"lấy lại được từ các kho", "không còn biết",
                             "sẽ được ghi vào danh mục khi có lại ở đây: disk-b: ", "catalog.db.replaced-"})
        EXPECT_TRUE(has(again.out, part)) << part << "\n" << again.out;
}

TEST_F(CatalogRebuild, RefusesWhereItWouldKnowNothing) {
    server_.reset();
    std::filesystem::rename(vault_->vault(), vault_->vault() + "-away");
    const Outcome outcome = run(rebuild());
    EXPECT_EQ(outcome.exit, 7) << outcome.out;
    EXPECT_FALSE(std::filesystem::exists(state() + "/catalog.db"));
    std::ofstream(scratch_ / "media.toml") << "[[medium]]\nname = \"disk-a\"\n";
    EXPECT_EQ(run(rebuild()).exit, 2);
}

}  // namespace
}  // namespace custody::test
