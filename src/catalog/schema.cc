#include "catalog/schema.h"

#include "base/text.h"

namespace custody::catalog {
namespace {

// Ids of snapshots and vaults are raw bytes, times UTC nanoseconds, sizes bytes. What a job, a medium or a finding is or was in
// words is text from a closed list (catalog/words.h). Rows of jobs are found by id, which only grows: clocks are set back.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE meta(
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE settings(
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE plans(
    name TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    what TEXT NOT NULL,
    schedule TEXT NOT NULL,
    digest BLOB NOT NULL CHECK(length(digest) = 32),
    first_seen_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    gone_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE media(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    identity BLOB UNIQUE CHECK(length(identity) = 16),
    vault BLOB UNIQUE CHECK(length(vault) = 16),
    kind TEXT NOT NULL,
    serial TEXT,
    filesystem_uuid TEXT,
    place TEXT NOT NULL,
    custodian TEXT NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('in_use', 'off_site', 'owed', 'retired', 'erased')),
    rotation_set TEXT,
    registered_at INTEGER NOT NULL,
    first_used_at INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE TABLE media_moves(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    medium INTEGER NOT NULL REFERENCES media(id),
    moved_at INTEGER NOT NULL,
    state_before TEXT NOT NULL,
    state_after TEXT NOT NULL,
    place_before TEXT NOT NULL,
    place_after TEXT NOT NULL,
    custodian_before TEXT NOT NULL,
    custodian_after TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT;
CREATE INDEX media_moves_by_medium ON media_moves(medium);
CREATE TABLE jobs(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    plan TEXT,
    label TEXT,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    attempt INTEGER NOT NULL CHECK(attempt >= 1),
    state TEXT NOT NULL CHECK(state IN ('queued', 'running', 'waiting_for_key', 'done', 'done_with_failures', 'failed',
                                        'interrupted', 'cancelled')),
    asked_at INTEGER NOT NULL,
    begun_at INTEGER,
    ended_at INTEGER,
    noticed_at INTEGER,
    last_phase TEXT NOT NULL DEFAULT '',
    medium INTEGER REFERENCES media(id),
    vault BLOB CHECK(length(vault) = 16),
    snapshot BLOB CHECK(length(snapshot) = 32),
    sequence INTEGER,
    items_new INTEGER NOT NULL DEFAULT 0,
    items_changed INTEGER NOT NULL DEFAULT 0,
    items_unchanged INTEGER NOT NULL DEFAULT 0,
    items_failed INTEGER NOT NULL DEFAULT 0,
    bytes_scanned INTEGER NOT NULL DEFAULT 0,
    bytes_read INTEGER NOT NULL DEFAULT 0,
    bytes_new INTEGER NOT NULL DEFAULT 0,
    bytes_stored INTEGER NOT NULL DEFAULT 0,
    reconciled_items INTEGER,
    reconciled_bytes INTEGER,
    reconciled_changed INTEGER,
    reconciled_unreadable INTEGER,
    reconciled_damaged INTEGER,
    readback_objects INTEGER,
    readback_bytes INTEGER,
    readback_damaged INTEGER,
    warnings INTEGER NOT NULL DEFAULT 0,
    error_code TEXT,
    error TEXT,
    summarised INTEGER NOT NULL DEFAULT 0 CHECK(summarised IN (0, 1))
) STRICT;
CREATE INDEX jobs_open ON jobs(state) WHERE state IN ('queued', 'running', 'waiting_for_key');
CREATE INDEX jobs_by_plan ON jobs(plan, kind);
CREATE INDEX jobs_by_outcome ON jobs(plan, kind, state);
CREATE INDEX jobs_by_medium ON jobs(medium);
CREATE INDEX jobs_detailed ON jobs(asked_at) WHERE summarised = 0;
CREATE INDEX jobs_by_asked ON jobs(asked_at);
CREATE TABLE job_phases(
    job INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    ended_at INTEGER,
    outcome TEXT NOT NULL CHECK(outcome IN ('open', 'done', 'failed', 'interrupted', 'cancelled')),
    PRIMARY KEY(job, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE job_warnings(
    job INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY(job, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE snapshots(
    id BLOB PRIMARY KEY CHECK(length(id) = 32),
    label TEXT NOT NULL,
    plan TEXT NOT NULL,
    host TEXT NOT NULL,
    kind TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    job INTEGER REFERENCES jobs(id) ON DELETE SET NULL,
    rebuilt INTEGER NOT NULL CHECK(rebuilt IN (0, 1)),
    ended_at INTEGER,
    ended_reason TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX snapshots_by_plan ON snapshots(plan, label, made_at);
CREATE INDEX snapshots_by_job ON snapshots(job);
CREATE INDEX snapshots_ended ON snapshots(ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE copies(
    snapshot BLOB NOT NULL REFERENCES snapshots(id) ON DELETE CASCADE,
    medium INTEGER NOT NULL REFERENCES media(id),
    state TEXT NOT NULL CHECK(state IN ('present', 'owed')),
    since_at INTEGER NOT NULL,
    sequence INTEGER,
    PRIMARY KEY(snapshot, medium)
) STRICT, WITHOUT ROWID;
CREATE INDEX copies_by_medium ON copies(medium, state);
CREATE INDEX copies_owed ON copies(medium, since_at) WHERE state = 'owed';
CREATE TABLE verifications(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    medium INTEGER NOT NULL REFERENCES media(id),
    job INTEGER REFERENCES jobs(id) ON DELETE SET NULL,
    level TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    objects_all INTEGER NOT NULL,
    objects_checked INTEGER NOT NULL,
    bytes_read INTEGER NOT NULL,
    damaged INTEGER NOT NULL
) STRICT;
CREATE INDEX verifications_by_medium ON verifications(medium, level);
CREATE INDEX verifications_by_job ON verifications(job);
CREATE TABLE findings(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    severity TEXT NOT NULL CHECK(severity IN ('notice', 'warning', 'urgent')),
    text TEXT NOT NULL,
    times INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    resolved_at INTEGER
) STRICT;
CREATE UNIQUE INDEX findings_open ON findings(kind, object) WHERE resolved_at IS NULL;
CREATE INDEX findings_resolved ON findings(resolved_at) WHERE resolved_at IS NOT NULL;
)sql";

Status apply(sqlite::Database& database, const Migration& migration) {
    TRY_ASSIGN(sqlite::Transaction transaction, sqlite::Transaction::begin(database));
    TRY(database.execute(migration.sql));
    TRY_ASSIGN(sqlite::Statement told,
               sqlite::Statement::prepare(database, "INSERT OR REPLACE INTO meta(key, value) VALUES('custody_version', ?)"));
    TRY(told.bind(CUSTODY_VERSION));
    TRY(told.run());
    TRY(database.execute(
        fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kCatalogApplicationId, migration.version)));
    return transaction.commit();
}

}  // namespace

const std::vector<Migration>& catalog_migrations() {
    static const std::vector<Migration> all = {{1, kVersion1}};
    return all;
}

int newest_version(const std::vector<Migration>& migrations) { return migrations.empty() ? 0 : migrations.back().version; }

Result<int> catalog_version(sqlite::Database& database) {
    TRY_ASSIGN(const std::int64_t application, database.integer("PRAGMA application_id"));
    TRY_ASSIGN(const std::int64_t version, database.integer("PRAGMA user_version"));
    if (application != kCatalogApplicationId || version < 1)
        return Error{Code::corrupt, say("{} is no catalogue of Custody", printable(database.path()))};
    return static_cast<int>(version);  // SQLite keeps 32 bits
}

Status migrate(sqlite::Database& database, int from, const std::vector<Migration>& migrations) {
    for (const Migration& migration : migrations)
        if (migration.version > from) TRY(apply(database, migration));
    TRY_ASSIGN(const std::vector<std::string> faults, sqlite::check_foreign_keys(database));
    if (!faults.empty())
        return Error{Code::corrupt, say("the catalogue {} contradicts itself: {}", printable(database.path()), faults.front())};
    return done();
}

Status refuse_newer(sqlite::Database& database, int version, int newest) {
    if (version <= newest) return done();
    const auto told = database.text("SELECT value FROM meta WHERE key = 'custody_version'");
    const std::string writer = told.ok() ? printable(*told) : "?";
    return Error{Code::refused,
                 say("the catalogue {} has format {}, written by Custody {}; this is Custody {}, which knows formats up to "
                     "{}: install Custody {} or newer",
                     printable(database.path()), version, writer, CUSTODY_VERSION, newest, writer)};
}

}  // namespace custody::catalog
