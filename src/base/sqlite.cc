#include "base/sqlite.h"

#include "base/file.h"
#include "base/sqlite_internal.h"
#include "base/text.h"

#include <sqlite3.h>

#include <cerrno>

namespace custody::sqlite {
namespace {

struct Reason {
    Code code;
    std::string text;
};

// SQLite's own words: in English, for what only a fault of a program brings about.
Reason in_sqlite_words(Connection& connection, Code code) { return {code, printable(sqlite3_errmsg(connection.handle))}; }

Reason input_output_reason(Connection& connection, int code) {
    if (code == SQLITE_IOERR_NOMEM) return {Code::failed, reason_of(ENOMEM)};
    if (code == SQLITE_IOERR_DATA) return {Code::corrupt, say("a page contradicts its checksum")};
    const int error_number = sqlite3_system_errno(connection.handle);
    if (error_number == 0) return in_sqlite_words(connection, Code::io);
    const Code known = system_error(error_number, "open", connection.path).code;
    const bool of_opening = (code & 0xff) == SQLITE_CANTOPEN;
    const bool fits = known == Code::no_space || known == Code::read_only || known == Code::denied || known == Code::failed;
    return {fits || (of_opening && known == Code::not_found) ? known : Code::io, reason_of(error_number)};
}

Reason read_only_reason(int code) {
    if (code == SQLITE_READONLY_DBMOVED) return {Code::io, say("the file was moved or removed while it was open")};
    if (code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY || code == SQLITE_READONLY_CANTINIT)
        return {Code::read_only,
                say("its last writer was cut off, and what it left can only be put right where the file may be written")};
    return {Code::read_only, say("it cannot be written")};
}

Reason reason_of_code(Connection& connection, int code) {
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
            return {Code::busy, say("another program holds it; try again when that has ended")};
        case SQLITE_CORRUPT:
        case SQLITE_FORMAT:
            return {Code::corrupt, say("the file is damaged")};
        case SQLITE_NOTADB:
            return {Code::corrupt, say("the file is no SQLite database, or its beginning is damaged")};
        case SQLITE_FULL:
            return {Code::no_space, reason_of(ENOSPC)};
        case SQLITE_READONLY:
            return read_only_reason(code);
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
            return input_output_reason(connection, code);
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return {Code::denied, reason_of(EACCES)};
        case SQLITE_NOMEM:
            return {Code::failed, reason_of(ENOMEM)};
        case SQLITE_INTERRUPT:
            return {Code::interrupted, say("it was asked to stop")};
        case SQLITE_CONSTRAINT: {
            const bool there =
                code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID;
            return in_sqlite_words(connection, there ? Code::exists : Code::failed);
        }
        default:
            return in_sqlite_words(connection, Code::failed);
    }
}

// FIFOs and devices would keep the opening waiting.
Status make_or_find(const std::string& path, Access access) {
    FileSystem& files = posix_file_system();
    if (access == Access::create) {
        TRY(files.create(path, 0600));
        return files.sync_directory(parent_path(path));
    }
    TRY_ASSIGN(const FileInfo info, files.info(path));
    if (!info.is_regular) return Error{Code::failed, say("cannot open {}: it is not a regular file", printable(path))};
    return done();
}

int ask_stop(void* stop) { return static_cast<const StopFlag*>(stop)->requested() ? 1 : 0; }

Status set_flag(Connection& connection, int which, bool on) {
    const int code = sqlite3_db_config(connection.handle, which, on ? 1 : 0, nullptr);
    if (code != SQLITE_OK) return error_of(connection, code, "open");
    return done();
}

// A schema is bytes from outside: it may name functions and tables that do more than it shows, and is given nothing to do.
Status distrust(Connection& connection, Kind kind) {
    TRY(set_flag(connection, SQLITE_DBCONFIG_DEFENSIVE, true));
    TRY(set_flag(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, false));
    TRY(set_flag(connection, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, false));
    TRY(set_flag(connection, SQLITE_DBCONFIG_ENABLE_FKEY, kind == Kind::ours));
    if (kind == Kind::foreign) {
        TRY(set_flag(connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, false));
        TRY(set_flag(connection, SQLITE_DBCONFIG_ENABLE_VIEW, false));
        sqlite3_limit(connection.handle, SQLITE_LIMIT_ATTACHED, 0);
    } else {
        TRY(set_flag(connection, SQLITE_DBCONFIG_DQS_DDL, false));
        TRY(set_flag(connection, SQLITE_DBCONFIG_DQS_DML, false));
        sqlite3_limit(connection.handle, SQLITE_LIMIT_LENGTH, 16 << 20);
    }
    TRY(run_plain(connection, "PRAGMA cell_size_check=ON", "open"));
    return run_plain(connection, "PRAGMA mmap_size=0", "open");  // a mapped file on a medium that is pulled out is a SIGBUS
}

Status make_durable(Database& database) {
    TRY_ASSIGN(const std::string mode, database.text("PRAGMA journal_mode=WAL"));
    if (mode != "wal")
        return Error{Code::failed, say("cannot open the database {}: its write-ahead log cannot be used here (mode {})",
                                       printable(database.path()), printable(mode))};
    TRY(database.integer("PRAGMA journal_size_limit=16777216"));
    return done();
}

}  // namespace

Connection::~Connection() { sqlite3_close_v2(handle); }  // statements hold the connection: none is left

Error error_of(Connection& connection, int code, std::string_view operation) {
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) connection.sync_failed = true;
    Reason reason = reason_of_code(connection, code);
    return {reason.code, say("cannot {} the database {}: {}", translate(operation), printable(connection.path), reason.text)};
}

Status run_plain(Connection& connection, const char* sql, std::string_view operation) {
    const int code = sqlite3_exec(connection.handle, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error_of(connection, code, operation);
    return done();
}

Result<Database> Database::open(const std::string& path, const OpenOptions& options) {
    // What begins otherwise could be a URI with options of its own.
    if (!path.starts_with('/') || path.find('\0') != std::string::npos)
        return Error{Code::usage, say("{} is no absolute path", printable(path))};
    TRY(make_or_find(path, options.access));
    auto connection = std::make_shared<Connection>();
    connection->path = path;
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (options.access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    const char* vfs = options.sharing == Sharing::this_process ? "unix-excl" : nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &connection->handle, flags, vfs);
    if (connection->handle == nullptr) return system_error(ENOMEM, "open", path);
    if (code != SQLITE_OK) return error_of(*connection, code, "open");
    sqlite3_busy_timeout(connection->handle, options.busy_timeout_ms);
    TRY(distrust(*connection, options.kind));
    TRY(run_plain(*connection, "PRAGMA synchronous=FULL", "open"));
    if (options.access == Access::read_only) TRY(run_plain(*connection, "PRAGMA query_only=ON", "open"));
    TRY(run_plain(*connection, "SELECT count(*) FROM sqlite_schema", "open"));
    Database database(std::move(connection));
    if (options.kind == Kind::ours && options.access != Access::read_only) TRY(make_durable(database));
    return database;
}

Status Database::execute(std::string_view sql) {
    const std::string text(sql);
    return run_plain(*connection_, text.c_str(), "use");
}

Result<std::int64_t> Database::integer(std::string_view sql) {
    TRY_ASSIGN(Statement statement, Statement::prepare(*this, sql));
    TRY_ASSIGN(const bool row, statement.step());
    Columns columns = statement.columns();
    const std::int64_t value = row ? columns.integer() : 0;
    if (!row) columns.fail();
    TRY(columns.status());
    return value;
}

Result<std::string> Database::text(std::string_view sql) {
    TRY_ASSIGN(Statement statement, Statement::prepare(*this, sql));
    TRY_ASSIGN(const bool row, statement.step());
    Columns columns = statement.columns();
    std::string value = row ? columns.text() : std::string();
    if (!row) columns.fail();
    TRY(columns.status());
    return value;
}

void Database::stop_with(const StopFlag* stop) {
    connection_->stop = stop;
    // SQLite hands the pointer back as it got it; ask_stop only reads.
    sqlite3_progress_handler(connection_->handle, 1000, stop == nullptr ? nullptr : &ask_stop, const_cast<StopFlag*>(stop));
}

std::int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(connection_->handle); }
std::int64_t Database::changes() const { return sqlite3_changes64(connection_->handle); }
const std::string& Database::path() const { return connection_->path; }

}  // namespace custody::sqlite
