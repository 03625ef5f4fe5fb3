// Backing up a real PostgreSQL server: what comes back from the dump, that it is one moment, and what is said when it cannot be.
#include "vault/sources/postgresql.h"
#include "base/records/canonical_json.h"
#include "tests/support/database_server.h"
#include "tests/support/results.h"
#include "tests/support/source_reader.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace custody::test {
namespace {

class PostgresqlTest : public testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = PostgresqlServer::absent(); !why.empty()) GTEST_SKIP() << why;
        server = std::make_unique<PostgresqlServer>();
        options.conninfo = server->conninfo();
    }
    Result<std::unique_ptr<Source>> open() { return open_postgresql(options, notes, system_clock(), stop); }
    Result<SourceContents> back_up() {
        TRY_ASSIGN(const auto source, open());
        return read_source(*source);
    }
    static Json evidence_in(const SourceContents& contents) {
        const auto found = contents.find("/postgresql/local-5432/evidence/evidence.json");
        if (found == contents.end()) return Json();
        auto parsed = parse_json(as_bytes(found->second), 1 << 20);
        EXPECT_TRUE(is_ok(parsed));
        return parsed.ok() ? *parsed : Json();
    }
    static Json tables_of(const Json& evidence, const std::string& database) {
        Json tables = Json::object();
        for (const Json& one : evidence["databases"]) {
            if (one["name"] != database) continue;
            for (const Json& table : one["tables"]) {
                const std::string name = table["schema"].get<std::string>() + "." + table["table"].get<std::string>();
                tables[name] = table["rows"];
            }
        }
        return tables;
    }
    void restore(const PostgresqlServer& into, const SourceContents& contents, const std::string& file,
                 const std::string& database) {
        const std::string path = into / "restored.sql";
        std::ofstream(path) << contents.at("/postgresql/local-5432/" + file);
        into.restore(path, database);
    }

    std::unique_ptr<PostgresqlServer> server;
    PostgresqlOptions options;
    PostgresqlNotes notes;
    StopFlag stop;
};

TEST_F(PostgresqlTest, AFreshServerGetsBackDatabasesRolesAndLargeObjects) {
    server->sql("create role clerk login password 'x'; create role reader;");
    server->sql("create database \"địa chính/1\"");
    server->sql("alter database \"địa chính/1\" set work_mem = '9MB'");
    server->sql(
        "create schema s; create table s.parcel (id int primary key, owner text, photo bytea);"
        "insert into s.parcel select i, 'chủ ' || i, decode(md5(i::text), 'hex') from generate_series(1, 5000) i;"
        "create table part (i int) partition by range (i); create table part_a partition of part for values from (0) to (100);"
        "insert into part select generate_series(1, 42); create table parent (i int); create table child () inherits (parent);"
        "insert into parent values (1); insert into child values (2), (3); create extension pg_trgm;"
        "select lo_from_bytea(0, 'a large object'); create sequence seq start 77; grant select on s.parcel to reader;",
        "địa chính/1");
    const auto contents = back_up();
    ASSERT_TRUE(is_ok(contents));
    EXPECT_EQ(notes.default_name, "postgresql-local-5432");

    const Json evidence = evidence_in(*contents);
    EXPECT_EQ(tables_of(evidence, "địa chính/1"),
              Json({{"public.child", 2}, {"public.parent", 1}, {"public.part_a", 42}, {"s.parcel", 5000}}));
    const Json& database = evidence["databases"].back();
    EXPECT_EQ(database["large_objects"], 1);
    EXPECT_EQ(database["encoding"], "UTF8");
    EXPECT_TRUE(database["extensions"].contains("pg_trgm"));
    EXPECT_EQ(database["file"], "databases/địa chính%2F1.sql");
    EXPECT_EQ(database["dump_bytes"], contents->at("/postgresql/local-5432/databases/địa chính%2F1.sql").size());
    EXPECT_TRUE(evidence["role_passwords"].get<bool>());

    const std::string all =
        "select count(*), md5(string_agg(p::text, ',' order by id)) from s.parcel p; select i from parent "
        "order by i; select sum(i) from part; select convert_from(lo_get(oid), 'UTF8') from "
        "pg_largeobject_metadata; select nextval('seq'); show work_mem";
    const PostgresqlServer fresh;
    (void)fresh.psql("drop role postgres");  // globals.sql creates it again: the one error that is expected
    const std::string globals = fresh / "globals.sql";
    std::ofstream(globals) << contents->at("/postgresql/local-5432/globals.sql");
    (void)fresh.psql("\\set ON_ERROR_STOP off\n\\i " + globals);
    restore(fresh, *contents, "create/địa chính%2F1.sql", "postgres");
    restore(fresh, *contents, "databases/địa chính%2F1.sql", "địa chính/1");
    EXPECT_EQ(fresh.sql(all, "địa chính/1"), server->sql(all, "địa chính/1"));
    EXPECT_EQ(fresh.sql("select rolname from pg_authid where rolname !~ '^pg_' order by 1"), "clerk\npostgres\nreader\n");
    EXPECT_EQ(fresh.sql("select rolpassword from pg_authid where rolname = 'clerk'"),
              server->sql("select rolpassword from pg_authid where rolname = 'clerk'"));
}

TEST_F(PostgresqlTest, ADumpIsOneMomentWhileRowsAreWritten) {
    server->sql(
        "create table a (i int, v bigint); create table b (i int, v bigint); create table log (t bigserial);"
        "insert into a select g, 1000 from generate_series(1, 20000) g; insert into b select g, 1000 from generate_series(1, "
        "20000) g");
    std::atomic<bool> enough{false};
    std::atomic<int> transfers{0};
    std::thread writer([&] {
        while (!enough) {
            server->sql(
                "begin; update a set v = v - 7 where i <= 50; update b set v = v + 7 where i <= 50; insert into log default "
                "values; commit");
            ++transfers;
        }
    });
    while (transfers < 2) std::this_thread::yield();
    const auto contents = back_up();
    enough = true;
    writer.join();
    ASSERT_TRUE(is_ok(contents));
    const PostgresqlServer fresh;
    restore(fresh, *contents, "databases/postgres.sql", "postgres");
    EXPECT_EQ(fresh.sql("select (select sum(v) from a) + (select sum(v) from b)"), "40000000\n");
    const Json tables = tables_of(evidence_in(*contents), "postgres");
    EXPECT_EQ(std::to_string(tables["public.log"].get<int>()) + "\n", fresh.sql("select count(*) from log"));
    EXPECT_GE(transfers, tables["public.log"].get<int>());
}

TEST_F(PostgresqlTest, ATableDroppedOrEmptiedBetweenSnapshotAndDumpLeadsToALaterSnapshot) {
    server->sql(
        "create table stays (i int); insert into stays values (1); create table goes (i int); create table staging (i int);"
        "insert into staging select generate_series(1, 100)");
    const auto source = open();  // the snapshot is taken
    ASSERT_TRUE(is_ok(source));
    server->sql("drop table goes; truncate staging; insert into stays values (2)");
    const auto contents = read_source(**source);
    ASSERT_TRUE(is_ok(contents));
    EXPECT_EQ(tables_of(evidence_in(*contents), "postgres"), Json({{"public.staging", 0}, {"public.stays", 2}}));
}

TEST_F(PostgresqlTest, ALockedTableFailsTheRunAfterTheWait) {
    server->sql("create table busy (i int)");
    std::thread holder([&] { (void)server->psql("begin; lock table busy; select pg_sleep(60)"); });
    while (server->sql("select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = "
                       "'busy'::regclass") != "1\n")
        std::this_thread::yield();
    options.lock_wait_ns = 200'000'000;
    EXPECT_TRUE(fails_with(Code::busy, back_up()));
    server->sql("select pg_terminate_backend(pid) from pg_stat_activity where query ~ 'pg_sleep' and pid <> pg_backend_pid()");
    holder.join();
}

TEST_F(PostgresqlTest, AServerThatGoesDownMidDumpFailsTheRun) {
    server->sql("create table t as select i, repeat('x', 500) from generate_series(1, 40000) i");
    const auto source = open();
    ASSERT_TRUE(is_ok(source));
    server->kill();
    const auto contents = read_source(**source);
    ASSERT_FALSE(contents.ok());
    EXPECT_EQ(contents.error().message.find('\n'), std::string::npos);
    const auto again = back_up();
    ASSERT_TRUE(fails_with(Code::failed, again));
    EXPECT_NE(again.error().message.find(server->folder()), std::string::npos);
}

TEST_F(PostgresqlTest, PasswordsInConninfoOrEnvironmentAreRefused) {
    for (const char* conninfo :
         {"host=x password=secret", "postgresql://u:secret@h/d", "host=x sslpassword=secret", "host=x secret"}) {
        const auto checked = check_conninfo(conninfo);
        ASSERT_TRUE(fails_with(Code::usage, checked)) << conninfo;
        EXPECT_EQ(checked.error().message.find("secret"), std::string::npos);
    }
    EXPECT_TRUE(is_ok(check_conninfo("service=portal")));
    ::setenv("PGPASSWORD", "secret", 1);
    EXPECT_TRUE(fails_with(Code::usage, check_conninfo("service=portal")));
    ::unsetenv("PGPASSWORD");
}

TEST_F(PostgresqlTest, ToolsThatAreMissingOrTooOldAreNamed) {
    options.tool_folders = {server->folder()};
    auto refused = open();
    ASSERT_TRUE(fails_with(Code::not_found, refused));
    EXPECT_NE(refused.error().message.find("postgresql-client-15"), std::string::npos);
    for (const char* name : {"pg_dump", "pg_dumpall"}) {
        std::ofstream(*server / name) << "#!/bin/sh\necho 'pg_dump (PostgreSQL) 13.4'\n";
        ASSERT_EQ(::chmod((*server / name).c_str(), 0755), 0);
    }
    refused = open();
    ASSERT_TRUE(fails_with(Code::failed, refused));
    EXPECT_NE(refused.error().message.find("13.4"), std::string::npos);
}

TEST_F(PostgresqlTest, ARoleThatMayNotReadEverythingIsTold) {
    server->sql("create role weak login; create table secret (i int)");
    options.conninfo = server->conninfo("postgres", "weak");
    EXPECT_TRUE(fails_with(Code::denied, back_up()));
    server->sql("grant select on secret to weak");
    const auto contents = back_up();
    ASSERT_TRUE(is_ok(contents));
    EXPECT_FALSE(evidence_in(*contents)["role_passwords"].get<bool>());
    EXPECT_FALSE(notes.warnings.empty());
}

TEST_F(PostgresqlTest, FewConnectionsAreUsedOneAfterTheOther) {
    server.reset();
    server = std::make_unique<PostgresqlServer>("max_connections=8\n");
    options.conninfo = server->conninfo();
    for (const char* name : {"d1", "d2", "d3", "d4", "d5", "d6"}) {
        server->sql(std::string("create database ") + name);
        server->sql("create table t as select 1", name);
    }
    const auto contents = back_up();
    ASSERT_TRUE(is_ok(contents));
    EXPECT_EQ(tables_of(evidence_in(*contents), "d6"), Json({{"public.t", 1}}));
    EXPECT_EQ(notes.warnings.size(), 1U);
}

TEST_F(PostgresqlTest, StopEndsItsWaits) {
    server->sql("create table busy (i int)");
    std::thread holder([&] { (void)server->psql("begin; lock table busy; select pg_sleep(60)"); });
    while (server->sql("select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = "
                       "'busy'::regclass") != "1\n")
        std::this_thread::yield();
    std::thread stopper([&] {
        while (server->sql("select count(*) from pg_locks where not granted") == "0\n") std::this_thread::yield();
        stop.request();
    });
    EXPECT_TRUE(fails_with(Code::interrupted, back_up()));
    stopper.join();
    server->sql("select pg_terminate_backend(pid) from pg_stat_activity where query ~ 'pg_sleep' and pid <> pg_backend_pid()");
    holder.join();
}

// The way that Debian's servers are set up, and this one's root would be refused.
TEST_F(PostgresqlTest, AsTheSystemUserNoPasswordIsNeeded) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may connect as another user";
    server.reset();
    server = std::make_unique<PostgresqlServer>("", "local all all peer\n");
    options.conninfo = server->conninfo();
    const auto refused = back_up();
    ASSERT_TRUE(fails_with(Code::failed, refused));
    EXPECT_NE(refused.error().message.find("postgres"), std::string::npos);
    options.as_user = "postgres";
    EXPECT_TRUE(is_ok(back_up()));
    EXPECT_EQ(::geteuid(), 0U);
}

TEST_F(PostgresqlTest, AWrongPasswordIsToldAndARightOneComesFromThePasswordFile) {
    server.reset();
    server = std::make_unique<PostgresqlServer>("", "local all postgres trust\nlocal all all scram-sha-256\n");
    server->sql("create role keeper login password 'right-one' in role pg_read_all_data");
    options.conninfo = server->conninfo("postgres", "keeper") + " passfile=" + (*server / "pgpass");
    const auto with_password = [&](const std::string& password) {
        std::ofstream(*server / "pgpass") << "*:*:*:keeper:" + password + "\n";
        EXPECT_EQ(::chmod((*server / "pgpass").c_str(), 0600), 0);
        return back_up();
    };
    const auto refused = with_password("wrong-one");
    ASSERT_TRUE(fails_with(Code::failed, refused));
    EXPECT_EQ(refused.error().message.find("wrong-one"), std::string::npos);
    EXPECT_TRUE(is_ok(with_password("right-one")));
}

}  // namespace
}  // namespace custody::test
