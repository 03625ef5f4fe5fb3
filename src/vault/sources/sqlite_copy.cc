#include "vault/sources/sqlite_copy.h"

#include "base/sqlite.h"
#include "base/text.h"
#include "vault/sources/scratch_area.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

namespace custody {
namespace {

constexpr std::size_t kMaxTables = 100'000;
constexpr std::size_t kMaxForeignKeyFaults = 20;

Error no_snapshot(const std::string& path, const Error& error) {
    return {error.code, say("no snapshot is made of the database {}: {}", printable(path), error.message)};
}

// Where links lead, and that there is a file with something in it. It is not opened here (base/sqlite.h: POSIX locks).
Result<std::string> real_file(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    struct stat status {};
    if (!real || ::stat(real.get(), &status) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return Error{Code::not_found, say("cannot back up {}: there is no such file", printable(path))};
        }
        return system_error(errno, "look at", path);
    }
    if (!S_ISREG(status.st_mode))
        return Error{Code::usage, say("{} is no file: --sqlite names the database's file", printable(path))};
    if (status.st_size == 0) {
        return Error{Code::failed,
                     say("no snapshot is made, for {} holds not one byte: look whether it is the right one, and whether "
                         "what makes it failed, or a medium is missing",
                         printable(path))};
    }
    return std::string(real.get());
}

Result<std::vector<std::string>> table_names(sqlite::Database& copy) {
    TRY_ASSIGN(sqlite::Statement statement,
               sqlite::Statement::prepare(copy,
                                          "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
                                          "ESCAPE '\\' ORDER BY name COLLATE BINARY"));
    std::vector<std::string> names;
    for (;;) {
        TRY_ASSIGN(const bool row, statement.step());
        if (!row) return names;
        sqlite::Columns columns = statement.columns();
        names.push_back(columns.text());
        TRY(columns.status());
        if (names.size() > kMaxTables) return Error{Code::failed, say("it has more than {} tables", kMaxTables)};
    }
}

Result<Json> count_rows(sqlite::Database& copy, std::vector<std::string>& warnings) {
    TRY_ASSIGN(const auto names, table_names(copy));
    Json tables = Json::array();
    for (const std::string& name : names) {
        TRY_ASSIGN(const std::string quoted, sqlite::quoted_name(name));
        const auto rows = copy.integer("SELECT count(*) FROM " + quoted);
        if (!rows.ok() && rows.error().code != Code::failed) return rows.error();
        if (!rows.ok()) {  // a virtual table of a module that is the application's own
            warnings.push_back(say("the rows of table {} could not be counted: {}", printable(name), rows.error().message));
        }
        tables.push_back({{"schema", "main"}, {"table", name}, {"rows", rows.ok() ? Json(*rows) : Json(nullptr)}});
    }
    return tables;
}

Status prove(sqlite::Database& copy, const std::string& path, SqliteCopy& result) {
    TRY_ASSIGN(const auto faults, sqlite::check_integrity(copy, sqlite::Check::full));
    if (!faults.empty()) {
        return Error{
            Code::corrupt,
            say("it is damaged: {}; look at it with 'PRAGMA integrity_check', and bring back a sound one from an older snapshot",
                faults.front())};
    }
    TRY_ASSIGN(const auto dangling, sqlite::check_foreign_keys(copy, kMaxForeignKeyFaults));
    if (!dangling.empty()) {
        result.warnings.push_back(say("{}: {}; the database is stored as it is", printable(path), dangling.front()));
    }
    Json& evidence = result.evidence;
    evidence["integrity"] = "ok";
    evidence["foreign_key_faults"] = dangling.size();
    for (const auto& [field, pragma] : {std::pair{"application_id", "PRAGMA application_id"},
                                        {"user_version", "PRAGMA user_version"},
                                        {"page_size", "PRAGMA page_size"},
                                        {"pages", "PRAGMA page_count"}}) {
        TRY_ASSIGN(evidence[field], copy.integer(pragma));
    }
    TRY_ASSIGN(evidence["tables"], count_rows(copy, result.warnings));
    return done();
}

Status copy_and_prove(const SqliteOptions& options, const std::string& to, SqliteCopy& result, const StopFlag& stop) {
    sqlite::OpenOptions live;
    live.busy_timeout_ms = options.busy_timeout_ms;
    TRY_ASSIGN(sqlite::Database from, sqlite::Database::open(result.path, live));
    from.stop_with(&stop);
    TRY_ASSIGN(const std::string journal, from.text("PRAGMA journal_mode"));
    result.evidence["journal_mode"] = journal;
    sqlite::OpenOptions fresh;
    fresh.access = sqlite::Access::create;
    TRY_ASSIGN(sqlite::Database copy, sqlite::Database::open(to, fresh));
    copy.stop_with(&stop);
    TRY(sqlite::back_up(from, copy, stop));
    return prove(copy, result.path, result);
}

}  // namespace

Result<SqliteCopy> copy_sqlite(const SqliteOptions& options, const StopFlag& stop) {
    SqliteCopy result;
    TRY_ASSIGN(result.path, real_file(options.path));
    TRY_ASSIGN(const ScratchArea scratch, ScratchArea::make(options.scratch_folder));
    const std::string to = join_path(scratch.path(), "copy");
    const Status copied = copy_and_prove(options, to, result, stop);
    if (!copied.ok() && copied.error().code == Code::interrupted) return copied.error();
    if (!copied.ok()) return no_snapshot(result.path, copied.error());
    // Every connection to the copy is closed. It goes on without a name.
    result.content = Fd(::open(to.c_str(), O_RDONLY | O_CLOEXEC));
    if (!result.content.valid()) return system_error(errno, "open", to);
    struct stat status {};
    if (::fstat(result.content.get(), &status) != 0) return system_error(errno, "look at", to);
    result.size = static_cast<std::uint64_t>(status.st_size);
    return result;
}

}  // namespace custody
