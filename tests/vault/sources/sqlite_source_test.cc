// What is stored of a live SQLite database: the file as it can be copied to its place, and evidence of what was in it.
#include "vault/sources/sqlite_source.h"

#include "base/sqlite.h"
#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

namespace custody::test {
namespace {

class SqliteSource : public testing::Test, public BackupFixture {};

TEST_F(SqliteSource, ComesBackAsAFileThatOpensAndAsTheEvidenceSays) {
    sqlite::OpenOptions fresh;
    fresh.access = sqlite::Access::create;
    const std::string path = at("sổ địa chính.db");
    auto live = sqlite::Database::open(path, fresh);
    ASSERT_TRUE(is_ok(live));
    ASSERT_TRUE(
        is_ok(live->execute("PRAGMA journal_mode = WAL; CREATE TABLE parcel (id INTEGER PRIMARY KEY, owner TEXT); WITH RECURSIVE "
                            "n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO parcel SELECT i, "
                            "hex(randomblob(40)) FROM n")));
    const auto opened = open_sqlite({path, scratch / "cache"}, clock, stop);
    ASSERT_TRUE(is_ok(opened));
    ASSERT_TRUE(is_ok(live->execute("DELETE FROM parcel")));  // after the copy
    options.label = "database";
    const BackupResult result = backup(*opened->source);
    EXPECT_EQ(result.files.failed, 0u);
    const StoredTree stored = read(result.snapshot);
    const std::string root = "/sqlite/sổ địa chính.db";
    const Json evidence = Json::parse(stored.at(root + "/evidence/evidence.json").content);
    EXPECT_EQ(evidence["kind"], "sqlite");
    const Json& database = evidence["databases"][0];
    EXPECT_EQ(database["path"], path);
    EXPECT_EQ(database["tables"], Json::parse(R"([{"schema":"main","table":"parcel","rows":20000}])"));
    const std::string back = scratch / "back.db";
    write_file(back, stored.at("/" + (root + "/").substr(1) + database["file"].get<std::string>()).content);
    auto restored = sqlite::Database::open(back, {});
    ASSERT_TRUE(is_ok(restored));
    const auto rows = restored->integer("SELECT count(*) FROM parcel");
    ASSERT_TRUE(is_ok(rows));
    EXPECT_EQ(*rows, 20000);
}

}  // namespace
}  // namespace custody::test
