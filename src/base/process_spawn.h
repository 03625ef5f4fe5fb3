// Of process.cc alone: everything between fork and exec.
//
// Between the two only system calls are made, for another thread may have held any lock when the process was copied; all that
// the child needs is prepared before.
#pragma once

#include "base/file.h"
#include "base/process.h"

#include <string>
#include <vector>

namespace custody {

// What is prepared before the fork. Descriptors are all above 2.
struct Launch {
    std::string path;
    std::vector<std::string> arguments, environment;
    std::string folder;
    std::optional<ProcessUser> user;
    Fd input, output, errors;  // the child's ends
};
struct Pipes {
    Fd output, errors;  // our ends
};

[[nodiscard]] Result<Launch> prepare_launch(const ProcessOptions& options, Pipes& pipes);
struct Spawned {
    pid_t pid = -1;
    Fd handle;  // pidfd: readable when it has ended
};
// Returns when the program runs, or could not be started. The child dies with the calling thread.
[[nodiscard]] Result<Spawned> spawn(Launch launch);

}  // namespace custody
