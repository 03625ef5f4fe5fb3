// A live SQLite database is copied consistently while it is written to, proven, counted, and left as it was.
#include "vault/sources/sqlite_copy.h"

#include "base/sqlite.h"
#include "base/text.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "vault/sources/scratch_area.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

sqlite::Database must_open(const std::string& path, sqlite::Access access) {
    sqlite::OpenOptions options;
    options.access = access;
    auto opened = sqlite::Database::open(path, options);
    EXPECT_TRUE(is_ok(opened));
    return std::move(*opened);
}

class SqliteSourceCopy : public testing::Test {
protected:
    void make(const std::string& more = "") {
        sqlite::Database made = must_open(path_, sqlite::Access::create);
        ASSERT_TRUE(
            is_ok(made.execute("PRAGMA application_id = 77; PRAGMA user_version = 3; CREATE TABLE \"hồ sơ\" (id INTEGER PRIMARY "
                               "KEY, t TEXT); CREATE TABLE b (x); INSERT INTO \"hồ sơ\"(t) VALUES ('một'), ('hai');" +
                               more)));
    }
    Result<SqliteCopy> copy() { return copy_sqlite({path_, folder_ / "scratch", 200}, stop_); }
    // The bytes of the copy as a file: what a plain copy of a restored one is.
    std::string restored(const SqliteCopy& copy) {
        const std::string to = folder_ / "restored";
        fs::remove(to);
        fs::copy_file("/proc/self/fd/" + std::to_string(copy.content.get()), to);
        return to;
    }
    bool scratch_is_empty() { return fs::is_empty(folder_ / "scratch"); }

    const ScratchFolder folder_{"h8-sqlite"};
    const std::string path_ = folder_ / "app.db";
    StopFlag stop_;
};

TEST_F(SqliteSourceCopy, IsWholeCountedAndLeavesNothingBehind) {
    make();
    const auto copied = copy();
    ASSERT_TRUE(is_ok(copied));
    EXPECT_EQ(copied->path, path_);
    EXPECT_TRUE(copied->warnings.empty());
    EXPECT_TRUE(scratch_is_empty());
    const Json& evidence = copied->evidence;
    EXPECT_EQ(evidence["application_id"], 77);
    EXPECT_EQ(evidence["user_version"], 3);
    EXPECT_EQ(evidence["integrity"], "ok");
    EXPECT_EQ(evidence["tables"],
              Json::parse(R"([{"schema":"main","table":"b","rows":0},{"schema":"main","table":"hồ sơ","rows":2}])"));
    EXPECT_TRUE(is_ok(to_canonical_json(evidence)));
    sqlite::Database back = must_open(restored(*copied), sqlite::Access::read_only);
    const auto text = back.text("SELECT group_concat(t) FROM \"hồ sơ\"");
    ASSERT_TRUE(is_ok(text));
    EXPECT_EQ(*text, "một,hai");
    EXPECT_EQ(copied->size, fs::file_size(folder_ / "restored"));
}

TEST_F(SqliteSourceCopy, OfADatabaseInWalModeIsOneMomentAndChangesNothingOfIt) {
    make("PRAGMA journal_mode = WAL;");
    ASSERT_EQ(::chown(path_.c_str(), ::geteuid() == 0 ? 1234 : ::geteuid(), ::geteuid() == 0 ? 1234 : ::getegid()), 0);
    std::atomic<bool> end = false, began = false;
    std::thread writer([&] {
        sqlite::Database live = must_open(path_, sqlite::Access::read_write);
        EXPECT_TRUE(is_ok(live.execute("PRAGMA wal_autocheckpoint = 0")));
        while (!end) {  // both tables grow together or not at all
            EXPECT_TRUE(is_ok(
                live.execute("BEGIN; INSERT INTO \"hồ sơ\"(t) VALUES (hex(randomblob(500))); INSERT INTO b VALUES (1); COMMIT")));
            began = true;
        }
    });
    while (!began) std::this_thread::yield();
    for (int i = 0; i < 5; ++i) {
        const auto copied = copy();
        ASSERT_TRUE(is_ok(copied)) << (end = true);
        const Json tables = copied->evidence["tables"];
        EXPECT_EQ(tables[0]["rows"].get<int>() + 2, tables[1]["rows"].get<int>());
        EXPECT_EQ(copied->evidence["journal_mode"], "wal");
    }
    const auto size_before = fs::file_size(path_);
    end = true;
    writer.join();
    EXPECT_TRUE(scratch_is_empty());
    // Cleanly closed by its application, the log is gone; a reader makes it anew and must not lock the application out.
    const auto copied = copy();
    ASSERT_TRUE(is_ok(copied));
    EXPECT_GE(fs::file_size(path_), size_before);
    for (const char* beside : {"-wal", "-shm"}) {
        struct stat status {
        }, own{};
        if (::stat((path_ + beside).c_str(), &status) != 0) continue;
        ASSERT_EQ(::stat(path_.c_str(), &own), 0);
        EXPECT_EQ(status.st_uid, own.st_uid) << beside;
        EXPECT_EQ(status.st_mode & 0777, own.st_mode & 0777) << beside;
    }
    sqlite::Database back = must_open(restored(*copied), sqlite::Access::read_write);
    EXPECT_TRUE(is_ok(back.execute("INSERT INTO b VALUES (2)")));
}

TEST_F(SqliteSourceCopy, WhatIsNoDatabaseOrDamagedGivesNoCopy) {
    EXPECT_TRUE(fails_with(Code::not_found, copy()));
    write_file(path_, "");
    EXPECT_TRUE(fails_with(Code::failed, copy()));
    write_file(path_, noise(20'000, 5));
    EXPECT_TRUE(fails_with(Code::corrupt, copy()));
    fs::remove(path_);
    make(
        "CREATE INDEX i ON \"hồ sơ\"(t); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 2000) INSERT "
        "INTO \"hồ "
        "sơ\"(t) SELECT hex(randomblob(100)) FROM n;");
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 12 + 200);
    file << std::string(3000, '\x5A');
    file.close();
    const auto damaged = copy();
    ASSERT_TRUE(fails_with(Code::corrupt, damaged));
    EXPECT_NE(damaged.error().message.find(path_), std::string::npos);
    EXPECT_TRUE(scratch_is_empty());
    EXPECT_TRUE(fails_with(Code::usage, copy_sqlite({folder_.path(), folder_ / "scratch"}, stop_)));
}

TEST_F(SqliteSourceCopy, AnotherProcessThatHoldsItForLongIsBusy) {
    make();
    int ready[2], go[2];
    ASSERT_EQ(::pipe(ready), 0);
    ASSERT_EQ(::pipe(go), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        char byte = 'r';
        sqlite::Database live = must_open(path_, sqlite::Access::read_write);
        const bool held = live.execute("BEGIN EXCLUSIVE; INSERT INTO b VALUES (9)").ok();
        ::close(go[1]);
        if (!held || ::write(ready[1], &byte, 1) != 1) ::_exit(1);
        ::_exit(::read(go[0], &byte, 1) == 1 ? 0 : 2);
    }
    ::close(go[0]);
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    EXPECT_TRUE(fails_with(Code::busy, copy_sqlite({path_, folder_ / "scratch", 20}, stop_)));
    ASSERT_EQ(::write(go[1], &byte, 1), 1);
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    for (const int fd : {ready[0], ready[1], go[1]}) ::close(fd);
    EXPECT_TRUE(scratch_is_empty());
    fs::remove(path_ + "-journal");  // what the child, which ended within its transaction, left
    EXPECT_TRUE(is_ok(copy()));
}

TEST_F(SqliteSourceCopy, DanglingReferencesAreSaidAndStored) {
    make("CREATE TABLE child (p REFERENCES \"hồ sơ\"(id)); INSERT INTO child VALUES (99);");
    const auto copied = copy();
    ASSERT_TRUE(is_ok(copied));
    EXPECT_EQ(copied->evidence["foreign_key_faults"], 1);
    ASSERT_EQ(copied->warnings.size(), 1u);
    EXPECT_NE(copied->warnings[0].find("child"), std::string::npos);
}

TEST_F(SqliteSourceCopy, AStopEndsIt) {
    make();
    stop_.request();
    EXPECT_TRUE(fails_with(Code::interrupted, copy()));
    EXPECT_TRUE(scratch_is_empty());
}

TEST(ScratchForSqliteSource, WhatAKilledProcessLeftGoesAndWhatOthersUseStays) {
    const ScratchFolder folder("h8-scratch");
    const std::string base = folder / "scratch";
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto area = ScratchArea::make(base);
        if (area.ok()) write_file(area->path() + "/copy", "private");
        if (::write(ready[1], "r", 1) == 1) ::pause();
        ::_exit(1);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    const auto beside = ScratchArea::make(base);
    ASSERT_TRUE(is_ok(beside));
    EXPECT_EQ(std::distance(fs::directory_iterator(base), {}), 2) << "the other one lives";
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    {
        const auto next = ScratchArea::make(base);
        ASSERT_TRUE(is_ok(next));
        EXPECT_EQ(std::distance(fs::directory_iterator(base), {}), 2);
        struct stat info {};
        ASSERT_EQ(::stat(next->path().c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777, 0700u);
    }
    EXPECT_EQ(std::distance(fs::directory_iterator(base), {}), 1);
    ASSERT_EQ(::chmod(base.c_str(), 0777), 0);
    EXPECT_TRUE(fails_with(Code::refused, ScratchArea::make(base)));
    for (const int fd : ready) ::close(fd);
}

}  // namespace
}  // namespace custody::test
