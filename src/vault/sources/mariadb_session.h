// One session with a MariaDB or MySQL server. Of mariadb*.cc.
//
// Ownership: closes its connection. Threads: one at a time. Errors: failed, denied; one line with the server's own words. A wait
// ends after a minute at most; queries here are short ones.
#pragma once

#include "base/process.h"
#include "base/result.h"
#include "vault/sources/server_reach.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace custody {

using MariadbRow = std::vector<std::string>;  // NULL is empty

class MariadbSession {
public:
    // `reach` says in either case how far it came.
    [[nodiscard]] static Result<std::unique_ptr<MariadbSession>> connect(const std::string& defaults_file,
                                                                         const std::optional<ProcessUser>& user,
                                                                         ServerReach& reach);
    virtual ~MariadbSession() = default;
    [[nodiscard]] virtual Result<std::vector<MariadbRow>> query(const std::string& sql) = 0;
    [[nodiscard]] virtual std::string host() const = 0;                           // "local" through a socket
    [[nodiscard]] virtual std::string quoted(const std::string& text) const = 0;  // 'text', for a statement
};

}  // namespace custody
