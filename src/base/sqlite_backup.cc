// The backup interface and the integrity checks.
#include "base/clock.h"
#include "base/sqlite.h"
#include "base/sqlite_internal.h"
#include "base/text.h"

#include <sqlite3.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace custody::sqlite {
namespace {

constexpr int kStepPages = 1024;
constexpr int kMaxRestarts = 3;                    // a writer that never rests would otherwise start the copy anew for ever
constexpr std::int64_t kMaxLocked = 30 * kSecond;  // without a single step

struct FinishBackup {
    void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};
using Backup = std::unique_ptr<sqlite3_backup, FinishBackup>;

Error copy_error(Connection& from, Connection& to, int code) {
    Error error = error_of(to, code, "write");
    return {error.code, say("copying the database {}: {}", printable(from.path), error.message)};
}

struct Pace {
    int restarts = 0;
    std::int64_t stepped_at = system_clock().monotonic_ns();
    int remaining_before = -1;

    // After a step that copied pages.
    void stepped(int remaining) {
        if (remaining_before >= 0 && remaining > remaining_before) ++restarts;
        remaining_before = remaining;
        stepped_at = system_clock().monotonic_ns();
    }
};

Status copy_pages(Database& from, Connection& to, sqlite3_backup* backup, bool held, const StopFlag& stop,
                  const BackupProgress& progress) {
    Pace pace;
    std::optional<ReadSnapshot> snapshot;
    for (;;) {
        TRY(stop.check());
        if (!held && !snapshot && pace.restarts >= kMaxRestarts) {
            TRY_ASSIGN(ReadSnapshot begun, ReadSnapshot::begin(from));
            snapshot.emplace(std::move(begun));
        }
        const int code = sqlite3_backup_step(backup, kStepPages);
        if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
            if (system_clock().monotonic_ns() - pace.stepped_at > kMaxLocked) return copy_error(*from.connection(), to, code);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            continue;
        }
        if (code != SQLITE_OK && code != SQLITE_DONE) return copy_error(*from.connection(), to, code);
        const int remaining = sqlite3_backup_remaining(backup), pages = sqlite3_backup_pagecount(backup);
        if (progress) progress(static_cast<std::uint64_t>(pages - remaining), static_cast<std::uint64_t>(pages));
        if (code == SQLITE_DONE) return done();
        pace.stepped(remaining);
    }
}

// The check of the pages is one step of SQLite's machine, in which it asks for nothing but sqlite3_interrupt.
class Interrupter {
public:
    explicit Interrupter(const Connection& connection) {
        if (connection.stop == nullptr) return;
        thread_ = std::thread([this, &connection] {
            std::unique_lock lock(mutex_);
            while (!ended_.wait_for(lock, std::chrono::milliseconds(50), [this] { return over_; }))
                if (connection.stop->requested()) sqlite3_interrupt(connection.handle);
        });
    }
    ~Interrupter() {
        if (!thread_.joinable()) return;
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        ended_.notify_one();
        thread_.join();
    }
    Interrupter(const Interrupter&) = delete;
    Interrupter& operator=(const Interrupter&) = delete;

private:
    std::mutex mutex_;
    std::condition_variable ended_;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace

Status back_up(Database& from, Database& to, const StopFlag& stop, const BackupProgress& progress) {
    TRY_ASSIGN(const std::string mode, from.text("PRAGMA journal_mode"));
    std::optional<ReadSnapshot> snapshot;
    if (mode == "wal") {
        TRY_ASSIGN(ReadSnapshot begun, ReadSnapshot::begin(from));
        snapshot.emplace(std::move(begun));
    }
    Connection& target = *to.connection();
    Backup backup(sqlite3_backup_init(target.handle, "main", from.connection()->handle, "main"));
    if (!backup) return copy_error(*from.connection(), target, sqlite3_extended_errcode(target.handle));
    TRY(copy_pages(from, target, backup.get(), snapshot.has_value(), stop, progress));
    const int code = sqlite3_backup_finish(backup.release());
    if (code != SQLITE_OK) return copy_error(*from.connection(), target, code);
    return done();
}

Result<std::vector<std::string>> check_integrity(Database& database, Check check, std::size_t max_faults) {
    const Interrupter interrupter(*database.connection());
    const std::string sql =
        fmt::format("PRAGMA {}({})", check == Check::quick ? "quick_check" : "integrity_check", max_faults < 1 ? 1 : max_faults);
    std::vector<std::string> faults;
    const auto collect = [&]() -> Status {
        TRY_ASSIGN(Statement statement, Statement::prepare(database, sql));
        for (;;) {
            TRY_ASSIGN(const bool row, statement.step());
            if (!row) return done();
            Columns columns = statement.columns();
            std::string line = columns.text();
            TRY(columns.status());
            if (line != "ok" && faults.size() < max_faults) faults.push_back(printable(line));
        }
    };
    Status collected = collect();
    if (database.connection()->stop != nullptr) TRY(database.connection()->stop->check());
    if (!collected.ok() && collected.error().code != Code::corrupt) return std::move(collected).error();
    if (!collected.ok()) faults.push_back(collected.error().message);
    return faults;
}

Result<std::vector<std::string>> check_foreign_keys(Database& database, std::size_t max_faults) {
    TRY_ASSIGN(Statement statement, Statement::prepare(database, "PRAGMA foreign_key_check"));
    std::vector<std::string> faults;
    while (faults.size() < max_faults) {
        TRY_ASSIGN(const bool row, statement.step());
        if (!row) break;
        Columns columns = statement.columns();
        const std::string table = columns.text();
        const std::int64_t id = columns.optional_integer().value_or(0);
        const std::string parent = columns.text();
        TRY(columns.status());
        faults.push_back(
            say("row {} of table {} refers to a row of {} that is not there", id, printable(table), printable(parent)));
    }
    return faults;
}

Result<std::string> quoted_name(std::string_view name) {
    if (name.find('\0') != std::string_view::npos)
        return Error{Code::failed, say("{} is no name in a database", printable(name))};
    std::string quoted = "\"";
    for (const char each : name) {
        quoted += each;
        if (each == '"') quoted += each;
    }
    return quoted + '"';
}

}  // namespace custody::sqlite
