#include "daemon/jobs/catalog_backup.h"

#include "base/records/canonical_json.h"
#include "catalog/findings.h"
#include "catalog/settings.h"
#include "tests/daemon/jobs/jobs_fixture.h"

#include <fstream>
#include <random>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

class CatalogBackupTest : public JobsTest {
protected:
    void SetUp() override {
        JobsTest::SetUp();
        add_plan("etc", "config", {"disk-a", "disk-b"});
        config_.file = world_.scratch() / "custody.toml";
        std::ofstream(config_.file) << "language = \"vi\"\n";
        configure();
    }
    catalog::JobDetails back_up_now(catalog::JobState expected = catalog::JobState::done) {
        LiveJob& job = new_job(catalog::JobKind::catalog);
        const catalog::JobEnd ended = back_up_records(context(job));
        EXPECT_EQ(expected, ended.state) << (ended.error ? ended.error->message : "");
        return end(job, ended);
    }
    SmallVault::Files stored(const std::string& vault, const ObjectId& snapshot) {
        Repository repository = world_.open(vault);
        return read_files(repository, world_.unlocked(), snapshot);
    }
    // A catalogue of some size, of text that does not compress away.
    void fill(int entries) {
        std::mt19937_64 random(7);
        const auto enter = [&](sqlite::Database&) -> Status {
            for (int i = 0; i < entries; ++i) {
                std::string text;
                for (int j = 0; j < 60; ++j) text += std::to_string(random());
                TRY(catalog::Settings(*catalog_).set("entry " + std::to_string(i), text));
            }
            return done();
        };
        ASSERT_TRUE(is_ok(catalog_->write(enter)));
    }
    static void write(const std::string& path, const Bytes& content) {
        std::ofstream out(path, std::ios::binary);
        out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    }
};

TEST_F(CatalogBackupTest, CatalogueConfigurationRegisterAndFindingsAreOneSnapshotOnEveryMedium) {
    const catalog::Seen seen{"overdue", "etc", catalog::Severity::warning, {"plan {} is late", {"etc"}}};
    ASSERT_TRUE(is_ok(catalog::Findings(*catalog_).see(seen)));
    const catalog::JobDetails job = back_up_now();
    EXPECT_EQ((Names{"records", "backup", "copy disk-b", "retention"}), phases(job));
    ASSERT_TRUE(job.job.end.snapshot);
    const ObjectId snapshot = *job.job.end.snapshot;
    EXPECT_EQ('p', copy(snapshot, "a"));
    EXPECT_EQ('p', copy(snapshot, "b"));
    ASSERT_TRUE(record(snapshot));
    EXPECT_EQ(kRecordsName, record(snapshot)->plan);
    EXPECT_EQ("log", record(snapshot)->label);
    EXPECT_EQ(job.job.id, record(snapshot)->job);

    const SmallVault::Files files = stored("b", snapshot);
    ASSERT_EQ(4u, files.size());
    EXPECT_EQ("language = \"vi\"\n", std::string(as_text(files.at("records/custody.toml"))));
    const auto media = parse_json(files.at("records/media.json"), 1 << 20);
    ASSERT_TRUE(is_ok(media));
    EXPECT_EQ("disk-a", (*media)["media"][0]["name"]);
    EXPECT_EQ(world_.open("a").header().vault.hex(), (*media)["media"][0]["vault"]);
    const auto findings = parse_json(files.at("records/findings.json"), 1 << 20);
    ASSERT_TRUE(is_ok(findings));
    EXPECT_EQ("plan {} is late", (*findings)["open"][0]["text"]);
    // The copy of the catalogue opens as it is.
    fs::create_directories(world_.scratch() / "recovered");
    fs::permissions(world_.scratch() / "recovered", fs::perms::owner_all);
    write(world_.scratch() / "recovered/catalog.db", files.at("records/catalog.db"));
    auto recovered = catalog::Catalog::open(world_.scratch() / "recovered", world_.clock());
    ASSERT_TRUE(is_ok(recovered));
    const auto registered = catalog::Media(**recovered).list();
    ASSERT_TRUE(is_ok(registered));
    EXPECT_EQ(2u, registered->size());
    EXPECT_TRUE(fs::is_empty(state() + "/scratch"));  // nothing is left of the copy
}

TEST_F(CatalogBackupTest, TheSecondNightStoresLittle) {
    fill(3000);
    const catalog::JobDetails first = back_up_now();
    EXPECT_GT(first.job.end.counts.bytes_stored, 1'000'000u);
    world_.clock().advance(kDay);
    const catalog::JobDetails second = back_up_now();
    EXPECT_LT(second.job.end.counts.bytes_stored, first.job.end.counts.bytes_stored / 2);
    EXPECT_TRUE(lives("a", *first.job.end.snapshot));  // within the lawful term of logs
}

TEST_F(CatalogBackupTest, AMediumThatWasAwayIsOwedTheRecords) {
    take_away("b");
    const catalog::JobDetails job = back_up_now();
    EXPECT_EQ('o', copy(*job.job.end.snapshot, "b"));
    take_away("a");
    const catalog::JobDetails none = back_up_now(catalog::JobState::failed);
    ASSERT_TRUE(none.job.end.error);
    EXPECT_EQ(Code::not_found, none.job.end.error->code);
    bring_back("b");
    const catalog::JobDetails other = back_up_now();
    EXPECT_EQ('p', copy(*other.job.end.snapshot, "b"));
    EXPECT_EQ('o', copy(*other.job.end.snapshot, "a"));
}

TEST_F(CatalogBackupTest, AMediumThatFailsKeepsTheRecordsFromNoOther) {
    world_.write_object("a", "vault.json", as_bytes("{}"));
    const catalog::JobDetails job = back_up_now(catalog::JobState::done_with_failures);
    ASSERT_TRUE(job.job.end.snapshot);
    EXPECT_EQ('p', copy(*job.job.end.snapshot, "b"));
    EXPECT_TRUE(alerts_.standing(AlertKind::verify_damage, "disk-a"));
}

TEST_F(CatalogBackupTest, ANewCatalogueIsMadeFromWhatTheVaultsSay) {
    world_.populate();
    add_medium("c");
    configure();
    const ObjectId etc = back_up("a", "etc", 1);
    take_away("c");
    const auto found = vault_facts(world_.files(), world_.clock(), *shared_);
    ASSERT_TRUE(is_ok(found));
    ASSERT_EQ(2u, found->facts.size());
    ASSERT_EQ(1u, found->lacking.size());
    EXPECT_NE(std::string::npos, found->lacking.front().find("disk-c"));
    EXPECT_TRUE(found->facts[0].facts.identity);
    const auto rebuilt = catalog::rebuild_catalog(world_.scratch() / "rebuilt", world_.clock(), found->facts);
    ASSERT_TRUE(is_ok(rebuilt));
    EXPECT_EQ(6u, rebuilt->snapshots);
    EXPECT_EQ(11u, rebuilt->copies);
    auto opened = catalog::Catalog::open(world_.scratch() / "rebuilt", world_.clock());
    ASSERT_TRUE(is_ok(opened));
    const auto known = catalog::Snapshots(**opened).find(etc);
    ASSERT_TRUE(is_ok(known));
    ASSERT_TRUE(*known);
    EXPECT_EQ("etc", (*known)->plan);
}

}  // namespace
}  // namespace custody::test
