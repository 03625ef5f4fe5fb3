#include "catalog/files.h"

#include "base/text.h"
#include "catalog/schema.h"

#include <algorithm>
#include <array>

namespace custody::catalog {
namespace {

constexpr std::array<const char*, 3> kCompanions = {"-wal", "-shm", "-journal"};  // what SQLite keeps beside a database

// 2026-11-21T02:00:00Z as 20261121T020000Z: without the colons that FAT and tar dislike.
std::string time_in_name(Time time) {
    std::string text = to_rfc3339_utc({time.seconds() * kSecond});
    text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == '-' || c == ':'; }), text.end());
    return text;
}

Status remove_if_there(const std::string& path) {
    const Status removed = posix_file_system().remove(path);
    if (!removed.ok() && removed.error().code != Code::not_found) return removed;
    return done();
}

Status remove_database(const std::string& path) {
    for (const char* companion : kCompanions) TRY(remove_if_there(path + companion));
    return remove_if_there(path);
}

Result<bool> is_there(const std::string& path) {
    const auto info = posix_file_system().info(path);
    if (info.ok()) return true;
    if (info.error().code == Code::not_found) return false;
    return info.error();
}

// Two within one second get numbers: a name that is there is never replaced.
Result<std::string> free_name(const std::string& wanted) {
    std::string name = wanted;
    for (int number = 2;; ++number) {
        TRY_ASSIGN(const bool taken, is_there(name));
        if (!taken) return name;
        name = fmt::format("{}-{}", wanted, number);
    }
}

Result<bool> rename_if_there(const std::string& from, const std::string& to) {
    const Status renamed = posix_file_system().rename_new(from, to);
    if (renamed.ok()) return true;
    if (renamed.error().code == Code::not_found) return false;
    return renamed.error();
}

Status fill_new(const std::string& path, Time now, const std::vector<Migration>& migrations,
                const std::function<Status(sqlite::Database&)>& fill) {
    TRY_ASSIGN(sqlite::Database database,
               sqlite::Database::open(path, {sqlite::Access::create, sqlite::Kind::ours, sqlite::Sharing::this_process, 5000}));
    TRY(migrate(database, 0, migrations));
    TRY_ASSIGN(sqlite::Transaction transaction, sqlite::Transaction::begin(database));
    TRY_ASSIGN(sqlite::Statement made,
               sqlite::Statement::prepare(database, "INSERT INTO meta(key, value) VALUES('created_at', ?)"));
    TRY(made.bind(std::to_string(now.ns)));
    TRY(made.run());
    if (fill) TRY(fill(database));
    TRY(transaction.commit());
    TRY_ASSIGN(const std::vector<std::string> faults, sqlite::check_integrity(database, sqlite::Check::full, 1));
    if (!faults.empty())
        return Error{Code::corrupt, say("the catalogue {} was not written as it should be: {}", printable(path), faults.front())};
    // All into the one file: the log does not go with it when it gets its name.
    TRY_ASSIGN(const std::int64_t blocked, database.integer("PRAGMA wal_checkpoint(TRUNCATE)"));
    if (blocked != 0)
        return Error{Code::io, say("the catalogue {} was not written as it should be: {}", printable(path), "checkpoint")};
    return done();
}

// SQLite syncs at a checkpoint; opened anew, it shows by the kernel that the content is down whatever the connection reported.
Status sync_file(const std::string& path) {
    TRY_ASSIGN(const auto file, posix_file_system().open_writable(path));
    return file->sync();
}

std::string fresh_path(const std::string& folder) { return catalog_path(folder) + ".new"; }

}  // namespace

std::string catalog_path(const std::string& folder) { return join_path(folder, "catalog.db"); }

Result<std::unique_ptr<File>> lock_catalog(const std::string& folder) {
    FileSystem& files = posix_file_system();
    TRY(make_directories(files, folder, 0700));
    const std::string path = join_path(folder, "catalog.lock");
    auto created = files.create(path, 0600);
    if (created.ok()) TRY(files.sync_directory(folder));
    if (!created.ok() && created.error().code != Code::exists) return created;
    auto file = created.ok() ? std::move(created) : files.open_writable(path);
    if (!file.ok()) return file;
    TRY_ASSIGN(const bool locked, (*file)->try_lock(true));
    if (!locked)
        return Error{Code::busy,
                     say("another service has the catalogue in {}; one folder serves one service: end the other, or give "
                         "this one a folder of its own",
                         printable(folder))};
    return file;
}

Result<bool> was_made(File& lock) {
    TRY_ASSIGN(const FileInfo info, lock.info());
    return info.size > 0;
}

Result<Presence> catalog_presence(const std::string& folder) {
    TRY_ASSIGN(const bool there, is_there(catalog_path(folder)));
    return there ? Presence::file : Presence::none;
}

Status mark_made(File& lock) {
    TRY(write_all(lock, 0, as_bytes("A catalogue of Custody was made in this folder.\n")));
    return lock.sync();
}

Status build_catalog(const std::string& folder, const Clock& clock, const std::vector<Migration>& migrations,
                     const std::function<Status(sqlite::Database&)>& fill) {
    const std::string fresh = fresh_path(folder);
    TRY(remove_database(fresh));
    Status built = fill_new(fresh, clock.now(), migrations, fill);
    if (built.ok()) built = sync_file(fresh);
    if (built.ok()) return built;
    const Status removed = remove_database(fresh);  // the error that led here is the one to tell
    static_cast<void>(removed);
    return built;
}

Status publish_catalog(const std::string& folder, const Clock& clock) {
    const std::string path = catalog_path(folder);
    TRY_ASSIGN(const bool taken, is_there(path));
    if (taken) return Error{Code::exists, say("there is a catalogue already: {}", printable(path))};
    // A log that lies there without its database would be taken for the new one's.
    TRY(set_catalog_aside(folder, "damaged", clock.now()));
    TRY(posix_file_system().rename_new(fresh_path(folder), path));
    return posix_file_system().sync_directory(folder);
}

Result<std::string> set_catalog_aside(const std::string& folder, std::string_view why, Time now) {
    const std::string path = catalog_path(folder);
    TRY_ASSIGN(const std::string aside, free_name(fmt::format("{}.{}-{}", path, why, time_in_name(now))));
    // The database first: without its log it would be opened as an older state of itself.
    TRY_ASSIGN(bool moved, rename_if_there(path, aside));
    for (const char* companion : kCompanions) {
        TRY_ASSIGN(const bool beside, rename_if_there(path + companion, aside + companion));
        moved = moved || beside;
    }
    TRY(posix_file_system().sync_directory(folder));
    return moved ? aside : std::string();
}

Status copy_database(sqlite::Database& from, const std::string& to, const StopFlag& stop) {
    TRY_ASSIGN(const bool taken, is_there(to));
    if (taken) return Error{Code::exists, say("cannot copy the catalogue to {}: there is something already", printable(to))};
    const std::string fresh = to + ".part";
    TRY(remove_database(fresh));
    const auto copy = [&]() -> Status {
        TRY_ASSIGN(sqlite::Database target, sqlite::Database::open(fresh, {sqlite::Access::create, sqlite::Kind::foreign,
                                                                           sqlite::Sharing::all_processes, 5000}));
        return sqlite::back_up(from, target, stop);
    };
    Status copied = copy();
    if (copied.ok()) copied = sync_file(fresh);
    if (copied.ok()) copied = posix_file_system().rename_new(fresh, to);
    if (copied.ok()) return posix_file_system().sync_directory(parent_path(to));
    const Status removed = remove_database(fresh);  // the error that led here is the one to tell
    static_cast<void>(removed);
    return copied;
}

Result<std::string> copy_before_migration(const std::string& folder, sqlite::Database& database, int version, Time now) {
    TRY_ASSIGN(const std::string copy,
               free_name(fmt::format("{}.version-{}-{}", catalog_path(folder), version, time_in_name(now))));
    TRY(copy_database(database, copy, StopFlag{}));
    return copy;
}

}  // namespace custody::catalog
