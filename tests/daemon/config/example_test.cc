// The configuration of the interface and the one that is shipped: both are accepted as they stand.
#include "base/file.h"
#include "base/text.h"
#include "daemon/config/check.h"
#include "daemon/config/load.h"
#include "tests/daemon/config/config_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/scratch_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace custody::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// INTERFACE, "Configuration (TOML)", as it stands there.
constexpr const char* kInterface = R"toml(language = "vi"

[organisation]
name     = "UBND phường Đồ Sơn"
superior = "UBND thành phố Hải Phòng"
place    = "Đồ Sơn"

[law]
apply = ["DS", "HP"]

[keys]
keyring = "/etc/custody/keyring"
role    = "custodian"     # secrets from a systemd credential at start; or "writer": none here

[[medium]]
name  = "disk-a"
vault = "/mnt/disk-a/vault"
place = "Server room"

[[medium]]
name  = "disk-b"
vault = "/mnt/disk-b/vault"
place = "Archive, second building"
removable = true

[label.config]            # the built-in labels have lawful defaults; settings may lengthen, not shorten
importance  = "important" # important: two media at least, backed up at least monthly
retention   = "daily 14, weekly 8, monthly 12, yearly 5"
drill_every = "31d"

[[plan]]
name      = "etc"
label     = "config"
source    = { files = ["/etc"], exclude = ["*.swp"] }
schedule  = "30 1 * * *"  # cron, local time
on_change = true
media     = ["disk-a", "disk-b"]

[[plan]]
name     = "portal-db"
label    = "database"
source   = { postgresql = "service=portal" }
schedule = "0 2 * * *"
media    = ["disk-a", "disk-b"]
drill    = { queries = [{ sql = "select count(*) > 0 from citizen", expect = "t" }] }

[scan]
command = ["clamdscan", "--fdpass"]

[alert]
smtp   = { server = "smtp://127.0.0.1:25", from = "custody@example", to = ["admin@example"] }
syslog = "tls://syslog.example:6514"   # plaintext only to loopback, unless excepted
)toml";

TEST(ConfigExample, OfTheInterfaceIsAcceptedAndMeansWhatItSays) {
    const ConfigReading reading = read_config("c.toml", kInterface);
    EXPECT_EQ(faults_of(reading), "");
    const Judgement judgement = judge(reading.config, LawBook::built_in(), ZoneRules());
    EXPECT_EQ(lines_of(judgement.faults), "");
    EXPECT_TRUE(judgement.exceptions.empty());
    EXPECT_THAT(lines_of(judgement.notes), HasSubstr("c.toml:9:16: HP is a draft"));
    const Config& config = reading.config;
    EXPECT_EQ(config.language, "vi");
    EXPECT_EQ(config.organisation.superior, "UBND thành phố Hải Phòng");
    EXPECT_THAT(config.law.apply, ElementsAre("DS", "HP"));
    EXPECT_EQ(config.keys.role, KeyRole::custodian);
    ASSERT_EQ(config.media.size(), 2u);
    EXPECT_FALSE(config.media[0].removable);
    EXPECT_TRUE(config.media[1].removable);
    EXPECT_EQ(config.media[1].place, "Archive, second building");
    ASSERT_EQ(config.plans.size(), 2u);
    const PlanConfig& etc = config.plans[0];
    EXPECT_THAT(std::get<FilesSource>(etc.source).paths, ElementsAre("/etc"));
    EXPECT_THAT(std::get<FilesSource>(etc.source).exclude, ElementsAre("*.swp"));
    EXPECT_TRUE(etc.on_change);
    EXPECT_EQ(config.retention_of(etc), (RetentionRule{0, 14, 8, 12, 5, {}}));
    EXPECT_EQ(config.find_label("config")->drill_every_ns, 31 * kDay);
    const PlanConfig& portal = config.plans[1];
    EXPECT_EQ(std::get<PostgresqlSource>(portal.source).conninfo, "service=portal");
    ASSERT_EQ(portal.drill.queries.size(), 1u);
    EXPECT_EQ(portal.drill.queries[0].expect, "t");
    EXPECT_THAT(config.scan.command, ElementsAre("clamdscan", "--fdpass"));
    ASSERT_TRUE(config.alert.settings.smtp && config.alert.settings.syslog);
    EXPECT_EQ(config.alert.settings.smtp->server, "smtp://127.0.0.1:25");
    EXPECT_EQ(etc.at.of("schedule").line, 35u);
    EXPECT_EQ(etc.at.of("media[1]").column, 24u);
}

CheckOutcome check(const std::string& path) { return check_config(posix_file_system(), path, ZoneRules(), {}); }

TEST(ConfigExample, ThatIsShippedIsSoundAndSaysWhatIsMissing) {
    const CheckOutcome outcome = check(CUSTODY_TESTS "/../packaging/custody.toml");
    EXPECT_EQ(outcome.exit, 0) << testing::PrintToString(outcome.err);
    EXPECT_THAT(outcome.out, ElementsAre("plan etc: config, files /etc; 30 1 * * *, on change; to no medium yet; keeps daily 14, "
                                         "weekly 8, monthly 12, yearly 5",
                                         "plan var-log: log, files /var/log; 0 */4 * * *; to no medium yet; keeps monthly 12, "
                                         "within 184d"));
    EXPECT_THAT(testing::PrintToString(outcome.err), HasSubstr("no medium is configured: nothing is backed up"));
}

// Each line that is commented out is a good one: without the '# ' the whole is accepted, too.
TEST(ConfigExample, ThatIsShippedShowsOnlyWhatWorks) {
    std::string text;
    std::string rest = read_file_text(CUSTODY_TESTS "/../packaging/custody.toml");
    while (!rest.empty()) {
        const std::string line = rest.substr(0, rest.find('\n') + 1);
        rest.erase(0, line.size());
        const bool example = line.starts_with("# [") || (line.starts_with("# ") && line.find(" = ") != std::string::npos &&
                                                         line.find("----") == std::string::npos);
        if (line.find("…") == std::string::npos) text += example ? line.substr(2) : line;
    }
    const ConfigReading reading = read_config("c.toml", text);
    EXPECT_EQ(faults_of(reading), "");
    EXPECT_EQ(reading.config.plans.size(), 5u);
    EXPECT_EQ(lines_of(judge(reading.config, LawBook::built_in(), ZoneRules()).faults), "");
}

TEST(ConfigCheck, NamesEveryFaultAndExits2) {
    const ScratchFolder folder("check-config");
    const std::string path = folder / "c.toml";
    write_file(path, sound_config("media = [\"disk-a\"]\n") + "[law]\napply = [\"BK\", \"XY\"]\n[service]\njob = 3\n");
    const CheckOutcome outcome = check(path);
    EXPECT_EQ(outcome.exit, 2);
    EXPECT_TRUE(outcome.out.empty());
    EXPECT_THAT(outcome.err, ElementsAre(HasSubstr(":13:1: B6: plan etc keeps important data on 1 of 2 devices or places"),
                                         HasSubstr(":15:16: there is no regulation 'XY': known are BK, BS, DS, HD, HP"),
                                         HasSubstr(":17:1: unknown key 'job': is 'jobs' meant?"), "3 faults in " + path));
    EXPECT_EQ(check(folder / "absent").exit, 2);
}

TEST(ConfigCheck, ListsExceptions) {
    const ScratchFolder folder("check-exceptions");
    const std::string path = folder / "c.toml";
    write_file(path, sound_config("media = [\"disk-a\"]\nexception = \"12/QĐ-UBND: one server room until May\"\n"));
    const CheckOutcome outcome = check(path);
    EXPECT_EQ(outcome.exit, 0) << testing::PrintToString(outcome.err);
    ASSERT_EQ(outcome.out.size(), 2u);
    EXPECT_EQ(outcome.out[1],
              "exception B6, plan etc: keeps important data on 1 of 2 devices or places that are asked at least "
              "(Custody's own floor) (12/QĐ-UBND: one server room until May)");
}

TEST(ConfigCheck, AFaultInALawFileIsNamedToo) {
    const ScratchFolder folder("check-law");
    write_file(folder / "c.toml", sound_config());
    write_file(
        folder / "own.toml",
        "id = \"XX\"\ntitle = \"Quy chế\"\nstatus = \"in force\"\n[duty.B6]\ncite = [\"3\"]\nwords = \"ba nơi\"\ncopies = 0\n");
    const CheckOutcome outcome =
        check_config(posix_file_system(), folder / "c.toml", ZoneRules(), {folder.path(), folder / "none"});
    EXPECT_EQ(outcome.exit, 2);
    EXPECT_THAT(testing::PrintToString(outcome.err), HasSubstr("own.toml:7:1: 'copies' must be from 1 to 100, not 0"));
}

}  // namespace
}  // namespace custody::test
