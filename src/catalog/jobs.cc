#include "catalog/jobs.h"

#include "base/text.h"
#include "catalog/job_rows.h"

#include <algorithm>

namespace custody::catalog {
namespace {

constexpr const char* kOpen = "state IN ('queued', 'running', 'waiting_for_key')";

Error no_such_job(JobId id) { return {Code::not_found, say("there is no job {}; see `custody job list`", id)}; }

Result<JobState> state_of(sqlite::Database& database, JobId id) {
    std::optional<JobState> state;
    TRY(each_row(
        database, "SELECT state FROM jobs WHERE id = ?", [&](sqlite::Columns& row) { state = word_column<JobState>(row); }, id));
    if (!state) return no_such_job(id);
    return *state;
}

Status require_open(sqlite::Database& database, JobId id) {
    TRY_ASSIGN(const JobState state, state_of(database, id));
    if (is_open(state)) return done();
    return Error{Code::failed, say("job {} has ended already ({})", id, word_of(state))};
}

PhaseOutcome outcome_for(JobState state) {
    switch (state) {
        case JobState::failed:
            return PhaseOutcome::failed;
        case JobState::cancelled:
            return PhaseOutcome::cancelled;
        case JobState::interrupted:
            return PhaseOutcome::interrupted;
        default:
            return PhaseOutcome::done;
    }
}

Status end_open_phase(sqlite::Database& database, JobId id, PhaseOutcome outcome, const std::optional<Time>& at) {
    return run_sql(database, "UPDATE job_phases SET ended_at = ?, outcome = ? WHERE job = ? AND outcome = 'open'", ns_of(at),
                   word_of(outcome), id);
}

Status add_warning(sqlite::Database& database, JobId id, std::string_view text) {
    TRY(run_sql(database,
                "INSERT INTO job_warnings(job, number, text) SELECT id, warnings + 1, ? FROM jobs WHERE id = ? AND warnings < ?",
                storable(text, kMaxText), id, kMaxJobWarnings));
    return run_sql(database, "UPDATE jobs SET warnings = warnings + 1 WHERE id = ?", id);
}

Status enter_end(sqlite::Database& database, JobId id, const JobEnd& end, Time now) {
    const JobCounts& n = end.counts;
    const std::optional<std::string> code = end.error ? std::optional<std::string>(word_of(end.error->code)) : std::nullopt;
    const std::optional<std::string> error = end.error ? std::optional(storable(end.error->message, kMaxText)) : std::nullopt;
    TRY(run_sql(database,
                "UPDATE jobs SET state = ?, ended_at = ?, snapshot = ?, sequence = ?, items_new = ?, items_changed = ?, "
                "items_unchanged = ?, items_failed = ?, bytes_scanned = ?, bytes_read = ?, bytes_new = ?, bytes_stored = ?, "
                "error_code = ?, error = ? WHERE id = ?",
                word_of(end.state), now.ns, view_of(end.snapshot), end.sequence, n.items_new, n.items_changed, n.items_unchanged,
                n.items_failed, n.bytes_scanned, n.bytes_read, n.bytes_new, n.bytes_stored, code, error, id));
    if (const auto& r = end.reconciled)
        TRY(run_sql(
            database,
            "UPDATE jobs SET reconciled_items = ?, reconciled_bytes = ?, reconciled_changed = ?, reconciled_unreadable = ?, "
            "reconciled_damaged = ? WHERE id = ?",
            r->items, r->bytes, r->changed, r->unreadable, r->damaged, id));
    if (const auto& r = end.read_back)
        TRY(run_sql(database, "UPDATE jobs SET readback_objects = ?, readback_bytes = ?, readback_damaged = ? WHERE id = ?",
                    r->objects, r->bytes, r->damaged, id));
    for (const std::string& warning : end.warnings) TRY(add_warning(database, id, warning));
    return done();
}

Result<std::vector<Job>> jobs_where(Catalog& catalog, const std::string& condition) {
    std::vector<Job> found;
    TRY(catalog.read([&](sqlite::Database& database) {
        return each_row(database, fmt::format("SELECT {} FROM jobs WHERE {}", kJobColumns, condition),
                        [&](sqlite::Columns& row) { found.push_back(job_of(row)); });
    }));
    return found;
}

}  // namespace

bool is_open(JobState state) {
    return state == JobState::queued || state == JobState::running || state == JobState::waiting_for_key;
}

Result<JobId> Jobs::add(const NewJob& job) {
    JobId id = 0;
    const auto insert = [&](sqlite::Database& database) -> Status {
        TRY(run_sql(database,
                    "INSERT INTO jobs(plan, label, kind, reason, asked_by, attempt, state, asked_at, medium, vault) "
                    "VALUES(?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)",
                    storable_if(job.plan, kMaxName), storable_if(job.label, kMaxName), word_of(job.kind),
                    storable(job.reason, kMaxText), storable(job.asked_by, kMaxName), job.attempt, catalog_.now().ns, job.medium,
                    view_of(job.vault)));
        id = database.last_insert_id();
        return done();
    };
    TRY(catalog_.write(insert));
    return id;
}

Status Jobs::start(JobId id) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY(require_open(database, id));
        return run_sql(database, "UPDATE jobs SET state = 'running', begun_at = coalesce(begun_at, ?) WHERE id = ?",
                       catalog_.now().ns, id);
    });
}

Status Jobs::wait_for_key(JobId id) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY(require_open(database, id));
        return run_sql(database, "UPDATE jobs SET state = 'waiting_for_key' WHERE id = ?", id);
    });
}

Status Jobs::use_medium(JobId id, MediumKey medium, const std::optional<VaultId>& vault) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY(require_open(database, id));
        return run_sql(database, "UPDATE jobs SET medium = ?, vault = ? WHERE id = ?", medium, view_of(vault), id);
    });
}

Status Jobs::begin_phase(JobId id, std::string_view name) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY(require_open(database, id));
        const std::string stored = storable(name, kMaxName);
        const Time now = catalog_.now();
        TRY(end_open_phase(database, id, PhaseOutcome::done, now));
        TRY(run_sql(database, "UPDATE jobs SET last_phase = ? WHERE id = ?", stored, id));
        return run_sql(
            database,
            "INSERT INTO job_phases(job, number, name, begun_at, outcome) SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, "
            "'open' FROM job_phases WHERE job = ?1 HAVING coalesce(max(number), 0) < ?4",
            id, stored, now.ns, kMaxJobPhases);
    });
}

Status Jobs::warn(JobId id, std::string_view text) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY(require_open(database, id));
        return add_warning(database, id, text);
    });
}

Status Jobs::end(JobId id, const JobEnd& end) {
    if (is_open(end.state)) return Error{Code::failed, say("job {} cannot end as {}", id, word_of(end.state))};
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY(require_open(database, id));
        const Time now = catalog_.now();
        TRY(end_open_phase(database, id, outcome_for(end.state), now));
        return enter_end(database, id, end, now);
    });
}

Result<std::vector<Job>> Jobs::close_interrupted() {
    std::vector<Job> closed;
    const auto close = [&](sqlite::Database& database) -> Status {
        TRY(each_row(database, fmt::format("SELECT {} FROM jobs WHERE {} ORDER BY id", kJobColumns, kOpen),
                     [&](sqlite::Columns& row) { closed.push_back(job_of(row)); }));
        const Time now = catalog_.now();
        for (Job& job : closed) {
            TRY(end_open_phase(database, job.id, PhaseOutcome::interrupted, std::nullopt));
            TRY(run_sql(database, "UPDATE jobs SET state = 'interrupted', noticed_at = ? WHERE id = ?", now.ns, job.id));
            job.state = job.end.state = JobState::interrupted;
            job.noticed_at = now;
        }
        return done();
    };
    TRY(catalog_.write(close));
    return closed;
}

Status Jobs::enter_snapshot(JobId id, const ObjectId& snapshot, std::uint64_t sequence) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY_ASSIGN(const JobState state, state_of(database, id));
        if (state != JobState::interrupted)
            return Error{Code::failed, say("job {} was not interrupted ({})", id, word_of(state))};
        return run_sql(database, "UPDATE jobs SET snapshot = ?, sequence = ? WHERE id = ?", snapshot.view(), sequence, id);
    });
}

Result<Job> Jobs::find(JobId id) {
    TRY_ASSIGN(std::vector<Job> found, jobs_where(catalog_, fmt::format("id = {}", id)));
    if (found.empty()) return no_such_job(id);
    return std::move(found.front());
}

Result<JobDetails> Jobs::details(JobId id) {
    JobDetails details;
    const auto look = [&](sqlite::Database& database) -> Status {
        TRY_ASSIGN(details.job, find(id));
        TRY(each_row(
            database, "SELECT name, begun_at, ended_at, outcome FROM job_phases WHERE job = ? ORDER BY number",
            [&](sqlite::Columns& row) {
                JobPhase& phase = details.phases.emplace_back();
                phase.name = row.text();
                phase.begun_at = time_column(row);
                phase.ended_at = optional_time_column(row);
                phase.outcome = word_column<PhaseOutcome>(row);
            },
            id));
        return each_row(
            database, "SELECT text FROM job_warnings WHERE job = ? ORDER BY number",
            [&](sqlite::Columns& row) { details.warnings.push_back(row.text()); }, id);
    };
    TRY(catalog_.read(look));
    return details;
}

Result<std::vector<Job>> Jobs::list(const JobFilter& filter) {
    std::vector<Job> found;
    const std::optional<std::string_view> kind = filter.kind ? std::optional(word_of(*filter.kind)) : std::nullopt;
    const std::optional<std::string_view> state = filter.state ? std::optional(word_of(*filter.state)) : std::nullopt;
    std::string where = "1";
    if (filter.plan) where += " AND plan = ?1";
    if (kind) where += " AND kind = ?2";
    if (state) where += " AND state = ?3";
    if (filter.before) where += " AND id < ?4";
    if (filter.label) where += " AND label = ?5";
    // Each parameter is named, so that a filter that is not set binds to nothing that counts.
    const std::string sql =
        fmt::format("SELECT {} FROM jobs WHERE {} AND coalesce(?1, ?2, ?3, ?4, ?5, 1) IS NOT NULL ORDER BY id DESC LIMIT ?6",
                    kJobColumns, where);
    TRY(catalog_.read([&](sqlite::Database& database) {
        return each_row(
            database, sql, [&](sqlite::Columns& row) { found.push_back(job_of(row)); }, filter.plan, kind, state, filter.before,
            filter.label, std::min<std::size_t>(filter.limit, 1000));
    }));
    return found;
}

Result<std::vector<Job>> Jobs::open() { return jobs_where(catalog_, fmt::format("{} ORDER BY id", kOpen)); }

}  // namespace custody::catalog
