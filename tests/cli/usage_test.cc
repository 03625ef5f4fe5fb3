// Exit codes and words for wrong input: one clear line, the right code, nothing changed.
#include "tests/cli/cli_fixture.h"

#include <sys/mount.h>
#include <unistd.h>
#include <fstream>

namespace custody::test {
namespace {

struct Case {
    std::vector<std::string> arguments;
    int exit;
    std::string says;  // part of the message
};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += word + " ";
    return text;
}

void expect(const Vault& custody, const Case& one) {
    const Outcome outcome = custody(one.arguments);
    EXPECT_EQ(outcome.exit, one.exit) << joined(one.arguments) << outcome.err;
    EXPECT_TRUE(one_clear_line(outcome)) << joined(one.arguments);
    EXPECT_NE(outcome.err.find(one.says), std::string::npos) << joined(one.arguments) << outcome.err;
    EXPECT_EQ(outcome.out, "") << joined(one.arguments);
}

TEST(Usage, WrongCommandLinesEndWith2AndPointToHelp) {
    const Vault& custody = shared_office().custody;
    const Case cases[] = {
        {{}, 2, "custody --help"},
        {{"backups"}, 2, "'backups'"},
        {{"backup", "/etc", "--colour"}, 2, "'--colour'"},
        {{"ls"}, 2, "SNAPSHOT is missing"},
        {{"restore", "latest"}, 2, "--target"},
        {{"restore", "latest", "--target", "/tmp/x", "--stdout"}, 2, "exclude each other"},
        {{"restore", "latest", "--target", "/tmp/x", "--overwrite", "maybe"}, 2, "'maybe'"},
        {{"forget"}, 2, "--keep-daily"},
        {{"forget", "--label", "business"}, 2, "--keep-daily"},
        {{"forget", "latest", "--keep-last", "1"}, 2, "exclude each other"},
        {{"forget", "--keep-last", "many"}, 2, "whole number"},
        {{"forget", "--keep-within", "soon"}, 2, "'soon'"},
        {{"backup"}, 2, "nothing to back up"},
        {{"backup", "--label", "business"}, 2, "nothing to back up"},
        {{"backup", "/etc"}, 2, "config, image, database, business, log"},
        {{"backup", "/etc", "--label", "secret"}, 2, "config, image, database, business, log"},
        {{"backup", "/etc", "--stdin", "x", "--label", "log"}, 2, "exclude each other"},
        {{"verify", "--level", "deep"}, 2, "'deep'"},
        {{"verify", "--keyless", "--level", "full"}, 2, "--keyless"},
        {{"verify", "--sample", "0"}, 2, "percentage"},
        {{"verify", "--sample", "ten"}, 2, "percentage"},
        {{"key", "export", "--output", "/tmp/x"}, 2, "--recovery"},
        {{"key", "export", "--writer", "--output", "/tmp/x"}, 2, "--host"},
        {{"key", "slot", "add", "--officer", "abc"}, 2, "64 hex"},
        {{"label", "add", "Two Words"}, 2, "Two Words"},
        {{"export", "latest", "--output", "/tmp/x.rar"}, 2, "x.rar"},
        {{"cat", "latest", "/readme", "--json"}, 2, ""},
        {{"backup", "/etc", "--label", "config", "--allow-mounted"}, 2, "--image only"},
        {{"backup", "--stdin", "x", "--label", "config", "--keep-free-blocks"}, 2, "--image only"},
        {{"restore", "latest", "--image", "/tmp/x", "--strip-prefix", "/y"}, 2, "--target only"},
        {{"restore", "latest", "--target", "/tmp/x", "--confirm", "y"}, 2, "--image only"},
        {{"restore", "latest", "--stdout", "--overwrite", "always"}, 2, "--target and --image only"},
        {{"snapshots", "--lang", "de"}, 2, "'de'"},
        {{"snapshots", "--progress", "loud"}, 2, "'loud'"},
        {{"snapshots", "--config", "/nonexistent/custody.toml"}, 2, "/nonexistent/custody.toml"},
        {{"drill", "run", "--all", "--reason", "x"}, 2, "drill"},
        {{"recover", "--vault", "v", "--kit", "f"}, 7, "f"},
        {{"wipe", "devices"}, 2, "wipe"},
        {{"snapshots", "--vault", "sftp://host/x"}, 2, "sftp://"},
        {{"snapshots", "--vault", "s3://bucket/x"}, 2, "s3://"},
        {{"hold", "add", "latest", "--reason", "  "}, 2, "--reason"},
        {{"hold", "add", "latest", "--reason", "x", "--until", "2020-01-01"}, 2, "past"},
    };
    for (const Case& one : cases) {
        if (joined(one.arguments).find("--json") == std::string::npos) {
            expect(custody, one);
        } else {
            EXPECT_EQ(custody(one.arguments).exit, one.exit);
        }
    }
}

TEST(Usage, WhatIsNotInThisVersionIsRefusedInJsonToo) {
    const Vault& custody = shared_office().custody;
    const std::vector<std::vector<std::string>> lines = {
        {"wipe", "--json"}, {"--json", "wipe"}, {"drill", "run", "--all", "--json"}, {"--json", "report", "backup", "--json"}};
    for (const std::vector<std::string>& line : lines) {
        const Outcome outcome = custody(line);
        EXPECT_EQ(outcome.exit, 2) << joined(line);
        EXPECT_EQ(json_of(outcome)["error"]["exit"], 2) << joined(line);
        EXPECT_TRUE(one_clear_line(outcome));
    }
}

TEST(Usage, ForgetNamesWhatItLookedForInVain) {
    const Vault& custody = shared_office().custody;
    const Outcome outcome = custody({"forget", "--name", "svr", "--host", "nobody", "--keep-last", "1", "--dry-run"});
    EXPECT_EQ(outcome.exit, 0);
    EXPECT_NE(outcome.err.find("--name svr --host nobody"), std::string::npos) << outcome.err;
    EXPECT_EQ(custody({"forget", "--name", "srv", "--keep-last", "9", "--dry-run"}).err, "");
}

TEST(Usage, NoPassphraseIsNotAWrongOne) {
    Program silent = shared_office().custody.command({"ls", "latest"});
    silent.environment["CUSTODY_PASSPHRASE"] = "";
    const std::string empty = shared_office().folder / "no-passphrase";
    write_file(empty, "\n");
    for (const std::string& file : {std::string(), empty}) {
        silent.environment["CUSTODY_PASSPHRASE_FILE"] = file;
        const Outcome outcome = run(silent);
        EXPECT_EQ(outcome.exit, 8) << file;
        EXPECT_NE(outcome.err.find("no passphrase given; set CUSTODY_PASSPHRASE_FILE"), std::string::npos) << outcome.err;
    }
}

TEST(Usage, EveryCommandHasHelpWithExamplesInBothLanguages) {
    const Vault& custody = shared_office().custody;
    const std::vector<std::vector<std::string>> commands = {{"init"},
                                                            {"label", "list"},
                                                            {"label", "add"},
                                                            {"backup"},
                                                            {"snapshots"},
                                                            {"ls"},
                                                            {"cat"},
                                                            {"find"},
                                                            {"diff"},
                                                            {"restore"},
                                                            {"export"},
                                                            {"verify"},
                                                            {"repair"},
                                                            {"hold", "add"},
                                                            {"hold", "list"},
                                                            {"hold", "release"},
                                                            {"forget"},
                                                            {"prune"},
                                                            {"copy"},
                                                            {"key", "list"},
                                                            {"key", "add"},
                                                            {"key", "passwd"},
                                                            {"key", "rotate"},
                                                            {"key", "export"},
                                                            {"key", "import"},
                                                            {"key", "destroy"},
                                                            {"key", "settle"},
                                                            {"status"},
                                                            {"completion"},
                                                            {"key", "slot", "add"},
                                                            {"key", "slot", "remove"}};
    for (std::vector<std::string> command : commands) {
        std::string path;
        for (const std::string& word : command) path += " " + word;
        command.push_back("--help");
        const Outcome english = custody(command);
        EXPECT_EQ(english.exit, 0) << path;
        EXPECT_NE(english.out.find("Usage: custody" + path), std::string::npos) << english.out;
        EXPECT_NE(english.out.find("Examples:\n  "), std::string::npos) << path;
        EXPECT_EQ(english.err, "");
        command.insert(command.end(), {"--lang", "vi"});
        const Outcome vietnamese = custody(command);
        EXPECT_EQ(vietnamese.exit, 0);
        EXPECT_NE(vietnamese.out.find("Cách dùng: custody" + path), std::string::npos) << vietnamese.out;
        EXPECT_NE(vietnamese.out.find("Ví dụ:"), std::string::npos) << path;
        EXPECT_EQ(vietnamese.out.find("Usage"), std::string::npos) << path;
    }
}

TEST(Usage, LanguageComesFromFlagThenConfigurationThenLocale) {
    const Office& office = shared_office();
    const std::string config = office.folder / "custody.toml";
    write_file(config, "language = \"vi\"\n[keys]\nkeyring = \"/nowhere\"\n[law]\napply = [\"DS\"]\n");
    const auto message = [&](const std::string& locale, std::vector<std::string> more) {
        std::vector<std::string> arguments = {"backups"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        Program program = office.custody.command(arguments);
        program.environment["LC_ALL"] = locale;
        return run(program).err;
    };
    EXPECT_NE(message("C", {}).find("not understood"), std::string::npos);
    EXPECT_NE(message("vi_VN.UTF-8", {}).find("không hiểu"), std::string::npos);
    EXPECT_NE(message("vi_VN.UTF-8", {"--lang", "en"}).find("not understood"), std::string::npos);
    EXPECT_NE(message("C", {"--config", config}).find("không hiểu"), std::string::npos);
    EXPECT_NE(message("C", {"--config", config, "--lang=en"}).find("not understood"), std::string::npos);
}

TEST(Usage, AFaultInTheConfigurationIsNamedWithItsLine) {
    const Office& office = shared_office();
    const std::string config = office.folder / "bad.toml";
    write_file(config, "language = \"en\"\nkeys = [\n");
    const Outcome syntax = office.custody({"snapshots", "--config", config});
    EXPECT_EQ(syntax.exit, 2);
    EXPECT_NE(syntax.err.find("bad.toml:"), std::string::npos) << syntax.err;
    write_file(config, "\n[keys]\nkeyring = 7\n");
    const Outcome type = office.custody({"snapshots", "--config", config});
    EXPECT_EQ(type.exit, 2);
    EXPECT_NE(type.err.find("bad.toml:3:1:"), std::string::npos) << type.err;
}

TEST(Usage, TheConfigurationNamesVaultAndKeyring) {
    const Office& office = shared_office();
    const std::string config = office.folder / "good.toml";
    write_file(config, "[keys]\nkeyring = \"" + office.custody.keyring() + "\"\n[[medium]]\nname = \"a\"\nvault = \"" +
                           office.custody.vault() +
                           "\"\n[[medium]]\nname = \"b\"\nvault = \"/nonexistent\"\n[[plan]]\nname = \"x\"\n");
    Program program = office.custody.command({"snapshots", "--json", "--config", config});
    program.environment["CUSTODY_VAULT"] = "";
    program.environment["CUSTODY_KEYRING"] = "";
    const Outcome outcome = run(program);
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    EXPECT_EQ(json_of(outcome).size(), 2u);
}

TEST(Usage, WithoutAnyVaultNamedItSaysHowToNameOne) {
    Program program = shared_office().custody.command({"snapshots"});
    program.environment["CUSTODY_VAULT"] = "";
    const Outcome outcome = run(program);
    EXPECT_EQ(outcome.exit, 2);
    EXPECT_NE(outcome.err.find("CUSTODY_VAULT"), std::string::npos);
}

TEST(Usage, AnErrorIsOneDocumentWithJson) {
    const Outcome outcome = shared_office().custody({"ls", "ffffffffffff", "--json"});
    EXPECT_EQ(outcome.exit, 7);
    const Json document = json_of(outcome);
    EXPECT_EQ(document["error"]["code"], "not_found");
    EXPECT_EQ(document["error"]["exit"], 7);
    EXPECT_TRUE(one_clear_line(outcome));
}

TEST(Usage, WhatIsNotThereEndsWith7) {
    const Office& office = shared_office();
    const Vault& custody = office.custody;
    const Case cases[] = {
        {{"snapshots", "--vault", "/nonexistent/vault"}, 7, "/nonexistent/vault"},
        {{"snapshots", "--keyring", "/nonexistent/keyring"}, 7, "/nonexistent/keyring"},
        {{"verify", "--keyring", "/nonexistent/keyring"}, 7, "/nonexistent/keyring"},
        {{"ls", "abcdef012345"}, 7, "abcdef012345"},
        {{"ls", "latest:nobody"}, 7, "nobody"},
        {{"ls", "latest", "/no/such"}, 7, "no/such"},
        {{"cat", "latest", "/no/such"}, 7, "no/such"},
        {{"restore", "latest", "/no/such", "--target", office.folder / "t"}, 7, "no/such"},
        {{"backup", "/no/such/source", "--label", "log"}, 7, "/no/such/source"},
        {{"copy", "--to", "/nonexistent/vault"}, 7, "/nonexistent/vault"},
        {{"hold", "release", "latest", "--reason", "x"}, 7, "not held"},
    };
    for (const Case& one : cases) expect(custody, one);
}

TEST(Usage, AFolderThatIsNoVaultIsToldApartFromNoVault) {
    const Office& office = shared_office();
    const Outcome outcome = office.custody({"snapshots", "--vault", office.source});
    EXPECT_EQ(outcome.exit, 7) << outcome.err;
    EXPECT_TRUE(one_clear_line(outcome));
    EXPECT_NE(outcome.err.find("not a vault"), std::string::npos) << outcome.err;
}

TEST(Usage, AWrongPassphraseEndsWith8) {
    const Office& office = shared_office();
    Program program = office.custody.command({"ls", "latest"});
    program.environment["CUSTODY_PASSPHRASE"] = "wrong";
    const Outcome outcome = run(program);
    EXPECT_EQ(outcome.exit, 8);
    EXPECT_TRUE(one_clear_line(outcome));
    EXPECT_EQ(outcome.out, "");
}

TEST(Usage, ATargetThatIsAFileIsRefusedAndKept) {
    const Office& office = shared_office();
    const std::string file = office.folder / "target-file";
    write_file(file, "mine");
    const Outcome outcome = office.custody({"restore", "latest", "--target", file});
    EXPECT_NE(outcome.exit, 0);
    EXPECT_TRUE(one_clear_line(outcome));
    EXPECT_EQ(read_file_text(file), "mine");
}

TEST(Usage, AKeyringOfAnotherFamilyOpensNothing) {
    Office other("cli-other");
    other.fill_source();
    ASSERT_EQ(other.custody({"init"}).exit, 0);
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"snapshots"}, {"verify"}, {"copy", "--to", other.custody.vault()}}) {
        Program program = shared_office().custody.command(arguments);
        if (arguments[0] != "copy") program.environment["CUSTODY_KEYRING"] = other.custody.keyring();
        const Outcome outcome = run(program);
        EXPECT_EQ(outcome.exit, arguments[0] == "copy" ? 5 : 8) << arguments[0] << outcome.err;
        EXPECT_TRUE(one_clear_line(outcome));
    }
}

TEST(Usage, InitRefusesAFileWithoutMakingAKeyring) {
    Office office("cli-init-file");
    write_file(office.folder / "file", "mine");
    for (const char* vault : {"file", "file/below/it"}) {
        const Outcome outcome = office.custody({"init", "--vault", office.folder / vault});
        EXPECT_EQ(outcome.exit, 2);
        EXPECT_TRUE(one_clear_line(outcome));
        EXPECT_NE(outcome.err.find("/file is not a folder"), std::string::npos) << outcome.err;
    }
    EXPECT_FALSE(std::filesystem::exists(office.custody.keyring()));
}

TEST(Usage, InitRefusesAFolderThatIsNotEmpty) {
    const Office& office = shared_office();
    const auto before = std::filesystem::last_write_time(office.source);
    const std::string keyring = office.folder / "keyring of a refused init";
    const Outcome outcome = office.custody({"init", "--vault", office.source, "--keyring", keyring});
    EXPECT_EQ(outcome.exit, 2);
    EXPECT_TRUE(one_clear_line(outcome));
    EXPECT_FALSE(std::filesystem::exists(keyring));
    EXPECT_EQ(std::filesystem::last_write_time(office.source), before) << "nothing was tried out in it";
    EXPECT_NE(office.custody({"init"}).exit, 0) << "a vault is there already";
}

TEST(Usage, KeyringInsideTheVaultIsRefused) {
    Office office("cli-inside");
    const Outcome outcome = office.custody({"init", "--keyring", office.custody.vault() + "/keyring"});
    EXPECT_EQ(outcome.exit, 2);
    EXPECT_NE(outcome.err.find("apart"), std::string::npos) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(office.custody.vault()));
}

TEST(Usage, AnEmptyPassphraseIsRefusedAndAShortOneWarnedOf) {
    Office office("cli-empty");
    const std::string file = office.folder / "passphrase";
    write_file(file, "\n");
    Program program = office.custody.command({"init"});
    program.environment["CUSTODY_PASSPHRASE"] = "";
    program.environment["CUSTODY_PASSPHRASE_FILE"] = file;
    const Outcome empty = run(program);
    EXPECT_EQ(empty.exit, 2) << empty.err;
    EXPECT_FALSE(std::filesystem::exists(office.custody.keyring()));
    write_file(file, "short\n");
    const Outcome weak = run(program);
    EXPECT_EQ(weak.exit, 0) << weak.err;
    EXPECT_NE(weak.err.find("only 5 characters"), std::string::npos) << weak.err;
    EXPECT_NE(weak.err.find("no recovery kit"), std::string::npos) << weak.err;
}

TEST(Usage, AReadOnlyMediumIsOneClearError) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to mount";
    Office office("cli-readonly");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const std::string vault = office.custody.vault();
    if (::mount(vault.c_str(), vault.c_str(), nullptr, MS_BIND, nullptr) != 0) GTEST_SKIP() << "cannot bind mount here";
    ASSERT_EQ(::mount(nullptr, vault.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), 0);
    const Outcome backup = office.backup();
    const Outcome look = office.custody({"snapshots", "--json"});
    const Outcome verify = office.custody({"verify", "--level", "full"});
    const Outcome restore = office.custody({"restore", "latest", "--target", office.folder / "back"});
    ::umount(vault.c_str());
    EXPECT_EQ(backup.exit, 1) << backup.err;
    EXPECT_TRUE(one_clear_line(backup));
    EXPECT_EQ(look.exit, 0) << look.err;
    EXPECT_EQ(verify.exit, 0) << verify.err;
    EXPECT_EQ(restore.exit, 0) << restore.err;
}

}  // namespace
}  // namespace custody::test
