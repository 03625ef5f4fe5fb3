// custody setup: the first configuration out of an answers file, the keyring, vaults, kit and a proven first backup; run again.
#include "cli/setup_steps.h"

#include "daemon/config/reader.h"
#include "tests/cli/cli_fixture.h"
#include "tests/support/results.h"

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

// Where /etc lies beside the vaults, on this machine's one disk, an exception is needed: that is what the tests say, too.
constexpr const char* kException = "exception = \"12/QD-UBND: one disk in tests\"\n";

class SetupCommand : public testing::Test {
protected:
    SetupCommand() {
        write_file(folder_ / "pass", "bốn con mèo đen ngoài sân\n");
        write_file(folder_ / "kit-pass", "năm con gà vàng ngoài sân\n");
        fs::create_directories(folder_ / "a");
        fs::create_directories(folder_ / "b");
    }
    std::string media(const std::string& exception = kException) const {
        return "[[medium]]\nname = \"disk-a\"\nvault = \"" + (folder_ / "a/vault") + "\"\n" + exception +
               "[[medium]]\nname = \"disk-b\"\nvault = \"" + (folder_ / "b/vault") + "\"\n" + exception;
    }
    // A plan for a small folder in the place of /etc, which every machine has another one of.
    std::string answers(const std::string& exception = kException) {
        fs::create_directories(folder_ / "etc");
        write_file(folder_ / "etc/app.conf", "colour = blue\n");
        write_file(folder_ / "etc/secret", "do not touch\n");
        fs::permissions(folder_ / "etc/secret", fs::perms::owner_read | fs::perms::owner_write);
        fs::permissions(folder_ / "etc/app.conf",
                        fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read);
        return "language = \"en\"\n[organisation]\nname = \"UBND phường Đồ Sơn\"\n[law]\napply = [\"DS\"]\n" + media(exception) +
               "[[plan]]\nname = \"etc\"\nlabel = \"config\"\nsource = { files = [\"" + (folder_ / "etc") +
               "\"] }\nschedule = \"30 1 * * *\"\non_change = true\n[service]\nstate_folder = \"" + (folder_ / "state") +
               "\"\n[setup]\netc = false\npassphrase_file = \"" + (folder_ / "pass") + "\"\nkit = \"" + (folder_ / "kit") +
               "\"\nkit_page = \"" + (folder_ / "kit.pdf") + "\"\nkit_passphrase_file = \"" + (folder_ / "kit-pass") + "\"\n";
    }
    Program command(std::vector<std::string> arguments) const {
        Program program = custody_.command(std::move(arguments));
        program.environment["CUSTODY_CONFIG"] = config_;
        program.environment["CUSTODY_VAULT"] = "";
        program.environment["CUSTODY_PASSPHRASE"] = "";
        return program;
    }
    Outcome setup(const std::string& text, std::vector<std::string> more = {}) const {
        std::vector<std::string> arguments = {"setup", "--answers", "-", "--lang", "en"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        Program program = command(arguments);
        program.input = text;
        return run(program);
    }

    const ScratchFolder folder_{"setup"};
    const Vault custody_{folder_.path()};
    const std::string config_ = folder_ / "conf/custody.toml";
};

TEST_F(SetupCommand, FromAnswersToAProvenFirstBackup) {
    const Outcome done = setup(answers(), {"--json"});
    ASSERT_EQ(0, done.exit) << done.out << done.err;
    const Json json = json_of(done);
    struct stat info {};
    ASSERT_EQ(0, ::stat(config_.c_str(), &info));
    EXPECT_EQ(0640u, info.st_mode & 07777u);
    const ConfigReading reading = read_config(config_, read_file_text(config_));
    EXPECT_TRUE(reading.sound());
    EXPECT_EQ("UBND phường Đồ Sơn", reading.config.organisation.name);
    EXPECT_NE(nullptr, reading.config.find_plan("var-log")) << "a ready plan";
    EXPECT_EQ(custody_.keyring(), reading.config.keys.keyring) << "the one that CUSTODY_KEYRING names";
    EXPECT_EQ("made", json["vaults"][0]["state"]);
    EXPECT_EQ("made", json["vaults"][1]["state"]);
    EXPECT_EQ(folder_ / "etc/app.conf", json["proven"]) << "what only root may read is not restored for a proof";
    EXPECT_TRUE(json["snapshot"].is_string());
    EXPECT_EQ(1, json["kit_number"]);
    EXPECT_TRUE(fs::exists(folder_ / "kit.pdf"));
    EXPECT_TRUE(fs::is_empty(folder_ / "state")) << "the proof is gone";
#ifdef CUSTODYD_PROGRAM
    const Outcome checked = run({CUSTODYD_PROGRAM, {"--check-config", "--config", config_}, {}, "", {}});
    EXPECT_EQ(0, checked.exit) << checked.err;
#endif
    // The kit that it made opens, and the configuration alone is enough for the other commands.
    Program check = command({"key", "import", folder_ / "kit", "--check"});
    check.environment["CUSTODY_KIT_PASSPHRASE_FILE"] = folder_ / "kit-pass";
    EXPECT_EQ(0, run(check).exit);
    const Outcome listed = run(command({"snapshots", "--json"}));
    EXPECT_EQ(1u, json_of(listed).size()) << listed.err;
}

TEST_F(SetupCommand, RunAgainItExtendsAndKeepsTheOldFile) {
    const std::string answered = answers();
    ASSERT_EQ(0, setup(answered).exit);
    const std::string before = read_file_text(config_);
    const Outcome same = setup(answered, {"--json"});
    ASSERT_EQ(0, same.exit) << same.err;
    EXPECT_FALSE(json_of(same)["written"].get<bool>());
    EXPECT_EQ("there", json_of(same)["vaults"][0]["state"]);
    EXPECT_TRUE(json_of(same)["snapshot"].is_null()) << "there is a first backup already";
    EXPECT_EQ(before, read_file_text(config_));
    const Outcome more = setup(answered + "folders = [\"/srv/docs\"]\n");
    ASSERT_EQ(0, more.exit) << more.err;
    EXPECT_THAT(more.err, HasSubstr("+ name = \"srv-docs\""));
    EXPECT_THAT(read_file_text(config_), AllOf(HasSubstr(before.substr(0, 200)), HasSubstr("srv-docs")));
    int kept = 0;
    for (const auto& entry : fs::directory_iterator(folder_ / "conf")) {
        if (!entry.path().filename().string().starts_with("custody.toml.before-")) continue;
        ++kept;
        EXPECT_EQ(before, read_file_text(entry.path()));
    }
    EXPECT_EQ(1, kept);
}

TEST_F(SetupCommand, AMediumOnTheSystemsDiskIsRefusedBeforeAnythingIsWritten) {
    const Outcome refused = setup(answers(""));
    EXPECT_EQ(5, refused.exit) << refused.out << refused.err;
    EXPECT_THAT(refused.err, AllOf(HasSubstr("B1"), HasSubstr("exception = ")));
    EXPECT_FALSE(fs::exists(config_));
    EXPECT_FALSE(fs::exists(folder_ / "a/vault"));
    EXPECT_FALSE(fs::exists(custody_.keyring()));
}

TEST_F(SetupCommand, FaultsAreNamedAndNothingIsWritten) {
    const Outcome unknown = setup("[setup]\nfolder = [\"/srv\"]\n");
    EXPECT_EQ(2, unknown.exit);
    EXPECT_THAT(unknown.err, HasSubstr("folders"));
    const Outcome lawless = setup("[[medium]]\nname = \"a\"\nvault = \"" + (folder_ / "a/vault") + "\"\n" + kException);
    EXPECT_EQ(2, lawless.exit) << "important data on one medium";
    EXPECT_THAT(lawless.err, HasSubstr("B6"));
    EXPECT_FALSE(fs::exists(config_));
    fs::create_directories(folder_ / "conf");
    write_file(config_, "[broken\n");
    const Outcome broken = setup(answers());
    EXPECT_EQ(2, broken.exit);
    EXPECT_THAT(broken.err, HasSubstr("custody.toml:1"));
    EXPECT_EQ("[broken\n", read_file_text(config_));
}

TEST_F(SetupCommand, WithoutAPassphraseNothingIsWritten) {
    std::string answered = answers();
    answered.erase(answered.find("passphrase_file"), answered.find("kit = ") - answered.find("passphrase_file"));
    const Outcome refused = setup(answered);
    EXPECT_EQ(2, refused.exit) << refused.out << refused.err;
    EXPECT_FALSE(fs::exists(config_));
}

TEST_F(SetupCommand, AKitThatCouldNotBeMadeIsNamedBeforeAnythingIsWritten) {
    const std::string kit = "kit = \"" + (folder_ / "kit") + "\"", page = "kit_page = \"" + (folder_ / "kit.pdf") + "\"\n";
    const auto with_kit_at = [&](const std::string& path) {
        std::string answered = answers();
        answered.erase(answered.find(page), page.size());
        return setup(answered.replace(answered.find(kit), kit.size(), "kit = \"" + path + "\""));
    };
    write_file(folder_ / "taken", "somebody's\n");
    EXPECT_EQ(1, with_kit_at(folder_ / "taken").exit);
    EXPECT_EQ(7, with_kit_at(folder_ / "nowhere/kit").exit);
    EXPECT_EQ(5, with_kit_at(folder_ / "a/vault/kit").exit) << "in a vault that is not made yet";
    std::string answered = answers();
    answered.erase(answered.find("kit_passphrase_file"));
    const Outcome nobody = setup(answered);
    EXPECT_EQ(2, nobody.exit) << nobody.err;
    EXPECT_THAT(nobody.err, HasSubstr("kit_passphrase_file"));
    EXPECT_FALSE(fs::exists(config_));
    EXPECT_FALSE(fs::exists(custody_.keyring()));
    EXPECT_FALSE(fs::exists(folder_ / "a/vault"));
}

TEST_F(SetupCommand, AMediumWhoseDiskIsNotMountedIsNamedBeforeAnythingIsWritten) {
    std::string answered = answers();
    answered.replace(answered.find(folder_ / "b/vault"), (folder_ / "b/vault").size(), folder_ / "not-mounted/b/vault");
    const Outcome absent = setup(answered);
    EXPECT_EQ(7, absent.exit) << absent.err;
    EXPECT_FALSE(fs::exists(config_));
    EXPECT_FALSE(fs::exists(folder_ / "a/vault"));
}

TEST_F(SetupCommand, WhatThePlanLeavesOutProvesNothing) {
    std::string answered = answers();
    const std::string source = (folder_ / "etc") + "\"] }";
    answered.replace(answered.find(source), source.size(), (folder_ / "etc") + "\"], exclude = [\"app.conf\"] }");
    const Outcome nothing = setup(answered, {"--json"});
    ASSERT_EQ(0, nothing.exit) << nothing.err;
    EXPECT_TRUE(json_of(nothing)["proven"].is_null());
    EXPECT_THAT(json_of(nothing)["warnings"].dump(), HasSubstr("custody restore "));
}

TEST_F(SetupCommand, DryRunAndTheTemplateWriteNothing) {
    const Outcome shown = setup(answers(), {"--dry-run"});
    EXPECT_EQ(0, shown.exit) << shown.err;
    EXPECT_THAT(shown.err, HasSubstr("+ [organisation]"));
    EXPECT_FALSE(fs::exists(config_));
    const Outcome printed = run(command({"setup", "--print-answers", "--lang", "en"}));
    ASSERT_EQ(0, printed.exit) << printed.err;
    EXPECT_THAT(printed.out, HasSubstr("[setup]"));
    EXPECT_TRUE(read_answers("a", printed.out).faults.empty());
    EXPECT_FALSE(fs::exists(custody_.keyring()));
}

TEST_F(SetupCommand, AsksOneQuestionAfterTheOtherOnATerminal) {
    if (!fs::exists("/usr/bin/script")) GTEST_SKIP() << "script (bsdutils), which gives a terminal, is not installed";
    fs::create_directories(folder_ / "conf");
    write_file(config_, "# ours\n[service]\nstate_folder = \"" + (folder_ / "state") + "\"\n");
    Program program = command({});
    const std::string custody = program.path;
    program.path = "/usr/bin/script";
    program.arguments = {"-qec", custody + " setup --lang vi --json", "/dev/null"};
    program.environment["CUSTODY_PASSPHRASE_FILE"] = folder_ / "pass";
    const std::string exception = "12/QĐ-UBND: một ổ đĩa để kiểm thử\n";
    program.input = "UBND phường Đồ Sơn\n\n\nds hp\n" + (folder_ / "a/vault") + "\n\nPhòng máy chủ\nLan\nk\n" + exception +
                    (folder_ / "b/vault") + "\nổ-b\n\n\n\n" + exception + std::string(60, '\n');
    const Outcome asked = run(program);
    ASSERT_EQ(0, asked.exit) << asked.out << asked.err;
    EXPECT_THAT(asked.out, AllOf(HasSubstr("Tên cơ quan"), HasSubstr("[C/k]"), HasSubstr("B1")));
    const ConfigReading reading = read_config(config_, read_file_text(config_));
    ASSERT_TRUE(reading.sound());
    EXPECT_EQ("UBND phường Đồ Sơn", reading.config.organisation.name);
    EXPECT_EQ((std::vector<std::string>{"DS", "HP"}), reading.config.law.apply);
    ASSERT_EQ(2u, reading.config.media.size());
    EXPECT_EQ("disk-a", reading.config.media[0].name) << "what stands in brackets";
    EXPECT_EQ("Lan", reading.config.media[0].custodian);
    EXPECT_EQ("ổ-b", reading.config.media[1].name);
    EXPECT_NE(nullptr, reading.config.find_plan("etc"));
    EXPECT_THAT(read_file_text(config_), HasSubstr("# ours\n"));
    EXPECT_TRUE(fs::exists(folder_ / "a/vault/vault.json"));
    EXPECT_TRUE(fs::is_empty(folder_ / "state"));
}

TEST_F(SetupCommand, DropInsThatTheConfigurationNeedsAreCopied) {
    const ConfigReading reading = read_config(
        "c.toml", "[keys]\nrole = \"custodian\"\n[[medium]]\nname = \"a\"\nvault = \"/mnt/a/vault\"\nremovable = true\n");
    fs::create_directories(folder_ / "from");
    write_file(folder_ / "from/disks.conf", "[Service]\n");
    std::vector<std::string> notes;
    const auto put = install_drop_ins(posix_file_system(), reading.config, folder_ / "from", folder_ / "to/d", notes);
    ASSERT_TRUE(is_ok(put));
    EXPECT_THAT(*put, testing::ElementsAre("disks.conf"));
    EXPECT_EQ("[Service]\n", read_file_text(folder_ / "to/d/disks.conf"));
    EXPECT_THAT(notes, testing::ElementsAre(HasSubstr("drills.conf")));
    const auto again = install_drop_ins(posix_file_system(), reading.config, folder_ / "from", folder_ / "to/d", notes);
    ASSERT_TRUE(is_ok(again));
    EXPECT_TRUE(again->empty());
}

}  // namespace
}  // namespace custody::test
