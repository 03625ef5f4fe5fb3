// custody recover: with one medium and one kit and nothing else, the service's keyring, settings and catalogue come back.
#include "catalog/database.h"
#include "catalog/media.h"
#include "cli/recovery.h"
#include "tests/cli/cli_fixture.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/results.h"
#include "tests/support/sanitizers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace custody::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
constexpr const char* kKitPassphrase = "năm con gà vàng ngoài sân";

// A machine that was backed up, and one that has nothing but its medium and its kit.
class Recover : public testing::Test {
protected:
    void SetUp() override {
        office_.fill_source();
        ASSERT_EQ(0, office_.custody({"init"}).exit);
        ASSERT_EQ(0, office_.backup().exit);
        // The records, as the service stores them.
        const std::string records = office_.folder / "records";
        fs::create_directories(records);
        write_file(records + "/custody.toml", config());
        write_file(records + "/media.json", "{}");
        {
            auto made = catalog::Catalog::open(office_.folder / "old-state", system_clock());
            ASSERT_TRUE(is_ok(made));
            catalog::NewMedium medium;
            medium.name = "disk-a";
            medium.facts.kind = "disk";
            medium.custodian = "Nguyễn Thị Lan";
            ASSERT_TRUE(is_ok(catalog::Media(**made).add(medium)));
            ASSERT_TRUE(is_ok((*made)->copy_to(records + "/catalog.db", StopFlag{})));
        }
        write_file(office_.folder / "kit-passphrase", std::string(kKitPassphrase) + "\n");
        Program kit = office_.custody.command({"key", "export", "--recovery", "--output", kit_});
        kit.environment["CUSTODY_KIT_PASSPHRASE_FILE"] = office_.folder / "kit-passphrase";
        ASSERT_EQ(0, run(kit).exit);
        fs::create_directories(bare_);
    }
    std::string config() const {
        return "[keys]\nkeyring = \"" + bare_ + "/keyring\"\n[[medium]]\nname = \"disk-a\"\nvault = \"" +
               office_.custody.vault() +
               "\"\n[[medium]]\nname = \"disk-b\"\nvault = \"/mnt/custody-none/vault\"\n[[plan]]\nname = \"srv\"\nlabel = "
               "\"business\"\n"
               "source = { files = [\"/srv\"] }\nschedule = \"@daily\"\n[service]\nstate_folder = \"" +
               bare_ + "/state\"\n";
    }
    void store_records() {
        const Outcome stored =
            office_.custody({"backup", office_.folder / "records", "--label", "log", "--name", "custody-records"});
        ASSERT_EQ(0, stored.exit) << stored.err;
    }
    Program recovery(std::vector<std::string> more = {}) const {
        Program program = office_.custody.command({"recover", "--vault", office_.custody.vault(), "--kit", kit_, "--keyring",
                                                   bare_ + "/keyring", "--config", bare_ + "/etc/custody.toml", "--lang", "en"});
        program.arguments.insert(program.arguments.end(), more.begin(), more.end());
        program.environment["CUSTODY_KIT_PASSPHRASE_FILE"] = office_.folder / "kit-passphrase";
        return program;
    }
    Outcome recover(std::vector<std::string> more = {}) const { return run(recovery(std::move(more))); }
    // What a person would do next, on the bare machine.
    void expect_a_restore_works() const {
        Program restore = office_.custody.command({"restore", "latest:srv", "--target", bare_ + "/back", "--vault",
                                                   office_.custody.vault(), "--keyring", bare_ + "/keyring"});
        const Outcome outcome = run(restore);
        EXPECT_EQ(0, outcome.exit) << outcome.err;
        EXPECT_EQ("read me\n", read_file_text(bare_ + "/back" + office_.source + "/readme"));
    }
    void lose_the_old_machine() { fs::rename(office_.custody.keyring(), office_.folder / "burnt"); }

    Office office_{"recover"};
    const std::string kit_ = office_.folder / "kit";
    const std::string bare_ = office_.folder / "bare";
};

TEST_F(Recover, WithOneMediumAndOneKitAndNothingElse) {
    store_records();
    lose_the_old_machine();
    const Outcome outcome = recover();
    ASSERT_EQ(0, outcome.exit) << outcome.out << outcome.err;
    EXPECT_EQ(config(), read_file_text(bare_ + "/etc/custody.toml"));
    struct stat info {};
    ASSERT_EQ(0, ::stat((bare_ + "/etc/custody.toml").c_str(), &info));
    EXPECT_EQ(0640u, info.st_mode & 07777u);
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("Back:"), HasSubstr("Not back:"), HasSubstr("Next:"), HasSubstr("custodyd"),
                                   HasSubstr("disk-b"), HasSubstr("/mnt/custody-none/vault")));
    auto catalog = catalog::Catalog::open(bare_ + "/state", system_clock());
    ASSERT_TRUE(is_ok(catalog));
    const auto medium = catalog::Media(**catalog).find("disk-a");
    ASSERT_TRUE(is_ok(medium));
    EXPECT_EQ("Nguyễn Thị Lan", medium->entry.custodian);
#ifdef CUSTODYD_PROGRAM
    const Outcome checked = run({CUSTODYD_PROGRAM, {"--check-config", "--config", bare_ + "/etc/custody.toml"}, {}, "", {}});
    EXPECT_EQ(0, checked.exit) << checked.err;
#endif
    expect_a_restore_works();
    // The new machine writes with a key of its own.
    const Outcome backup = run(office_.custody.command({"backup", office_.source, "--label", "business", "--name", "srv",
                                                        "--vault", office_.custody.vault(), "--keyring", bare_ + "/keyring"}));
    EXPECT_EQ(0, backup.exit) << backup.err;
}

TEST_F(Recover, RunAgainNothingIsOverwritten) {
    store_records();
    lose_the_old_machine();
    fs::create_directories(bare_ + "/etc");
    write_file(bare_ + "/etc/custody.toml", "# somebody's\n");
    ASSERT_EQ(0, recover().exit);
    const Outcome again = recover({"--json"});
    ASSERT_EQ(0, again.exit) << again.err;
    const Json json = json_of(again);
    EXPECT_FALSE(json["keyring_made"].get<bool>());
    EXPECT_TRUE(json["config_set_aside"].is_null()) << "it is the same";
    ASSERT_TRUE(json["catalog_set_aside"].is_string());
    EXPECT_TRUE(fs::exists(json["catalog_set_aside"].get<std::string>()));
    EXPECT_EQ("restored", json["catalog"]);
    int before = 0;
    for (const auto& entry : fs::directory_iterator(bare_ + "/etc")) {
        if (!entry.path().filename().string().starts_with("custody.toml.before-")) continue;
        ++before;
        EXPECT_EQ("# somebody's\n", read_file_text(entry.path()));
    }
    EXPECT_EQ(1, before);
}

TEST_F(Recover, WithoutRecordsTheVaultTellsAndItIsSaidWhatNobodyKnows) {
    lose_the_old_machine();
    const Outcome outcome = recover({"--state", bare_ + "/state"});
    ASSERT_EQ(3, outcome.exit) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("built anew"), HasSubstr("custodians"), HasSubstr("custody setup")));
    EXPECT_FALSE(fs::exists(bare_ + "/etc/custody.toml"));
    EXPECT_TRUE(is_ok(catalog::Catalog::open(bare_ + "/state", system_clock())));
    expect_a_restore_works();
}

TEST_F(Recover, ACatalogueThatIsDamagedIsBuiltAnew) {
    write_file(office_.folder / "records/catalog.db", std::string(8192, 'x'));
    store_records();
    lose_the_old_machine();
    const Outcome outcome = recover({"--json"});
    ASSERT_EQ(3, outcome.exit) << outcome.out << outcome.err;
    const Json json = json_of(outcome);
    EXPECT_EQ("rebuilt", json["catalog"]);
    EXPECT_TRUE(json["records"].is_string());
    EXPECT_EQ(config(), read_file_text(bare_ + "/etc/custody.toml")) << "what is sound of the records comes back";
    EXPECT_TRUE(is_ok(catalog::Catalog::open(bare_ + "/state", system_clock())));
}

TEST_F(Recover, WhereTheLastCatalogueIsDamagedTheOneOfTheNightBeforeComesBack) {
    store_records();
    const std::string sound = read_file_text(office_.folder / "records/catalog.db");
    write_file(office_.folder / "records/catalog.db", sound.substr(0, sound.size() / 2) + std::string(8192, 'x'));
    write_file(office_.folder / "records/custody.toml", config() + "# newer\n");
    store_records();
    lose_the_old_machine();
    fs::create_directories(bare_ + "/state");
    fs::permissions(bare_ + "/state", fs::perms::owner_all);
    const Outcome outcome = recover({"--json"});
    ASSERT_EQ(3, outcome.exit) << outcome.out << outcome.err;
    const Json json = json_of(outcome);
    EXPECT_EQ("restored", json["catalog"]);
    EXPECT_LT(json["catalog_time"].get<std::string>(), json["records_time"].get<std::string>());
    EXPECT_EQ(config() + "# newer\n", read_file_text(bare_ + "/etc/custody.toml")) << "what is sound of the newest";
    auto catalog = catalog::Catalog::open(bare_ + "/state", system_clock());
    ASSERT_TRUE(is_ok(catalog));
    EXPECT_TRUE(is_ok(catalog::Media(**catalog).find("disk-a")));
    for (const auto& entry : fs::directory_iterator(bare_ + "/state"))
        EXPECT_FALSE(entry.path().filename().string().starts_with("catalog.db.")) << entry.path();
}

TEST_F(Recover, ACatalogueThatIsBuiltAnewHasTheRegisterOfTheRecords) {
    write_file(office_.folder / "records/catalog.db", std::string(8192, 'x'));
    write_file(office_.folder / "records/media.json",
               R"({"format": "custody media register 1", "made": "2026-11-03T02:00:00Z", "media": [{"name": "disk-a",
               "identity": null, "vault": null, "kind": "disk", "serial": null, "filesystem_uuid": null, "state": "in_use",
               "place": "Phòng máy chủ", "custodian": "Nguyễn Thị Lan", "rotation_set": null, "copies_owed": 0,
               "copies_present": 1, "registered_at": "2026-01-02T03:04:05Z", "first_used_at": null, "last_used_at": null,
               "moves": []}]})");
    write_file(office_.folder / "records/findings.json",
               R"({"format": "custody findings 1", "made": "2026-11-03T02:00:00Z", "open": [], "resolved": []})");
    store_records();
    lose_the_old_machine();
    const Outcome outcome = recover({"--json"});
    ASSERT_EQ(3, outcome.exit) << outcome.out << outcome.err;
    EXPECT_EQ("rebuilt", json_of(outcome)["catalog"]);
    EXPECT_TRUE(json_of(outcome)["register_time"].is_string());
    EXPECT_THAT(json_of(outcome)["lacking"].dump(), Not(HasSubstr("custodians")));
    auto catalog = catalog::Catalog::open(bare_ + "/state", system_clock());
    ASSERT_TRUE(is_ok(catalog));
    const auto medium = catalog::Media(**catalog).find("disk-a");
    ASSERT_TRUE(is_ok(medium));
    EXPECT_EQ("Nguyễn Thị Lan", medium->entry.custodian);
    EXPECT_EQ(2u, medium->copies_present) << "what the vault holds";
}

TEST_F(Recover, AfterASecondLossTheOldKitAloneSaysWhatItDoesNotTrust) {
    store_records();
    lose_the_old_machine();
    const Outcome first = recover();
    ASSERT_EQ(0, first.exit) << first.err;
    EXPECT_THAT(first.out, HasSubstr("custody key export --recovery"));
    // The new machine's night, and then that burns, too.
    const Outcome night =
        run(office_.custody.command({"backup", office_.folder / "records", "--label", "log", "--name", "custody-records",
                                     "--vault", office_.custody.vault(), "--keyring", bare_ + "/keyring"}));
    ASSERT_EQ(0, night.exit) << night.err;
    fs::remove_all(bare_);
    const Outcome second = recover();
    EXPECT_EQ(3, second.exit) << second.out << second.err;
    EXPECT_THAT(second.out, HasSubstr("no new kit"));
    EXPECT_THAT(second.err, HasSubstr("custody restore "));
}

// Another file or another catalogue is in the place of what comes back, and the program is killed at each renaming in turn.
TEST_F(Recover, KilledAtAnyRenamingThereIsAlwaysAConfigurationAndNeverAnEmptyCatalogue) {
    if (!fs::exists("/usr/bin/strace")) GTEST_SKIP() << "strace is not installed";
    if (kSanitized) GTEST_SKIP() << "leaks cannot be looked for under strace";
    store_records();
    lose_the_old_machine();
    fs::create_directories(bare_ + "/etc");
    write_file(bare_ + "/etc/custody.toml", "# somebody's\n");
    fs::create_directories(bare_ + "/state");
    fs::permissions(bare_ + "/state", fs::perms::owner_all);
    ASSERT_TRUE(is_ok(catalog::Catalog::open(bare_ + "/state", system_clock())));
    bool ended = false;
    for (int at = 1; at < 40 && !ended; ++at) {
        Program program = recovery();
        const std::string calls = "rename,renameat,renameat2";
        std::vector<std::string> traced = {"-f",        "-qq",
                                           "-o",        "/dev/null",
                                           "-e",        "trace=" + calls,
                                           "-e",        "inject=" + calls + ":signal=KILL:when=" + std::to_string(at),
                                           program.path};
        traced.insert(traced.end(), program.arguments.begin(), program.arguments.end());
        program.path = "/usr/bin/strace";
        program.arguments = traced;
        ended = run(program).exit == 0;
        ASSERT_TRUE(fs::exists(bare_ + "/etc/custody.toml")) << at;
        const std::string text = read_file_text(bare_ + "/etc/custody.toml");
        EXPECT_TRUE(text == config() || text == "# somebody's\n") << text;
        const bool is_told = fs::exists(bare_ + "/state/catalog.db") || !fs::is_empty(bare_ + "/state/catalog.lock");
        EXPECT_TRUE(is_told) << "an opening would make an empty one";
    }
    ASSERT_TRUE(ended);
    EXPECT_EQ(config(), read_file_text(bare_ + "/etc/custody.toml"));
    auto catalog = catalog::Catalog::open(bare_ + "/state", system_clock());
    ASSERT_TRUE(is_ok(catalog));
    EXPECT_TRUE(is_ok(catalog::Media(**catalog).find("disk-a")));
}

TEST(PutConfig, WhicheverOperationFailsAFileIsThere) {
    for (std::uint64_t at = 1;; ++at) {
        ScratchFolder folder("put-config");
        const std::string path = folder / "custody.toml";
        write_file(path, "old\n");
        FaultFileSystem files(posix_file_system());
        files.arm(at, Fault::io, true);
        const auto put = put_config(files, path, as_bytes("new\n"), Time{1'800'000'000 * kSecond});
        ASSERT_TRUE(fs::exists(path)) << at;
        const std::string text = read_file_text(path);
        EXPECT_TRUE(text == "new\n" || (!put.ok() && text == "old\n")) << at << ": " << text;
        if (!files.fired()) {
            ASSERT_TRUE(is_ok(put));
            EXPECT_EQ("old\n", read_file_text(*put));
            break;
        }
    }
}

TEST_F(Recover, DryRunWritesNothing) {
    store_records();
    lose_the_old_machine();
    const Outcome outcome = recover({"--dry-run"});
    EXPECT_EQ(0, outcome.exit) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("nothing was changed"));
    EXPECT_TRUE(fs::is_empty(bare_));
}

TEST_F(Recover, RefusalsNameWhatIsWrongAndMakeNothing) {
    lose_the_old_machine();
    Program unnamed = recovery();
    unnamed.arguments = {"recover",  "--kit",           kit_,     "--keyring", bare_ + "/keyring",
                         "--config", bare_ + "/c.toml", "--lang", "en"};
    unnamed.environment["CUSTODY_VAULT"] = "";
    EXPECT_EQ(2, run(unnamed).exit);
    Program wrong = recovery();
    write_file(office_.folder / "wrong", "another passphrase\n");
    wrong.environment["CUSTODY_KIT_PASSPHRASE_FILE"] = office_.folder / "wrong";
    const Outcome refused = run(wrong);
    EXPECT_EQ(8, refused.exit);
    EXPECT_TRUE(one_clear_line(refused));
    Office other("recover-other");
    ASSERT_EQ(0, other.custody({"init"}).exit);
    Program foreign = recovery();
    foreign.arguments[2] = other.custody.vault();
    const Outcome family = run(foreign);
    EXPECT_EQ(8, family.exit);
    EXPECT_THAT(family.err, HasSubstr("family"));
    EXPECT_TRUE(fs::is_empty(bare_));
}

TEST_F(Recover, OfSeveralServicesOneIsNamed) {
    store_records();
    lose_the_old_machine();
    const Outcome nobody = recover({"--host", "elsewhere"});
    EXPECT_EQ(7, nobody.exit);
    EXPECT_THAT(nobody.err, HasSubstr("elsewhere"));
    EXPECT_FALSE(fs::exists(bare_ + "/etc/custody.toml"));
}

}  // namespace
}  // namespace custody::test
