#include "catalog/history.h"

#include "base/text.h"
#include "catalog/rows.h"

#include <limits>

namespace custody::catalog {
namespace {

constexpr int kBatch = 500;  // rows a transaction: others wait for one at most

// What is asked for again in every batch is made once: the newest jobs, which stay.
constexpr const char* kNewest =
    "SELECT max(id) FROM jobs WHERE plan IS NOT NULL GROUP BY plan, kind "
    "UNION SELECT max(id) FROM jobs WHERE plan IS NOT NULL AND state IN ('done', 'done_with_failures') GROUP BY plan, kind "
    "UNION SELECT max(id) FROM jobs WHERE plan IS NULL GROUP BY medium, kind "
    "UNION SELECT max(id) FROM jobs WHERE plan IS NULL AND state IN ('done', 'done_with_failures') GROUP BY medium, kind";

Status require_lawful(const HistoryTerms& terms) {
    if (terms.details >= kLeastHistory && terms.rows >= terms.details) return done();
    return Error{Code::refused,
                 say("the history of jobs must be kept for {} days at least (duty L1), and rows no shorter than details",
                     kLeastHistory / kDay)};
}

std::int64_t cutoff(Time now, std::int64_t term) {
    constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
    return now.ns < kLeast + term ? kLeast : now.ns - term;
}

class Pruner {
public:
    Pruner(Catalog& catalog, const StopFlag& stop) : catalog_(catalog), stop_(stop) {}

    // Repeats `change`, which bounds itself, until it touches nothing more.
    Status repeat(std::uint64_t& count, const std::function<Status(sqlite::Database&)>& change) {
        for (;;) {
            TRY(stop_.check());
            std::int64_t changed = 0;
            const auto step = [&](sqlite::Database& database) -> Status {
                TRY(change(database));
                changed = database.changes();
                return done();
            };
            TRY(catalog_.write(step));
            if (changed == 0) return done();
            count += static_cast<std::uint64_t>(changed);
        }
    }

    Status summarise(std::uint64_t& count, std::int64_t before) {
        return repeat(count, [&](sqlite::Database& database) -> Status {
            const std::string old = fmt::format(
                "SELECT id FROM jobs WHERE summarised = 0 AND asked_at < ?1 AND state NOT IN ('queued', 'running', "
                "'waiting_for_key') "
                "ORDER BY asked_at, id LIMIT {}",
                kBatch);
            TRY(run_sql(database, fmt::format("DELETE FROM job_phases WHERE job IN ({})", old), before));
            TRY(run_sql(database, fmt::format("DELETE FROM job_warnings WHERE job IN ({})", old), before));
            return run_sql(database, fmt::format("UPDATE jobs SET summarised = 1 WHERE id IN ({})", old), before);
        });
    }

    Status remove_jobs(std::uint64_t& count, std::int64_t before) {
        JobCursor cursor;
        TRY(catalog_.read([&](sqlite::Database& database) {
            return each_row(database, kNewest, [&](sqlite::Columns& row) { cursor.keep.push_back(row.integer()); });
        }));
        TRY(catalog_.write([&](sqlite::Database& database) { return make_keep(database, cursor); }));
        TRY(repeat(count, [&](sqlite::Database& database) {
            return run_sql(
                database,
                fmt::format("DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE asked_at < ? AND summarised = 1 AND state "
                            "NOT IN ('queued', 'running', 'waiting_for_key') AND id NOT IN temp.newest_jobs LIMIT {})",
                            kBatch),
                before);
        }));
        return catalog_.write([](sqlite::Database& database) { return database.execute("DROP TABLE temp.newest_jobs"); });
    }

    Status remove(std::uint64_t& count, std::string_view table, std::string_view condition, std::int64_t before) {
        const std::string sql =
            fmt::format("DELETE FROM {0} WHERE id IN (SELECT id FROM {0} WHERE {1} LIMIT {2})", table, condition, kBatch);
        return repeat(count, [&](sqlite::Database& database) { return run_sql(database, sql, before); });
    }

private:
    struct JobCursor {
        std::vector<std::int64_t> keep;
    };

    static Status make_keep(sqlite::Database& database, const JobCursor& cursor) {
        TRY(database.execute("DROP TABLE IF EXISTS temp.newest_jobs; CREATE TEMP TABLE newest_jobs(id INTEGER PRIMARY KEY)"));
        TRY_ASSIGN(sqlite::Statement insert,
                   sqlite::Statement::prepare(database, "INSERT OR IGNORE INTO temp.newest_jobs(id) VALUES(?)"));
        for (const std::int64_t id : cursor.keep) {
            TRY(insert.bind(id));
            TRY(insert.run());
        }
        return done();
    }

    Catalog& catalog_;
    const StopFlag& stop_;
};

}  // namespace

Result<HistoryPruned> prune_history(Catalog& catalog, const HistoryTerms& terms, const StopFlag& stop) {
    TRY(require_lawful(terms));
    const Time now = catalog.now();
    HistoryPruned pruned;
    Pruner pruner(catalog, stop);
    TRY(pruner.summarise(pruned.summarised, cutoff(now, terms.details)));
    const std::int64_t before = cutoff(now, terms.rows);
    TRY(pruner.remove_jobs(pruned.jobs, before));
    TRY(pruner.remove(pruned.findings, "findings", "resolved_at IS NOT NULL AND resolved_at < ?", before));
    TRY(pruner.remove(pruned.snapshots, "snapshots",
                      "ended_at IS NOT NULL AND ended_at < ? AND id NOT IN (SELECT snapshot FROM copies)", before));
    TRY(pruner.remove(pruned.verifications, "verifications",
                      "ended_at < ? AND id NOT IN (SELECT max(id) FROM verifications GROUP BY medium, level)", before));
    return pruned;
}

}  // namespace custody::catalog
