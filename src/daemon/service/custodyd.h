// The program custodyd: its flags, and how it gets from them to a running service. main.cc has already made the process safe.
//
// Threads: called once, from main, before any thread exists. The result is the exit code (base/exit_code.h).
#pragma once

namespace custody {

[[nodiscard]] int run_custodyd(int argc, char** argv);

}  // namespace custody
