// Backing up a real MariaDB server: what comes back from the dump, that it is one moment, and what its evidence says.
#include "vault/sources/mariadb.h"
#include "base/records/canonical_json.h"
#include "tests/support/database_server.h"
#include "tests/support/results.h"
#include "tests/support/source_reader.h"
#include "vault/sources/mariadb_dump_text.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

namespace custody::test {
namespace {

TEST(MariadbDumpTextTest, CountsRowsAsTheServerWouldReadThem) {
    const std::string dump =
        "USE `shop`;\nCREATE TABLE `empty` (\n  `i` int\n);\nCREATE TABLE `a``b` (\n);\n"
        "INSERT INTO `a``b` VALUES (1,'it\\'s ),(; (a)'),(2,'x''y\n(z'),\n(3,0x00FF);\n"
        "INSERT INTO `a``b` (`odd) VALUES (`, `c`) VALUES (4,NULL);\n"
        "DELIMITER ;;\nINSERT INTO `a``b` VALUES (5,'in a routine');\nDELIMITER ;\n"
        "-- CHANGE MASTER TO MASTER_LOG_FILE='bl.000007', MASTER_LOG_POS=2878;\nUSE `other`;\nINSERT INTO `t` VALUES (1);\n"
        "-- SET GLOBAL gtid_slave_pos='0-1-14';\n";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, dump.size()}) {
        MariadbDumpText text;
        for (std::size_t at = 0; at < dump.size(); at += piece) text.read(as_bytes(std::string_view(dump).substr(at, piece)));
        EXPECT_EQ(text.rows().at("shop").at("a`b"), 4U);
        EXPECT_EQ(text.rows().at("shop").at("empty"), 0U);
        EXPECT_EQ(text.rows().at("other").at("t"), 1U);
        EXPECT_EQ(text.log_file(), "bl.000007");
        EXPECT_EQ(text.log_position(), 2878U);
        EXPECT_EQ(text.gtid(), "0-1-14");
        EXPECT_FALSE(text.is_complete());
        text.read(as_bytes("-- Dump completed\n"));
        EXPECT_TRUE(text.is_complete());
    }
}

class MariadbTest : public testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = MariadbServer::absent(); !why.empty()) GTEST_SKIP() << why;
    }
    void start(const std::vector<std::string>& server_options = {}) {
        server = std::make_unique<MariadbServer>(server_options);
        options.defaults_file = server->defaults_file();
    }
    Result<SourceContents> back_up() {
        TRY_ASSIGN(const auto source, open_mariadb(options, notes, system_clock(), stop));
        return read_source(*source);
    }
    static std::string file_in(const SourceContents& contents, const std::string& name) {
        for (const auto& [path, content] : contents)
            if (path.ends_with("/" + name)) return content;
        ADD_FAILURE() << "no " << name;
        return "";
    }
    static Json evidence_in(const SourceContents& contents) {
        auto parsed = parse_json(as_bytes(file_in(contents, "evidence.json")), 1 << 20);
        EXPECT_TRUE(is_ok(parsed));
        return parsed.ok() ? *parsed : Json();
    }
    static void restore(const MariadbServer& into, const std::string& content) {
        const std::string path = into / "restored.sql";
        std::ofstream(path) << content;
        into.restore(path);
    }

    std::unique_ptr<MariadbServer> server;
    MariadbOptions options;
    MariadbNotes notes;
    StopFlag stop;
};

TEST_F(MariadbTest, AFreshServerGetsBackEverything) {
    start({"--log-bin=bl", "--server-id=1"});
    server->sql(
        "create database `địa chính`; use `địa chính`; create table parcel (id int primary key auto_increment, owner varchar(80) "
        "character set utf8mb4, photo blob) engine=innodb; insert into parcel (owner, photo) select concat('chủ ''', seq), "
        "unhex(md5(seq)) from seq_1_to_500; create table old (i int) engine=myisam; insert into old values (1), (2); create "
        "table "
        "empty (i int); create view v as select count(*) n from parcel; create function f() returns int deterministic return 42; "
        "create event e on schedule every 1 day do set @a = 1; create trigger t before insert on old for each row set @x = 1; "
        "create "
        "user 'clerk'@'localhost' identified by 'pass'; create role readers; grant select on `địa chính`.* to readers; grant "
        "readers to "
        "'clerk'@'localhost'; create database bare");
    const auto contents = back_up();
    ASSERT_TRUE(is_ok(contents));
    EXPECT_EQ(notes.default_name, "mariadb-local");
    const Json evidence = evidence_in(*contents);
    EXPECT_EQ(evidence["databases"],
              Json::parse(R"([{"name":"địa chính","tables":[{"rows":0,"table":"empty"},{"rows":2,"table":"old"},)"
                          R"({"rows":500,"table":"parcel"}]}])"));
    EXPECT_EQ(evidence["not_transactional"], Json::parse(R"([{"database":"địa chính","engine":"MyISAM","table":"old"}])"));
    EXPECT_EQ(evidence["binlog"]["file"], "bl.000001");
    EXPECT_GT(evidence["binlog"]["position"], 300);
    EXPECT_NE(evidence["binlog"]["gtid"], "");
    ASSERT_EQ(notes.warnings.size(), 1U);
    EXPECT_NE(notes.warnings[0].find("địa chính.old (MyISAM)"), std::string::npos);

    const std::string all =
        "select count(*), md5(group_concat(md5(concat(id, owner, photo)) order by id)) from `địa chính`.parcel; select * from "
        "`địa "
        "chính`.v; select `địa chính`.f(); select event_name from information_schema.events; select trigger_name from "
        "information_schema.triggers where trigger_schema <> 'sys'; select sum(i) from `địa chính`.old; show grants for "
        "'clerk'@'localhost'; show grants for readers; show databases like 'bare'";
    const MariadbServer fresh;
    restore(fresh, file_in(*contents, "users.sql"));
    restore(fresh, file_in(*contents, "databases.sql"));
    EXPECT_EQ(fresh.sql(all), server->sql(all));
}

TEST_F(MariadbTest, ADumpIsOneMomentWhileRowsAreWritten) {
    start();
    server->sql(
        "create database bank; use bank; create table a (i int primary key, v bigint); create table b (i int primary key, v "
        "bigint); create table log (t int primary key auto_increment); insert into a select seq, 1000 from seq_1_to_5000; insert "
        "into b select seq, 1000 from seq_1_to_5000");
    std::atomic<bool> enough{false};
    std::atomic<int> transfers{0};
    std::thread writer([&] {
        while (!enough) {
            server->sql(
                "begin; update a set v = v - 7 where i <= 50; update b set v = v + 7 where i <= 50; insert into log values (); "
                "commit",
                "bank");
            ++transfers;
        }
    });
    while (transfers < 2) std::this_thread::yield();
    const auto contents = back_up();
    enough = true;
    writer.join();
    ASSERT_TRUE(is_ok(contents));
    const MariadbServer fresh;
    restore(fresh, file_in(*contents, "databases.sql"));
    EXPECT_EQ(fresh.sql("select (select sum(v) from a) + (select sum(v) from b)", "bank"), "10000000\n");
    for (const Json& table : evidence_in(*contents)["databases"][0]["tables"])
        EXPECT_EQ(fresh.sql("select count(*) from `" + table["table"].get<std::string>() + "`", "bank"),
                  std::to_string(table["rows"].get<int>()) + "\n");
    EXPECT_TRUE(evidence_in(*contents)["binlog"].is_null());
}

TEST_F(MariadbTest, WhatDoesNotWorkIsToldInOneLine) {
    start();
    options.defaults_file = server->defaults_file("clerk", "wrong-one");
    server->sql("create user clerk@localhost identified by 'right-one'; create database d; create table d.t (i int)");
    auto refused = back_up();
    ASSERT_TRUE(fails_with(Code::failed, refused));
    EXPECT_NE(refused.error().message.find("clerk"), std::string::npos);
    EXPECT_EQ(refused.error().message.find("wrong-one"), std::string::npos);

    options.defaults_file = *server / "absent.cnf";
    EXPECT_TRUE(fails_with(Code::not_found, back_up()));

    options.defaults_file = server->defaults_file();
    options.tool_folders = {server->folder()};
    refused = back_up();
    ASSERT_TRUE(fails_with(Code::not_found, refused));
    EXPECT_NE(refused.error().message.find("mariadb-client"), std::string::npos);

    std::ofstream(*server / "mariadb-dump") << "#!/bin/sh\necho '-- half a dump, and no error'\n";  // as where a pipe breaks
    ASSERT_EQ(::chmod((*server / "mariadb-dump").c_str(), 0755), 0);
    refused = back_up();
    ASSERT_TRUE(fails_with(Code::failed, refused));
    EXPECT_NE(refused.error().message.find("breaks off"), std::string::npos);

    options.tool_folders.clear();
    ASSERT_EQ(::chmod(options.defaults_file.c_str(), 0644), 0);
    EXPECT_TRUE(is_ok(back_up()));
    EXPECT_FALSE(notes.warnings.empty());  // others could read it
    server->kill();
    EXPECT_TRUE(fails_with(Code::failed, back_up()));
}

}  // namespace
}  // namespace custody::test
