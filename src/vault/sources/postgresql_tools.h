// pg_dump and pg_dumpall: which to run, how, and what their failure means. Of postgresql*.cc.
//
// Threads: free functions are safe. Errors: not_found (none is installed), failed (older than the server).
#pragma once

#include "base/process.h"
#include "vault/sources/postgresql_session.h"

#include <string>
#include <vector>

namespace custody {

struct PostgresqlTools {
    std::string pg_dump, pg_dumpall;
    std::string version;  // of pg_dump, as it says it
};
// Of the server's version where it is installed, else a newer one, else what PATH has. Debian's wrapper in PATH chooses a version
// by the local clusters, which says nothing about the server that CONNINFO leads to; so it comes last.
[[nodiscard]] Result<PostgresqlTools> find_postgresql_tools(const std::vector<std::string>& folders, int server_major,
                                                            const StopFlag& stop);
// The environment that makes a program find what libpq here finds: our PG* variables but no password, and our home folder, also
// where it runs as another user.
[[nodiscard]] std::map<std::string, std::string> postgresql_environment();
// One line out of what pg_dump prints: its "error:" line says what, its last one often only with which query.
[[nodiscard]] Error explain_pg_dump(const std::string& what, const ProcessEnd& end);

}  // namespace custody
