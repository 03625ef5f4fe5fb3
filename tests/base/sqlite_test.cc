#include "base/sqlite.h"

#include "base/file.h"
#include "tests/support/program.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace custody::sqlite {
namespace {

using test::fails_with;
using test::is_ok;

constexpr OpenOptions kCreateOurs{Access::create, Kind::ours, Sharing::all_processes, 5000};
constexpr OpenOptions kWriteOurs{Access::read_write, Kind::ours, Sharing::all_processes, 5000};
constexpr OpenOptions kImpatient{Access::read_write, Kind::ours, Sharing::all_processes, 1};
constexpr OpenOptions kReadForeign{};
constexpr OpenOptions kCreateForeign{Access::create, Kind::foreign, Sharing::all_processes, 5000};

class Sqlite : public testing::Test {
protected:
    Sqlite() : scratch_("sqlite") {}
    std::string path(const std::string& name) const { return scratch_ / name; }

    Database created(const std::string& name, const OpenOptions& options = kCreateOurs) {
        auto made = Database::open(path(name), options);
        EXPECT_TRUE(is_ok(made));
        return std::move(made).value();
    }
    void fill(Database& database, int rows) {
        ASSERT_TRUE(is_ok(database.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, body BLOB)")));
        auto transaction = Transaction::begin(database);
        ASSERT_TRUE(is_ok(transaction));
        auto insert = Statement::prepare(database, "INSERT INTO t(name, body) VALUES(?, zeroblob(1000))");
        ASSERT_TRUE(is_ok(insert));
        for (int row = 0; row < rows; ++row) {
            ASSERT_TRUE(is_ok(insert->bind(std::to_string(row))));
            ASSERT_TRUE(is_ok(insert->run()));
        }
        ASSERT_TRUE(is_ok(transaction->commit()));
    }
    void overwrite(const std::string& name, off_t at, const std::string& bytes) {
        const int fd = ::open(path(name).c_str(), O_WRONLY | O_CLOEXEC);
        ASSERT_GE(fd, 0);
        ASSERT_EQ(static_cast<ssize_t>(bytes.size()), pwrite(fd, bytes.data(), bytes.size(), at));
        ::close(fd);
    }
    test::ScratchFolder scratch_;
};

TEST_F(Sqlite, BindsAndReadsEveryKindOfValue) {
    Database database = created("db");
    ASSERT_TRUE(is_ok(database.execute("CREATE TABLE v(a,b,c,d,e,f,g)")));
    const Bytes body = {0, 255, 7};
    auto insert = Statement::prepare(database, "INSERT INTO v VALUES(?,?,?,?,?,?,?)");
    ASSERT_TRUE(is_ok(insert));
    ASSERT_TRUE(is_ok(insert->bind(std::int64_t{-5}, 1.5, "Đồ Sơn", body, std::optional<std::int64_t>(), true, std::string())));
    ASSERT_TRUE(is_ok(insert->run()));
    EXPECT_EQ(1, database.changes());
    auto read = Statement::prepare(database, "SELECT * FROM v");
    ASSERT_TRUE(is_ok(read));
    ASSERT_TRUE(*read->step());
    Columns row = read->columns();
    EXPECT_EQ(-5, row.integer());
    EXPECT_EQ(1.5, row.real());
    EXPECT_EQ("Đồ Sơn", row.text());
    const ByteView back = row.blob();
    EXPECT_EQ(body, Bytes(back.begin(), back.end()));
    EXPECT_FALSE(row.optional_integer());
    EXPECT_TRUE(row.boolean());
    EXPECT_EQ("", row.optional_text());
    EXPECT_TRUE(is_ok(row.status()));
    EXPECT_FALSE(*read->step());
}

TEST_F(Sqlite, AValueOfAnotherTypeIsDamageAndNotZero) {
    Database database = created("db");
    for (const char* sql : {"SELECT 'x'", "SELECT NULL", "SELECT 1.5", "SELECT 1 WHERE 0"})
        EXPECT_TRUE(fails_with(Code::corrupt, database.integer(sql))) << sql;
    EXPECT_TRUE(fails_with(Code::corrupt, database.text("SELECT CAST(x'ff41' AS TEXT)")));
    auto negative = Statement::prepare(database, "SELECT -1, 5");
    ASSERT_TRUE(*negative->step());
    Columns row = negative->columns();
    EXPECT_EQ(0u, row.count());
    EXPECT_EQ(0, row.integer());  // nothing is read behind a fault
    EXPECT_TRUE(fails_with(Code::corrupt, row.status()));
    auto few = Statement::prepare(database, "SELECT 1");
    ASSERT_TRUE(*few->step());
    Columns short_row = few->columns();
    EXPECT_EQ(1, short_row.integer());
    EXPECT_TRUE(is_ok(short_row.status()));
    EXPECT_EQ("", short_row.text());
    EXPECT_TRUE(fails_with(Code::corrupt, short_row.status()));
}

TEST_F(Sqlite, BindingRefusesAWrongNumberOfValuesAndNumbersAbove63Bits) {
    Database database = created("db");
    auto two = Statement::prepare(database, "SELECT ?, ?");
    ASSERT_TRUE(is_ok(two));
    EXPECT_TRUE(fails_with(Code::failed, two->bind(1)));
    EXPECT_TRUE(fails_with(Code::failed, two->bind(1, 2, 3)));
    EXPECT_TRUE(fails_with(Code::failed, two->bind(1, ~std::uint64_t{0})));
    EXPECT_TRUE(is_ok(two->bind(1, nullptr)));
    EXPECT_TRUE(fails_with(Code::failed, Statement::prepare(database, "")));
    EXPECT_TRUE(fails_with(Code::failed, Statement::prepare(database, "SELEC")));
}

TEST_F(Sqlite, ATransactionCountsOnlyWhenCommitted) {
    Database database = created("db");
    ASSERT_TRUE(is_ok(database.execute("CREATE TABLE t(a UNIQUE)")));
    {
        auto dropped = Transaction::begin(database);
        ASSERT_TRUE(is_ok(dropped));
        ASSERT_TRUE(is_ok(database.execute("INSERT INTO t VALUES(1)")));
    }
    EXPECT_EQ(0, *database.integer("SELECT count(*) FROM t"));
    auto kept = Transaction::begin(database);
    ASSERT_TRUE(is_ok(kept));
    ASSERT_TRUE(is_ok(database.execute("INSERT INTO t VALUES(1)")));
    EXPECT_TRUE(fails_with(Code::exists, database.execute("INSERT INTO t VALUES(1)")));
    ASSERT_TRUE(is_ok(kept->commit()));
    Database other = *Database::open(path("db"), kReadForeign);
    EXPECT_EQ(1, *other.integer("SELECT a FROM t"));
}

TEST_F(Sqlite, OursIsPrivateDurableAndHoldsItsForeignKeys) {
    Database database = created("db");
    struct stat found {};
    ASSERT_EQ(0, stat(path("db").c_str(), &found));
    EXPECT_EQ(0600u, found.st_mode & 07777);
    EXPECT_EQ("wal", *database.text("PRAGMA journal_mode"));
    EXPECT_EQ(2, *database.integer("PRAGMA synchronous"));
    EXPECT_EQ(0, *database.integer("PRAGMA trusted_schema"));
    ASSERT_TRUE(is_ok(database.execute("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p(id))")));
    EXPECT_TRUE(fails_with(Code::failed, database.execute("INSERT INTO c VALUES(7)")));
    ASSERT_TRUE(is_ok(database.execute("PRAGMA foreign_keys=OFF; INSERT INTO c VALUES(7)")));
    EXPECT_EQ(1u, check_foreign_keys(database)->size());
    EXPECT_TRUE(fails_with(Code::exists, Database::open(path("db"), kCreateOurs)));
}

TEST_F(Sqlite, AnotherWritersLockIsBusyAndReadersGoOn) {
    Database first = created("db");
    ASSERT_TRUE(is_ok(first.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)")));
    Database second = *Database::open(path("db"), kImpatient);
    auto writing = Transaction::begin(first);
    ASSERT_TRUE(is_ok(writing));
    EXPECT_TRUE(fails_with(Code::busy, Transaction::begin(second)));
    EXPECT_EQ(1, *second.integer("SELECT a FROM t"));
    ASSERT_TRUE(is_ok(writing->commit()));
    EXPECT_TRUE(is_ok(Transaction::begin(second)));
}

TEST_F(Sqlite, AReadSnapshotStaysAtItsMoment) {
    Database writer = created("db");
    ASSERT_TRUE(is_ok(writer.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)")));
    Database reader = *Database::open(path("db"), kReadForeign);
    {
        auto moment = ReadSnapshot::begin(reader);
        ASSERT_TRUE(is_ok(moment));
        ASSERT_TRUE(is_ok(writer.execute("INSERT INTO t VALUES(2)")));
        EXPECT_EQ(1, *reader.integer("SELECT count(*) FROM t"));
    }
    EXPECT_EQ(2, *reader.integer("SELECT count(*) FROM t"));
}

TEST_F(Sqlite, OpenedForReadingNothingCanBeWritten) {
    { fill(*std::make_unique<Database>(created("db")), 3); }
    Database reader = *Database::open(path("db"), kReadForeign);
    EXPECT_TRUE(fails_with(Code::read_only, reader.execute("DELETE FROM t")));
    EXPECT_EQ(3, *reader.integer("SELECT count(*) FROM t"));
    EXPECT_TRUE(fails_with(Code::failed, reader.execute("ATTACH DATABASE '" + path("other") + "' AS o")));
}

TEST_F(Sqlite, WhatIsNoDatabaseIsToldApart) {
    EXPECT_TRUE(fails_with(Code::not_found, Database::open(path("absent"), kReadForeign)));
    EXPECT_TRUE(fails_with(Code::usage, Database::open("relative", kReadForeign)));
    EXPECT_TRUE(fails_with(Code::usage, Database::open("file:" + path("db"), kReadForeign)));
    EXPECT_TRUE(fails_with(Code::failed, Database::open(scratch_.path(), kReadForeign)));
    ASSERT_EQ(0, mkfifo(path("pipe").c_str(), 0600));
    EXPECT_TRUE(fails_with(Code::failed, Database::open(path("pipe"), kReadForeign)));
    ASSERT_TRUE(is_ok(replace_file(posix_file_system(), path("text"), Bytes(5000, 'x'), 0600)));
    EXPECT_TRUE(fails_with(Code::corrupt, Database::open(path("text"), kReadForeign)));
}

TEST_F(Sqlite, DamagedPagesAreReported) {
    { fill(*std::make_unique<Database>(created("db")), 200); }
    Database whole = *Database::open(path("db"), kReadForeign);
    EXPECT_TRUE(check_integrity(whole, Check::full)->empty());
    overwrite("db", 4096 * 3, std::string(4096 * 4, '\xa5'));
    Database damaged = *Database::open(path("db"), kReadForeign);
    EXPECT_FALSE(check_integrity(damaged, Check::quick)->empty());
    EXPECT_LE(check_integrity(damaged, Check::full, 2)->size(), 2u);
    EXPECT_TRUE(fails_with(Code::corrupt, damaged.integer("SELECT sum(length(body)) FROM t")));
}

TEST_F(Sqlite, BackupHoldsOneMomentWhileAnotherWrites) {
    for (const char* mode : {"wal", "delete"}) {
        const std::string name = std::string("db-") + mode;
        Database database = created(name);
        fill(database, 4000);
        ASSERT_TRUE(is_ok(database.text(std::string("PRAGMA journal_mode=") + mode)));
        // Each transaction keeps the sum of all numbers at nought: a copy of two moments would show.
        ASSERT_TRUE(is_ok(database.execute("ALTER TABLE t ADD COLUMN n INTEGER DEFAULT 0")));
        std::atomic<bool> over{false};
        std::atomic<int> written{0};
        std::thread writer([&] {
            Database own =
                *Database::open(path(name), OpenOptions{Access::read_write, Kind::foreign, Sharing::all_processes, 20000});
            while (!over) {
                // An application rests between its transactions: SQLite's locks are not fair.
                std::this_thread::sleep_for(std::chrono::milliseconds(3));
                auto transaction = Transaction::begin(own);
                if (!transaction.ok()) continue;
                if (own.execute("UPDATE t SET n=n+1 WHERE id=1; UPDATE t SET n=n-1 WHERE id=4000").ok() &&
                    transaction->commit().ok())
                    ++written;
            }
        });
        while (written == 0) std::this_thread::yield();
        auto opened = Database::open(path(name), OpenOptions{Access::read_only, Kind::foreign, Sharing::all_processes, 20000});
        EXPECT_TRUE(is_ok(opened));
        if (opened.ok()) {
            Database& source = *opened;
            Database copy = created(name + "-copy", kCreateForeign);
            std::uint64_t last = 0;
            const int before = written;
            // The writer gets its turn within the copy as long as it is not held back.
            EXPECT_TRUE(is_ok(back_up(source, copy, StopFlag{}, [&](std::uint64_t pages, std::uint64_t all) {
                last = pages;
                EXPECT_LE(pages, all);
                if (mode == std::string_view("wal") && pages < 1500)
                    while (written == before) std::this_thread::yield();
            })));
            EXPECT_GT(last, 1000u);
        }
        over = true;
        writer.join();
        Database copy = *Database::open(path(name + "-copy"), kReadForeign);
        EXPECT_TRUE(check_integrity(copy, Check::full)->empty());
        EXPECT_EQ(0, *copy.integer("SELECT sum(n) FROM t"));
        EXPECT_EQ(4000, *copy.integer("SELECT count(*) FROM t"));
    }
}

TEST_F(Sqlite, StoppingEndsCopiesAndStatements) {
    Database database = created("db");
    fill(database, 8000);  // more than one step of the copy
    StopFlag stop;
    Database copy = created("copy", kCreateForeign);
    EXPECT_TRUE(
        fails_with(Code::interrupted, back_up(database, copy, stop, [&](std::uint64_t, std::uint64_t) { stop.request(); })));
    database.stop_with(&stop);
    EXPECT_TRUE(fails_with(Code::interrupted, database.integer("SELECT count(*) FROM t a, t b, t c")));
    EXPECT_TRUE(fails_with(Code::interrupted, check_integrity(database, Check::full)));
    database.stop_with(nullptr);
    EXPECT_EQ(8000, *database.integer("SELECT count(*) FROM t"));
}

TEST_F(Sqlite, HeldByThisProcessNoOtherGetsIn) {
    constexpr OpenOptions alone{Access::create, Kind::ours, Sharing::this_process, 1};
    Database first = created("db", alone);
    ASSERT_TRUE(is_ok(first.execute("CREATE TABLE t(a)")));
    Database beside = *Database::open(path("db"), OpenOptions{Access::read_only, Kind::ours, Sharing::this_process, 1});
    EXPECT_EQ(0, *beside.integer("SELECT count(*) FROM t"));
    struct stat found {};
    EXPECT_NE(0, stat(path("db-shm").c_str(), &found));
    // Another program: a forked child would share what SQLite knows of its own process's locks.
    const auto other =
        test::run({"/usr/bin/python3",
                   {"-c", "import sqlite3,sys; sqlite3.connect(sys.argv[1], timeout=0).execute('SELECT * FROM t')", path("db")},
                   {},
                   "",
                   {}});
    EXPECT_NE(0, other.exit);
    EXPECT_NE(std::string::npos, other.err.find("locked")) << other.err;
}

TEST_F(Sqlite, NamesAreQuoted) {
    Database database = created("db");
    const std::string odd = "a\"b; DROP TABLE x--";
    ASSERT_TRUE(is_ok(database.execute("CREATE TABLE " + *quoted_name(odd) + "(a)")));
    EXPECT_EQ(odd, *database.text("SELECT name FROM sqlite_schema"));
    EXPECT_TRUE(fails_with(Code::failed, quoted_name(std::string_view("a\0b", 3))));
}

}  // namespace
}  // namespace custody::sqlite
