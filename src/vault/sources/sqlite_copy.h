// A consistent copy of a live SQLite database, proven before it is stored: taken through SQLite's backup interface while others
// write, checked (integrity, foreign keys), counted.
//
// The database itself is opened read-only: nothing in it changes, no log is brought into it, and what SQLite may add beside a
// database in WAL mode (-shm, -wal) belongs to the database's owner. The copy lies in a private folder (scratch_area.h), without
// a name as soon as it is complete.
//
// Ownership: a SqliteCopy owns the copy, whose bytes are gone with it. Threads: one. Units: bytes.
// Errors: not_found, busy (locked for long), corrupt (no database, or damaged: no copy is given), denied, no_space, interrupted.
#pragma once

#include "base/file.h"
#include "base/records/canonical_json.h"
#include "base/stop.h"

#include <string>
#include <vector>

namespace custody {

struct SqliteOptions {
    std::string path;            // absolute
    std::string scratch_folder;  // for the copy: as large as the database
    int busy_timeout_ms = 5000;
};
struct SqliteCopy {
    std::string path;  // of the database, behind links
    Fd content;
    std::uint64_t size = 0;
    // "application_id", "user_version", "page_size", "pages", "journal_mode", "integrity" ("ok"), "foreign_key_faults" (20: or
    // more), "tables": [{"schema", "table", "rows"}], by name; rows null where a table's module is not here.
    Json evidence;
    std::vector<std::string> warnings;
};
[[nodiscard]] Result<SqliteCopy> copy_sqlite(const SqliteOptions& options, const StopFlag& stop);

}  // namespace custody
