// A live SQLite database as a Source:
//
//     /sqlite/NAME/databases/NAME            the database file itself: to have it again is to copy it to its place
//                 /evidence/evidence.json    what was in it
//
// Evidence: {"format": "custody database evidence 1", "kind": "sqlite", "rows_counted", "databases": [{"name", "file", "path",
// "mode", "uid", "gid", "time", "size_bytes", and what sqlite_copy.h proves and counts}]}.
//
// The copy is taken when the source is opened, so that the database is held for as short a time as that takes, whatever the
// medium. Ownership: the source owns the copy. Threads, errors: sqlite_copy.h, virtual_files.h.
#pragma once

#include "vault/sources/source.h"
#include "vault/sources/sqlite_copy.h"

#include <memory>
#include <string>
#include <vector>

namespace custody {

struct OpenedSqlite {
    std::unique_ptr<Source> source;
    std::string path;  // of the database, behind links
    std::vector<std::string> warnings;
};
[[nodiscard]] Result<OpenedSqlite> open_sqlite(const SqliteOptions& options, const Clock& clock, const StopFlag& stop);

}  // namespace custody
