#include "vault/sources/postgresql.h"

#include "base/counts.h"
#include "base/crypto.h"
#include "base/records/canonical_json.h"
#include "base/text.h"
#include "vault/sources/postgresql_session.h"
#include "vault/sources/postgresql_tools.h"
#include "vault/sources/program_output.h"
#include "vault/sources/virtual_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace custody {
namespace {

constexpr int kOldestServer = 10;
constexpr std::size_t kLockedAtOnce = 500;
constexpr int kSnapshotsTried = 4;

// No time-out of the server's may end a transaction that waits for its dump; names mean nothing but what they say; and rows that
// a policy would hide are an error, not missing.
constexpr std::string_view kSetUp =
    "select set_config(name, '0', false) from pg_settings where name in ('statement_timeout', "
    "'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout'); "
    "select set_config('search_path', '', false), set_config('row_security', 'off', false), set_config('lock_timeout', '{}', "
    "false)";
constexpr std::string_view kDatabases =
    "select datname from pg_database where datallowconn and not datistemplate and datconnlimit <> -2 order by datname collate "
    "\"C\"";
constexpr std::string_view kServer =
    "select current_setting('server_version'), pg_is_in_recovery(), has_table_privilege('pg_catalog.pg_authid', 'select'), "
    "current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - "
    "(select count(*) from pg_stat_activity where backend_type = 'client backend')";
constexpr std::string_view kBegin =
    "begin isolation level repeatable read read only; "
    "select pg_export_snapshot(), case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, "
    "to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";
// What a dump holds the rows of, but for the tables of extensions.
constexpr std::string_view kTables =
    "select n.nspname, c.relname, format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = "
    "c.relnamespace where c.relkind = 'r' and c.relpersistence <> 't' and (c.relpersistence = 'p' or not pg_is_in_recovery()) "
    "and n.nspname !~ '^pg_' and n.nspname <> "
    "'information_schema' and not exists (select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid "
    "and "
    "d.deptype = 'e')";
constexpr std::string_view kRewritten = " and c.relfilenode <> 0 and pg_relation_filenode(c.oid) is distinct from c.relfilenode";
constexpr std::string_view kInOrder = " order by n.nspname collate \"C\", c.relname collate \"C\"";
constexpr std::string_view kFacts =
    "select pg_encoding_to_char(encoding), datcollate, pg_database_size(oid), (select count(*) from pg_largeobject_metadata) "
    "from "
    "pg_database where datname = current_database()";
constexpr std::string_view kExtensions = "select extname, extversion from pg_extension order by extname collate \"C\"";

std::uint64_t number(const std::string& text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// Where neither it nor the environment names a database.
Result<Conninfo> conninfo_of(const PostgresqlOptions& options) {
    TRY_ASSIGN(Conninfo conninfo, parse_conninfo(options.conninfo));
    if (!conninfo.contains("dbname") && !conninfo.contains("service") && std::getenv("PGSERVICE") == nullptr &&
        std::getenv("PGDATABASE") == nullptr)
        conninfo["dbname"] = "postgres";
    return conninfo;
}

struct Table {
    std::string schema, name, quoted;
    std::uint64_t rows = 0;
};

struct Database {
    std::string name, file;
    std::unique_ptr<PostgresqlSession> session;  // holds the snapshot; gone once dumped and counted
    std::string snapshot;
    std::vector<Table> tables;
    Json evidence;
    Sha256 digest;
    std::uint64_t dump_bytes = 0;
};

class PostgresqlBackup : public std::enable_shared_from_this<PostgresqlBackup> {
public:
    PostgresqlBackup(const PostgresqlOptions& options, PostgresqlNotes& notes, const StopFlag& stop)
        : options_(options), notes_(notes), stop_(stop) {}

    Result<VirtualTree> begin() {
        TRY_ASSIGN(conninfo_, conninfo_of(options_));
        TRY_ASSIGN(user_, user_to_become(options_.as_user));
        TRY_ASSIGN(const auto session, connect(conninfo_, conninfo_.contains("dbname") ? conninfo_["dbname"] : ""));
        conninfo_ = session->reached();
        TRY(look_at_server(*session));
        TRY(begin_snapshots());
        return tree();
    }

private:
    Result<std::unique_ptr<PostgresqlSession>> connect(Conninfo conninfo, const std::string& database) {
        if (!database.empty()) conninfo["dbname"] = database;
        TRY_ASSIGN(auto session, PostgresqlSession::connect(conninfo, user_, stop_, notes_.reach));
        TRY(session->query(fmt::format(fmt::runtime(kSetUp), options_.lock_wait_ns / 1'000'000), say("setting up the session")));
        return session;
    }

    Status look_at_server(PostgresqlSession& session) {
        const int major = session.server_major();
        if (major < kOldestServer)
            return Error{Code::failed,
                         say("the server is PostgreSQL {}: versions before {} are not supported", major, kOldestServer)};
        TRY_ASSIGN(tools_, find_postgresql_tools(options_.tool_folders, major, stop_));
        const std::string asking = say("asking the server for its databases");
        TRY_ASSIGN(const auto server, session.query(std::string(kServer), asking));
        if (server.empty() || server[0].size() < 4) return Error{Code::failed, say("{} failed: {}", asking, say("no answer"))};
        server_ = {{"version", printable(server[0][0])}, {"recovery", server[0][1] == "t"}};
        reads_passwords_ = server[0][2] == "t";
        if (!reads_passwords_) {
            notes_.warnings.push_back(say(
                "the role {} may not read the roles' passwords: they are not in the backup and must be set anew after a restore",
                printable(conninfo_["user"])));
        }
        TRY_ASSIGN(const auto names, session.query(std::string(kDatabases), asking));
        if (names.empty()) return Error{Code::failed, say("the server has no database that allows connections")};
        for (const Row& row : names) {
            Database database;
            database.name = row[0];
            database.file = "databases/" + path_component(row[0]) + ".sql";
            databases_.push_back(std::move(database));
        }
        const auto free_connections = number(server[0][3]);  // 0 also where it is negative
        opened_ahead_ = std::min<std::size_t>(databases_.size(), std::max<std::size_t>(1, free_connections / 2));
        return done();
    }

    // First all connections, then all snapshots: as close together as can be.
    Status begin_snapshots() {
        if (opened_ahead_ < databases_.size()) {
            notes_.warnings.push_back(
                say("the server has too few free connections for its {} databases: only {} are frozen at the same time, the "
                    "others when "
                    "their turn comes; raise max_connections",
                    databases_.size(), opened_ahead_));
        }
        const std::size_t count = opened_ahead_;
        for (std::size_t i = 0; i < count; ++i) {
            TRY_ASSIGN(databases_[i].session, connect(conninfo_, databases_[i].name));
        }
        for (std::size_t i = 0; i < count; ++i) TRY(export_snapshot(databases_[i]));
        return done();
    }

    static std::string about(const Database& database) { return say("reading database {}", printable(database.name)); }

    static Status export_snapshot(Database& database) {
        TRY_ASSIGN(const auto rows, database.session->query(std::string(kBegin), about(database)));
        if (rows.empty() || rows[0].size() < 3)
            return Error{Code::failed, say("{} failed: {}", about(database), say("no answer"))};
        database.snapshot = rows[0][0];
        database.evidence = {
            {"name", printable(database.name)}, {"file", database.file}, {"wal", rows[0][1]}, {"time", rows[0][2]}};
        return done();
    }

    // Right before the dump, not with the snapshot: whatever waits for such a lock keeps all others waiting, too. Where a table
    // was dropped, emptied or rewritten since, there is no reading what the snapshot saw: this database gets a later one.
    Status freeze(Database& database) {
        if (!database.session) {
            TRY_ASSIGN(database.session, connect(conninfo_, database.name));
            TRY(export_snapshot(database));
        }
        for (int attempt = 1;; ++attempt) {
            const Status locked = lock_tables(database);
            const bool try_again = !locked.ok() && locked.error().code == Code::not_found;
            if (!try_again) return locked;
            if (attempt == kSnapshotsTried) return Error{Code::busy, locked.error().message};
            TRY(database.session->query("rollback", about(database)));
            TRY(export_snapshot(database));
        }
    }

    // Against DROP, TRUNCATE and whatever rewrites a table. not_found: that had happened already.
    static Status lock_tables(Database& database) {
        const std::string query = std::string(kTables);
        TRY_ASSIGN(const auto tables, database.session->query(query + std::string(kInOrder), about(database)));
        database.tables.clear();
        for (const Row& row : tables) database.tables.push_back({row[0], row[1], row[2], 0});
        for (std::size_t begin = 0; begin < database.tables.size(); begin += kLockedAtOnce) {
            std::string list;
            for (std::size_t i = begin; i < std::min(begin + kLockedAtOnce, database.tables.size()); ++i)
                list += (list.empty() ? "only " : ", only ") + database.tables[i].quoted;
            TRY(database.session->query("lock table " + list + " in access share mode", about(database)));
        }
        TRY_ASSIGN(const auto rewritten, database.session->query(query + std::string(kRewritten), about(database)));
        if (!rewritten.empty()) {
            return Error{Code::not_found,
                         say("table {} of database {} was emptied or rewritten just as the backup began: run it again",
                             printable(rewritten[0][2]), printable(database.name))};
        }
        return done();
    }

    Result<VirtualTree> tree() {
        VirtualTree tree;
        tree.kind = "postgresql";
        const std::string host = conninfo_["host"];
        const std::string place = host.empty() || host.starts_with('/') || host.starts_with('@') ? "local" : host;
        const std::string port = conninfo_.contains("port") ? conninfo_["port"] : "5432";
        server_["host"] = printable(host);
        server_["port"] = printable(port);
        const bool has_service = conninfo_.contains("service");
        const std::string name = path_component(has_service ? conninfo_["service"] : place + "-" + port);
        tree.root = "/postgresql/" + name;
        notes_.default_name = "postgresql-" + name;
        const auto self = shared_from_this();
        tree.files.push_back({"globals.sql", [self] { return self->open_globals(); }});
        for (std::size_t i = 0; i < databases_.size(); ++i) {
            Database& database = databases_[i];
            tree.files.push_back({database.file, [self, i] { return self->open_dump(self->databases_[i]); }});
            if (database.name != "postgres")  // which every server has
                tree.files.push_back({"create/" + path_component(database.name) + ".sql",
                                      [self, i] { return self->open_create(self->databases_[i]); }});
        }
        tree.files.push_back({"evidence/evidence.json", [self] { return self->open_evidence(); }});
        return tree;
    }

    [[nodiscard]] ProgramOutput program(const std::string& path, const std::string& database, std::string what) const {
        Conninfo conninfo = conninfo_;
        if (!database.empty()) conninfo["dbname"] = database;
        ProgramOutput output;
        output.process.arguments = {path, "--dbname=" + to_text(conninfo), "--no-password",
                                    fmt::format("--lock-wait-timeout={}", options_.lock_wait_ns / 1'000'000)};
        output.process.environment = postgresql_environment();
        output.process.user = user_;
        output.what = std::move(what);
        output.explain = [name = output.what](const ProcessEnd& end) { return explain_pg_dump(name, end); };
        return output;
    }

    Result<std::unique_ptr<FileContent>> open_globals() {
        ProgramOutput output = program(tools_.pg_dumpall, "", say("dumping roles and tablespaces"));
        output.process.arguments.push_back("--database=" + conninfo_["dbname"]);
        output.process.arguments.emplace_back("--globals-only");
        if (!reads_passwords_) output.process.arguments.emplace_back("--no-role-passwords");
        return open_program_output(std::move(output), stop_);
    }

    // Not part of the dump: psql would follow its \connect into the database of that name, also where somebody means to look at
    // the dump in another.
    Result<std::unique_ptr<FileContent>> open_create(Database& database) {
        ProgramOutput output =
            program(tools_.pg_dump, database.name, say("dumping the settings of database {}", printable(database.name)));
        for (const char* argument :
             {"--create", "--schema-only", "--exclude-schema=*", "--no-publications", "--no-subscriptions"})
            output.process.arguments.emplace_back(argument);
        return open_program_output(std::move(output), stop_);
    }

    // Large objects are in it, being no schema's.
    Result<std::unique_ptr<FileContent>> open_dump(Database& database) {
        TRY(freeze(database));
        ProgramOutput output = program(tools_.pg_dump, database.name, say("dumping database {}", printable(database.name)));
        output.process.arguments.push_back("--snapshot=" + database.snapshot);
        output.process.arguments.emplace_back("--format=plain");
        output.look = [&database](ByteView piece) {
            database.digest.update(piece);
            database.dump_bytes += piece.size();
            return done();
        };
        output.at_end = [self = shared_from_this(), &database] { return self->count_rows(database); };
        return open_program_output(std::move(output), stop_);
    }

    Status count_rows(Database& database) {
        PostgresqlSession& session = *database.session;
        Json tables = Json::array();
        for (Table& table : database.tables) {
            TRY_ASSIGN(const auto rows, session.query("select count(*) from only " + table.quoted, about(database)));
            table.rows = rows.empty() ? 0 : number(rows[0][0]);
            tables.push_back({{"schema", printable(table.schema)}, {"table", printable(table.name)}, {"rows", table.rows}});
        }
        TRY_ASSIGN(const auto facts, session.query(std::string(kFacts), about(database)));
        if (facts.empty() || facts[0].size() < 4)
            return Error{Code::failed, say("{} failed: {}", about(database), say("no answer"))};
        Json extensions = Json::object();
        TRY_ASSIGN(const auto listed, session.query(std::string(kExtensions), about(database)));
        for (const Row& row : listed) extensions[printable(row[0])] = printable(row[1]);
        database.evidence.update({{"tables", std::move(tables)},
                                  {"encoding", facts[0][0]},
                                  {"collation", printable(facts[0][1])},
                                  {"size_bytes", number(facts[0][2])},
                                  {"large_objects", number(facts[0][3])},
                                  {"extensions", std::move(extensions)},
                                  {"dump_bytes", database.dump_bytes},
                                  {"dump_sha256", to_hex(database.digest.finish().view())}});
        database.session.reset();  // lets the server tidy up behind the snapshot, while other databases are dumped
        return done();
    }

    Result<std::unique_ptr<FileContent>> open_evidence() {
        Json record = {{"format", "custody database evidence 1"},
                       {"kind", "postgresql"},
                       {"server", server_},
                       {"program", tools_.version},
                       {"role_passwords", reads_passwords_},
                       {"rows_counted", "in the dumped snapshot"},
                       {"databases", Json::array()}};
        for (const Database& database : databases_) record["databases"].push_back(database.evidence);
        TRY_ASSIGN(const std::string text, to_canonical_json(record));
        return content_of(Bytes(text.begin(), text.end()));
    }

    const PostgresqlOptions options_;
    PostgresqlNotes& notes_;
    const StopFlag& stop_;
    Conninfo conninfo_;
    std::optional<ProcessUser> user_;
    PostgresqlTools tools_;
    Json server_;
    bool reads_passwords_ = false;
    std::vector<Database> databases_;
    std::size_t opened_ahead_ = 0;
};

}  // namespace

Status check_conninfo(const std::string& conninfo) {
    TRY(parse_conninfo(conninfo));
    return done();
}

ServerReach reach_postgresql(const PostgresqlOptions& options, const StopFlag& stop) {
    ServerReach reach = ServerReach::not_asked;
    const auto conninfo = conninfo_of(options);
    const auto user = user_to_become(options.as_user);
    if (conninfo.ok() && user.ok()) (void)PostgresqlSession::connect(*conninfo, *user, stop, reach);
    return reach;
}

Result<std::unique_ptr<Source>> open_postgresql(const PostgresqlOptions& options, PostgresqlNotes& notes, const Clock& clock,
                                                const StopFlag& stop) {
    const auto backup = std::make_shared<PostgresqlBackup>(options, notes, stop);
    TRY_ASSIGN(VirtualTree tree, backup->begin());
    return open_virtual_files(std::move(tree), clock);
}

}  // namespace custody
