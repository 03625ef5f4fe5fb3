#include "vault/sources/postgresql_session.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace custody {
namespace {

constexpr int kPoll_ms = 200;
constexpr std::int64_t kConnectTime_ns = 30 * kSecond;

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
struct FreeResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
struct Close {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, Close>;
using QueryResult = std::unique_ptr<PGresult, FreeResult>;

// libpq's messages have several lines, hints among them; the first says what failed.
std::string first_line(const char* text) {
    std::string_view view = text == nullptr ? "" : text;
    while (!view.empty() && (view.front() == '\n' || view.front() == ' ')) view.remove_prefix(1);
    return printable(view.substr(0, view.find('\n')));
}

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

// "... FATAL:  28P01: password authentication failed": verbose messages have the SQLSTATE in them, which libpq tells of a failed
// connection in no other way, and the words are in the server's language. Taken out of `line`; empty: a message of libpq's own.
std::string take_sqlstate(std::string& line) {
    constexpr std::size_t kLength = 5;
    for (std::size_t at = line.find(":  "); at != std::string::npos; at = line.find(":  ", at + 1)) {
        const std::size_t begin = at + 3, end = begin + kLength;
        if (line.size() < end + 2 || line.compare(end, 2, ": ") != 0) continue;
        const std::string state = line.substr(begin, kLength);
        if (state.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos) continue;
        line.erase(begin, kLength + 2);
        return state;
    }
    return {};
}

// What passes by itself: shutting down, crashed, starting, out of connections or other resources.
bool passes(std::string_view sqlstate) { return sqlstate.starts_with("57P0") || sqlstate.starts_with("53"); }

// Of several hosts one that answered is enough.
bool has_answered(PGconn* connection) {
    if (PQconnectionNeedsPassword(connection) != 0) return true;
    std::string_view text = PQerrorMessage(connection);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string line(text.substr(0, end));
        const std::string state = take_sqlstate(line);
        if (!state.empty() && !passes(state)) return true;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
}

Error unreachable(PGconn* connection, ServerReach& reach) {
    reach = has_answered(connection) ? ServerReach::answered : ServerReach::away;
    std::string line = first_line(PQerrorMessage(connection));
    (void)take_sqlstate(line);
    return {Code::failed, say("cannot connect to PostgreSQL: {}", line)};
}

Code code_of(std::string_view sqlstate) {
    if (sqlstate == "55P03" || sqlstate == "40P01") return Code::busy;
    if (sqlstate == "42501") return Code::denied;
    if (sqlstate == "42P01" || sqlstate == "3F000") return Code::not_found;  // no such table, no such schema
    return Code::failed;
}

// Waits for the socket, in pieces short enough for a stop.
Status wait_for(int socket, short events, const StopFlag& stop, std::int64_t until_ns) {
    for (;;) {
        TRY(stop.check());
        struct pollfd ready {
            socket, events, 0
        };
        const int got = ::poll(&ready, 1, kPoll_ms);
        if (got > 0 || (got < 0 && errno != EINTR)) return done();
        if (until_ns != 0 && system_clock().monotonic_ns() > until_ns)
            return Error{Code::failed, say("cannot connect to PostgreSQL: {}", say("its time was up"))};
    }
}

Status connect_now(const Conninfo& conninfo, const StopFlag& stop, Connection& into, ServerReach& reach) {
    std::vector<const char*> keywords, values;
    for (const auto& [keyword, value] : conninfo) {
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    into.reset(PQconnectStartParams(keywords.data(), values.data(), 0));
    PGconn* connection = into.get();
    if (connection == nullptr) return Error{Code::failed, say("cannot connect to PostgreSQL: {}", reason_of(ENOMEM))};
    // What no attempt could be made with: asked in this way, for the connection itself looks the same as where nobody listens.
    if (PQstatus(connection) == CONNECTION_BAD && PQpingParams(keywords.data(), values.data(), 0) == PQPING_NO_ATTEMPT) {
        reach = ServerReach::not_asked;
        return Error{Code::usage, say("cannot connect to PostgreSQL: {}", first_line(PQerrorMessage(connection)))};
    }
    reach = ServerReach::away;
    (void)PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
    const std::int64_t until = system_clock().monotonic_ns() + kConnectTime_ns;
    for (auto state = PGRES_POLLING_WRITING;;) {
        if (PQstatus(connection) == CONNECTION_BAD || state == PGRES_POLLING_FAILED) return unreachable(connection, reach);
        if (state == PGRES_POLLING_OK) {
            (void)PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
            reach = ServerReach::answered;
            return done();
        }
        TRY(wait_for(PQsocket(connection), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, stop, until));
        state = PQconnectPoll(connection);
    }
}

class LibpqSession final : public PostgresqlSession {
public:
    LibpqSession(Conninfo conninfo, Connection connection, const StopFlag& stop)
        : conninfo_(std::move(conninfo)), connection_(std::move(connection)), stop_(stop) {
        PQsetNoticeProcessor(
            connection_.get(), [](void*, const char*) {}, nullptr);
    }

    [[nodiscard]] Result<std::vector<Row>> query(const std::string& sql, const std::string& what) override {
        PGconn* connection = connection_.get();
        if (PQsendQuery(connection, sql.c_str()) != 1) return failure(what, PQerrorMessage(connection), "");
        QueryResult last;
        for (;;) {
            while (PQisBusy(connection) != 0) {
                const Status waited = wait_for(PQsocket(connection), POLLIN, stop_, 0);
                if (!waited.ok()) cancel();
                TRY(waited);
                if (PQconsumeInput(connection) != 1) return failure(what, PQerrorMessage(connection), "");
            }
            QueryResult next(PQgetResult(connection));
            if (!next) break;
            const bool failed_before = last && is_failure(last.get());
            if (!failed_before) last = std::move(next);
        }
        if (!last) return failure(what, PQerrorMessage(connection), "");
        if (is_failure(last.get())) {
            const char* said = PQresultErrorField(last.get(), PG_DIAG_MESSAGE_PRIMARY);
            return failure(what, said == nullptr ? PQresultErrorMessage(last.get()) : said,
                           text_or_empty(PQresultErrorField(last.get(), PG_DIAG_SQLSTATE)));
        }
        std::vector<Row> rows(static_cast<std::size_t>(PQntuples(last.get())));
        for (std::size_t row = 0; row < rows.size(); ++row) {
            for (int column = 0; column < PQnfields(last.get()); ++column) {
                const int at = static_cast<int>(row);
                rows[row].emplace_back(PQgetvalue(last.get(), at, column),
                                       static_cast<std::size_t>(PQgetlength(last.get(), at, column)));
            }
        }
        return rows;
    }

    // A list of hosts has come down to one, and a service may change its mind.
    [[nodiscard]] Conninfo reached() const override {
        Conninfo same = conninfo_;
        const bool by_address = same.contains("hostaddr");
        for (const char* keyword : {"host", "hostaddr", "port", "load_balance_hosts", "target_session_attrs"})
            same.erase(keyword);
        const std::pair<const char*, const char*> parts[] = {{"host", PQhost(connection_.get())},
                                                             {"port", PQport(connection_.get())},
                                                             {"user", PQuser(connection_.get())},
                                                             {"dbname", PQdb(connection_.get())}};
        for (const auto& [keyword, value] : parts)
            if (value != nullptr && *value != '\0') same[keyword] = value;
        if (by_address) same["hostaddr"] = text_or_empty(PQhostaddr(connection_.get()));
        return same;
    }
    [[nodiscard]] int server_major() const override { return PQserverVersion(connection_.get()) / 10000; }

private:
    static bool is_failure(const PGresult* result) {
        const ExecStatusType status = PQresultStatus(result);
        return status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY;
    }
    static Error failure(const std::string& what, const char* said, std::string_view sqlstate) {
        return {code_of(sqlstate), say("{} failed: {}", what, first_line(said))};
    }
    void cancel() {
        PGcancel* cancelling = PQgetCancel(connection_.get());
        char error[256];
        if (cancelling != nullptr) (void)PQcancel(cancelling, error, sizeof error);  // else the server notices the closed socket
        PQfreeCancel(cancelling);
    }

    Conninfo conninfo_;
    Connection connection_;
    const StopFlag& stop_;
};

}  // namespace

Result<Conninfo> parse_conninfo(const std::string& text) {
    char* why = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(text.c_str(), &why));
    PQfreemem(why);  // not shown: it may repeat a password
    if (!options) {
        return Error{Code::usage,
                     say("CONNINFO is not understood: write keyword=value pairs (host, port, user, dbname, service) or "
                         "postgresql://...")};
    }
    Conninfo conninfo;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr || *option->val == '\0') continue;
        if (*option->dispchar == '*') {
            return Error{
                Code::usage,
                say("CONNINFO may hold no password: others can read it in the list of processes; put it into the service "
                    "file (~/.pg_service.conf) or the password file (~/.pgpass) and write service=NAME")};
        }
        conninfo[option->keyword] = option->val;
    }
    if (const char* set = std::getenv("PGPASSWORD"); set != nullptr && *set != '\0') {
        return Error{Code::usage,
                     say("PGPASSWORD is set: a password is taken from the service file (~/.pg_service.conf) or the password file "
                         "(~/.pgpass) only; unset it")};
    }
    return conninfo;
}

std::string to_text(const Conninfo& conninfo) {
    std::string text;
    for (const auto& [keyword, value] : conninfo) {
        text += (text.empty() ? "" : " ") + keyword + "='";
        for (const char c : value) {
            if (c == '\'' || c == '\\') text += '\\';
            text += c;
        }
        text += '\'';
    }
    return text;
}

Result<std::unique_ptr<PostgresqlSession>> PostgresqlSession::connect(const Conninfo& conninfo,
                                                                      const std::optional<ProcessUser>& user,
                                                                      const StopFlag& stop, ServerReach& reach) {
    Conninfo all = conninfo;
    all.emplace("application_name", "custody");
    all["client_encoding"] = "UTF8";
    all.emplace("keepalives_idle", "60");  // a long dump leaves the sessions silent
    Connection connection;
    Status connected = done();
    if (user) {
        TRY(run_as_user(*user, [&] { connected = connect_now(all, stop, connection, reach); }));
    } else {
        connected = connect_now(all, stop, connection, reach);
    }
    TRY(connected);
    return std::unique_ptr<PostgresqlSession>(std::make_unique<LibpqSession>(conninfo, std::move(connection), stop));
}

}  // namespace custody
