// The tables of every version that was ever released, as they were made then, with some rows. Never changed: a migration that
// forgets something shows here.
#pragma once

namespace custody::catalog {

struct GoldenSchema {
    int version;
    const char* tables;
    const char* rows;  // a medium "A" that owes the snapshot of job 7
};

inline constexpr const char* kGoldenTables1 = R"sql(
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

inline constexpr const char* kGoldenRows1 = R"sql(
INSERT INTO meta VALUES('custody_version', '0.1.0'), ('created_at', '1793671200000000000');
INSERT INTO plans VALUES('etc', 'config', 'files /etc', '0 2 * * *', zeroblob(32), 1, 2, NULL);
INSERT INTO media(id, name, kind, place, custodian, state, registered_at) VALUES(3, 'A', 'disk', 'safe', 'Lan', 'in_use', 1);
INSERT INTO jobs(id, plan, label, kind, reason, asked_by, attempt, state, asked_at, begun_at, ended_at, medium, snapshot, warnings)
    VALUES(7, 'etc', 'config', 'backup', 'schedule', 'service', 1, 'done_with_failures', 10, 11, 12, 3, zeroblob(32), 1);
INSERT INTO job_phases VALUES(7, 1, 'backing up', 11, 12, 'done');
INSERT INTO job_warnings VALUES(7, 1, 'a file could not be read');
INSERT INTO snapshots VALUES(zeroblob(32), 'config', 'etc', 'host', 'files', 12, 5, 500, 7, 0, NULL, NULL);
INSERT INTO copies VALUES(zeroblob(32), 3, 'owed', 12, NULL);
INSERT INTO findings VALUES(1, 'overdue', 'etc', 'warning', '["text"]', 1, 1, 1, NULL, NULL, NULL);
)sql";

inline constexpr GoldenSchema kGoldenSchemas[] = {{1, kGoldenTables1, kGoldenRows1}};

}  // namespace custody::catalog
