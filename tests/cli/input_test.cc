// What a person may type, write into settings, or meet: empty values, names, newer vaults, interruptions, numbers.
#include "tests/cli/cli_fixture.h"
#include "tests/support/try_mount.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/counts.h"
#include "cli/interruption.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

namespace custody::test {
namespace {

void expect_refused(const Outcome& outcome, const std::string& says) {
    EXPECT_EQ(outcome.exit, 2) << outcome.err;
    EXPECT_TRUE(one_clear_line(outcome)) << outcome.err;
    EXPECT_NE(outcome.err.find(says), std::string::npos) << outcome.err;
}

TEST(EmptyValues, AreRefusedOnTheCommandLine) {
    const Office& office = shared_office();
    const std::string source = office.source;
    expect_refused(office.custody({"snapshots", "--vault", ""}), "--vault is empty");
    expect_refused(office.custody({"snapshots", "--vault="}), "--vault is empty");
    expect_refused(office.custody({"--keyring=", "snapshots"}), "--keyring is empty");
    expect_refused(office.custody({"snapshots", "--keyring", ""}), "--keyring is empty");
    expect_refused(office.custody({"snapshots", "--config", ""}), "--config is empty");
    expect_refused(office.custody({"snapshots", "--label", ""}), "--label is empty");
    expect_refused(office.custody({"backup", source, "--label", "business", "--name", ""}), "--name is empty");
    expect_refused(office.custody({"backup", source, "--label", "business", "--exclude", "a", "--exclude", ""}),
                   "--exclude is empty");
    expect_refused(office.custody({"backup", "", "--label", "business"}), "PATH is empty");
    expect_refused(office.custody({"ls", ""}), "SNAPSHOT is empty");
}

TEST(EmptyValues, OfTheEnvironmentCountAsNotSet) {
    const Office& office = shared_office();
    Program snapshots = office.custody.command({"CUSTODY_VAULT=", office.custody.command({}).path, "snapshots"});
    snapshots.path = "env";
    const Outcome none = run(snapshots);
    expect_refused(none, "no vault named");
    snapshots.arguments.insert(snapshots.arguments.end(), {"--vault", office.custody.vault()});
    EXPECT_EQ(run(snapshots).exit, 0);
    EXPECT_NE(office.custody({"--help"}).out.find("empty counts as not set"), std::string::npos);
}

TEST(SnapshotNames, ThatNobodyCouldNameAgainAreRefused) {
    const Office& office = shared_office();
    const auto named = [&](const std::string& name) {
        return office.custody({"backup", office.source, "--label", "business", "--dry-run", "--name", name});
    };
    expect_refused(named("latest"), "newest snapshot");
    expect_refused(named("srv@home"), "'@'");
    expect_refused(named("two\nlines"), "control characters");
    expect_refused(named("bell\a"), "control characters");
    expect_refused(named("\xff"), "UTF-8");
    expect_refused(named(" srv"), "blank");
    expect_refused(named("srv "), "blank");
    expect_refused(named("srv\xC2\xA0"), "blank");
    expect_refused(named(std::string(129, 'x')), "128 bytes");
    for (const std::string& name : {std::string("hồ sơ 2026"), std::string(128, 'x'), std::string("a:b")}) {
        const Outcome outcome = named(name);
        EXPECT_EQ(outcome.exit, 0) << outcome.err;
    }
}

TEST(SnapshotNames, MadeFromAPathCanBeNamedAgain) {
    Office office("cli-names");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string odd = office.folder / "www@home";
    std::filesystem::create_directories(odd);
    write_file(odd + "/page", "x");
    ASSERT_EQ(office.custody({"backup", odd, "--label", "business"}).exit, 0);
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"}))[0]["name"], "www_home");
    EXPECT_EQ(office.custody({"ls", "latest:www_home"}).exit, 0);
}

TEST(Settings, UnknownKeysAreRefusedWithTheirPlaceAndTheNearestKey) {
    const Office& office = shared_office();
    const std::string config = office.folder / "settings.toml";
    const auto with = [&](const std::string& text) {
        write_file(config, text);
        return office.custody({"snapshots", "--config", config});
    };
    expect_refused(with("language = \"en\"\nlangauge = \"vi\"\n"),
                   "settings.toml:2:1: unknown key 'langauge': is 'language' meant?");
    expect_refused(with("[law]\n\n  [key]\nkeyring = \"/x\"\n"), "settings.toml:3:4: unknown key 'key': is 'keys' meant?");
    expect_refused(with("keyring = \"/x\"\n"), "settings.toml:1:1: unknown key 'keyring': it belongs below [keys]");
    expect_refused(with("vault = \"/x\"\n"), "it belongs below [[medium]]");
    expect_refused(with("zzz = 1\n"), "known are language");
    expect_refused(with("[keys]\nkeyrng = \"/x\"\n"), "settings.toml:2:1: unknown key 'keyrng': is 'keyring' meant?");
    expect_refused(with("[[medium]]\nname = \"a\"\nvualt = \"/x\"\n"),
                   "settings.toml:3:1: unknown key 'vualt': is 'vault' meant?");
    expect_refused(with("[medium]\nvault = \"/x\"\n"), "[[medium]]");
    expect_refused(with("law = 3\n"), "settings.toml:1:");
}

// The configuration of INTERFACE, whose sections the service reads.
TEST(Settings, EverySectionOfTheServiceIsAccepted) {
    const Office& office = shared_office();
    const std::string config = office.folder / "whole.toml";
    write_file(config, R"(language = "en"
[organisation]
name     = "UBND phường Đồ Sơn"
superior = "UBND thành phố Hải Phòng"
place    = "Đồ Sơn"
[law]
apply = ["DS", "HP"]
[keys]
keyring = "/nowhere"
role    = "custodian"
[[medium]]
name  = "disk-b"
vault = "/nowhere"
place = "Archive"
removable = true
custodian = "of a later version"
[label.config]
importance  = "important"
[[plan]]
name      = "etc"
source    = { files = ["/etc"], exclude = ["*.swp"] }
[scan]
command = ["clamdscan", "--fdpass"]
[alert]
syslog = "tls://syslog.example:6514"
[journal]
folder = "/var/lib/custody"
)");
    const Outcome outcome = office.custody({"snapshots", "--config", config});
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
}

// What is wrong in the service's sections is custodyd's to refuse: it keeps nobody from restoring.
TEST(Settings, FaultsInPlansKeepNobodyFromRestoring) {
    const Office& office = shared_office();
    const std::string config = office.folder / "plans.toml";
    write_file(config,
               "[[plan]]\nname = \"etc\"\nlabel = \"nosuch\"\nshedule = \"never\"\n[label.log]\nretention = \"daily\"\n"
               "[alert]\nsyslog = \"tcp://log.example\"\n[service]\nnice = 99\n");
    EXPECT_EQ(office.custody({"snapshots", "--config", config}).exit, 0);
    write_file(config, "language = \"de\"\n[keys]\nkeyring = 7\n[[medium]]\nname = \"a\"\nvault = \"mnt\"\n");
    expect_refused(
        office.custody({"snapshots", "--config", config}),
        "plans.toml:1:1: 'language' cannot be 'de': known are vi, en; and 2 more faults, which 'custodyd --check-config' names");
}

TEST(NewerVault, IsNamedAsNewerWhateverItSigns) {
    Office office("cli-newer");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string header = office.custody.vault() + "/vault.json";
    const std::string sound = read_file_text(header);
    std::filesystem::permissions(header, std::filesystem::perms::owner_all);
    for (const std::string& newer :
         {std::string(R"({"body":{"format":7,"crypto":"other"},"seal":"x"})"), std::string(R"({"format":7,"anything":[1,2]})")}) {
        write_file(header, newer);
        for (const char* command : {"snapshots", "verify", "status", "prune"}) {
            const Outcome outcome = office.custody({command});
            EXPECT_NE((outcome.out + outcome.err).find("needs Custody that reads format 7"), std::string::npos)
                << command << outcome.out << outcome.err;
            if (command != std::string("status")) {
                EXPECT_EQ(outcome.exit, 2) << command;
            }
        }
    }
    std::string flipped = sound;  // '1' and '3' differ in one bit: damage, which repair heals
    const std::size_t at = flipped.find("\"format\":1");
    ASSERT_NE(at, std::string::npos);
    flipped[at + 9] = '3';
    write_file(header, flipped);
    EXPECT_EQ(office.custody({"prune"}).exit, 4);
    EXPECT_EQ(office.custody({"repair"}).exit, 0);
    EXPECT_EQ(read_file_text(header), sound);
}

TEST(Interruption, OfABackupSaysWhatIsKept) {
    Office office("cli-interrupt");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    Program backup = office.custody.command({});
    const std::string program = backup.path;
    backup.path = "bash";
    // Standard input that never ends, and a process that is the program itself.
    backup.arguments = {"-c", "exec '" + program + "' backup --stdin x --label log < <(exec tail --pid=$$ -f /dev/null)"};
    RunningProgram running(backup);
    const std::string sessions = office.custody.vault() + "/sessions";
    while (std::filesystem::is_empty(sessions)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    running.kill(SIGINT);
    const Outcome outcome = running.wait();
    EXPECT_EQ(outcome.exit, 130) << outcome.err;
    EXPECT_NE(outcome.err.find("interrupted; no snapshot was made; what was stored so far is kept"), std::string::npos)
        << outcome.err;
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"})).size(), 0u);
}

std::string left_by(std::vector<std::string> words) {
    GlobalFlags globals;
    CommandTable table(globals);
    add_backup_command(table);
    add_look_commands(table);
    add_restore_commands(table);
    add_verify_commands(table);
    add_retention_commands(table);
    std::reverse(words.begin(), words.end());
    table.root().parse(words);
    const CLI::App* command = &table.root();
    while (!command->get_subcommands().empty()) command = command->get_subcommands().back();
    return after_interrupt(*command);
}

// Each is true of its command, and none but backup and copy speaks of what the next run reuses.
TEST(Interruption, OfEachCommandSaysWhatIsTrueOfIt) {
    EXPECT_NE(left_by({"backup", "/x"}).find("next backup reuses"), std::string::npos);
    EXPECT_EQ(left_by({"backup", "/x", "--dry-run"}), "nothing was changed");
    EXPECT_NE(left_by({"copy", "--to", "/x"}).find("next copy"), std::string::npos);
    EXPECT_NE(left_by({"prune"}).find("no snapshot lost anything"), std::string::npos);
    EXPECT_NE(left_by({"verify"}).find("nothing is proven"), std::string::npos);
    EXPECT_NE(left_by({"repair"}).find("stays healed"), std::string::npos);
    EXPECT_NE(left_by({"export", "latest", "--output", "x.tar"}).find("no archive"), std::string::npos);
    EXPECT_NE(left_by({"restore", "latest", "--target", "/x"}).find("run it again"), std::string::npos);
    EXPECT_NE(left_by({"restore", "latest", "--image", "/x"}).find("no image was written"), std::string::npos);
    EXPECT_NE(left_by({"restore", "latest", "--stdout"}).find("not complete"), std::string::npos);
    EXPECT_EQ(left_by({"restore", "latest", "--target", "/x", "--dry-run"}), "nothing was written");
    EXPECT_EQ(left_by({"snapshots"}), "");
}

// A device is written where it is, a file only takes its name when it is whole.
TEST(Interruption, OfAnImageSaysThatADeviceIsNotComplete) {
    const ScratchFolder folder("cli-interrupted-image");
    write_file(folder / "file", "old");
    EXPECT_NE(left_by({"restore", "latest", "--image", folder / "file"}).find("is as it was"), std::string::npos);
    const int reason = ::mknod((folder / "device").c_str(), S_IFBLK | 0600, 0) == 0 ? 0 : errno;
    if (reason == EPERM) GTEST_SKIP() << "needs root to make a device node";
    ASSERT_EQ(reason, 0);
    EXPECT_NE(left_by({"restore", "latest", "--image", folder / "device"}).find("image is not complete"), std::string::npos);
}

TEST(Counts, HaveTheirNounInTheSingularForOneOnly) {
    EXPECT_EQ(say_count(0, "{} minute", "{} minutes"), "0 minutes");
    EXPECT_EQ(say_count(1, "{} minute", "{} minutes"), "1 minute");
    EXPECT_EQ(say_count(2, "{} minute", "{} minutes"), "2 minutes");
    Office office("cli-counts");
    std::filesystem::create_directories(office.source);
    write_file(office.source + "/one", "x");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const Outcome found = office.custody({"find", "nothing"});
    EXPECT_NE(found.err.find("nothing in 1 snapshot matches"), std::string::npos) << found.err;
    const Outcome vietnamese = office.custody({"find", "nothing", "--lang", "vi"});
    EXPECT_NE(vietnamese.err.find("1 bản chụp"), std::string::npos) << vietnamese.err;
}

TEST(Input, AnEmptyStreamMakesNoSnapshot) {
    const Office office("cli-input-stream");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Outcome empty = office.custody({"backup", "--stdin", "dump.sql", "--label", "database"});
    EXPECT_EQ(empty.exit, 1) << empty.err;
    EXPECT_NE(empty.err.find("the stream was empty"), std::string::npos) << empty.err;
    Program from_folder = office.custody.command({"backup", "--stdin", "dump.sql", "--label", "database"});
    from_folder.arguments.insert(from_folder.arguments.begin(), {"-c", R"("$0" "$@" < /)", from_folder.path});
    from_folder.path = "bash";
    const Outcome folder = run(from_folder);
    EXPECT_EQ(folder.exit, 1) << folder.err;
    EXPECT_EQ(folder.err.find("empty"), std::string::npos) << folder.err;
    EXPECT_NE(folder.err.find("custody: no snapshot is made, for nothing that was named could be read: /dump.sql: cannot read"),
              std::string::npos)
        << folder.err;
    const Outcome image = office.custody({"backup", "--image", office.folder / "no bytes", "--label", "image"});
    EXPECT_EQ(image.exit, 7) << image.err;
    write_file(office.folder / "no bytes", "");
    const Outcome empty_image = office.custody({"backup", "--image", office.folder / "no bytes", "--label", "image"});
    EXPECT_EQ(empty_image.exit, 1) << empty_image.err;
    EXPECT_TRUE(one_clear_line(empty_image));
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"})).size(), 0u);
}

// Hundreds of files of 15 TiB that hold nothing take no room on a disk, and must not keep the others from being backed up.
TEST(Input, SparseFilesBeyondAllNumbersHinderNothing) {
    const Office office("cli-input-sparse");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    for (int i = 0; i < 600; ++i) {
        const std::string path = office.source + "/sparse " + std::to_string(i);
        write_file(path, "");
        const int reason = ::truncate(path.c_str(), 15LL << 40) == 0 ? 0 : errno;
        if (reason == EFBIG) GTEST_SKIP() << "this file system has no files of 15 TiB";
        ASSERT_EQ(reason, 0) << std::strerror(reason);
    }
    const Outcome done = office.backup({"--json"});
    EXPECT_EQ(done.exit, 0) << done.err;
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"}))[0]["bytes"], std::uint64_t{1} << 53);
    EXPECT_EQ(office.custody({"verify"}).exit, 0);
}

TEST(Input, AMediumThatIsReadOnlyIsReadAndSaysWhatWritingNeeds) {
    const Office office("cli-input-read-only");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string medium = office.folder / "medium", vault = medium + "/vault";
    std::filesystem::create_directory(medium);
    if (const std::string why_not = try_mount("tmpfs", medium, "size=64m"); !why_not.empty()) GTEST_SKIP() << why_not;
    EXPECT_EQ(office.custody({"init", "--vault", vault}).exit, 0);
    EXPECT_EQ(office.backup({"--vault", vault}).exit, 0);
    EXPECT_EQ(::mount(nullptr, medium.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0) << std::strerror(errno);
    const std::vector<std::vector<std::string>> writers = {{"backup", office.source, "--label", "business"},
                                                           {"forget", "latest"},
                                                           {"prune"},
                                                           {"hold", "add", "latest", "--reason", "case"}};
    for (std::vector<std::string> writer : writers) {
        writer.insert(writer.end(), {"--vault", vault});
        const Outcome refused = office.custody(writer);
        EXPECT_EQ(refused.exit, 1) << writer.front() << ": " << refused.err;
        EXPECT_TRUE(one_clear_line(refused)) << refused.err;
        EXPECT_NE(refused.err.find("Read-only file system; mount its medium for writing"), std::string::npos) << refused.err;
    }
    EXPECT_EQ(office.custody({"snapshots", "--vault", vault}).exit, 0);
    EXPECT_EQ(office.custody({"verify", "--level", "full", "--vault", vault}).exit, 0);
    EXPECT_EQ(::umount(medium.c_str()), 0) << std::strerror(errno);
}

TEST(Input, AVaultIsNotHealedFromItself) {
    const Office office("cli-input-itself");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Outcome refused = office.custody({"repair", "--from", office.custody.vault()});
    EXPECT_EQ(refused.exit, 5) << refused.err;
    EXPECT_TRUE(one_clear_line(refused));
}

}  // namespace
}  // namespace custody::test
