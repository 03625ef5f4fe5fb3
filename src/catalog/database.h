// The catalogue: what the service knows of plans, jobs, snapshots, media, copies and findings (docs/CATALOG.md has every table).
// The backups themselves do not need it: what a vault can tell, rebuild.h brings back from the vaults.
//
// Ownership: one Catalog a process; it holds the folder's lock and the connection until it is dropped. The typed access to its
// tables (Jobs, Plans, Snapshots, Media, Findings, Settings, Overview, History) refers to it and outlives it not. Threads: safe
// from many; one works at a time, each call is short. Times: UTC nanoseconds of the Clock given. Errors: busy (another service
// has it), corrupt (damaged or lost: the way on is `custody catalog rebuild`), refused (written by a newer Custody), no_space,
// read_only, denied, io. After io from a sync nothing more is written: drop it and open anew. Durable: what write() did, when it
// returned without an error. What it did not finish does not exist after a crash.
//
// Files below the state folder (0700), all of mode 0600: catalog.db with catalog.db-wal; catalog.lock, which is held, and whose
// content says that a catalogue was made here; catalog.db.version-<n>-<time>, the copy made before a migration;
// catalog.db.damaged-<time> and catalog.db.replaced-<time>, which nothing here ever deletes. No other process opens catalog.db
// while a service runs, and this one by no other way (base/sqlite.h says why): a backup of the state folder takes copy_to()
// instead.
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "base/sqlite.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace custody::catalog {

struct Migration {
    int version;      // that it leads to: 1, 2, ...
    const char* sql;  // statements without results
};

// What opening did besides.
struct CatalogOpening {
    bool created = false;              // none was here before: vaults that hold snapshots already mean that it should be rebuilt
    std::optional<int> migrated_from;  // the format that it had
    std::string copy;                  // where it was copied to before that
};

class Catalog {
public:
    // Opens, or creates where none has ever been. Checked quickly (every page is read). A damaged file is set aside under a name
    // that tells when, and Code::corrupt returned; from then on, as where the file is gone, every opening says so, until rebuilt.
    [[nodiscard]] static Result<std::unique_ptr<Catalog>> open(const std::string& folder, const Clock& clock);
    // The same with other migrations, for tests of them.
    [[nodiscard]] static Result<std::unique_ptr<Catalog>> open(const std::string& folder, const Clock& clock,
                                                               const std::vector<Migration>& migrations);
    ~Catalog();
    Catalog(const Catalog&) = delete;
    Catalog& operator=(const Catalog&) = delete;

    // All of `change` or nothing of it, durable on return. Within it, further writes and reads of this thread join it: several
    // subjects can be changed as one. An error of a joined write undoes all, also where `change` passes over it.
    [[nodiscard]] Status write(const std::function<Status(sqlite::Database&)>& change);
    // `look` sees one moment.
    [[nodiscard]] Status read(const std::function<Status(sqlite::Database&)>& look);

    // A whole copy at `path`, which must not exist, of mode 0600 and durable, while work goes on. On an error nothing is left
    // there.
    [[nodiscard]] Status copy_to(const std::string& path, const StopFlag& stop);
    // The full check (indexes and references, too), while work goes on: what it found, none when all is well.
    [[nodiscard]] Result<std::vector<std::string>> check(const StopFlag& stop);

    [[nodiscard]] Time now() const { return clock_.now(); }
    [[nodiscard]] const CatalogOpening& opening() const { return opening_; }
    [[nodiscard]] const std::string& folder() const { return folder_; }

private:
    Catalog(std::string folder, const Clock& clock, std::unique_ptr<File> lock, sqlite::Database database,
            CatalogOpening opening);
    Result<sqlite::Database> second_connection() const;
    Status join(const std::function<Status(sqlite::Database&)>& change);

    std::string folder_;
    const Clock& clock_;
    std::unique_ptr<File> lock_;  // before the connection, so that it is let go after it
    sqlite::Database database_;
    CatalogOpening opening_;
    std::recursive_mutex mutex_;
    int depth_ = 0;  // of write and read, on the thread that holds the mutex
    bool writing_ = false;
    bool joined_failed_ = false;  // a write within the open one failed
};

}  // namespace custody::catalog
