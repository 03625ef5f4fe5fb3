// One libpq session, and the connection parameters it and the PostgreSQL programs share. Of postgresql*.cc.
//
// Ownership: a session closes its connection. Threads: one at a time. Errors: one line with the server's own words; busy (a lock
// was not had in time), denied, failed; interrupted. A wait of any length ends within a moment of a stop.
#pragma once

#include "base/process.h"
#include "base/result.h"
#include "base/stop.h"
#include "vault/sources/server_reach.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace custody {

using Conninfo = std::map<std::string, std::string>;
// usage: it is none, or holds a password.
[[nodiscard]] Result<Conninfo> parse_conninfo(const std::string& text);
// "host='...' port='...'", for the argument of a program.
[[nodiscard]] std::string to_text(const Conninfo& conninfo);

using Row = std::vector<std::string>;  // NULL is empty

class PostgresqlSession {
public:
    // Connects as `user` of the operating system where one is given. `stop` outlives the session. `reach` says in either case how
    // far it came. usage: the parameters lead nowhere (no such service).
    [[nodiscard]] static Result<std::unique_ptr<PostgresqlSession>> connect(const Conninfo& conninfo,
                                                                            const std::optional<ProcessUser>& user,
                                                                            const StopFlag& stop, ServerReach& reach);
    virtual ~PostgresqlSession() = default;
    // One or more statements; the rows of the last. `what` begins the message of a failure.
    [[nodiscard]] virtual Result<std::vector<Row>> query(const std::string& sql, const std::string& what) = 0;
    // The same parameters, leading to the very server that this session has reached.
    [[nodiscard]] virtual Conninfo reached() const = 0;
    [[nodiscard]] virtual int server_major() const = 0;
};

}  // namespace custody
