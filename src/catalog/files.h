// The files of the catalogue: their names, the lock, and making a new one so that it has its name only when it is whole.
//
// Threads: one process holds the CatalogLock; all else here is done under it. Errors: as those of FileSystem.
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "base/sqlite.h"
#include "catalog/database.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace custody::catalog {

[[nodiscard]] std::string catalog_path(const std::string& folder);

// Makes the folder (0700) and the lock file where they are not there. busy: another process holds it.
[[nodiscard]] Result<std::unique_ptr<File>> lock_catalog(const std::string& folder);
// Whether a catalogue was ever made here: the lock file has content.
[[nodiscard]] Result<bool> was_made(File& lock);

enum class Presence { none, file };
[[nodiscard]] Result<Presence> catalog_presence(const std::string& folder);

// Enters into the lock file that a catalogue was made here. Durable.
[[nodiscard]] Status mark_made(File& lock);

// A new catalogue, built and checked under another name, filled by `fill` (may be empty) in one transaction; what a crash left of
// an earlier try is removed. publish gives it its name. Durable. exists: there is one.
[[nodiscard]] Status build_catalog(const std::string& folder, const Clock& clock, const std::vector<Migration>& migrations,
                                   const std::function<Status(sqlite::Database&)>& fill);
[[nodiscard]] Status publish_catalog(const std::string& folder, const Clock& clock);

// Renames catalog.db, with what belongs to it, to catalog.db.<why>-<time>; nothing there is no error. The new path, empty when
// nothing was there. `why`: "damaged" or "replaced". Precondition: no connection is open.
[[nodiscard]] Result<std::string> set_catalog_aside(const std::string& folder, std::string_view why, Time now);

// A copy by SQLite's backup interface beside it, as catalog.db.version-<n>-<time>; its path.
[[nodiscard]] Result<std::string> copy_before_migration(const std::string& folder, sqlite::Database& database, int version,
                                                        Time now);

// `from` into a new file that gets its name when it is whole and durable.
[[nodiscard]] Status copy_database(sqlite::Database& from, const std::string& to, const StopFlag& stop);

}  // namespace custody::catalog
