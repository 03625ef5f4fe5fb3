#include "catalog/overview.h"

#include "base/text.h"
#include "catalog/job_rows.h"

namespace custody::catalog {
namespace {

// Each is the last entry of a range of an index: (plan, kind) and (plan, kind, state), with the id behind them.
constexpr const char* kLast = "SELECT max(id) FROM jobs WHERE plan = ? AND kind = ?";
constexpr const char* kLastDone =
    "SELECT max(coalesce((SELECT max(id) FROM jobs WHERE plan = ?1 AND kind = ?2 AND state = 'done'), 0), "
    "coalesce((SELECT max(id) FROM jobs WHERE plan = ?1 AND kind = ?2 AND state = 'done_with_failures'), 0))";
constexpr const char* kFailedSince =
    "SELECT (SELECT count(*) FROM jobs WHERE plan = ?1 AND kind = ?2 AND state = 'failed' AND id > ?3) + "
    "(SELECT count(*) FROM jobs WHERE plan = ?1 AND kind = ?2 AND state = 'interrupted' AND id > ?3)";
constexpr const char* kNewestSnapshot =
    "SELECT id, made_at FROM snapshots WHERE plan = ? AND label = ? AND ended_at IS NULL ORDER BY made_at DESC LIMIT 1";
constexpr const char* kCopies = "SELECT state FROM copies WHERE snapshot = ?";

class Standings {
public:
    static Result<Standings> prepare(sqlite::Database& database, JobKind kind) {
        TRY_ASSIGN(sqlite::Statement last, sqlite::Statement::prepare(database, kLast));
        TRY_ASSIGN(sqlite::Statement last_done, sqlite::Statement::prepare(database, kLastDone));
        TRY_ASSIGN(sqlite::Statement failed, sqlite::Statement::prepare(database, kFailedSince));
        TRY_ASSIGN(sqlite::Statement job,
                   sqlite::Statement::prepare(database, fmt::format("SELECT {} FROM jobs WHERE id = ?", kJobColumns)));
        TRY_ASSIGN(sqlite::Statement snapshot, sqlite::Statement::prepare(database, kNewestSnapshot));
        TRY_ASSIGN(sqlite::Statement copies, sqlite::Statement::prepare(database, kCopies));
        return Standings{word_of(kind),  std::move(last),     std::move(last_done), std::move(failed),
                         std::move(job), std::move(snapshot), std::move(copies)};
    }

    Status complete(PlanStanding& standing) {
        JobId last = 0, last_done = 0;
        TRY(each_row(
            last_, [&](sqlite::Columns& row) { last = row.optional_integer().value_or(0); }, standing.plan, kind_));
        TRY(each_row(
            last_done_, [&](sqlite::Columns& row) { last_done = row.integer(); }, standing.plan, kind_));
        TRY(each_row(
            failed_since_, [&](sqlite::Columns& row) { standing.failed_since = row.count(); }, standing.plan, kind_, last_done));
        TRY(job(last, standing.last));
        TRY(job(last_done, standing.last_done));
        return newest_snapshot(standing);
    }

private:
    Standings(std::string_view kind, sqlite::Statement last, sqlite::Statement last_done, sqlite::Statement failed_since,
              sqlite::Statement job, sqlite::Statement snapshot, sqlite::Statement copies)
        : kind_(kind),
          last_(std::move(last)),
          last_done_(std::move(last_done)),
          failed_since_(std::move(failed_since)),
          job_(std::move(job)),
          snapshot_(std::move(snapshot)),
          copies_(std::move(copies)) {}

    Status job(JobId id, std::optional<Job>& into) {
        if (id == 0) return done();
        return each_row(
            job_, [&](sqlite::Columns& row) { into = job_of(row); }, id);
    }

    Status newest_snapshot(PlanStanding& standing) {
        const auto take = [&](sqlite::Columns& row) {
            standing.snapshot = id_column<ObjectId>(row);
            standing.snapshot_made_at = time_column(row);
        };
        TRY(each_row(snapshot_, take, standing.plan, standing.label));
        if (!standing.snapshot) return done();
        const auto count = [&](sqlite::Columns& row) {
            ++(word_column<CopyState>(row) == CopyState::present ? standing.copies_present : standing.copies_owed);
        };
        return each_row(copies_, count, standing.snapshot->view());
    }

    std::string_view kind_;
    sqlite::Statement last_, last_done_, failed_since_, job_, snapshot_, copies_;
};

}  // namespace

Result<std::vector<PlanStanding>> Overview::plans(JobKind kind) {
    std::vector<PlanStanding> plans;
    const auto look = [&](sqlite::Database& database) -> Status {
        TRY(each_row(database, "SELECT name, label FROM plans WHERE gone_at IS NULL ORDER BY name", [&](sqlite::Columns& row) {
            PlanStanding& standing = plans.emplace_back();
            standing.plan = row.text();
            standing.label = row.text();
        }));
        TRY_ASSIGN(Standings standings, Standings::prepare(database, kind));
        for (PlanStanding& standing : plans) TRY(standings.complete(standing));
        return done();
    };
    TRY(catalog_.read(look));
    return plans;
}

Result<std::vector<MediumDebt>> Overview::debts() {
    std::vector<MediumDebt> debts;
    TRY(catalog_.read([&](sqlite::Database& database) {
        return each_row(
            database,
            "SELECT c.medium, m.name, count(*), sum(s.bytes), min(c.since_at) FROM copies c JOIN media m ON m.id = c.medium "
            "JOIN snapshots s ON s.id = c.snapshot WHERE c.state = 'owed' GROUP BY c.medium ORDER BY min(c.since_at)",
            [&](sqlite::Columns& row) {
                MediumDebt& debt = debts.emplace_back();
                debt.medium = row.integer();
                debt.name = row.text();
                debt.snapshots = row.count();
                debt.bytes = row.count();
                debt.oldest_since = time_column(row);
            });
    }));
    return debts;
}

Result<std::vector<Verification>> Overview::verifications() {
    std::vector<Verification> found;
    TRY(catalog_.read([&](sqlite::Database& database) {
        return each_row(
            database,
            "SELECT medium, job, level, begun_at, ended_at, objects_all, objects_checked, bytes_read, damaged FROM "
            "verifications WHERE id IN (SELECT max(id) FROM verifications GROUP BY medium, level) ORDER BY medium, level",
            [&](sqlite::Columns& row) {
                Verification& each = found.emplace_back();
                each.medium = row.integer();
                each.job = row.optional_integer();
                each.level = row.text();
                each.begun_at = time_column(row);
                each.ended_at = time_column(row);
                each.objects_all = row.count();
                each.objects_checked = row.count();
                each.bytes_read = row.count();
                each.damaged = row.count();
            });
    }));
    return found;
}

Result<Overview::Tally> Overview::jobs_after(JobId after) {
    Tally tally;
    tally.newest = after;
    const auto take = [&](sqlite::Columns& row) {
        const JobState state = word_column<JobState>(row);
        const std::uint64_t count = row.count();
        tally.newest = std::max<JobId>(tally.newest, row.integer());
        if (is_open(state)) tally.open += count;
        if (state == JobState::done) tally.done = count;
        if (state == JobState::done_with_failures) tally.done_with_failures = count;
        if (state == JobState::failed) tally.failed = count;
        if (state == JobState::interrupted) tally.interrupted = count;
        if (state == JobState::cancelled) tally.cancelled = count;
    };
    TRY(catalog_.read([&](sqlite::Database& database) {
        return each_row(database, "SELECT state, count(*), max(id) FROM jobs NOT INDEXED WHERE id > ? GROUP BY state", take,
                        after);
    }));
    return tally;
}

Result<std::map<std::string, std::uint64_t>> Overview::stored_after(JobId after) {
    std::map<std::string, std::uint64_t> stored;
    const auto take = [&](sqlite::Columns& row) {
        std::string plan = row.text();
        stored[std::move(plan)] = row.count();
    };
    TRY(catalog_.read([&](sqlite::Database& database) {
        return each_row(database,
                        "SELECT plan, sum(bytes_stored) FROM jobs NOT INDEXED WHERE id > ? AND kind = 'backup' AND plan IS NOT "
                        "NULL GROUP BY plan",
                        take, after);
    }));
    return stored;
}

}  // namespace custody::catalog
