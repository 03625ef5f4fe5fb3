#include "vault/sources/mariadb.h"

#include "base/counts.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/records/canonical_json.h"
#include "base/text.h"
#include "vault/sources/mariadb_dump_text.h"
#include "vault/sources/mariadb_session.h"
#include "vault/sources/program_output.h"
#include "vault/sources/virtual_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace custody {
namespace {

constexpr std::int64_t kVersionTime_ns = 30 * kSecond;
constexpr std::size_t kNamed = 5;

constexpr const char* kAskServer = "select version(), @@version_comment, @@log_bin, @@port";
constexpr const char* kListDatabases =
    "select schema_name from information_schema.schemata where schema_name not in ('information_schema', 'performance_schema', "
    "'mysql', 'sys') order by binary schema_name";
constexpr const char* kNotTransactional =
    "select t.table_schema, t.table_name, t.engine from information_schema.tables t join information_schema.engines e on "
    "e.engine = "
    "t.engine where t.table_type = 'BASE TABLE' and e.transactions <> 'YES' and t.table_schema not in ('information_schema', "
    "'performance_schema', 'mysql', 'sys') order by binary t.table_schema, binary t.table_name";
constexpr const char* kAccounts = "select user, host from mysql.user order by binary user, binary host";

class MariadbBackup : public std::enable_shared_from_this<MariadbBackup> {
public:
    MariadbBackup(const MariadbOptions& options, MariadbNotes& notes, const Clock& clock, const StopFlag& stop)
        : options_(options), notes_(notes), clock_(clock), stop_(stop) {}

    Result<VirtualTree> begin() {
        TRY_ASSIGN(user_, user_to_become(options_.as_user));
        TRY(look_at_file());
        TRY(find_program_and_flavour());
        TRY_ASSIGN(const auto session, MariadbSession::connect(options_.defaults_file, user_, notes_.reach));
        TRY(look_at_server(*session));
        if (!has_system_option_) TRY(read_accounts(*session));
        return tree();
    }

private:
    // The library takes a file that it cannot read for an empty one.
    Status look_at_file() {
        const std::string& path = options_.defaults_file;
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) return system_error(errno, "open", path);
        if (!S_ISREG(status.st_mode)) return Error{Code::usage, say("cannot open {}: it is not a regular file", printable(path))};
        if (!user_ && ::access(path.c_str(), R_OK) != 0) return system_error(errno, "open", path);
        if ((status.st_mode & 0077) != 0 && !user_) {
            notes_.warnings.push_back(
                say("others on this machine can read {} and the password in it: chmod 600 {}", printable(path), printable(path)));
        }
        return done();
    }

    Status find_program_and_flavour() {
        for (const char* name : {"mariadb-dump", "mysqldump"}) {
            if (!program_.empty()) break;
            for (const std::string& folder : options_.tool_folders) {
                const std::string path = join_path(folder, name);
                if (::access(path.c_str(), X_OK) == 0) program_ = path;
            }
            if (!options_.tool_folders.empty()) continue;
            if (const auto found = find_program(name); found.ok()) program_ = *found;
        }
        if (program_.empty()) {
            return Error{Code::not_found,
                         say("neither mariadb-dump nor mysqldump is installed here: install the package mariadb-client")};
        }
        ProcessOptions options;
        options.arguments = {program_, "--version"};
        options.time_limit_ns = kVersionTime_ns;
        TRY_ASSIGN(const ProcessOutcome version, run_process(options, stop_));
        if (!version.succeeded()) return failure_of(program_, version);
        version_ = printable(version.out.substr(0, version.out.find('\n')));
        is_mariadb_program_ = version_.find("MariaDB") != std::string::npos;
        options.arguments = {program_, "--no-defaults", "--help"};
        TRY_ASSIGN(const ProcessOutcome help, run_process(options, stop_));
        has_system_option_ = help.out.find("--system=") != std::string::npos;
        if (help.out.find("--source-data") != std::string::npos) log_option_ = "--source-data=2";  // MySQL since 8.0.26
        return done();
    }

    Status look_at_server(MariadbSession& session) {
        TRY_ASSIGN(const auto server, session.query(kAskServer));
        if (server.empty() || server[0].size() < 4)
            return Error{Code::failed, say("asking the server failed: {}", say("no answer"))};
        is_mariadb_server_ = (server[0][0] + server[0][1]).find("MariaDB") != std::string::npos;
        keeps_log_ = server[0][2] == "1" || server[0][2] == "ON";
        server_ = {{"version", printable(server[0][0])}, {"host", printable(session.host())}, {"port", printable(server[0][3])}};
        has_system_option_ = has_system_option_ && is_mariadb_server_;
        TRY_ASSIGN(const auto names, session.query(kListDatabases));
        for (const MariadbRow& row : names) databases_.push_back(row[0]);
        TRY_ASSIGN(const auto others, session.query(kNotTransactional));
        std::string named;
        for (const MariadbRow& row : others) {
            not_transactional_.push_back(
                {{"database", printable(row[0])}, {"table", printable(row[1])}, {"engine", printable(row[2])}});
            if (not_transactional_.size() <= kNamed)
                named +=
                    (named.empty() ? "" : ", ") + printable(row[0]) + "." + printable(row[1]) + " (" + printable(row[2]) + ")";
        }
        if (!others.empty()) {
            notes_.warnings.push_back(say_count(
                others.size(),
                "{} table is of an engine without transactions and may not be of the same moment as the others: {}",
                "{} tables are of an engine without transactions and may not be of the same moment as the others: {}", named));
        }
        return done();
    }

    // Where the program cannot: MySQL's.
    Status read_accounts(MariadbSession& session) {
        TRY_ASSIGN(const auto accounts, session.query(kAccounts));
        for (const MariadbRow& row : accounts) {
            const std::string account = session.quoted(row[0]) + "@" + session.quoted(row[1]);
            TRY_ASSIGN(const auto made, session.query("show create user " + account));
            for (const MariadbRow& line : made) {
                const std::string statement = line.back();
                constexpr std::string_view kCreate = "CREATE USER ";
                const bool plain = statement.starts_with(kCreate);
                accounts_ += (plain ? "CREATE USER IF NOT EXISTS " + statement.substr(kCreate.size()) : statement) + ";\n";
            }
            TRY_ASSIGN(const auto grants, session.query("show grants for " + account));
            for (const MariadbRow& line : grants) accounts_ += line.front() + ";\n";
        }
        return done();
    }

    Result<VirtualTree> tree() {
        VirtualTree tree;
        tree.kind = "mariadb";
        const std::string port = server_["port"];  // 0: it listens on its socket alone
        const std::string name = path_component(server_["host"].get<std::string>() + (port == "0" ? "" : "-" + port));
        tree.root = "/mariadb/" + name;
        notes_.default_name = "mariadb-" + name;
        const auto self = shared_from_this();
        if (!databases_.empty()) tree.files.push_back({"databases.sql", [self] { return self->open_dump(); }});
        tree.files.push_back({"users.sql", [self] { return self->open_accounts(); }});
        tree.files.push_back({"evidence/evidence.json", [self] { return self->open_evidence(); }});
        return tree;
    }

    [[nodiscard]] ProgramOutput program(std::string what) const {
        ProgramOutput output;
        output.process.arguments = {program_, "--defaults-file=" + options_.defaults_file, "--skip-dump-date", "--comments"};
        output.process.user = user_;
        output.what = std::move(what);
        return output;
    }

    Result<std::unique_ptr<FileContent>> open_dump() {
        ProgramOutput output = program(say("dumping the databases"));
        auto& arguments = output.process.arguments;
        for (const char* argument : {"--single-transaction", "--quick", "--routines", "--events", "--triggers", "--hex-blob",
                                     "--quote-names", "--skip-compact", "--skip-extended-insert", "--skip-complete-insert",
                                     "--no-autocommit", "--default-character-set=utf8mb4"})
            arguments.emplace_back(argument);
        if (keeps_log_) arguments.push_back(log_option_);
        if (keeps_log_ && is_mariadb_server_ && is_mariadb_program_) arguments.emplace_back("--gtid");
        if (!is_mariadb_program_)
            arguments.emplace_back("--set-gtid-purged=OFF");  // else a dump only fits a server without a past
        arguments.emplace_back("--databases");
        arguments.emplace_back("--");
        arguments.insert(arguments.end(), databases_.begin(), databases_.end());
        time_ = clock_.now();
        output.look = [this](ByteView piece) {
            digest_.update(piece);
            dump_bytes_ += piece.size();
            text_.read(piece);
            return done();
        };
        output.at_end = [this]() -> Status {
            if (text_.is_complete()) return done();
            return Error{Code::failed,
                         say("{} failed: {}", say("dumping the databases"), say("the dump breaks off before its end"))};
        };
        return open_program_output(std::move(output), stop_);
    }

    Result<std::unique_ptr<FileContent>> open_accounts() {
        if (!has_system_option_) return content_of(Bytes(accounts_.begin(), accounts_.end()));
        ProgramOutput output = program(say("dumping accounts and grants"));
        output.process.arguments.emplace_back("--system=users");
        output.process.arguments.emplace_back("--insert-ignore");  // CREATE USER IF NOT EXISTS: a new server has root already
        return open_program_output(std::move(output), stop_);
    }

    Result<std::unique_ptr<FileContent>> open_evidence() {
        Json databases = Json::array();
        for (const auto& [name, tables] : text_.rows()) {
            Json listed = Json::array();
            for (const auto& [table, rows] : tables) listed.push_back({{"table", printable(table)}, {"rows", rows}});
            databases.push_back({{"name", printable(name)}, {"tables", std::move(listed)}});
        }
        Json binlog;  // null
        if (!text_.log_file().empty())
            binlog = {
                {"file", printable(text_.log_file())}, {"position", text_.log_position()}, {"gtid", printable(text_.gtid())}};
        const Json record = {{"format", "custody database evidence 1"},
                             {"kind", "mariadb"},
                             {"server", server_},
                             {"program", version_},
                             {"time", to_rfc3339_utc(time_)},
                             {"binlog", std::move(binlog)},
                             {"rows_counted", "in the dump itself"},
                             {"not_transactional", not_transactional_},
                             {"dump_bytes", dump_bytes_},
                             {"dump_sha256", to_hex(digest_.finish().view())},
                             {"databases", std::move(databases)}};
        TRY_ASSIGN(const std::string text, to_canonical_json(record));
        return content_of(Bytes(text.begin(), text.end()));
    }

    const MariadbOptions options_;
    MariadbNotes& notes_;
    const Clock& clock_;
    const StopFlag& stop_;
    std::optional<ProcessUser> user_;
    std::string program_, version_, accounts_, log_option_ = "--master-data=2";
    bool is_mariadb_program_ = false, is_mariadb_server_ = false, has_system_option_ = false, keeps_log_ = false;
    Json server_;
    Json not_transactional_ = Json::array();
    std::vector<std::string> databases_;
    Time time_;
    MariadbDumpText text_;
    Sha256 digest_;
    std::uint64_t dump_bytes_ = 0;
};

}  // namespace

ServerReach reach_mariadb(const MariadbOptions& options) {
    ServerReach reach = ServerReach::not_asked;
    const auto user = user_to_become(options.as_user);
    if (user.ok()) (void)MariadbSession::connect(options.defaults_file, *user, reach);
    return reach;
}

Result<std::unique_ptr<Source>> open_mariadb(const MariadbOptions& options, MariadbNotes& notes, const Clock& clock,
                                             const StopFlag& stop) {
    const auto backup = std::make_shared<MariadbBackup>(options, notes, clock, stop);
    TRY_ASSIGN(VirtualTree tree, backup->begin());
    return open_virtual_files(std::move(tree), clock);
}

}  // namespace custody
