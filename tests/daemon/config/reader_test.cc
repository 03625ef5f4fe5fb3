// What may be wrong in a configuration, each with its place and its words; and that nothing but the one thing is refused.
#include "daemon/config/reader.h"

#include "base/text.h"
#include "daemon/config/toml_tree.h"
#include "tests/daemon/config/config_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace custody::test {
namespace {

using testing::HasSubstr;

struct Case {
    std::string text;  // below the sound configuration, whose 12 lines come first; or whole, where it begins with '!'
    std::string fault;
};

std::string shown(const Case& each) {
    return each.text[0] == '!' ? faults_in(each.text.substr(1)) : faults_in(sound_config(each.text));
}

void expect_all(const std::vector<Case>& cases) {
    for (const Case& each : cases) EXPECT_EQ(shown(each), "c.toml:" + each.fault + "\n") << each.text;
}

TEST(ConfigReader, ASoundConfigurationHasNoFault) { EXPECT_EQ(faults_in(sound_config()), ""); }

TEST(ConfigReader, AnEmptyOneIsAllDefaults) {
    const ConfigReading reading = read_config("c.toml", "");
    EXPECT_TRUE(reading.sound());
    EXPECT_EQ(reading.config.labels.size(), 5u);
    EXPECT_EQ(reading.config.service.state_folder, "/var/lib/custody");
    EXPECT_EQ(reading.config.keys.role, KeyRole::writer);
}

TEST(ConfigReader, UnknownKeysAreRefusedWithTheNearest) {
    expect_all({
        {"!langauge = \"vi\"\n", "1:1: unknown key 'langauge': is 'language' meant?"},
        {"!\n  [key]\nkeyring = \"/x\"\n", "2:4: unknown key 'key': is 'keys' meant?"},
        {"!keyring = \"/x\"\n", "1:1: unknown key 'keyring': it belongs below [keys]"},
        {"!vault = \"/x\"\n", "1:1: unknown key 'vault': it belongs below [[medium]]"},
        {"!schedule = \"@daily\"\n", "1:1: unknown key 'schedule': it belongs below [[plan]]"},
        {"shedule = \"@daily\"\n", "13:1: unknown key 'shedule': is 'schedule' meant?"},
        {"colour = 1\n",
         "13:1: unknown key 'colour': known are name, label, source, schedule, on_change, settle, not_between, time_limit, "
         "media, "
         "retention, nice, ioprio, bandwidth, retry, verify, drill, exception"},
        {"retry = { time = 3 }\n", "13:11: unknown key 'time': is 'times' meant?"},
        {"drill = { queries = [{ sql = \"select 1\", expected = \"1\", expect = \"1\" }] }\n",
         "13:42: unknown key 'expected': is 'expect' meant?"},
        {"[alert]\nsmtp = { server = \"smtp://127.0.0.1\", form = \"a@b\", from = \"a@b\", to = [\"c@d\"] }\n",
         "14:39: unknown key 'form': is 'from' meant?"},
    });
}

TEST(ConfigReader, WrongTypesSayWhatIsMeant) {
    expect_all({
        {"!law = 3\n", "1:1: 'law' must be a section, [law] or law = { ... }, not a whole number"},
        {"![medium]\nvault = \"/x\"\n", "1:2: 'medium' must be a list of sections: [[medium]]"},
        {"!plan = [1]\n", "1:9: 'plan' must be a list of sections: [[plan]]"},
        {"![keys]\nkeyring = 7\n", "2:1: 'keyring' must be a text in quotes, not a whole number"},
        {"on_change = \"yes\"\n", "13:1: 'on_change' must be true or false, not a text"},
        {"nice = 2.5\n", "13:1: 'nice' must be a whole number from 0 to 19, not a number with a fraction"},
        {"nice = 20\n", "13:1: 'nice' must be from 0 to 19, not 20"},
        {"media = \"disk-a\"\n", "13:1: 'media' must be a list, [\"...\"], not a text"},
        {"media = []\n", "13:1: 'media' is an empty list; leave the key out or name one at least"},
        {"media = [\"disk-a\", 2]\n", "13:20: 'media' must hold texts in quotes, not a whole number"},
        {"time_limit = 2026-11-03\n", "13:1: 'time_limit' must be a text in quotes, not a date or time"},
        {"retention = \"\"\n", "13:1: 'retention' is empty; leave the key out or give it a value"},
        {"verify = { sample = 0 }\n", "13:12: 'sample' must be a number above 0 and at most 100"},
        {"verify = { level = \"ful\" }\n", "13:12: 'level' cannot be 'ful': is 'full' meant?"},
        {"[label]\nconfig = 3\n",
         "14:1: 'label.config' must be a section, [label.config] or label.config = { ... }, not a whole number"},
        {"[label.config]\nimportance = \"very\"\n", "14:1: 'importance' cannot be 'very': known are important, ordinary"},
        {"[organisation]\nname = \"a\\nb\"\n", "14:1: 'name' has control characters; it must be one line"},
    });
}

TEST(ConfigReader, TextsThatAreNoTomlAreNamedWithTheirPlace) {
    EXPECT_THAT(faults_in("language = \"en\"\nkeys = [\n"), HasSubstr("c.toml:2:10: this is no TOML: "));
    EXPECT_THAT(faults_in("[keys]\nrole = \"writer\"\nrole = \"writer\"\n"), HasSubstr("c.toml:3:"));
    EXPECT_THAT(faults_in("\n[#"), HasSubstr("c.toml:2:2: this is no TOML: "));
    EXPECT_THAT(faults_in("name = \"\xff\""), HasSubstr("this is no TOML: "));
    EXPECT_THAT(faults_in(std::string(kMaxConfigSize + 1, '\n')), HasSubstr("the file has more than 1.0 MiB"));
}

TEST(ConfigReader, WhatNestsTooDeepIsRefusedBeforeItIsRead) {
    const std::string deep = "1:17: nested too deeply: keys have at most 8 parts, lists and sections at most 16 levels";
    expect_all({{"!a.a.a.a.a.a.a.a.a = 1\n", "1:18" + deep.substr(4)},
                {"!a = " + std::string(17, '[') + "\n", "1:22" + deep.substr(4)},
                {"!'a' . \"b\" .c.d.e.f.g.h.i = 1\n", "1:25" + deep.substr(4)}});
    // A million tables, and what only looks deep.
    std::string million = "a";
    for (int i = 0; i < 500'000; ++i) million += ".a";
    EXPECT_THAT(faults_in(million + " = 1"), HasSubstr("nested too deeply"));
    EXPECT_EQ(
        faults_in(sound_config("# a.a.a.a.a.a.a.a.a.a.a.a [[[[[[[[[[[[[[[[[[[[[[[[\n[organisation]\nname = \"a.b.c.d.e.f.g.h.i.j "
                               "[[[[[[[[[[[[[[[[[[[[[[\"\nplace = '''\"[[[[[[[[[[[[[[[[[[[[''' # a\n")),
        "");
}

TEST(ConfigReader, MediaAreWholeAndDistinct) {
    expect_all({
        {"[[medium]]\nname = \"disk-c\"\n", "13:1: 'vault' is missing: the folder of the vault on it, as \"/mnt/disk-a/vault\""},
        {"[[medium]]\nname = \"disk-b\"\nvault = \"/mnt/c\"\n", "14:1: there is a medium 'disk-b' already, in line 5"},
        {"[[medium]]\nname = \"c\"\nvault = \"/mnt//disk-a/./vault/\"\n",
         "15:1: media 'disk-a' and 'c' have one vault, /mnt/disk-a/vault: that is one copy, not two"},
        {"[[medium]]\nname = \"c\"\nvault = \"/mnt/disk-a\"\n",
         "15:1: the vaults /mnt/disk-a/vault and /mnt/disk-a lie within each other; give each a folder of its own"},
        {"[[medium]]\nname = \"c\"\nvault = \"mnt/c\"\n",
         "15:1: 'vault' must be an absolute path; 'mnt/c' would depend on where the service is started"},
        {"[[medium]]\nname = \"c\"\nvault = \"/mnt/../c\"\n", "15:1: 'vault' must not have '..' in it: /mnt/../c"},
        {"[[medium]]\nname = \"a/b\"\nvault = \"/mnt/c\"\n",
         "14:1: 'a/b' cannot name a medium: one line of at most 128 bytes without '@' and '/', not 'latest', no blank at either "
         "end"},
        {"[[medium]]\nname = \"c\"\nvault = \"/mnt/c/vault\"\nmount = \"/media/c\"\n",
         "16:1: the vault /mnt/c/vault does not lie below its mount point /media/c"},
        {"[[medium]]\nname = \"c\"\nvault = \"/mnt/c\"\nuuid = \"sdb1\"\n",
         "16:1: 'sdb1' is no UUID of a file system; 'blkid DEVICE' shows it"},
        {"[keys]\nkeyring = \"/mnt/disk-b/vault/keys\"\n",
         "14:1: E2: the keyring /mnt/disk-b/vault/keys lies in the vault of medium 'disk-b'; keys are kept apart from the data"},
    });
    EXPECT_THAT(faults_in("[[medium]]\nname = \"c\"\nvault = \"sftp://h/x\"\n"),
                HasSubstr("c.toml:3:1: vaults behind sftp:// cannot be used yet"));
    const ConfigReading url = read_config("c.toml", "[[medium]]\nname = \"c\"\nvault = \"file:///mnt/c/vault\"\n");
    EXPECT_TRUE(url.sound());
    EXPECT_EQ(url.config.media[0].vault, "/mnt/c/vault");
    EXPECT_EQ(url.config.media[0].mount_point, "/mnt/c");
}

TEST(ConfigReader, PlansNameWhatThereIs) {
    expect_all({
        {"media = [\"disk-a\", \"disk-c\"]\n", "13:20: there is no medium 'disk-c': is 'disk-a' meant?"},
        {"media = [\"disk-a\", \"tape\"]\n", "13:20: there is no medium 'tape': known are disk-a, disk-b"},
        {"media = [\"disk-a\", \"disk-a\"]\n", "13:20: 'disk-a' is there twice"},
        {"[[plan]]\nname = \"x\"\nlabel = \"databse\"\nschedule = \"@daily\"\nsource = { sqlite = \"/x\" }\n",
         "15:1: there is no label 'databse': is 'database' meant?"},
        {"[[plan]]\nname = \"etc\"\nlabel = \"log\"\nschedule = \"@daily\"\nsource = { sqlite = \"/x\" }\n",
         "14:1: there is a plan 'etc' already, in line 8"},
        {"[[plan]]\nlabel = \"log\"\nschedule = \"@daily\"\nsource = { sqlite = \"/x\" }\n",
         "13:1: 'name' is missing: what the plan and its snapshots are called"},
        {"[[plan]]\nname = \"latest\"\nlabel = \"log\"\nschedule = \"@daily\"\nsource = { sqlite = \"/x\" }\n",
         "14:1: 'latest' cannot name a plan: one line of at most 128 bytes without '@' and '/', not 'latest', no blank at either "
         "end"},
        {"[[plan]]\nname = \"x\"\nlabel = \"log\"\nsource = { sqlite = \"/x\" }\n",
         "13:1: 'schedule' is missing: when the plan runs, in the five fields of cron, as \"30 1 * * *\" for half past one every "
         "night"},
        {"[[plan]]\nname = \"x\"\nlabel = \"log\"\nschedule = \"@daily\"\n",
         "13:1: 'source' is missing: what it backs up, as { files = [\"/etc\"] }"},
        {"[label.Config]\n", "13:8: 'Config' cannot name a label: use lower-case letters, digits and '-', at most 64"},
    });
    const Config config = read_config("c.toml", sound_config()).config;
    EXPECT_EQ(config.plans[0].media, (std::vector<std::string>{"disk-a", "disk-b"})) << "every medium where none is named";
}

std::string plan_with(const std::string& source) {
    return "[[plan]]\nname = \"x\"\nlabel = \"log\"\nschedule = \"@daily\"\nsource = " + source + "\n";
}

TEST(ConfigReader, SourcesAreOneThingEach) {
    const auto fault = [](const std::string& source, const std::string& words) { return Case{plan_with(source), "17:" + words}; };
    expect_all({
        fault("{ file = [\"/etc\"] }", "12: unknown key 'file': is 'files' meant?"),
        fault("{ exclude = [\"/etc\"] }",
              "10: 'source' does not say what to back up: it has one of files, image, postgresql, mariadb, sqlite, command\n"
              "c.toml:17:12: unknown key 'exclude': known are files, image, postgresql, mariadb, sqlite, command"),
        fault("{ files = [\"/etc\"], image = \"/dev/sdb\" }",
              "30: 'source' names both 'files' and 'image'; a plan has one source, make two plans"),
        fault("{ files = [\"etc\"] }",
              "21: 'files' must be an absolute path; 'etc' would depend on where the service is started"),
        fault("{ files = [\"ssh://h/etc\"] }",
              "21: 'files' must be a path on this machine; ssh://h/etc cannot be used here yet: "
              "mount the folder and name its path"),
        fault("{ files = [\"/etc\"], before = \"systemctl stop x\" }",
              "30: 'before' must be a list of arguments, run without a shell: [\"systemctl\", \"stop\", \"x\"]"),
        fault("{ files = [\"/etc\"], after = [\"bin/x\"] }",
              "39: 'after' must begin with a program's name or its absolute path, not 'bin/x'"),
        fault("{ postgresql = \"host=db password=geheim\" }",
              "12: a connection string must not hold a password; put it into ~/.pgpass or the service file and write "
              "\"service=NAME\""),
        fault("{ mariadb = \"my.cnf\" }",
              "12: 'mariadb' must be an absolute path; 'my.cnf' would depend on where the service is started"),
        fault("{ postgresql = \"service=portal\", as_user = \"post gres\" }",
              "43: 'post gres' is no name of a user of the system, as \"postgres\""),
        fault("{ mariadb = \"/etc/my.cnf\", as_usr = \"mysql\" }", "37: unknown key 'as_usr': is 'as_user' meant?"),
        fault("{ sqlite = \"/srv/a.db\", as_user = \"postgres\" }", "34: unknown key 'as_user': known are sqlite"),
        fault("{ command = [\"ssh\", \"switch\"] }",
              "10: 'file' is missing: the name under which the output is kept, as \"switch.cfg\""),
        fault("{ command = [\"ssh\"], file = \"a/b\" }",
              "31: 'a/b' is no file name: it names what the command wrote, without a folder"),
        fault("{ command = [\"ssh\"], file = \"a\", every = \"5s\" }", "43: 'every' must be from 1m to 366d, not 5s"),
    });
    EXPECT_EQ(faults_in(sound_config(plan_with("{ files = [\"/etc\"], mounted = [\"/srv\"], before = [\"/bin/a\", \"b c\"] }"))),
              "");
}

TEST(ConfigReader, TextsInsideValuesAreRead) {
    expect_all({
        {"retention = \"dayly 14\"\n", "13:1: 'dayly' is not known here: is 'daily' meant?"},
        {"settle = \"30\"\n", "13:1: '30' is not a duration; write it like 90s, 15m, 24h, 30d or 8w"},
        {"not_between = [\"22:00-06:00\", \"7-9\"]\n",
         "13:31: '7-9' is no window of the day; write it like 07:30-17:30 or mon-fri 07:30-17:30"},
        {"ioprio = \"high\"\n",
         "13:1: 'high' is no I/O priority; it is idle, normal, best-effort or best-effort:0 to best-effort:7"},
        {"bandwidth = \"fast\"\n", "13:1: 'fast' is no size; write it like 64KiB, 50MiB or 2GiB"},
        {"exception = \"because\"\n",
         "13:1: an exception names a document by its number and gives the reason, like \"12/QĐ-UBND: one "
         "server room until May 2027\""},
        {"[law]\napply = [\"DS\", \"DS\"]\n", "14:16: 'DS' is there twice"},
    });
    EXPECT_THAT(faults_in(plan_with("{ sqlite = \"/x\" }") +
                          "[[plan]]\nname = \"y\"\nlabel = \"log\"\nschedule = \"1 2 3 4\"\nsource = { "
                          "sqlite = \"/y\" }\n"),
                HasSubstr("c.toml:9:1: schedule '1 2 3 4' has 4 fields and not five"));
}

TEST(ConfigReader, AlertsLeaveTheMachineEncryptedOrByException) {
    const auto alert = [](const std::string& text) { return faults_in("[alert]\n" + text + "\n"); };
    EXPECT_THAT(alert("syslog = \"tcp://log.example:601\""),
                HasSubstr("c.toml:2:1: E6: tcp://log.example:601 would send alerts"));
    EXPECT_EQ(alert("syslog = \"tcp://127.0.0.1:601\""), "");
    EXPECT_EQ(alert("syslog = { server = \"tcp://log.example\", exception = \"7/QĐ-UBND: old collector\" }"), "");
    EXPECT_EQ(alert("smtp = { server = \"smtps://m\", from = \"a@b\", to = [\"c@d\"], password = \"x\" }"),
              "c.toml:2:60: a password must not stand in the configuration; put it into a file of mode 0600 and name that in "
              "'password_file', or name a systemd credential in 'password_credential'\n");
    EXPECT_THAT(alert("smtp = { server = \"smtps://m\", from = \"nobody\", to = [\"c@d\"] }"),
                HasSubstr("c.toml:2:32: 'nobody' is no mail"));
    EXPECT_THAT(alert("smtp = { from = \"a@b\", to = [\"c@d\"] }"), HasSubstr("c.toml:2:8: 'server' is missing"));
    EXPECT_THAT(alert("command = [\"mail\"]"), HasSubstr("c.toml:2:1: "));
    EXPECT_THAT(alert("digest = \"7 Uhr\""), HasSubstr("'7 Uhr' is no time of day"));
}

TEST(ConfigReader, EveryFaultIsNamedInTheOrderOfTheFile) {
    EXPECT_EQ(
        faults_in(
            "langauge = \"vi\"\n[keys]\nrole = \"owner\"\nkeyring = \"keys\"\n[[plan]]\nname = \"x\"\nlabel = \"bussiness\"\n"
            "schedule = \"@daily\"\nsource = { files = [\"/srv\"] }\nmedia = [\"disk-a\"]\n"),
        "c.toml:1:1: unknown key 'langauge': is 'language' meant?\n"
        "c.toml:3:1: 'role' cannot be 'owner': known are custodian, writer\n"
        "c.toml:4:1: 'keyring' must be an absolute path; 'keys' would depend on where the service is started\n"
        "c.toml:7:1: there is no label 'bussiness': is 'business' meant?\n"
        "c.toml:10:10: there is no medium 'disk-a': there is none yet\n");
}

TEST(ConfigReader, SpeaksVietnamese) {
    const InVietnamese vietnamese;
    const std::string key = faults_in("langauge = \"vi\"\n"), type = faults_in("[keys]\nkeyring = 7\n");
    const std::string hook = faults_in(plan_with("{ files = [\"/etc\"], before = \"systemctl stop x\" }"));
    EXPECT_EQ(key, "c.toml:1:1: khóa lạ 'langauge': có phải ý là 'language'?\n");
    EXPECT_EQ(type, "c.toml:2:1: 'keyring' phải là văn bản trong dấu nháy, không phải số nguyên\n");
    EXPECT_EQ(hook, "c.toml:5:30: 'before' phải là danh sách tham số, chạy không qua shell: [\"systemctl\", \"stop\", \"x\"]\n");
}

// Whatever bytes come, the reader ends, and what it accepts is consistent.
TEST(ConfigReader, SurvivesWhateverBytes) {
    const std::string sound = sound_config("[alert]\nsyslog = \"tls://h\"\n[label.log]\nretention = \"within 200d\"\n");
    std::mt19937 random(20261121);
    const std::string bytes = "[]{}=\"'.,#\n\t\\a0-\xff\x80";
    for (int round = 0; round < 3000; ++round) {
        std::string text = sound;
        for (int i = static_cast<int>(random() % 8); i >= 0; --i) {
            const std::size_t at = random() % text.size();
            if (random() % 3 == 0) {
                text.erase(at, random() % 40);
            } else {
                text.insert(at, 1, bytes[random() % bytes.size()]);
            }
            if (text.empty()) text = " ";
        }
        const ConfigReading reading = read_config("c.toml", text);
        for (const PlanConfig& plan : reading.config.plans) {
            ASSERT_TRUE(!reading.sound() || reading.config.find_label(plan.label) != nullptr) << text;
        }
    }
}

}  // namespace
}  // namespace custody::test
