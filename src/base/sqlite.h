// SQLite, the one door to it: owners of connections, statements and transactions, the backup interface, and the checks. Both the
// catalogue (read and written) and the backup of a live SQLite file (only ever read) come through here.
//
// Ownership: a Database owns its connection; Statements and Transactions keep it open while they live. Threads: one connection,
// with all that was made from it, serves one thread at a time; several connections to one file may be used side by side. Errors:
// busy (locked beyond the time-out), corrupt (damaged, no database, or a value of another type than the query expects), no_space,
// read_only, denied, not_found (no such file), io, exists (a unique key), interrupted (the StopFlag), failed (the rest). Durable:
// a committed Transaction of a Database opened for writing, when commit() has returned. After a failed fsync the connection
// refuses every later Transaction: what lies on the medium is known only when the file is opened anew (docs/ARCHITECTURE.md,
// Errors).
//
// SQLite holds POSIX locks, and the kernel drops all of a process's when it closes ANY descriptor of that file. So a process that
// has a database open for writing opens that file, its -wal and its -shm by no other way than this one; `Sharing::this_process`
// needs no such locks among its own connections.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/stop.h"

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3_stmt;

namespace custody::sqlite {

struct Connection;  // the sqlite3 handle, its path, and whether a sync has failed

enum class Access {
    read_only,   // nothing is ever written, not even by a statement that tries
    read_write,  // an existing file
    create,      // a new file of mode 0600, whose name is durable; Code::exists when there is one
};

// Whose file it is. `ours`: WAL, synchronous FULL, foreign keys on. `foreign`: somebody's live database or a copy of one: its
// journal mode stays; its triggers and views are off, and its schema is not trusted.
enum class Kind { ours, foreign };

// `this_process`: no other process can open it meanwhile (SQLite's unix-excl), and there is no -shm file.
enum class Sharing { all_processes, this_process };

struct OpenOptions {
    Access access = Access::read_only;
    Kind kind = Kind::foreign;
    Sharing sharing = Sharing::all_processes;
    int busy_timeout_ms = 5000;  // how long a statement waits for somebody else's lock
};

class Database {
public:
    // Absolute path. The file is read at once (its header, and the log of what was not yet brought into it), so that damage and
    // missing rights show here; a file of no bytes is an empty database.
    [[nodiscard]] static Result<Database> open(const std::string& path, const OpenOptions& options);

    // Statements without parameters and results, one or several.
    [[nodiscard]] Status execute(std::string_view sql);
    // The only value of the only row.
    [[nodiscard]] Result<std::int64_t> integer(std::string_view sql);
    [[nodiscard]] Result<std::string> text(std::string_view sql);

    // From now on a running statement ends with Code::interrupted within milliseconds when `stop` is requested; null: no more.
    // It must outlive the Database, or be taken back.
    void stop_with(const StopFlag* stop);

    [[nodiscard]] std::int64_t last_insert_id() const;
    [[nodiscard]] std::int64_t changes() const;  // rows that the last INSERT, UPDATE or DELETE touched
    [[nodiscard]] const std::string& path() const;
    [[nodiscard]] const std::shared_ptr<Connection>& connection() const { return connection_; }

private:
    explicit Database(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
    std::shared_ptr<Connection> connection_;
};

// The values of one row from left to right. The first that is not of the kind asked for makes status() corrupt; from then on
// every getter yields 0 or "". Views hold until the next step.
class Columns {
public:
    explicit Columns(sqlite3_stmt* statement, const Connection& connection) : statement_(statement), connection_(connection) {}
    [[nodiscard]] std::int64_t integer();
    [[nodiscard]] std::uint64_t count();  // an integer that is not negative
    [[nodiscard]] bool boolean();         // 0 or 1
    [[nodiscard]] double real();          // an integer, too
    [[nodiscard]] std::string text();     // valid UTF-8
    [[nodiscard]] ByteView blob();
    [[nodiscard]] std::optional<std::int64_t> optional_integer();
    [[nodiscard]] std::optional<std::string> optional_text();
    [[nodiscard]] std::optional<ByteView> optional_blob();
    // For what comes from outside this class (a number that is no known state): status() is corrupt from here on.
    void fail();
    [[nodiscard]] Status status() const;

private:
    [[nodiscard]] bool next_is(int type);
    [[nodiscard]] bool next_is_null();
    sqlite3_stmt* statement_;
    const Connection& connection_;
    int at_ = -1;
    int failed_at_ = -1;
};

// A prepared statement. bind() what it asks for, then step() until false, or run() when no rows are expected; reset() before the
// next use (run() does it itself).
class Statement {
public:
    [[nodiscard]] static Result<Statement> prepare(Database& database, std::string_view sql);

    // All parameters in order. Integers, double, bool, text, ByteView, std::optional of these (empty: NULL), nullptr. Text and
    // bytes are copied.
    template <class... Values>
    [[nodiscard]] Status bind(const Values&... values) {
        int index = 0;
        Status status = done();
        static_cast<void>(((status = bind_at(++index, values)).ok() && ...));
        return status.ok() ? all_bound(index) : std::move(status);
    }
    [[nodiscard]] Result<bool> step();  // true: a row is there, read it by columns()
    [[nodiscard]] Status run();         // to the end, then reset
    void reset();                       // parameters stay
    [[nodiscard]] Columns columns() const { return Columns(statement_.get(), *connection_); }
    [[nodiscard]] int column_count() const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    Statement(std::shared_ptr<Connection> connection, sqlite3_stmt* statement)
        : connection_(std::move(connection)), statement_(statement) {}

    Status bind_at(int index, std::int64_t value);
    Status bind_at(int index, double value);
    Status bind_at(int index, std::nullptr_t);
    Status bind_at(int index, std::string_view value);
    Status bind_at(int index, ByteView value);
    Status bind_at(int index, const char* value) { return bind_at(index, std::string_view(value)); }
    Status bind_at(int index, const std::string& value) { return bind_at(index, std::string_view(value)); }
    Status bind_unsigned(int index, std::uint64_t value);  // failed above 63 bits
    template <std::integral Integer>
    Status bind_at(int index, Integer value) {
        if constexpr (std::unsigned_integral<Integer>) return bind_unsigned(index, value);
        return bind_at(index, static_cast<std::int64_t>(value));
    }
    template <class Value>
    Status bind_at(int index, const std::optional<Value>& value) {
        return value ? bind_at(index, *value) : bind_at(index, nullptr);
    }
    Status all_bound(int count) const;
    Status result_of(int code, std::string_view operation) const;

    std::shared_ptr<Connection> connection_;  // before the statement, so that it goes after it
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// BEGIN IMMEDIATE: from here on no other connection writes. Rolled back unless committed. Not nested.
class Transaction {
public:
    [[nodiscard]] static Result<Transaction> begin(Database& database);
    Transaction(Transaction&& other) noexcept = default;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    [[nodiscard]] Status commit();

private:
    explicit Transaction(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
    std::shared_ptr<Connection> connection_;
};

// Every read through this connection sees one moment while it lives. In WAL mode writers go on; otherwise they wait.
class ReadSnapshot {
public:
    [[nodiscard]] static Result<ReadSnapshot> begin(Database& database);
    ReadSnapshot(ReadSnapshot&& other) noexcept = default;
    ReadSnapshot& operator=(ReadSnapshot&&) = delete;
    ~ReadSnapshot();

private:
    explicit ReadSnapshot(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
    std::shared_ptr<Connection> connection_;
};

// Copies `from` whole into `to` (created empty by Access::create, Kind::foreign) by SQLite's backup interface: one moment of it,
// also while others write. Steps of 1024 pages, `stop` and `progress(pages done, pages in all)` between. A source in WAL mode is
// held at one moment, and nobody waits. Another one is copied between the writers' turns; after three restarts it is held, and
// writers wait until the end. Durable when done. Errors: those above (busy: no step for 30 s); after one, `to` holds nothing of
// use: remove it.
using BackupProgress = std::function<void(std::uint64_t, std::uint64_t)>;
[[nodiscard]] Status back_up(Database& from, Database& to, const StopFlag& stop, const BackupProgress& progress = {});

// PRAGMA integrity_check, quick_check (without the content of indexes), foreign_key_check: what they find, at most max_faults
// lines, none when all is well. Damage so bad that the check itself ends comes as a line, too; errors are those of reading.
enum class Check { quick, full };
[[nodiscard]] Result<std::vector<std::string>> check_integrity(Database& database, Check check, std::size_t max_faults = 20);
[[nodiscard]] Result<std::vector<std::string>> check_foreign_keys(Database& database, std::size_t max_faults = 20);

// A table's or column's name for SQL text: in double quotes, inner ones doubled. failed: it has a NUL byte.
[[nodiscard]] Result<std::string> quoted_name(std::string_view name);

}  // namespace custody::sqlite
