// custody backup --sqlite: a live database from the command line and back by a plain copy.
#include "base/sqlite.h"
#include "tests/cli/cli_fixture.h"
#include "tests/support/results.h"

namespace custody::test {
namespace {

TEST(SqliteSourceCommand, BacksUpALiveDatabaseAndBringsItBack) {
    Office office("cli-sqlite");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    sqlite::OpenOptions fresh;
    fresh.access = sqlite::Access::create;
    const std::string path = office.folder / "app.db";
    auto live = sqlite::Database::open(path, fresh);
    ASSERT_TRUE(is_ok(live));
    ASSERT_TRUE(is_ok(live->execute("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)")));
    const Outcome stored = office.custody({"backup", "--sqlite", path, "--label", "database", "--json"});
    ASSERT_EQ(stored.exit, 0) << stored.err;
    EXPECT_EQ(json_of(stored)["name"], "app.db");
    const std::string target = office.folder / "back";
    ASSERT_EQ(office.custody({"restore", "latest:app.db", "--target", target}).exit, 0);
    auto back = sqlite::Database::open(target + "/sqlite/app.db/databases/app.db", {});
    ASSERT_TRUE(is_ok(back));
    const auto rows = back->integer("SELECT count(*) FROM t");
    ASSERT_TRUE(is_ok(rows));
    EXPECT_EQ(*rows, 2);
}

TEST(SqliteSourceCommand, WhatIsNoDatabaseMakesNoSnapshot) {
    Office office("cli-sqlite-bad");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Outcome noise = office.custody({"backup", "--sqlite", office.source + "/noise", "--label", "database"});
    EXPECT_EQ(noise.exit, 4) << noise.err;
    EXPECT_TRUE(one_clear_line(noise));
    EXPECT_EQ(office.custody({"backup", "--sqlite", office.source + "/none", "--label", "database"}).exit, 7);
    EXPECT_EQ(office.custody({"backup", "--sqlite", office.source, "--label", "database"}).exit, 2);
    EXPECT_EQ(office.custody({"backup", "--sqlite", "x", office.source, "--label", "database"}).exit, 2);
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"})), Json::array());
}

}  // namespace
}  // namespace custody::test
