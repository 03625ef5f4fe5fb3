// custody catalog rebuild: a lost catalogue comes back from the vaults, as far as they know.
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
    std::unique_ptr<Vault> vault_;
};

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
