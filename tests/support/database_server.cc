#include "tests/support/database_server.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace custody::test {
namespace {

constexpr const char* kPostgresPrograms = "/usr/lib/postgresql/15/bin";
constexpr int kStartTries = 600;

std::string postgres(const char* program) {
    const std::string packaged = std::string(kPostgresPrograms) + "/" + program;
    if (::access(packaged.c_str(), X_OK) == 0) return packaged;
    const auto found = find_program(program);
    return found.ok() ? *found : "";
}

std::string missing(const std::vector<std::string>& programs, const char* system_user) {
    for (const std::string& program : programs)
        if (program.empty() || ::access(program.c_str(), X_OK) != 0) return "the server is not installed (scripts/setup --tests)";
    if (::geteuid() == 0 && !find_user(system_user).ok()) return std::string("there is no user ") + system_user;
    return "";
}

std::string program_or_empty(const char* name) {
    const auto found = find_program(name);
    return found.ok() ? *found : "";
}

}  // namespace

DatabaseServer::DatabaseServer(const std::string& purpose, const char* system_user, int stop_signal)
    : scratch_(purpose), stop_signal_(stop_signal) {
    if (::geteuid() != 0) return;
    user_ = find_user(system_user).value();
    if (::chown(scratch_.path().c_str(), user_->uid, user_->gid) != 0) ADD_FAILURE() << "chown " << scratch_.path();
}

DatabaseServer::~DatabaseServer() {
    if (!server_) return;
    ::kill(server_->pid(), stop_signal_);
    (void)server_->finish();
}

void DatabaseServer::kill() {
    if (!server_) return;
    ::kill(-server_->pid(), SIGKILL);
    (void)server_->finish();
    server_.reset();
}

ProcessOptions DatabaseServer::as_server(std::vector<std::string> arguments) const {
    ProcessOptions options;
    options.arguments = std::move(arguments);
    options.user = user_;
    options.time_limit_ns = kMinute;
    return options;
}

ProcessOutcome DatabaseServer::must_run(const ProcessOptions& options) const {
    auto outcome = run_process(options, never_);
    if (!outcome.ok()) {
        ADD_FAILURE() << outcome.error().message;
        return {};
    }
    if (!outcome->succeeded())
        ADD_FAILURE() << options.arguments.front() << ": " << how_it_ended(*outcome) << "\n" << outcome->err;
    return std::move(*outcome);
}

void DatabaseServer::launch(std::vector<std::string> arguments, const std::vector<std::string>& is_up) {
    ProcessOptions options = as_server(std::move(arguments));
    options.time_limit_ns = 0;
    auto started = ChildProcess::start(options, never_);
    if (!started.ok()) {
        ADD_FAILURE() << started.error().message;
        return;
    }
    server_ = std::move(*started);
    for (int i = 0; i < kStartTries; ++i) {
        const auto asked = run_process(as_server(is_up), never_);
        if (asked.ok() && asked->succeeded()) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << options.arguments.front() << " did not start";
}

std::string PostgresqlServer::absent() {
    return missing({postgres("initdb"), postgres("postgres"), postgres("psql")}, "postgres");
}

PostgresqlServer::PostgresqlServer(const std::string& settings, const std::string& access)
    : DatabaseServer("pg", "postgres", SIGQUIT) {
    must_run(as_server({postgres("initdb"), "-D", *this / "data", "-A", "trust", "-U", "postgres", "-N", "--no-locale", "-E",
                        "UTF8", "--no-instructions"}));
    std::ofstream(*this / "data/postgresql.conf", std::ios::app)
        << "listen_addresses=''\nunix_socket_directories='" << folder() << "'\nfsync=off\nshared_buffers=16MB\n"
        << settings;
    std::ofstream(*this / "data/pg_hba.conf") << access;
    start();
}

void PostgresqlServer::start() {
    launch({postgres("postgres"), "-D", *this / "data"}, {postgres("pg_isready"), "-q", "-h", folder(), "-U", "postgres"});
}

std::string PostgresqlServer::conninfo(const std::string& database, const std::string& role) const {
    return "host=" + folder() + " port=5432 user=" + role + " dbname='" + database + "'";
}

ProcessOutcome PostgresqlServer::psql(const std::string& statements, const std::string& database) const {
    ProcessOptions options =
        as_server({postgres("psql"), "-XqAtw", "-v", "ON_ERROR_STOP=1", "-d", conninfo(database), "-f", "-"});
    options.input = statements;
    options.max_output = 64 * 1024 * 1024;
    const StopFlag never;
    auto outcome = run_process(options, never);
    return outcome.ok() ? std::move(*outcome) : ProcessOutcome{};
}

std::string PostgresqlServer::sql(const std::string& statements, const std::string& database) const {
    ProcessOutcome outcome = psql(statements, database);
    EXPECT_TRUE(outcome.succeeded()) << how_it_ended(outcome) << "\n" << statements.substr(0, 500);
    return std::move(outcome.out);
}

void PostgresqlServer::restore(const std::string& file, const std::string& database) const {
    (void)::chmod(file.c_str(), 0644);
    must_run(
        as_server({postgres("psql"), "-Xqw", "-v", "ON_ERROR_STOP=1", "-d", conninfo(database), "-o", "/dev/null", "-f", file}));
}

std::string MariadbServer::absent() {
    return missing({program_or_empty("mariadbd"), program_or_empty("mariadb-install-db"), program_or_empty("mariadb")}, "mysql");
}

MariadbServer::MariadbServer(std::vector<std::string> options)
    : DatabaseServer("maria", "mysql", SIGKILL), options_(std::move(options)) {
    // A server that starts removes what it takes for its own leftovers there: several may not share one.
    must_run(as_server({"mkdir", *this / "tmp"}));
    must_run(as_server({"mariadb-install-db", "--no-defaults", "--datadir=" + *this / "data", "--tmpdir=" + *this / "tmp",
                        "--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=8M",
                        "--innodb-flush-log-at-trx-commit=0"}));
    start();
}

void MariadbServer::start() {
    std::vector<std::string> arguments = {"mariadbd",
                                          "--no-defaults",
                                          "--datadir=" + *this / "data",
                                          "--tmpdir=" + *this / "tmp",
                                          "--socket=" + socket(),
                                          "--pid-file=" + *this / "pid",
                                          "--skip-networking",
                                          "--innodb-buffer-pool-size=32M",
                                          "--innodb-log-file-size=8M",
                                          "--innodb-flush-log-at-trx-commit=0",
                                          "--performance-schema=OFF"};
    arguments.insert(arguments.end(), options_.begin(), options_.end());
    launch(std::move(arguments), {"mariadb-admin", "--no-defaults", "-u", "root", "-S", socket(), "ping"});
}

std::string MariadbServer::defaults_file(const std::string& user, const std::string& password) const {
    const std::string path = *this / ("client-" + user + ".cnf");
    std::ofstream(path) << "[client]\nsocket=" << socket() << "\nuser=" << user << "\n"
                        << (password.empty() ? "" : "password=" + password + "\n");
    EXPECT_EQ(::chmod(path.c_str(), 0600), 0);
    return path;
}

ProcessOutcome MariadbServer::client(const std::string& statements, const std::string& database) const {
    ProcessOptions options =
        as_server({"mariadb", "--no-defaults", "-u", "root", "-S", socket(), "--batch", "--skip-column-names"});
    if (!database.empty()) options.arguments.push_back(database);
    options.input = statements;
    options.max_output = 64 * 1024 * 1024;
    const StopFlag never;
    auto outcome = run_process(options, never);
    return outcome.ok() ? std::move(*outcome) : ProcessOutcome{};
}

std::string MariadbServer::sql(const std::string& statements, const std::string& database) const {
    ProcessOutcome outcome = client(statements, database);
    EXPECT_TRUE(outcome.succeeded()) << how_it_ended(outcome) << "\n" << statements.substr(0, 500);
    return std::move(outcome.out);
}

void MariadbServer::restore(const std::string& file) const {
    const StopFlag never;
    ProcessOptions options = as_server({"mariadb", "--no-defaults", "-u", "root", "-S", socket()});
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    options.input_descriptor = fd;
    must_run(options);
    ::close(fd);
}

}  // namespace custody::test
