#include "vault/sources/mariadb_session.h"

#include "base/file.h"
#include "base/text.h"

#include <mysql.h>

#include <cerrno>
#include <string_view>

namespace custody {
namespace {

constexpr unsigned kConnect_s = 30, kAnswer_s = 60;
constexpr unsigned kDeniedTable = 1142, kDeniedColumn = 1143, kDeniedRight = 1227;

struct Close {
    void operator()(MYSQL* connection) const { mysql_close(connection); }
};
using Connection = std::unique_ptr<MYSQL, Close>;
struct FreeRows {
    void operator()(MYSQL_RES* rows) const { mysql_free_result(rows); }
};

std::string said(MYSQL* connection) {
    const std::string_view text = mysql_error(connection);
    return printable(text.substr(0, text.find('\n')));
}

// Numbers of errors that servers give lie outside 2000..2999, which are the library's own; of those, that an authentication is
// not to be had is the server's answer, too. Too many connections, shutting down, out of memory or resources, pass by themselves.
bool has_answered(unsigned number) {
    constexpr unsigned kTooManyConnections = 1040, kOutOfResources = 1041, kShutdown = 1053, kOutOfMemory = 1037;
    constexpr unsigned kFirstOfLibrary = 2000, kLastOfLibrary = 2999, kNoSuchAuthentication = 2059;
    if (number >= kFirstOfLibrary && number <= kLastOfLibrary) return number == kNoSuchAuthentication;
    return number != 0 && number != kTooManyConnections && number != kOutOfResources && number != kShutdown &&
           number != kOutOfMemory;
}

Status connect_now(const std::string& defaults_file, Connection& into, ServerReach& reach) {
    // The first call sets the library up, which two threads may not do at once.
    static const int not_ready = mysql_library_init(0, nullptr, nullptr);
    if (not_ready == 0) into.reset(mysql_init(nullptr));
    if (!into) return Error{Code::failed, say("cannot connect to MariaDB: {}", reason_of(ENOMEM))};
    MYSQL* connection = into.get();
    (void)mysql_options(connection, MYSQL_READ_DEFAULT_FILE, defaults_file.c_str());
    (void)mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &kConnect_s);
    (void)mysql_options(connection, MYSQL_OPT_READ_TIMEOUT, &kAnswer_s);
    (void)mysql_options(connection, MYSQL_OPT_WRITE_TIMEOUT, &kAnswer_s);
    (void)mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(connection, nullptr, nullptr, nullptr, nullptr, 0, nullptr, 0) == nullptr) {
        reach = has_answered(mysql_errno(connection)) ? ServerReach::answered : ServerReach::away;
        return Error{Code::failed, say("cannot connect to MariaDB: {}", said(connection))};
    }
    reach = ServerReach::answered;
    return done();
}

class LibmariadbSession final : public MariadbSession {
public:
    explicit LibmariadbSession(Connection connection) : connection_(std::move(connection)) {}

    [[nodiscard]] Result<std::vector<MariadbRow>> query(const std::string& sql) override {
        MYSQL* connection = connection_.get();
        if (mysql_real_query(connection, sql.data(), sql.size()) != 0) return failure();
        const std::unique_ptr<MYSQL_RES, FreeRows> result(mysql_store_result(connection));
        if (!result && mysql_field_count(connection) != 0) return failure();
        std::vector<MariadbRow> rows;
        if (!result) return rows;
        const unsigned columns = mysql_num_fields(result.get());
        while (const MYSQL_ROW row = mysql_fetch_row(result.get())) {
            const unsigned long* lengths = mysql_fetch_lengths(result.get());
            MariadbRow& copy = rows.emplace_back();
            for (unsigned i = 0; i < columns; ++i)
                copy.emplace_back(row[i] == nullptr ? "" : row[i], row[i] == nullptr ? 0 : lengths[i]);
        }
        return rows;
    }

    [[nodiscard]] std::string host() const override {
        const std::string_view info = mysql_get_host_info(connection_.get());  // "db.example via TCP/IP"
        return info.find("socket") != std::string_view::npos ? "local" : std::string(info.substr(0, info.find(' ')));
    }

    [[nodiscard]] std::string quoted(const std::string& text) const override {
        std::string escaped(text.size() * 2 + 1, '\0');
        escaped.resize(mysql_real_escape_string(connection_.get(), escaped.data(), text.data(), text.size()));
        return "'" + escaped + "'";
    }

private:
    Error failure() {
        const unsigned number = mysql_errno(connection_.get());
        const bool denied = number == kDeniedTable || number == kDeniedColumn || number == kDeniedRight;
        return {denied ? Code::denied : Code::failed, say("asking the server failed: {}", said(connection_.get()))};
    }
    Connection connection_;
};

}  // namespace

Result<std::unique_ptr<MariadbSession>> MariadbSession::connect(const std::string& defaults_file,
                                                                const std::optional<ProcessUser>& user, ServerReach& reach) {
    Connection connection;
    Status connected = done();
    if (user) {
        TRY(run_as_user(*user, [&] { connected = connect_now(defaults_file, connection, reach); }));
    } else {
        connected = connect_now(defaults_file, connection, reach);
    }
    TRY(connected);
    return std::unique_ptr<MariadbSession>(std::make_unique<LibmariadbSession>(std::move(connection)));
}

}  // namespace custody
