// A local PostgreSQL server that goes by who asks (peer authentication, as distributions set it up) lets the role "postgres" in
// for the system's user postgres alone, and not for root. Reads the system's user database; connects to nothing. Threads: any.
#pragma once

#include <string>

namespace custody {

// Whom `custody setup` proposes as `as_user` of this connection string. Empty: nobody: it leads elsewhere than to a local socket,
// names no role, or a service or password file says more than we know; or the role is no user of this system, or who runs this.
[[nodiscard]] std::string peer_user_of(const std::string& conninfo);

}  // namespace custody
