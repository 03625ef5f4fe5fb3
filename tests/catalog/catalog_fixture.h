// A catalogue in a folder of the test's own, with a clock that the test moves.
#pragma once

#include "catalog/database.h"
#include "catalog/jobs.h"
#include "catalog/media.h"
#include "catalog/snapshots.h"
#include "tests/support/fake_clock.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <memory>
#include <string>

namespace custody::catalog {

class CatalogTest : public testing::Test {
protected:
    CatalogTest() : scratch_("catalog") {}
    std::string folder() const { return scratch_ / "state"; }
    std::string file(const std::string& name = "catalog.db") const { return folder() + "/" + name; }

    // The catalogue, opened at the first use; reopen() after close().
    Catalog& catalog() {
        if (!catalog_) {
            auto opened = Catalog::open(folder(), clock_);
            EXPECT_TRUE(test::is_ok(opened));
            catalog_ = std::move(opened).value();
        }
        return *catalog_;
    }
    void close() { catalog_.reset(); }
    std::int64_t number(const std::string& sql) {
        std::int64_t value = -1;
        EXPECT_TRUE(test::is_ok(catalog().read([&](sqlite::Database& database) -> Status {
            TRY_ASSIGN(value, database.integer(sql));
            return done();
        })));
        return value;
    }
    JobId job(const std::string& plan, JobKind kind = JobKind::backup) {
        NewJob job;
        job.kind = kind;
        job.plan = plan;
        job.label = "config";
        job.reason = "schedule";
        job.asked_by = "service";
        const auto id = Jobs(catalog()).add(job);
        EXPECT_TRUE(test::is_ok(id));
        return id.ok() ? *id : 0;
    }
    JobId ended(const std::string& plan, JobState state) {
        const JobId id = job(plan);
        EXPECT_TRUE(test::is_ok(Jobs(catalog()).start(id)));
        JobEnd end;
        end.state = state;
        EXPECT_TRUE(test::is_ok(Jobs(catalog()).end(id, end)));
        return id;
    }
    MediumKey medium(const std::string& name, Byte mark = 0) {
        NewMedium medium;
        medium.name = name;
        medium.facts.kind = "disk";
        if (mark != 0) medium.facts.vault = id_of<VaultId>(mark);
        const auto key = Media(catalog()).add(medium);
        EXPECT_TRUE(test::is_ok(key));
        return key.ok() ? *key : 0;
    }
    template <class AnyId>
    static AnyId id_of(std::uint64_t number) {
        AnyId id;
        store_le(id.bytes.data(), number);
        return id;
    }
    SnapshotRecord snapshot(std::uint64_t number, const std::string& plan) {
        SnapshotRecord record;
        record.id = id_of<ObjectId>(number);
        record.label = "config";
        record.plan = plan;
        record.host = "may-chu-1";
        record.kind = "files";
        record.made_at = clock_.now();
        record.files = 10;
        record.bytes = 1000;
        return record;
    }

    test::ScratchFolder scratch_;
    test::FakeClock clock_;

private:
    std::unique_ptr<Catalog> catalog_;
};

}  // namespace custody::catalog
