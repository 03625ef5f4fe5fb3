// Throw-away database servers of a test: real ones, in a folder of their own, on Unix sockets only, gone with the object.
//
//     if (const std::string why = PostgresqlServer::absent(); !why.empty()) GTEST_SKIP() << why;
//     PostgresqlServer server;
//     server.sql("create table t (i int)");
//     ... server.conninfo("postgres") ...
//
// Ownership: the server process dies with the object, and with the test program (PDEATHSIG). Threads: sql() from any, each with a
// client of its own. Run by root they run as postgres and mysql; otherwise as whoever runs the test. Errors: what cannot be
// started, or an SQL statement that fails, fails the test. Cost: PostgreSQL 1 s and 27 MB, MariaDB 1 s and 100 MB.
#pragma once

#include "base/process.h"
#include "tests/support/scratch_folder.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace custody::test {

class DatabaseServer {
public:
    DatabaseServer(const DatabaseServer&) = delete;
    DatabaseServer& operator=(const DatabaseServer&) = delete;
    virtual ~DatabaseServer();
    // Where the socket lies; readable by everyone.
    [[nodiscard]] const std::string& folder() const { return scratch_.path(); }
    [[nodiscard]] std::string operator/(const std::string& name) const { return scratch_ / name; }
    // As a power cut would: at once. A second start() runs it again over the same data.
    void kill();
    virtual void start() = 0;
    [[nodiscard]] const std::optional<ProcessUser>& user() const { return user_; }

protected:
    DatabaseServer(const std::string& purpose, const char* system_user, int stop_signal);
    [[nodiscard]] ProcessOptions as_server(std::vector<std::string> arguments) const;
    ProcessOutcome must_run(const ProcessOptions& options) const;
    // Starts it and waits until `is_up`; fails the test otherwise.
    void launch(std::vector<std::string> arguments, const std::vector<std::string>& is_up);

private:
    ScratchFolder scratch_;
    std::optional<ProcessUser> user_;
    int stop_signal_;
    StopFlag never_;
    std::unique_ptr<ChildProcess> server_;
};

class PostgresqlServer final : public DatabaseServer {
public:
    // Empty: it can be run here; else why not.
    [[nodiscard]] static std::string absent();
    // `settings`: further lines of postgresql.conf. `access`: lines of pg_hba.conf, instead of trust for all.
    explicit PostgresqlServer(const std::string& settings = "", const std::string& access = "local all all trust\n");
    void start() override;
    [[nodiscard]] std::string conninfo(const std::string& database = "postgres", const std::string& role = "postgres") const;
    // What psql prints, unaligned and without headings, rows ended by newlines. As the superuser postgres.
    std::string sql(const std::string& statements, const std::string& database = "postgres") const;
    // Without failing the test.
    ProcessOutcome psql(const std::string& statements, const std::string& database = "postgres") const;
    // Runs the file, every statement of which must succeed.
    void restore(const std::string& file, const std::string& database = "postgres") const;
};

class MariadbServer final : public DatabaseServer {
public:
    [[nodiscard]] static std::string absent();
    // `options`: further options of mariadbd ("--log-bin").
    explicit MariadbServer(std::vector<std::string> options = {});
    void start() override;
    [[nodiscard]] std::string socket() const { return *this / "s"; }
    // A defaults file with the socket and root without a password (or the given user and password), mode 0600.
    [[nodiscard]] std::string defaults_file(const std::string& user = "root", const std::string& password = "") const;
    std::string sql(const std::string& statements, const std::string& database = "") const;
    ProcessOutcome client(const std::string& statements, const std::string& database = "") const;
    void restore(const std::string& file) const;

private:
    std::vector<std::string> options_;
};

}  // namespace custody::test
