#include "catalog/database.h"

#include "base/text.h"
#include "catalog/files.h"
#include "catalog/schema.h"

namespace custody::catalog {
namespace {

constexpr sqlite::OpenOptions kOwn{sqlite::Access::read_write, sqlite::Kind::ours, sqlite::Sharing::this_process, 5000};
constexpr sqlite::OpenOptions kBeside{sqlite::Access::read_only, sqlite::Kind::ours, sqlite::Sharing::this_process, 5000};

Error lost(const std::string& folder) {
    return {Code::corrupt, say("the catalogue {} is gone, or was set aside as damaged; the backups do not need it: run `custody "
                               "catalog rebuild`, which "
                               "brings back from the vaults what they know, or put a copy of it in its place",
                               printable(catalog_path(folder)))};
}

struct Opened {
    sqlite::Database database;
    CatalogOpening opening;
};

// corrupt here means the content, whatever SQLite made of it.
Result<Opened> open_checked(const std::string& folder, const Clock& clock, const std::vector<Migration>& migrations) {
    const std::string path = catalog_path(folder);
    TRY_ASSIGN(sqlite::Database database, sqlite::Database::open(path, kOwn));
    TRY_ASSIGN(const int version, catalog_version(database));
    TRY(refuse_newer(database, version, newest_version(migrations)));
    TRY_ASSIGN(const std::vector<std::string> faults, sqlite::check_integrity(database, sqlite::Check::quick, 1));
    if (!faults.empty()) return Error{Code::corrupt, faults.front()};
    CatalogOpening opening;
    if (version < newest_version(migrations)) {
        opening.migrated_from = version;
        TRY_ASSIGN(opening.copy, copy_before_migration(folder, database, version, clock.now()));
        TRY(migrate(database, version, migrations));
    }
    return Opened{std::move(database), std::move(opening)};
}

Result<Opened> open_or_set_aside(const std::string& folder, const Clock& clock, const std::vector<Migration>& migrations) {
    auto opened = open_checked(folder, clock, migrations);
    if (opened.ok() || opened.error().code != Code::corrupt) return opened;
    TRY_ASSIGN(const std::string aside, set_catalog_aside(folder, "damaged", clock.now()));
    return Error{Code::corrupt,
                 say("the catalogue {} is damaged ({}) and was set aside as {}; the backups do not need it: run `custody "
                     "catalog rebuild`, which brings back from the vaults what they know",
                     printable(catalog_path(folder)), opened.error().message, printable(aside))};
}

}  // namespace

Catalog::Catalog(std::string folder, const Clock& clock, std::unique_ptr<File> lock, sqlite::Database database,
                 CatalogOpening opening)
    : folder_(std::move(folder)),
      clock_(clock),
      lock_(std::move(lock)),
      database_(std::move(database)),
      opening_(std::move(opening)) {}

Catalog::~Catalog() = default;

Result<std::unique_ptr<Catalog>> Catalog::open(const std::string& folder, const Clock& clock) {
    return open(folder, clock, catalog_migrations());
}

Result<std::unique_ptr<Catalog>> Catalog::open(const std::string& folder, const Clock& clock,
                                               const std::vector<Migration>& migrations) {
    TRY_ASSIGN(std::unique_ptr<File> lock, lock_catalog(folder));
    TRY_ASSIGN(const bool made, was_made(*lock));
    TRY_ASSIGN(const Presence presence, catalog_presence(folder));
    if (presence == Presence::none && made) return lost(folder);
    if (presence == Presence::none) {
        TRY(build_catalog(folder, clock, migrations, {}));
        TRY(publish_catalog(folder, clock));
    }
    if (!made) TRY(mark_made(*lock));  // after it has its name, or an opening that is cut off would count as a loss
    TRY_ASSIGN(Opened opened, open_or_set_aside(folder, clock, migrations));
    opened.opening.created = presence == Presence::none;
    return std::unique_ptr<Catalog>(
        new Catalog(folder, clock, std::move(lock), std::move(opened.database), std::move(opened.opening)));
}

Status Catalog::join(const std::function<Status(sqlite::Database&)>& change) {
    ++depth_;
    Status changed = change(database_);
    --depth_;
    if (!changed.ok()) joined_failed_ = true;
    return changed;
}

Status Catalog::write(const std::function<Status(sqlite::Database&)>& change) {
    const std::lock_guard lock(mutex_);
    if (writing_) return join(change);
    if (depth_ > 0) return Error{Code::failed, say("a change of the catalogue was asked for within a look at it")};
    TRY_ASSIGN(sqlite::Transaction transaction, sqlite::Transaction::begin(database_));
    writing_ = true;
    joined_failed_ = false;
    Status changed = join(change);
    writing_ = false;
    TRY(std::move(changed));
    if (joined_failed_) return Error{Code::failed, say("a part of a change of the catalogue failed, and all of it was undone")};
    return transaction.commit();
}

Status Catalog::read(const std::function<Status(sqlite::Database&)>& look) {
    const std::lock_guard lock(mutex_);
    if (depth_ > 0) return look(database_);  // within a write: sees what that has done so far
    TRY_ASSIGN(const sqlite::ReadSnapshot moment, sqlite::ReadSnapshot::begin(database_));
    ++depth_;
    Status looked = look(database_);
    --depth_;
    return looked;
}

Result<sqlite::Database> Catalog::second_connection() const { return sqlite::Database::open(catalog_path(folder_), kBeside); }

Status Catalog::copy_to(const std::string& path, const StopFlag& stop) {
    TRY_ASSIGN(sqlite::Database beside, second_connection());
    return copy_database(beside, path, stop);
}

Result<std::vector<std::string>> Catalog::check(const StopFlag& stop) {
    TRY_ASSIGN(sqlite::Database beside, second_connection());
    beside.stop_with(&stop);
    TRY_ASSIGN(std::vector<std::string> faults, sqlite::check_integrity(beside, sqlite::Check::full));
    TRY_ASSIGN(std::vector<std::string> dangling, sqlite::check_foreign_keys(beside));
    for (std::string& each : dangling) faults.push_back(std::move(each));
    return faults;
}

}  // namespace custody::catalog
