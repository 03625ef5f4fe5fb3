#include "catalog/database.h"

#include "catalog/files.h"
#include "catalog/rebuild.h"
#include "catalog/schema.h"
#include "catalog/settings.h"
#include "tests/catalog/catalog_fixture.h"
#include "tests/catalog/golden_schema.h"
#include "tests/support/program.h"
#include "tests/support/try_mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <thread>

namespace custody::catalog {
namespace {

using test::fails_with;
using test::is_ok;

class CatalogFile : public CatalogTest {
protected:
    static std::vector<Migration> with_next(const char* sql) {
        std::vector<Migration> migrations = catalog_migrations();
        migrations.push_back({newest_version(migrations) + 1, sql});
        return migrations;
    }
    std::vector<std::string> names_like(const std::string& part) const {
        std::vector<std::string> names;
        for (const DirectoryItem& item : *posix_file_system().list(folder()))
            if (item.name.find(part) != std::string::npos) names.push_back(item.name);
        return names;
    }
    static std::uint32_t mode_of(const std::string& path) {
        struct stat found {};
        return stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
    }
    void overwrite(off_t at, std::size_t bytes) const {
        const int fd = ::open(file().c_str(), O_WRONLY | O_CLOEXEC);
        ASSERT_GE(fd, 0);
        const std::string junk(bytes, '\xa5');
        ASSERT_EQ(static_cast<ssize_t>(bytes), pwrite(fd, junk.data(), bytes, at));
        ::close(fd);
    }
    // The tables as SQLite keeps them, without what spaces were written.
    static std::string schema_of(sqlite::Database& database) {
        return *database.text(
            "SELECT group_concat(replace(replace(sql, ' ', ''), char(10), ''), ';') FROM (SELECT sql FROM sqlite_schema "
            "WHERE sql IS NOT NULL ORDER BY name)");
    }
};

TEST_F(CatalogFile, IsMadeOnceAndIsPrivate) {
    EXPECT_TRUE(catalog().opening().created);
    EXPECT_EQ(0700u, mode_of(folder()));
    EXPECT_EQ(0600u, mode_of(file()));
    EXPECT_EQ(0600u, mode_of(file("catalog.db-wal")));
    EXPECT_EQ(0600u, mode_of(file("catalog.lock")));
    ASSERT_TRUE(is_ok(Settings(catalog()).set("digest_sent", "1")));
    close();
    EXPECT_FALSE(catalog().opening().created);
    EXPECT_EQ("1", Settings(catalog()).get("digest_sent")->value());
    EXPECT_EQ(std::to_string(clock_.now().ns), Settings(catalog()).about("created_at")->value());
    EXPECT_TRUE(catalog().check(StopFlag{})->empty());
}

TEST_F(CatalogFile, ASecondServiceIsRefused) {
    catalog();
    EXPECT_TRUE(fails_with(Code::busy, Catalog::open(folder(), clock_)));
    EXPECT_TRUE(fails_with(Code::busy, rebuild_catalog(folder(), clock_, {})));
    const auto other =
        test::run({"/usr/bin/python3",
                   {"-c", "import sqlite3,sys; sqlite3.connect(sys.argv[1], timeout=0).execute('SELECT * FROM jobs')", file()},
                   {},
                   "",
                   {}});
    EXPECT_NE(std::string::npos, other.err.find("locked")) << other.err;
    close();
    EXPECT_TRUE(is_ok(Catalog::open(folder(), clock_)));
}

TEST_F(CatalogFile, DamageIsReportedAndTheFileKept) {
    ended("etc", JobState::done);
    close();
    overwrite(3 * 4096, 5 * 4096);
    const auto damaged = Catalog::open(folder(), clock_);
    ASSERT_TRUE(fails_with(Code::corrupt, damaged));
    EXPECT_NE(std::string::npos, damaged.error().message.find("custody catalog rebuild"));
    ASSERT_EQ(1u, names_like("catalog.db.damaged-20261103T020000Z").size());
    // It never starts empty instead.
    EXPECT_TRUE(fails_with(Code::corrupt, Catalog::open(folder(), clock_)));
    EXPECT_TRUE(fails_with(Code::corrupt, Catalog::open(folder(), clock_)));
    ASSERT_TRUE(is_ok(rebuild_catalog(folder(), clock_, {})));
    EXPECT_TRUE(is_ok(Catalog::open(folder(), clock_)));
    EXPECT_EQ(1u, names_like("catalog.db.damaged-").size());
}

TEST_F(CatalogFile, ADamagedHeaderAnEmptyFileAndAnotherDatabaseAreNoCatalogue) {
    for (const char* how : {"header", "empty", "other", "text"}) {
        SCOPED_TRACE(how);
        ASSERT_TRUE(is_ok(rebuild_catalog(folder(), clock_, {})));
        if (how == std::string_view("header")) overwrite(0, 100);
        if (how == std::string_view("empty")) {
            ASSERT_EQ(0, truncate(file().c_str(), 0));
        }
        if (how == std::string_view("text")) {
            ASSERT_TRUE(is_ok(replace_file(posix_file_system(), file(), Bytes(9000, 'x'), 0600)));
        }
        if (how == std::string_view("other")) {
            ASSERT_EQ(0, unlink(file().c_str()));
            auto other = sqlite::Database::open(file(), {sqlite::Access::create});
            ASSERT_TRUE(is_ok(other->execute("CREATE TABLE t(a)")));
        }
        EXPECT_TRUE(fails_with(Code::corrupt, Catalog::open(folder(), clock_)));
        EXPECT_TRUE(fails_with(Code::not_found, posix_file_system().info(file())));
    }
    EXPECT_EQ(4u, names_like("catalog.db.damaged-").size());
}

TEST_F(CatalogFile, WhereItIsGoneNoEmptyOneTakesItsPlace) {
    ended("etc", JobState::done);
    close();
    ASSERT_EQ(0, unlink(file().c_str()));
    EXPECT_TRUE(fails_with(Code::corrupt, Catalog::open(folder(), clock_)));
}

TEST_F(CatalogFile, ACreationThatWasCutOffIsDoneAgain) {
    ASSERT_TRUE(is_ok(make_directories(posix_file_system(), folder(), 0700)));
    for (const char* leftover : {"catalog.lock", "catalog.db.new", "catalog.db.new-wal"})
        ASSERT_TRUE(is_ok(posix_file_system().create(file(leftover), 0600)));
    EXPECT_TRUE(catalog().opening().created);
    EXPECT_TRUE(names_like(".new").empty());
}

TEST_F(CatalogFile, MigrationsCopyItAsideAndKeepEverything) {
    const JobId id = ended("etc", JobState::done);
    close();
    const int before = newest_version(catalog_migrations());
    {
        const auto migrated = Catalog::open(folder(), clock_, with_next("ALTER TABLE jobs ADD COLUMN later TEXT"));
        ASSERT_TRUE(is_ok(migrated));
        EXPECT_EQ(before, (*migrated)->opening().migrated_from);
        EXPECT_EQ(JobState::done, Jobs(**migrated).find(id)->state);
        const std::string copy = (*migrated)->opening().copy;
        EXPECT_EQ(file("catalog.db.version-" + std::to_string(before) + "-20261103T020000Z"), copy);
        EXPECT_EQ(0600u, mode_of(copy));
        auto old = sqlite::Database::open(copy, {});
        ASSERT_TRUE(is_ok(old));
        EXPECT_EQ(before, *old->integer("PRAGMA user_version"));
        EXPECT_EQ(1, *old->integer("SELECT count(*) FROM jobs"));
        EXPECT_TRUE(sqlite::check_integrity(*old, sqlite::Check::full)->empty());
    }
    // The next opening has nothing to do; an older program is told what it needs, and changes nothing.
    EXPECT_FALSE((*Catalog::open(folder(), clock_, with_next("")))->opening().migrated_from);
    const auto older = Catalog::open(folder(), clock_);
    ASSERT_TRUE(fails_with(Code::refused, older));
    EXPECT_NE(std::string::npos, older.error().message.find(CUSTODY_VERSION));
    EXPECT_TRUE(is_ok(posix_file_system().info(file())));
    EXPECT_TRUE(is_ok(Catalog::open(folder(), clock_, with_next(""))));
}

TEST_F(CatalogFile, AMigrationThatFailsChangesNothing) {
    ended("etc", JobState::done);
    close();
    EXPECT_TRUE(fails_with(Code::failed, Catalog::open(folder(), clock_, with_next("DELETE FROM jobs; SELEC 1"))));
    EXPECT_EQ(1, number("SELECT count(*) FROM jobs"));
    EXPECT_FALSE(catalog().opening().migrated_from);
}

TEST_F(CatalogFile, EveryEarlierVersionBecomesWhatANewOneIs) {
    catalog();
    close();
    std::string fresh;
    {
        auto database = sqlite::Database::open(file(), {});
        fresh = schema_of(*database);
    }
    for (const GoldenSchema& golden : kGoldenSchemas) {
        SCOPED_TRACE(golden.version);
        ASSERT_TRUE(test::remove_tree(folder()));
        ASSERT_TRUE(is_ok(make_directories(posix_file_system(), folder(), 0700)));
        {
            auto database = sqlite::Database::open(file(), {sqlite::Access::create, sqlite::Kind::ours});
            ASSERT_TRUE(is_ok(database->execute(golden.tables)));
            ASSERT_TRUE(is_ok(database->execute(golden.rows)));
            ASSERT_TRUE(is_ok(database->execute(
                fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kCatalogApplicationId, golden.version))));
        }
        const JobDetails details = *Jobs(catalog()).details(7);
        EXPECT_EQ(JobState::done_with_failures, details.job.state);
        EXPECT_EQ("etc", details.job.asked.plan);
        EXPECT_EQ(1u, details.phases.size());
        EXPECT_EQ(1u, details.warnings.size());
        EXPECT_EQ(1u, Media(catalog()).list()->size());
        EXPECT_EQ(1u, Media(catalog()).find("A")->copies_owed);
        EXPECT_EQ(8, job("etc"));
        close();
        auto database = sqlite::Database::open(file(), {});
        EXPECT_EQ(fresh, schema_of(*database));
    }
}

TEST_F(CatalogFile, SeveralSubjectsChangeAsOne) {
    const MediumKey key = medium("A");
    Jobs jobs(catalog());
    const JobId id = job("etc");
    const auto both = [&](bool fail) {
        return catalog().write([&, fail](sqlite::Database&) -> Status {
            TRY(jobs.end(id, JobEnd{}));
            TRY(Snapshots(catalog()).add(snapshot(1, "etc")));
            TRY(Snapshots(catalog()).present(snapshot(1, "etc").id, key, 1));
            EXPECT_EQ(1u, Snapshots(catalog()).copies_of(snapshot(1, "etc").id)->size());  // sees what it did so far
            return fail ? Status(Error{Code::io, "the medium went"}) : done();
        });
    };
    EXPECT_TRUE(fails_with(Code::io, both(true)));
    EXPECT_EQ(JobState::queued, jobs.find(id)->state);
    EXPECT_EQ(0, number("SELECT count(*) FROM snapshots"));
    EXPECT_TRUE(is_ok(both(false)));
    EXPECT_EQ(JobState::done, jobs.find(id)->state);
    // A part that failed is not passed over.
    EXPECT_TRUE(fails_with(Code::failed, catalog().write([&](sqlite::Database&) -> Status {
        EXPECT_TRUE(fails_with(Code::not_found, jobs.start(999)));
        TRY(Settings(catalog()).set("k", "v"));
        return done();
    })));
    EXPECT_FALSE(Settings(catalog()).get("k")->has_value());
}

TEST_F(CatalogFile, ACopyIsWholeWhileOthersWrite) {
    ended("etc", JobState::done);
    std::atomic<bool> over{false};
    std::thread writer([&] {
        while (!over) ended("var", JobState::done);
    });
    for (int copy = 0; copy < 3; ++copy) {
        const std::string path = scratch_ / ("copy-" + std::to_string(copy));
        EXPECT_TRUE(is_ok(catalog().copy_to(path, StopFlag{})));
        EXPECT_TRUE(fails_with(Code::exists, catalog().copy_to(path, StopFlag{})));
        EXPECT_EQ(0600u, mode_of(path));
        auto database = sqlite::Database::open(path, {});
        EXPECT_TRUE(is_ok(database));
        if (!database.ok()) continue;
        EXPECT_TRUE(sqlite::check_integrity(*database, sqlite::Check::full)->empty());
        EXPECT_EQ(1, *database->integer("SELECT count(*) FROM jobs WHERE plan = 'etc'"));
    }
    over = true;
    writer.join();
    StopFlag stop;
    stop.request();
    EXPECT_TRUE(fails_with(Code::interrupted, catalog().copy_to(scratch_ / "stopped", stop)));
    EXPECT_TRUE(fails_with(Code::not_found, posix_file_system().info(scratch_ / "stopped")));
    EXPECT_TRUE(fails_with(Code::not_found, posix_file_system().info(scratch_ / "stopped.part")));
}

TEST_F(CatalogFile, ManyThreadsShareIt) {
    catalog();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([this, thread] {
            for (int round = 0; round < 10; ++round) {
                ended("plan-" + std::to_string(thread), JobState::done);
                EXPECT_TRUE(is_ok(Jobs(catalog()).list({})));
            }
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(40, number("SELECT count(*) FROM jobs WHERE state = 'done'"));
}

TEST_F(CatalogFile, AFullDiskIsNamedAndCostsNothingThatWasThere) {
    ASSERT_TRUE(is_ok(make_directories(posix_file_system(), folder(), 0700)));
    const std::string why_not = test::try_mount("tmpfs", folder(), "size=2m");
    if (!why_not.empty()) GTEST_SKIP() << why_not;
    struct Unmount {
        std::string path;
        ~Unmount() { umount2(path.c_str(), MNT_DETACH); }
    } const unmount{folder()};
    std::vector<JobId> ids;
    for (int at = 0; at < 5; ++at) ids.push_back(ended("etc", JobState::done));
    {
        auto filler = posix_file_system().create(file("filler"), 0600);
        ASSERT_TRUE(is_ok(filler));
        std::uint64_t at = 0;
        while (write_all(**filler, at, Bytes(4096, 'x')).ok()) at += 4096;
    }
    NewJob more;
    more.reason = std::string(2000, 'r');
    Result<JobId> added = Jobs(catalog()).add(more);
    for (int tries = 0; tries < 2000 && added.ok(); ++tries) {
        ids.push_back(*added);
        added = Jobs(catalog()).add(more);
    }
    EXPECT_TRUE(fails_with(Code::no_space, added));
    EXPECT_EQ(static_cast<std::int64_t>(ids.size()), number("SELECT count(*) FROM jobs"));
    ASSERT_TRUE(is_ok(posix_file_system().remove(file("filler"))));
    const auto again = Jobs(catalog()).add(more);
    ASSERT_TRUE(is_ok(again));
    close();
    EXPECT_EQ(static_cast<std::int64_t>(ids.size()) + 1, number("SELECT count(*) FROM jobs"));
    EXPECT_TRUE(catalog().check(StopFlag{})->empty());
    close();
}

}  // namespace
}  // namespace custody::catalog
