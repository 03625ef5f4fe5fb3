// Statements, the values of their rows, and transactions.
#include "base/sqlite.h"
#include "base/sqlite_internal.h"
#include "base/text.h"

#include <sqlite3.h>

#include <limits>

namespace custody::sqlite {

bool Columns::next_is_null() {
    if (failed_at_ >= 0) return true;
    if (at_ + 1 >= sqlite3_data_count(statement_)) {
        failed_at_ = ++at_;
        return true;
    }
    return sqlite3_column_type(statement_, at_ + 1) == SQLITE_NULL;
}

bool Columns::next_is(int type) {
    if (failed_at_ >= 0) return false;
    ++at_;
    if (at_ < sqlite3_data_count(statement_) && sqlite3_column_type(statement_, at_) == type) return true;
    failed_at_ = at_;
    return false;
}

std::int64_t Columns::integer() { return next_is(SQLITE_INTEGER) ? sqlite3_column_int64(statement_, at_) : 0; }

std::uint64_t Columns::count() {
    const std::int64_t value = integer();
    if (value < 0) fail();
    return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

bool Columns::boolean() {
    const std::int64_t value = integer();
    if (value != 0 && value != 1) fail();
    return value == 1;
}

double Columns::real() {
    const bool whole =
        failed_at_ < 0 && at_ + 1 < sqlite3_data_count(statement_) && sqlite3_column_type(statement_, at_ + 1) == SQLITE_INTEGER;
    return next_is(whole ? SQLITE_INTEGER : SQLITE_FLOAT) ? sqlite3_column_double(statement_, at_) : 0;
}

std::string Columns::text() {
    if (!next_is(SQLITE_TEXT)) return {};
    const auto* bytes = sqlite3_column_text(statement_, at_);
    const int length = sqlite3_column_bytes(statement_, at_);
    std::string value =
        bytes == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    if (is_utf8(value)) return value;
    fail();
    return {};
}

ByteView Columns::blob() {
    if (!next_is(SQLITE_BLOB)) return {};
    const auto* bytes = static_cast<const Byte*>(sqlite3_column_blob(statement_, at_));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, at_))};
}

std::optional<std::int64_t> Columns::optional_integer() {
    if (!next_is_null()) return integer();
    ++at_;
    return std::nullopt;
}

std::optional<std::string> Columns::optional_text() {
    if (!next_is_null()) return text();
    ++at_;
    return std::nullopt;
}

std::optional<ByteView> Columns::optional_blob() {
    if (!next_is_null()) return blob();
    ++at_;
    return std::nullopt;
}

void Columns::fail() {
    if (failed_at_ < 0) failed_at_ = at_ < 0 ? 0 : at_;
}

Status Columns::status() const {
    if (failed_at_ < 0) return done();
    const char* name = sqlite3_column_name(statement_, failed_at_);
    const std::string column = name == nullptr ? fmt::format("{}", failed_at_ + 1) : printable(name);
    return Error{Code::corrupt, say("the database {} holds an unexpected value in column {} of '{}'", printable(connection_.path),
                                    column, printable(sqlite3_sql(statement_)))};
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Result<Statement> Statement::prepare(Database& database, std::string_view sql) {
    Connection& connection = *database.connection();
    sqlite3_stmt* raw = nullptr;
    if (sql.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return error_of(connection, SQLITE_TOOBIG, "use");
    const int code = sqlite3_prepare_v2(connection.handle, sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
    if (code != SQLITE_OK) return error_of(connection, code, "use");
    if (raw == nullptr) return error_of(connection, SQLITE_MISUSE, "use");  // an empty text
    return Statement(database.connection(), raw);
}

Status Statement::result_of(int code, std::string_view operation) const {
    if (code == SQLITE_OK) return done();
    return error_of(*connection_, code, operation);
}

Status Statement::bind_at(int index, std::int64_t value) {
    return result_of(sqlite3_bind_int64(statement_.get(), index, value), "use");
}

Status Statement::bind_at(int index, double value) {
    return result_of(sqlite3_bind_double(statement_.get(), index, value), "use");
}

Status Statement::bind_at(int index, std::nullptr_t) { return result_of(sqlite3_bind_null(statement_.get(), index), "use"); }

Status Statement::bind_at(int index, std::string_view value) {
    // A null pointer would bind NULL: an empty view may have one.
    const char* bytes = value.data() == nullptr ? "" : value.data();
    return result_of(sqlite3_bind_text64(statement_.get(), index, bytes, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8), "use");
}

Status Statement::bind_at(int index, ByteView value) {
    const void* bytes = value.data() == nullptr ? "" : static_cast<const void*>(value.data());
    return result_of(sqlite3_bind_blob64(statement_.get(), index, bytes, value.size(), SQLITE_TRANSIENT), "use");
}

Status Statement::bind_unsigned(int index, std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return Error{Code::failed, say("{} is too large a number for the database {}", value, printable(connection_->path))};
    return bind_at(index, static_cast<std::int64_t>(value));
}

Status Statement::all_bound(int count) const {
    return result_of(sqlite3_bind_parameter_count(statement_.get()) == count ? SQLITE_OK : SQLITE_RANGE, "use");
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    Error error = error_of(*connection_, code, sqlite3_stmt_readonly(statement_.get()) != 0 ? "read" : "write");
    sqlite3_reset(statement_.get());  // its locks go; the error is told already
    return error;
}

Status Statement::run() {
    for (;;) {
        TRY_ASSIGN(const bool row, step());
        if (!row) break;
    }
    reset();
    return done();
}

void Statement::reset() { sqlite3_reset(statement_.get()); }  // repeats the last step's error, which that told

int Statement::column_count() const { return sqlite3_column_count(statement_.get()); }

Result<Transaction> Transaction::begin(Database& database) {
    Connection& connection = *database.connection();
    if (connection.sync_failed)
        return Error{Code::io,
                     say("the database {} takes no more changes: the medium lost what was written before; mend or replace "
                         "it and start the program again",
                         printable(connection.path))};
    TRY(run_plain(connection, "BEGIN IMMEDIATE", "write"));
    return Transaction(database.connection());
}

Status Transaction::commit() {
    TRY(run_plain(*connection_, "COMMIT", "write"));
    connection_.reset();
    return done();
}

namespace {

// A rollback that fails leaves nothing to be done: SQLite has rolled back already, or does so when the file is opened next.
void end(const Connection& connection) {
    if (sqlite3_get_autocommit(connection.handle) == 0) sqlite3_exec(connection.handle, "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace

Transaction::~Transaction() {
    if (connection_) end(*connection_);
}

Result<ReadSnapshot> ReadSnapshot::begin(Database& database) {
    Connection& connection = *database.connection();
    TRY(run_plain(connection, "BEGIN", "read"));
    ReadSnapshot snapshot(database.connection());
    TRY(run_plain(connection, "SELECT count(*) FROM sqlite_schema", "read"));  // the moment is that of the first read
    return snapshot;
}

ReadSnapshot::~ReadSnapshot() {
    if (connection_) end(*connection_);
}

}  // namespace custody::sqlite
