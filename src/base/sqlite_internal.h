// What the files of the SQLite door share: the connection, and how SQLite's codes become ours.
#pragma once

#include "base/sqlite.h"

#include <string>
#include <string_view>

struct sqlite3;

namespace custody::sqlite {

struct Connection {
    sqlite3* handle = nullptr;
    std::string path;
    bool sync_failed = false;
    const StopFlag* stop = nullptr;

    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();
};

// The error of a code that the connection returned just now. `operation` is a verb for "cannot {} the database {}".
[[nodiscard]] Error error_of(Connection& connection, int code, std::string_view operation);
// A statement without results on a handle: for BEGIN, COMMIT, PRAGMA.
[[nodiscard]] Status run_plain(Connection& connection, const char* sql, std::string_view operation);

}  // namespace custody::sqlite
