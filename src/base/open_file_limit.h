// How many files this process may have open at a time (RLIMIT_NOFILE).
//
// Threads: raise before any are started. No child process is started by this program, so none inherits the limit.
// Errors: none; where the system refuses, the limit stays as it was.
#pragma once

#include <cstddef>

namespace custody {

// The soft limit up to the hard one. The usual soft limit of 1024 protects programs that call select(), which this one does not.
void raise_open_file_limit();
// The soft limit; a large number where there is none.
[[nodiscard]] std::size_t open_file_limit();
// What one cache of open files may keep: a quarter of the limit, and no more than is of use to it.
[[nodiscard]] std::size_t share_of_open_files(std::size_t at_most);

}  // namespace custody
