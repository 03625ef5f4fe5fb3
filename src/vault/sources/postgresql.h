// A PostgreSQL server as a Source: all that is needed to have it again, as SQL text that psql reads.
//
//     /postgresql/<service, or host-port>/globals.sql             roles, tablespaces (pg_dumpall --globals-only)
//                                        /create/NAME.sql         CREATE DATABASE and its settings: what a dump alone does not
//                                        say /databases/NAME.sql      the dump of each database (pg_dump) /evidence/evidence.json
//                                        what was in it: base/records/canonical_json.h, below
//
// Every database that allows connections, templates left out. In each a REPEATABLE READ transaction is opened and its snapshot
// exported before the first dump begins, so that they lie as close together as the server allows; where it has too few
// connections left for that, the last ones are opened when their turn comes, and that is said. Right before its dump every table
// of a database is locked against being dropped, truncated or rewritten (ACCESS SHARE, as pg_dump does: reading and writing go
// on) until it is dumped and counted: so row counts are of the very snapshot that was dumped. Where such a thing happened between
// snapshot and lock, that database gets a new snapshot, its time in the evidence; busy after some attempts. Partitions and
// children are counted singly (ONLY); what belongs to an extension, foreign tables and materialized views are not. The dump is
// plain text without compression, in pg_dump's order, rows in the order they lie in. pg_dump of 2025 on writes a random word
// (\restrict) into head and foot of each dump: these two pieces of about 1 MiB are stored anew every time.
//
// Connections: CONNINFO as libpq reads it, also a service of a service file. A password in it, or PGPASSWORD, is refused: they
// belong into the service or password file. pg_dump gets the same parameters, and never a password. With `as_user` both this
// process's connection and the programs run as that user of the operating system (root only): "peer" authentication over the
// local socket then lets postgres in without any password. A service is then found in the system's service file or PGSERVICEFILE.
//
// Evidence: {"format": "custody database evidence 1", "kind": "postgresql", "server": {"version", "host", "port", "recovery"},
// "program": "pg_dump ...", "role_passwords": bool, "rows_counted": "in the dumped snapshot", "databases": [{"name", "file",
// "encoding", "collation", "time", "wal", "size_bytes", "extensions": {name: version}, "large_objects", "dump_bytes",
// "dump_sha256", "tables": [{"schema", "table", "rows"}]}]}.
//
// Ownership: notes, clock and stop outlive the source. Threads: as virtual_files.h. Errors: usage (CONNINFO, versions), failed
// (server down, refused, a dump that failed), denied (rights in the database), busy (locked for longer than the wait), not_found
// (no pg_dump). Any of them ends the run without a snapshot.
#pragma once

#include "base/stop.h"
#include "vault/sources/server_reach.h"
#include "vault/sources/source.h"

#include <memory>
#include <string>
#include <vector>

namespace custody {

struct PostgresqlOptions {
    std::string conninfo;
    std::string as_user;  // of the operating system; empty: whoever runs this
    std::int64_t lock_wait_ns = 60 * kSecond;
    std::vector<std::string> tool_folders;  // where pg_dump and pg_dumpall lie; empty: where distributions put them, then PATH
};
struct PostgresqlNotes {
    std::vector<std::string> warnings;           // grows while the source is read
    std::string default_name;                    // of the snapshot
    ServerReach reach = ServerReach::not_asked;  // of the last attempt to connect, also where opening failed
};

// A CONNINFO that may not be used: usage. Connects to nothing.
[[nodiscard]] Status check_conninfo(const std::string& conninfo);
// Connects once more and looks, for a run that failed within: is the server still there?
[[nodiscard]] ServerReach reach_postgresql(const PostgresqlOptions& options, const StopFlag& stop);
[[nodiscard]] Result<std::unique_ptr<Source>> open_postgresql(const PostgresqlOptions& options, PostgresqlNotes& notes,
                                                              const Clock& clock, const StopFlag& stop);

}  // namespace custody
