// Live databases on the command line: backed up, looked into, verified, exported and restored as any other snapshot.
#include "tests/cli/cli_fixture.h"
#include "tests/support/database_server.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace custody::test {
namespace {

class LiveDatabase : public testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(office.custody({"init"}).exit, 0); }
    std::size_t snapshots() const { return json_of(office.custody({"snapshots", "--json"})).size(); }
    const Office office{"database"};
};

TEST_F(LiveDatabase, PostgresqlIsASnapshotLikeAnyOther) {
    if (const std::string why = PostgresqlServer::absent(); !why.empty()) GTEST_SKIP() << why;
    const PostgresqlServer server;
    server.sql(
        "create table citizen (id int primary key, name text); insert into citizen values (1, 'Nguyễn Văn A'), (2, 'Trần Thị "
        "B')");
    const auto back_up = [&] {
        return office.custody({"backup", "--postgresql", server.conninfo(), "--label", "database", "--json"});
    };
    const Outcome first = back_up();
    ASSERT_EQ(first.exit, 0) << first.err;
    EXPECT_EQ(json_of(first)["name"], "postgresql-local-5432");
    EXPECT_EQ(json_of(first)["files"]["new"], 3);
    server.sql("insert into citizen values (3, 'Lê Văn C')");
    ASSERT_EQ(back_up().exit, 0);

    const Json listed = json_of(office.custody({"snapshots", "--json"}));
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(listed[0]["kind"], "postgresql");
    EXPECT_EQ(listed[0]["paths"], Json({"/postgresql/local-5432"}));
    const std::string dump = "/postgresql/local-5432/databases/postgres.sql";
    EXPECT_NE(office.custody({"ls", "latest", "--recursive"}).out.find("postgres.sql"), std::string::npos);
    EXPECT_NE(office.custody({"find", "*.json"}).out.find("evidence.json"), std::string::npos);
    EXPECT_NE(office.custody({"cat", "latest", dump}).out.find("Lê Văn C"), std::string::npos);
    const std::string older = listed[0]["id"];
    EXPECT_NE(office.custody({"diff", older, "latest"}).out.find("postgres.sql"), std::string::npos);
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
    EXPECT_EQ(office.custody({"export", "latest", "--output", office.folder / "all.tar"}).exit, 0);
    EXPECT_EQ(office.custody({"restore", "latest", "--stdout"}).exit, 2);  // three files
    EXPECT_EQ(office.custody({"restore", "latest", "--image", office.folder / "image"}).exit, 2);

    const Outcome restored = office.custody({"restore", older, "--target", office.folder / "back"});
    ASSERT_EQ(restored.exit, 0) << restored.err;
    const Json evidence = Json::parse(read_file_text(office.folder / "back/postgresql/local-5432/evidence/evidence.json"));
    EXPECT_EQ(evidence["databases"][0]["tables"][0]["rows"], 2);
    const PostgresqlServer fresh;
    std::filesystem::copy_file(office.folder / ("back" + dump), fresh / "dump.sql");
    fresh.restore(fresh / "dump.sql");
    EXPECT_EQ(fresh.sql("select count(*), max(name) from citizen"), "2|Trần Thị B\n");
}

TEST_F(LiveDatabase, MariadbIsASnapshotLikeAnyOther) {
    if (const std::string why = MariadbServer::absent(); !why.empty()) GTEST_SKIP() << why;
    const MariadbServer server;
    server.sql(
        "create database portal; create table portal.citizen (id int primary key); insert into portal.citizen values (1), (2)");
    const Outcome made =
        office.custody({"backup", "--mariadb", server.defaults_file(), "--label", "database", "--name", "portal", "--json"});
    ASSERT_EQ(made.exit, 0) << made.err;
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"}))[0]["kind"], "mariadb");
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
    ASSERT_EQ(office.custody({"restore", "latest:portal", "--target", office.folder / "back"}).exit, 0);
    const MariadbServer fresh;
    for (const auto& item : std::filesystem::recursive_directory_iterator(office.folder / "back"))
        if (item.path().filename() == "databases.sql") fresh.restore(item.path());
    EXPECT_EQ(fresh.sql("select count(*) from portal.citizen"), "2\n");
}

TEST_F(LiveDatabase, WhatCannotBeDumpedMakesNoSnapshot) {
    const Outcome password = office.custody({"backup", "--postgresql", "host=h password=secret", "--label", "database"});
    EXPECT_EQ(password.exit, 2);
    EXPECT_TRUE(one_clear_line(password));
    EXPECT_NE(password.err.find("service"), std::string::npos);
    EXPECT_EQ(password.err.find("secret"), std::string::npos);
    const Outcome down = office.custody({"backup", "--postgresql", "host=" + (office.folder / "none"), "--label", "database"});
    EXPECT_EQ(down.exit, 1);
    EXPECT_TRUE(one_clear_line(down));
    const Outcome absent = office.custody({"backup", "--mariadb", office.folder / "none.cnf", "--label", "database"});
    EXPECT_EQ(absent.exit, 7);
    EXPECT_TRUE(one_clear_line(absent));
    EXPECT_EQ(office.custody({"backup", "/etc", "--as-user", "postgres", "--label", "config"}).exit, 2);
    EXPECT_EQ(office.custody({"backup", "/etc", "--mariadb", "x", "--label", "config"}).exit, 2);
    EXPECT_EQ(snapshots(), 0U);
}

}  // namespace
}  // namespace custody::test
