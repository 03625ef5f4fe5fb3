// The configuration that setup writes: what is there stays, and is extended by the answers.
#include "daemon/discover/setup_draft.h"

#include "daemon/discover/peer_user.h"

#include "daemon/config/load.h"
#include "daemon/discover/toml_text.h"
#include "tests/support/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace custody::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kMedia =
    "[[medium]]\nname = \"a\"\nvault = \"/mnt/a/vault\"\n[[medium]]\nname = \"b\"\nvault = \"/mnt/b/vault\"\n";

SetupAnswers answers(const std::string& text) {
    AnswersReading reading = read_answers("a.toml", text);
    EXPECT_THAT(reading.faults, IsEmpty());
    return std::move(reading.answers);
}

SetupDraft draft(const std::string& existing, const std::string& answered, const Discovered& found = {}) {
    auto made = draft_config("c.toml", existing, answers(answered), found, "0 */4 * * *");
    EXPECT_TRUE(is_ok(made));
    if (!made.ok()) return {};
    const LoadedConfig loaded = load_config_text(posix_file_system(), "c.toml", made->text, ZoneRules(), {});
    EXPECT_THAT(loaded.faults, IsEmpty()) << made->text;
    return std::move(*made);
}

Config config_of(const SetupDraft& made) {
    return load_config_text(posix_file_system(), "c.toml", made.text, ZoneRules(), {}).config;
}

TEST(SetupDraft, FromNothingASoundConfigurationWithTheReadyPlans) {
    const SetupDraft made = draft(
        "", std::string("language = \"vi\"\n[organisation]\nname = \"UBND phường \\\"Đồ Sơn\\\"\"\n[law]\napply = [\"DS\"]\n") +
                kMedia +
                "[alert]\nsmtp = { server = \"smtps://m.example\", from = \"c@example\", to = [\"a@example\"] }\n"
                "[setup]\nfolders = [\"/srv/docs\"]\npostgresql = [\"service=portal\"]\n"
                "sqlite = [\"/srv/app.db\"]\nimages = [\"/dev/sdz\"]\nmariadb = [\"/etc/m.cnf\"]\n");
    const Config config = config_of(made);
    EXPECT_EQ("UBND phường \"Đồ Sơn\"", config.organisation.name);
    EXPECT_EQ("vi", config.language);
    EXPECT_EQ(2u, config.media.size());
    ASSERT_EQ(7u, config.plans.size());
    EXPECT_TRUE(config.find_plan("etc")->on_change);
    EXPECT_EQ("log", config.find_plan("var-log")->label);
    EXPECT_EQ("0 */4 * * *", config.find_plan("var-log")->schedule);
    EXPECT_EQ("business", config.find_plan("srv-docs")->label);
    EXPECT_EQ("database", config.find_plan("portal")->label);
    EXPECT_EQ("image", config.find_plan("dev-sdz")->label);
    ASSERT_TRUE(config.alert.settings.smtp.has_value());
    EXPECT_THAT(made.kept, IsEmpty());
}

TEST(SetupDraft, AServerThatGoesByWhoAsksIsAskedAsThatUser) {
    const SetupDraft made = draft("", std::string(kMedia) +
                                          "[setup]\npostgresql = [\"host=/var/run/postgresql user=postgres\"]\n"
                                          "postgresql_as_user = \"postgres\"\n");
    const Config config = config_of(made);
    const auto& source = std::get<PostgresqlSource>(config.find_plan("postgresql")->source);
    EXPECT_EQ("host=/var/run/postgresql user=postgres", source.conninfo);
    EXPECT_EQ("postgres", source.as_user);
}

TEST(SetupDraft, WhoIsProposedIsARoleOfALocalSocketThatIsAUserHere) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root connects as another user";
    EXPECT_EQ("nobody", peer_user_of("host=/var/run/postgresql user=nobody"));
    EXPECT_EQ("nobody", peer_user_of("user=nobody dbname=portal"));
    EXPECT_EQ("nobody", peer_user_of("postgresql://nobody@%2Fvar%2Frun%2Fpostgresql/portal"));
    for (const char* other : {"host=db.example user=nobody", "service=portal user=nobody", "user=root", "user=no-such-user-here",
                              "dbname=portal", "user=nobody passfile=/root/.pgpass", "no connection string"})
        EXPECT_EQ("", peer_user_of(other)) << other;
}

TEST(SetupDraft, RunAgainNothingChanges) {
    const std::string answered = std::string(kMedia) + "[organisation]\nname = \"A\"\n[setup]\nfolders = [\"/srv\"]\n";
    const SetupDraft first = draft("", answered);
    const SetupDraft second = draft(first.text, answered);
    EXPECT_EQ(first.text, second.text);
    EXPECT_THAT(second.added, IsEmpty());
    EXPECT_THAT(second.kept, IsEmpty());
}

TEST(SetupDraft, WhatIsThereStaysByteForByteAndIsExtended) {
    const std::string there =
        "# ours\n[organisation]   # who\nname = \"A\"  # as on paper\n\n" + std::string(kMedia) +
        "\n[[plan]]\nname = \"settings\"\nlabel = \"config\"\nsource = { files = [\"/etc\"] }\nschedule = \"@daily\"\n";
    const SetupDraft made =
        draft(there,
              "language = \"en\"\n[organisation]\nname = \"B\"\nplace = \"Đồ Sơn\"\n[[medium]]\nname = \"a\"\nvault = "
              "\"/mnt/x\"\ncustodian = \"Lan\"\n[[medium]]\nname = \"c\"\nvault = \"/mnt/c/vault\"\n");
    for (const char* line :
         {"# ours\n", "[organisation]   # who\n", "name = \"A\"  # as on paper\n", "vault = \"/mnt/a/vault\"\n"})
        EXPECT_THAT(made.text, HasSubstr(line));
    const Config config = config_of(made);
    EXPECT_EQ("en", config.language);
    EXPECT_EQ("A", config.organisation.name) << "kept";
    EXPECT_EQ("Đồ Sơn", config.organisation.place) << "extended";
    ASSERT_EQ(3u, config.media.size());
    EXPECT_EQ("/mnt/a/vault", config.media[0].vault);
    EXPECT_EQ(2u, config.plans.size()) << "/etc has its plan, under another name";
    EXPECT_THAT(made.kept, ElementsAre(HasSubstr("[organisation] name"), HasSubstr("medium a: vault"), HasSubstr("custodian")));
    EXPECT_THAT(made.added, testing::Contains("place = \"Đồ Sơn\""));
}

TEST(SetupDraft, PlansOfTheAnswersCountAndNamesStayDifferent) {
    const SetupDraft made = draft(
        "",
        std::string(kMedia) +
            "[[plan]]\nname = \"logs\"\nlabel = \"log\"\nsource = { files = [\"/var/log\"] }\nschedule = \"@hourly\"\n"
            "[[plan]]\nname = \"mariadb\"\nlabel = \"database\"\nsource = { mariadb = \"/etc/one.cnf\" }\nschedule = \"@daily\"\n"
            "[setup]\nmariadb = [\"/etc/two.cnf\"]\netc = false\n");
    const Config config = config_of(made);
    ASSERT_EQ(3u, config.plans.size());
    EXPECT_NE(nullptr, config.find_plan("mariadb-2"));
}

TEST(SetupDraft, AFolderOnADiskOfItsOwnIsAbsentWhenThatIs) {
    Discovered found;
    found.file_systems = {{"/", "ext4", "/dev/sda1", {}, 1, 1}, {"/srv", "xfs", "/dev/sdb1", {}, 1, 1}};
    const Config config = config_of(draft("", std::string(kMedia) + "[setup]\nfolders = [\"/srv/docs\", \"/home\"]\n", found));
    EXPECT_EQ(std::vector<std::string>{"/srv"}, std::get<FilesSource>(config.find_plan("srv-docs")->source).mounted);
    EXPECT_THAT(std::get<FilesSource>(config.find_plan("home")->source).mounted, IsEmpty());
}

TEST(SetupDraft, NoTomlIsRefusedWithItsPlace) {
    const auto refused = draft_config("c.toml", "[a\nb", {}, {}, "@daily");
    ASSERT_TRUE(fails_with(Code::usage, refused));
    EXPECT_THAT(refused.error().message, HasSubstr("c.toml:1"));
}

TEST(SetupAnswers, FaultsAreNamedWithTheNearestWord) {
    EXPECT_THAT(read_answers("a.toml", "organization = 1\n").faults,
                ElementsAre(testing::AllOf(HasSubstr("a.toml:1:1"), HasSubstr("organisation"))));
    EXPECT_THAT(read_answers("a.toml", "[setup]\nfolder = [\"/srv\"]\n").faults, ElementsAre(HasSubstr("folders")));
    EXPECT_THAT(read_answers("a.toml", "[setup]\nschedule = \"sometimes\"\n").faults, ElementsAre(HasSubstr("a.toml:2")));
    EXPECT_THAT(read_answers("a.toml", "[setup]\nkit_page = \"/x.pdf\"\n").faults, ElementsAre(HasSubstr("kit_page")));
    EXPECT_THAT(read_answers("a.toml", "setup = 3\n").faults, ElementsAre(HasSubstr("[setup]")));
    EXPECT_FALSE(read_answers("a.toml", "[").faults.empty());
}

TEST(SetupAnswers, TheTemplateIsAcceptedAsItStandsAndNamesWhatWasFound) {
    Discovered found;
    found.data_folders = {"/home", "/srv"};
    found.file_systems = {{"/", "ext4", "/dev/sda1", {}, 1, 1},
                          {"/data", "xfs", "/dev/sdb1", {}, 1, 1},
                          {"/mnt/usb", "ext4", "/dev/sdc1", {}, 1, 1}};
    found.databases = {{"sqlite", "/srv/a \"quoted\" name.db"}, {"postgresql", "/var/run/postgresql/.s.PGSQL.5432"}};
    found.disks = {{"/dev/sdd", "Shop disk\n[evil]", "S1", 1u << 30, "nothing"}};
    const std::string text = answers_template(found);
    const SetupAnswers read = answers(text);
    EXPECT_THAT(read.folders, ElementsAre("/data", "/home", "/srv"));
    EXPECT_THAT(read.sqlite, ElementsAre("/srv/a \"quoted\" name.db"));
    EXPECT_THAT(text, HasSubstr("/dev/sdd"));
    EXPECT_THAT(text, HasSubstr(".s.PGSQL.5432"));
}

TEST(TomlText, WhatIsWrittenReadsAsTheSame) {
    const char* text =
        "a = \"x \\\"y\\\" \\\\ \\u0007 đ\"\nb = [1, true, 2.5, [\"z\"]]\n\"c d\" = { e = \"f\", g = { h = -3 } }\n";
    const TomlValue value = std::get<TomlValue>(parse_toml(text));
    std::string again;
    for (const TomlEntry& entry : value.entries) again += toml_key(entry.key) + " = " + toml_of(entry.value) + "\n";
    const auto read = parse_toml(again);
    ASSERT_TRUE(std::holds_alternative<TomlValue>(read)) << again;
    EXPECT_TRUE(same_value(value, std::get<TomlValue>(read))) << again;
}

}  // namespace
}  // namespace custody::test
