// Databases and folders of data at the places where Debian and its like keep them. Part of discover() (discovered.h).
//
// The search for SQLite files is bounded (kMaxSearchDepth, kMaxSearched, kMaxSqliteFiles), goes by each file's header, follows no
// link and crosses into no other file system; what lies deeper is not found, and so not told as uncovered.
// Ownership: values. Threads: safe. Errors: none; what cannot be looked at is left out.
#pragma once

#include "daemon/discover/discovered.h"

#include <string>
#include <vector>

namespace custody {

inline constexpr int kMaxSearchDepth = 6;
inline constexpr std::size_t kMaxSearched = 20'000;  // entries below one of the places
inline constexpr std::size_t kMaxSqliteFiles = 100;

// `root`: stands before every path that is looked at, and is left out of what is told; empty: this machine.
[[nodiscard]] std::vector<FoundDatabase> find_databases(const std::string& root = "");
// "/home", "/srv", ...: those with a file in them whose name does not begin with a dot.
[[nodiscard]] std::vector<std::string> find_data_folders(const std::string& root = "");

}  // namespace custody
