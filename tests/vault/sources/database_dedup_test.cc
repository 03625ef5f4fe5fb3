// A dump of tonight is mostly the one of last night: what a vault would store anew, cut as it cuts.
#include "base/crypto.h"
#include "tests/support/database_server.h"
#include "tests/support/results.h"
#include "tests/support/source_reader.h"
#include "vault/packs/chunker.h"
#include "vault/sources/mariadb.h"
#include "vault/sources/postgresql.h"

#include <gtest/gtest.h>

#include <set>

namespace custody::test {
namespace {

class DatabaseDedup : public testing::Test {
protected:
    // Bytes of chunks that were not met before.
    std::size_t new_bytes(const SourceContents& contents) {
        std::size_t bytes = 0;
        for (const auto& [path, content] : contents) {
            for (ByteView rest = as_bytes(content); !rest.empty();) {
                const ByteView chunk = rest.first(next_cut(gear, rest));
                if (known.insert(to_hex(sha256(chunk).view())).second) bytes += chunk.size();
                rest = rest.subspan(chunk.size());
            }
        }
        return bytes;
    }
    SourceContents read(Result<std::unique_ptr<Source>> source) {
        EXPECT_TRUE(is_ok(source));
        if (!source.ok()) return {};
        auto contents = read_source(**source);
        EXPECT_TRUE(is_ok(contents));
        return contents.ok() ? std::move(*contents) : SourceContents{};
    }
    const GearTable gear{Secret::copy_of(as_bytes("a key of thirty-two bytes length"))};
    std::set<std::string> known;
    StopFlag stop;
};

TEST_F(DatabaseDedup, PostgresqlWhereOneRowInAHundredChanged) {
    if (const std::string why = PostgresqlServer::absent(); !why.empty()) GTEST_SKIP() << why;
    const PostgresqlServer server;
    server.sql(
        "create table t as select i, md5(i::text) || md5((i + 1)::text) || md5((i + 2)::text) as a, md5((i + 3)::text) || "
        "md5((i + 4)::text) as b from generate_series(1, 120000) i");
    PostgresqlOptions options;
    options.conninfo = server.conninfo();
    PostgresqlNotes notes;
    const std::size_t all = new_bytes(read(open_postgresql(options, notes, system_clock(), stop)));
    EXPECT_GT(all, 19'000'000U);
    const std::size_t same = new_bytes(read(open_postgresql(options, notes, system_clock(), stop)));
    EXPECT_LT(same, all / 4);  // head and foot, with pg_dump's random word
    server.sql("update t set b = md5(b) where i > 60000 and i <= 61200");
    const std::size_t changed = new_bytes(read(open_postgresql(options, notes, system_clock(), stop)));
    EXPECT_LT(changed, all / 2);
    RecordProperty("all", std::to_string(all));
    RecordProperty("same", std::to_string(same));
    RecordProperty("changed", std::to_string(changed));
}

TEST_F(DatabaseDedup, MariadbWhereRowsCameGoneAndChanged) {
    if (const std::string why = MariadbServer::absent(); !why.empty()) GTEST_SKIP() << why;
    const MariadbServer server;
    server.sql(
        "create database d; use d; create table t (i int primary key, a varchar(200), b varchar(200)); insert into t select seq "
        "* 2, "
        "concat(md5(seq), md5(seq + 1), md5(seq + 2)), concat(md5(seq + 3), md5(seq + 4)) from seq_1_to_100000");
    MariadbOptions options;
    options.defaults_file = server.defaults_file();
    MariadbNotes notes;
    const std::size_t all = new_bytes(read(open_mariadb(options, notes, system_clock(), stop)));
    EXPECT_GT(all, 19'000'000U);
    EXPECT_LT(new_bytes(read(open_mariadb(options, notes, system_clock(), stop))), 100'000U);  // the evidence: its time
    server.sql(
        "insert into t values (100001, 'a row', 'in between'); delete from t where i = 20; update t set b = md5(b) where i > "
        "120000 and i <= 122000",
        "d");
    const std::size_t changed = new_bytes(read(open_mariadb(options, notes, system_clock(), stop)));
    EXPECT_LT(changed, all / 2);
    RecordProperty("all", std::to_string(all));
    RecordProperty("changed", std::to_string(changed));
}

}  // namespace
}  // namespace custody::test
