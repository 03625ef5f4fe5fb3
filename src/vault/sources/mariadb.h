// A MariaDB or MySQL server as a Source: all its databases at one moment, and its accounts, as SQL text that the client reads.
//
//     /mariadb/<host-port, or local>/databases.sql   every database but the server's own, with routines, events, triggers
//                                   /users.sql       accounts, roles and grants
//                                   /evidence/evidence.json   what the dump holds: base/records/canonical_json.h, below
//
// One run of mariadb-dump (mysqldump) in one transaction (--single-transaction): one moment for all tables of transactional
// engines. Others (MyISAM, Aria, MEMORY ...) are read while they may change; they are named in a warning and in the evidence. The
// server cannot lend that transaction's view to another session, so rows are counted in the dump itself, as its statements go by:
// that is exactly what a restore will insert, but, unlike PostgreSQL's evidence, no second witness of what the server held. The
// dump counts as whole when the program succeeded and wrote its last line. Rows are written one by one, in the order of the
// primary key: a row that changes then moves no other one to another place in the text, and the rest deduplicates (several rows
// to a statement begin anew at other rows after each change). Binary log position and GTID are recorded where the server keeps a
// log.
//
// Credentials come from DEFAULTS-FILE alone (groups [client], [client-server], [client-mariadb]; the program reads [mariadb-dump]
// and [mysqldump], too), which is also all that the program gets. With `as_user` both this process's connection and the program
// are that user of the operating system (root only), for accounts that unix_socket lets in.
//
// Evidence: {"format": "custody database evidence 1", "kind": "mariadb", "server": {"version", "host", "port"}, "program": "...",
// "time", "binlog": {"file", "position", "gtid"} or null, "rows_counted": "in the dump itself", "not_transactional":
// [{"database", "table", "engine"}], "dump_bytes", "dump_sha256", "databases": [{"name", "tables": [{"table", "rows"}]}]}.
//
// Ownership: notes, clock and stop outlive the source. Threads: as virtual_files.h. Errors: not_found (no such file, no
// mariadb-dump), failed (server down, refused, dump failed or incomplete). Any of them ends the run without a snapshot.
#pragma once

#include "base/stop.h"
#include "vault/sources/server_reach.h"
#include "vault/sources/source.h"

#include <memory>
#include <string>
#include <vector>

namespace custody {

struct MariadbOptions {
    std::string defaults_file;              // absolute
    std::string as_user;                    // of the operating system; empty: whoever runs this
    std::vector<std::string> tool_folders;  // where mariadb-dump lies; empty: PATH
};
struct MariadbNotes {
    std::vector<std::string> warnings;           // grows while the source is read
    std::string default_name;                    // of the snapshot
    ServerReach reach = ServerReach::not_asked;  // of the last attempt to connect, also where opening failed
};
// Connects once more and looks, for a run that failed within: is the server still there?
[[nodiscard]] ServerReach reach_mariadb(const MariadbOptions& options);
[[nodiscard]] Result<std::unique_ptr<Source>> open_mariadb(const MariadbOptions& options, MariadbNotes& notes, const Clock& clock,
                                                           const StopFlag& stop);

}  // namespace custody
