// Keys from the command line: passphrases, slots, kits, writers, rotation, destruction; and that secrets stay secret.
#include "tests/cli/cli_fixture.h"

#include <gmock/gmock.h>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fstream>
#include <thread>

namespace custody::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kKitPassphrase = "năm con gà vàng ngoài sân";

Program with(Program program, const std::string& name, const std::string& value) {
    program.environment[name] = value;
    return program;
}

Outcome run_with_kit(const Vault& custody, std::vector<std::string> arguments) {
    return run(with(custody.command(std::move(arguments)), "CUSTODY_KIT_PASSPHRASE", kKitPassphrase));
}

bool contains_file(const std::string& folder, const std::string& needle) {
    for (const auto& item : std::filesystem::recursive_directory_iterator(folder)) {
        if (item.is_regular_file() && read_file_text(item.path()).find(needle) != std::string::npos) return true;
    }
    return false;
}

TEST(Keys, ThePassphraseIsChangedAndTheOldOneOpensNoMore) {
    Office office("cli-passwd");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const std::string fresh = "chín con voi xanh";
    EXPECT_EQ(office.custody({"key", "passwd"}).exit, 2) << "no terminal, no new passphrase";
    const Outcome changed = run(with(office.custody.command({"key", "passwd"}), "CUSTODY_NEW_PASSPHRASE", fresh));
    ASSERT_EQ(changed.exit, 0) << changed.err;
    EXPECT_EQ(office.custody({"ls", "latest"}).exit, 8);
    EXPECT_EQ(run(with(office.custody.command({"ls", "latest"}), "CUSTODY_PASSPHRASE", fresh)).exit, 0);
    // The same passphrase typed with decomposed letters.
    EXPECT_EQ(run(with(office.custody.command({"ls", "latest"}), "CUSTODY_PASSPHRASE", "chi\xCC\x81n con voi xanh")).exit, 0);
}

TEST(Keys, SlotsAreAddedAndRemovedButNeverTheLast) {
    Office office("cli-slots");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Outcome added = run(with(office.custody.command({"key", "slot", "add", "--note", "phó phòng", "--json"}),
                                   "CUSTODY_NEW_PASSPHRASE", "hai con trâu trắng"));
    ASSERT_EQ(added.exit, 0) << added.err;
    EXPECT_EQ(json_of(added)["slot"], 2);
    EXPECT_EQ(json_of(office.custody({"key", "list", "--json"}))["slots"].size(), 2u);
    for (const char* of_another : {"", "hai con trâu trắng"}) {  // the first slot's, the second's
        Program again = office.custody.command({"key", "slot", "add"});
        again.environment["CUSTODY_NEW_PASSPHRASE"] = *of_another == 0 ? again.environment["CUSTODY_PASSPHRASE"] : of_another;
        const Outcome taken = run(again);
        EXPECT_EQ(taken.exit, 2) << taken.err;
        EXPECT_TRUE(one_clear_line(taken));
        EXPECT_NE(taken.err.find(*of_another == 0 ? "slot 1" : "slot 2"), std::string::npos) << taken.err;
    }
    EXPECT_EQ(run(with(office.custody.command({"key", "passwd"}), "CUSTODY_NEW_PASSPHRASE", "hai con trâu trắng")).exit, 2);
    EXPECT_EQ(office.custody({"key", "slot", "remove", "1"}).exit, 0);
    const Outcome last =
        run(with(office.custody.command({"key", "slot", "remove", "2"}), "CUSTODY_PASSPHRASE", "hai con trâu trắng"));
    EXPECT_EQ(last.exit, 5) << last.err;
    EXPECT_TRUE(one_clear_line(last));
}

TEST(Keys, KitAndOneVaultBringEverythingBackOnABareMachine) {
    Office office("cli-kit");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const std::string kit = office.folder / "kit", page = office.folder / "kit.pdf";
    const Outcome exported =
        run_with_kit(office.custody, {"key", "export", "--recovery", "--output", kit, "--page", page, "--json"});
    ASSERT_EQ(exported.exit, 0) << exported.err;
    EXPECT_EQ(json_of(exported)["number"], 1);
    EXPECT_EQ(read_file_text(page).substr(0, 5), "%PDF-");
    struct stat info {};
    ASSERT_EQ(::stat(kit.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600u);
    EXPECT_EQ(run_with_kit(office.custody, {"key", "export", "--recovery", "--output", kit}).exit, 1) << "never replaced";

    EXPECT_EQ(run(with(office.custody.command({"key", "import", kit, "--check"}), "CUSTODY_KIT_PASSPHRASE", "wrong")).exit, 8);
    EXPECT_EQ(run_with_kit(office.custody, {"key", "import", kit, "--check"}).exit, 0);
    EXPECT_EQ(run_with_kit(office.custody, {"key", "import", kit}).exit, 1) << "there is a keyring already";

    std::filesystem::remove_all(office.custody.keyring());
    std::filesystem::remove_all(office.folder / "cache");
    EXPECT_EQ(office.custody({"ls", "latest"}).exit, 7);
    const Outcome imported = run_with_kit(office.custody, {"key", "import", kit});
    ASSERT_EQ(imported.exit, 0) << imported.err;
    const std::string target = office.folder / "back";
    const Outcome restored = office.custody({"restore", "latest", "--target", target});
    ASSERT_EQ(restored.exit, 0) << restored.err;
    EXPECT_EQ(read_file_text(target + office.source + "/readme"), "read me\n");
    EXPECT_EQ(office.backup().exit, 0);
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
}

TEST(Keys, AWriterBacksUpIncrementallyAndReadsNothing) {
    Office office("cli-writer");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string keys = office.folder / "web01.keys";
    ASSERT_EQ(office.custody({"key", "export", "--writer", "--host", "web01", "--label", "business", "--output", keys}).exit, 0);
    const std::string there = office.folder / "there";
    const auto writer = [&](std::vector<std::string> arguments) {
        Program program = with(office.custody.command(std::move(arguments)), "CUSTODY_KEYRING", there);
        program.environment["CUSTODY_CACHE"] = office.folder / "writer-cache";
        return run(program);
    };
    ASSERT_EQ(writer({"key", "import", keys}).exit, 0);
    const std::vector<std::string> backup = {"backup", office.source, "--label", "business", "--name", "srv", "--json"};
    ASSERT_EQ(writer(backup).exit, 0);
    const Json again = json_of(writer(backup));
    EXPECT_LT(again["bytes"]["new"], 10'000) << again.dump();
    EXPECT_EQ(again["files"]["new"], 0) << again.dump();
    EXPECT_EQ(json_of(writer({"snapshots", "--json"})).size(), 2u);
    EXPECT_EQ(writer({"verify"}).exit, 0);
    for (const std::vector<std::string>& reading : {std::vector<std::string>{"ls", "latest"},
                                                    {"cat", "latest", "/x"},
                                                    {"restore", "latest", "--target", office.folder / "t"},
                                                    {"find", "*"},
                                                    {"verify", "--level", "full"},
                                                    {"export", "latest", "--output", office.folder / "x.tar"}}) {
        const Outcome outcome = writer(reading);
        EXPECT_EQ(outcome.exit, 8) << reading[0] << outcome.err;
        EXPECT_TRUE(one_clear_line(outcome)) << reading[0];
    }
    EXPECT_EQ(writer({"backup", office.source, "--label", "log"}).exit, 2) << "a label it got no keys of";
    EXPECT_EQ(writer({"forget", "--keep-last", "1"}).exit, 0);
    EXPECT_EQ(writer({"prune", "--grace", "0s"}).exit, 0);
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
    EXPECT_EQ(office.custody({"restore", "latest", "--target", office.folder / "custodian"}).exit, 0);
}

TEST(Keys, RotatedKeysLeaveEverythingReadable) {
    Office office("cli-rotate");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    EXPECT_EQ(json_of(office.custody({"key", "rotate", "--label", "business", "--json"}))["epoch"], 2);
    write_file(office.source + "/later", noise(500'000, 9));
    ASSERT_EQ(office.backup().exit, 0);
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
    EXPECT_EQ(office.custody({"restore", "latest", "--target", office.folder / "back"}).exit, 0);
}

TEST(Keys, ADestroyedLabelIsGoneEverywhereAndVerifySaysDestroyedNotDamaged) {
    Office office("cli-destroy");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.custody({"label", "add", "project"}).exit, 0);
    ASSERT_EQ(office.custody({"backup", office.source, "--label", "project"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const std::string kit = office.folder / "kit";
    ASSERT_EQ(run_with_kit(office.custody, {"key", "export", "--recovery", "--output", kit}).exit, 0);

    ASSERT_EQ(office.custody({"hold", "add", "latest:srv", "--reason", "x"}).exit, 0);
    EXPECT_EQ(office.custody({"key", "destroy", "--label", "business", "--confirm", "business"}).exit, 5)
        << "a snapshot of it is held";
    EXPECT_EQ(office.custody({"key", "destroy", "--label", "project"}).exit, 5) << "not typed back";
    EXPECT_EQ(office.custody({"key", "destroy", "--label", "project", "--confirm", "projects"}).exit, 5);
    EXPECT_EQ(run(with(office.custody.command({"key", "destroy", "--label", "project", "--confirm", "project"}),
                       "CUSTODY_PASSPHRASE", "no"))
                  .exit,
              8);
    const Outcome destroyed = office.custody({"key", "destroy", "--label", "project", "--confirm", "project", "--json"});
    ASSERT_EQ(destroyed.exit, 3) << destroyed.err;
    EXPECT_EQ(json_of(destroyed)["state"], "pending");
    EXPECT_EQ(json_of(destroyed)["outstanding_copies"], Json::array({1}));

    const Outcome settled = run_with_kit(office.custody, {"key", "settle", kit});
    ASSERT_EQ(settled.exit, 0) << settled.err;
    EXPECT_EQ(json_of(office.custody({"key", "list", "--json"}))["destroyed"][0]["state"], "passed with exceptions");

    const Outcome verified = office.custody({"verify", "--level", "full", "--json"});
    EXPECT_EQ(verified.exit, 0) << verified.err;
    EXPECT_EQ(json_of(verified)["destroyed_snapshots"], 1);
    EXPECT_EQ(office.custody({"restore", "latest:srv", "--target", office.folder / "back"}).exit, 0);
    EXPECT_EQ(office.custody({"backup", office.source, "--label", "project"}).exit, 2);
    EXPECT_EQ(office.custody({"key", "destroy", "--label", "project"}).exit, 0) << "run again: nothing left to do";
}

TEST(Keys, NothingSecretIsSeenFromOutsideWhileItRuns) {
    Office office("cli-secret");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    // A backup that waits for its stream: long enough to be looked at.
    const std::string pipe = office.folder / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    Program slow;
    slow.path = "sh";
    Program base = office.custody.command({});
    slow.environment = base.environment;
    for (const char* name :
         {"CUSTODY_PASSPHRASE", "CUSTODY_NEW_PASSPHRASE", "CUSTODY_KIT_PASSPHRASE", "CUSTODY_OFFICER_PASSPHRASE"}) {
        slow.environment[name] = "UNMISTAKABLE-SECRET";
    }
    slow.arguments = {"-c", "exec '" + base.path + "' backup --stdin s --label log < '" + pipe + "'"};
    RunningProgram running(slow);
    std::ofstream feed(pipe);
    std::string command, environment;
    for (int i = 0; i < 200 && command.find("backup") == std::string::npos; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        command = read_file_text("/proc/" + std::to_string(running.pid()) + "/cmdline");
    }
    // The variable is cleared right at the start; wait until it is, or the test fails.
    for (int i = 0; i < 200; ++i) {
        environment = read_file_text("/proc/" + std::to_string(running.pid()) + "/environ");
        if (environment.find("UNMISTAKABLE-SECRET") == std::string::npos) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(command.find("SECRET"), std::string::npos);
    EXPECT_EQ(environment.find("UNMISTAKABLE-SECRET"), std::string::npos);
    feed << "data";
    feed.close();
    const Outcome outcome = running.wait();
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    EXPECT_EQ((outcome.out + outcome.err).find("UNMISTAKABLE"), std::string::npos);
    EXPECT_FALSE(contains_file(office.folder.path(), "UNMISTAKABLE"));
}

TEST(Keys, NamesAndContentAppearNowhereOnTheMedium) {
    const Office& office = shared_office();
    for (const char* plain : {"readme", "read me again", "Báo cáo", "hồ sơ", "business"}) {
        EXPECT_FALSE(contains_file(office.custody.vault(), plain)) << plain;
    }
}

TEST(Keys, AnInterruptedBackupEndsWith130AndTheNextOneSucceeds) {
    Office office("cli-interrupt");
    std::filesystem::create_directories(office.source);
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string pipe = office.folder / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    for (const int signal : {SIGINT, SIGTERM}) {
        Program slow;
        slow.path = "sh";
        const Program base = office.custody.command({});
        slow.environment = base.environment;
        slow.arguments = {"-c", "exec '" + base.path + "' backup --stdin s --label log < '" + pipe + "'"};
        RunningProgram running(slow);
        std::ofstream feed(pipe);
        feed << noise(4'000'000, 5) << std::flush;
        // Until it has opened its session in the vault it may still be the shell.
        for (int i = 0; i < 500 && std::filesystem::is_empty(office.custody.vault() + "/sessions"); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        running.kill(signal);
        const Outcome outcome = running.wait();
        EXPECT_EQ(outcome.exit, 130) << outcome.err;
        EXPECT_TRUE(one_clear_line(outcome));
    }
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"})).size(), 0u);
    Program again = office.custody.command({"backup", "--stdin", "s", "--label", "log"});
    again.input = "now";
    EXPECT_EQ(run(again).exit, 0);
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
}

// What every command says of a damaged keyring can be followed to the letter.
TEST(Key, ADamagedKeyringIsSetAsideByTheKitThatBringsItBack) {
    Office office("cli-damaged-keyring");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const std::string kit = office.folder / "kit", file = office.custody.keyring() + "/keyring";
    const auto run_with_kit = [&](std::vector<std::string> arguments, const std::string& passphrase) {
        Program program = office.custody.command(std::move(arguments));
        program.environment["CUSTODY_KIT_PASSPHRASE"] = passphrase;
        return run(program);
    };
    const std::string passphrase = "năm con gà vàng ngoài sân";
    ASSERT_EQ(run_with_kit({"key", "export", "--recovery", "--output", kit}, passphrase).exit, 0);
    EXPECT_EQ(run_with_kit({"key", "import", kit}, passphrase).exit, 1) << "a sound one is never replaced";
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 100);
    const std::string damaged = read_file_text(file);

    const Outcome said = office.custody({"snapshots"});
    EXPECT_THAT(said.err, HasSubstr("bring it back with 'custody key import FILE'"));
    EXPECT_NE(run_with_kit({"key", "import", kit}, "another one altogether").exit, 0);
    EXPECT_EQ(read_file_text(file), damaged) << "nothing is moved before the kit has opened";
    const Outcome back = run_with_kit({"key", "import", kit}, passphrase);
    ASSERT_EQ(back.exit, 0) << back.err;
    EXPECT_THAT(back.err, HasSubstr(file + ".damaged"));
    EXPECT_EQ(read_file_text(file + ".damaged"), damaged);
    EXPECT_EQ(office.custody({"ls", "latest:srv"}).exit, 0);
}

TEST(Keys, SignersThatAreTrustedAlreadyAreSaidToBe) {
    const Office& office = shared_office();
    const std::string file = office.folder / "trusted.pub";
    ASSERT_EQ(office.custody({"key", "export", "--public", "--output", file}).exit, 0);
    const Outcome imported = office.custody({"key", "import", file});
    EXPECT_EQ(imported.exit, 0) << imported.err;
    EXPECT_NE(imported.out.find("trusted already"), std::string::npos) << imported.out;
    EXPECT_EQ(imported.out.find("0 signers"), std::string::npos) << imported.out;
}

TEST(Keys, AWrongFileIsWrongUsageAndNoDamage) {
    const Office& office = shared_office();
    const std::string wrong = office.folder / "wrong.bin", large = office.folder / "large.bin";
    write_file(wrong, noise(5000, 7));
    write_file(large, noise(std::size_t{3} << 20, 8));
    for (const std::string& file : {wrong, large}) {
        for (const std::vector<std::string>& command :
             {std::vector<std::string>{"verify", "--keyless", "--signers", file}, {"key", "slot", "add", "--officer", file}}) {
            const Outcome outcome = office.custody(command);
            EXPECT_EQ(outcome.exit, 2) << outcome.err;
            EXPECT_TRUE(one_clear_line(outcome)) << outcome.err;
        }
    }
}

}  // namespace
}  // namespace custody::test
