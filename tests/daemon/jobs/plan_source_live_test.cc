// Live databases and commands of plans, against the real thing: stored, and when they are not, whether waiting would help.
#include "base/sqlite.h"
#include "tests/daemon/jobs/plan_source_fixture.h"
#include "tests/support/database_server.h"

#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

class PlanSourceServers : public PlanSourceTest {
protected:
    // What the scheduler makes of the last run's error.
    Setback setback(const Result<std::optional<BackupResult>>& result) {
        EXPECT_FALSE(result.ok());
        EXPECT_TRUE(published_nothing());
        return result.ok() ? Setback::permanent : setback_of(result.error(), notes.stage, notes.server_answered);
    }
};

TEST_F(PlanSourceServers, PostgresqlIsStoredAndTellsAwayFromAnswered) {
    if (const std::string why = PostgresqlServer::absent(); !why.empty()) GTEST_SKIP() << why;
    PostgresqlServer server("", "local all postgres trust\nlocal all all scram-sha-256\n");
    server.sql(
        "create table parcel (i int); insert into parcel select generate_series(1, 100);"
        "create role keeper login password 'right-one' in role pg_read_all_data;"
        "create role crowded login connection limit 0 password 'right-one'");
    std::ofstream(scratch / "pgpass") << "*:*:*:keeper:wrong-one\n*:*:*:crowded:right-one\n";
    ASSERT_EQ(::chmod((scratch / "pgpass").c_str(), 0600), 0);
    const auto as = [&](const std::string& conninfo) {
        plan.source = PostgresqlSource{conninfo + " passfile=" + (scratch / "pgpass")};
    };

    as(server.conninfo());
    const auto tree = stored();
    EXPECT_NE(tree.at("/postgresql/local-5432/evidence/evidence.json").content.find("\"rows\":100"), std::string::npos);
    EXPECT_TRUE(notes.server_answered);

    as(server.conninfo("postgres", "keeper"));
    const auto wrong = run();
    EXPECT_EQ(setback(wrong), Setback::permanent) << "a wrong password is an answer";
    EXPECT_EQ(notes.stage, Stage::source_server);
    EXPECT_TRUE(notes.server_answered);
    EXPECT_EQ(wrong.error().message.find("28P01"), std::string::npos) << "the code is for us: " << wrong.error().message;
    as(server.conninfo("no_such_database"));
    EXPECT_EQ(setback(run()), Setback::permanent);
    as(server.conninfo("postgres", "crowded"));
    EXPECT_EQ(setback(run()), Setback::server_away) << "connections come free again";
    as("service=there-is-no-such-service");
    EXPECT_EQ(setback(run()), Setback::permanent);
    EXPECT_EQ(notes.stage, Stage::other) << "nothing was asked";

    as(server.conninfo());
    EXPECT_EQ(setback(run([&](OpenedPlanSource&) { server.kill(); })), Setback::server_away) << "it went within the run";
    EXPECT_EQ(setback(run()), Setback::server_away);
    EXPECT_FALSE(notes.server_answered);
}

// As distributions set it up; the service runs as root, whom such a server does not let in.
TEST_F(PlanSourceServers, AServerThatGoesByWhoAsksIsAskedAsThePlanSays) {
    if (const std::string why = PostgresqlServer::absent(); !why.empty()) GTEST_SKIP() << why;
    if (::geteuid() != 0) GTEST_SKIP() << "only root may connect as another user";
    PostgresqlServer server("", "local all all peer\n");
    plan.source = PostgresqlSource{server.conninfo()};
    EXPECT_EQ(setback(run()), Setback::permanent);
    plan.source = PostgresqlSource{server.conninfo(), "postgres"};
    EXPECT_TRUE(stored().contains("/postgresql/local-5432/evidence/evidence.json"));
    plan.source = PostgresqlSource{server.conninfo(), "no-such-user-here"};
    const auto nobody = run();
    ASSERT_FALSE(nobody.ok());
    EXPECT_NE(nobody.error().message.find("no-such-user-here"), std::string::npos) << nobody.error().message;
}

TEST_F(PlanSourceServers, MariadbIsStoredAndTellsAwayFromAnswered) {
    if (const std::string why = MariadbServer::absent(); !why.empty()) GTEST_SKIP() << why;
    MariadbServer server;
    server.sql(
        "create database d; create table d.t (i int primary key); insert into d.t values (1), (2);"
        "create user clerk@localhost identified by 'right-one'");
    plan.source = MariadbSource{server.defaults_file()};
    EXPECT_TRUE(stored().contains("/mariadb/local/databases.sql"));

    plan.source = MariadbSource{server.defaults_file("clerk", "wrong-one")};
    EXPECT_EQ(setback(run()), Setback::permanent);
    EXPECT_EQ(notes.stage, Stage::source_server);
    EXPECT_TRUE(notes.server_answered);
    plan.source = MariadbSource{scratch / "no-such-file.cnf"};
    EXPECT_EQ(setback(run()), Setback::permanent);
    EXPECT_EQ(notes.stage, Stage::other);

    plan.source = MariadbSource{server.defaults_file()};
    EXPECT_EQ(setback(run([&](OpenedPlanSource&) { server.kill(); })), Setback::server_away);
    EXPECT_EQ(setback(run()), Setback::server_away);
    EXPECT_FALSE(notes.server_answered);
}

TEST_F(PlanSourceTest, ASqliteDatabaseThatIsWrittenToMeanwhileIsStoredWhole) {
    const std::string path = at("app.db");
    sqlite::OpenOptions fresh;
    fresh.access = sqlite::Access::create;
    auto live = sqlite::Database::open(path, fresh);
    ASSERT_TRUE(is_ok(live));
    ASSERT_TRUE(is_ok(live->execute("PRAGMA journal_mode = WAL; CREATE TABLE a (x); CREATE TABLE b (x)")));
    std::atomic<bool> enough{false};
    std::atomic<int> written{0};
    std::thread writer([&] {
        while (!enough) {
            if (live->execute("BEGIN; INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); COMMIT").ok()) ++written;
        }
    });
    while (written < 3) std::this_thread::yield();
    plan.source = SqliteSource{path};
    const auto tree = stored();
    enough = true;
    writer.join();
    ASSERT_TRUE(tree.contains("/sqlite/app.db/databases/app.db"));
    EXPECT_TRUE(remembers());
    write_file(scratch / "back.db", tree.at("/sqlite/app.db/databases/app.db").content);
    auto back = sqlite::Database::open(scratch / "back.db", {});
    ASSERT_TRUE(is_ok(back));
    const auto difference = back->integer("SELECT (SELECT count(*) FROM a) - (SELECT count(*) FROM b)");
    ASSERT_TRUE(is_ok(difference));
    EXPECT_EQ(*difference, 0);
    EXPECT_TRUE(fs::is_empty(scratch / "cache/scratch"));

    plan.source = SqliteSource{at("gone.db")};
    EXPECT_TRUE(fails_with(Code::not_found, run()));
    EXPECT_TRUE(notes.source_absent);
    plan.source = SqliteSource{state + "/catalog.db"};
    EXPECT_TRUE(fails_with(Code::refused, run()));
}

TEST_F(PlanSourceTest, ACommandIsStoredOnlyWhenItsOutputDiffers) {
    CommandSource source;
    source.arguments = {"/bin/sh", "-c", "cat " + at("configuration")};
    source.file = "switch.cfg";
    source.limit_ns = 30 * kSecond;
    plan.source = source;
    write_file(at("configuration"), "vlan 1\n");
    EXPECT_EQ(stored().at("/switch.cfg").content, "vlan 1\n");
    EXPECT_FALSE(notes.unchanged);
    const auto again = run();
    ASSERT_TRUE(is_ok(again));
    EXPECT_FALSE(again->has_value());
    EXPECT_TRUE(notes.unchanged);
    EXPECT_TRUE(published_nothing());
    write_file(at("configuration"), "vlan 2\n");
    EXPECT_EQ(stored().at("/switch.cfg").content, "vlan 2\n");

    source.arguments.back() = "echo half of it; exit 4";
    plan.source = source;
    EXPECT_TRUE(fails_with(Code::failed, run()));
    EXPECT_TRUE(published_nothing());
    source.arguments.back() = "echo half of it; sleep 600";
    source.limit_ns = kSecond;
    plan.source = source;
    EXPECT_TRUE(fails_with(Code::failed, run()));
    EXPECT_TRUE(published_nothing());
    EXPECT_FALSE(notes.source_absent);
}

TEST_F(PlanSourceTest, WhereASourceLiesIsKnownWithoutLooking) {
    EXPECT_EQ(places_of(FilesSource{{"/etc", "/srv"}, {}, {}, {}, {}, {}}), (std::vector<std::string>{"/etc", "/srv"}));
    EXPECT_EQ(places_of(ImageSource{"/dev/vda", true, {}}), std::vector<std::string>{"/dev/vda"});
    EXPECT_EQ(places_of(SqliteSource{"/srv/a.db"}), std::vector<std::string>{"/srv/a.db"});
    EXPECT_TRUE(places_of(PostgresqlSource{"service=portal"}).empty());
    EXPECT_TRUE(places_of(CommandSource{{"ssh"}, "f", 0, 0}).empty());
}

}  // namespace
}  // namespace custody::test
