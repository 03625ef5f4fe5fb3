// The program as a function: reads the command line, runs one command, says what went wrong, returns the exit code.
#pragma once

#include "cli/passphrase.h"

namespace custody {

// No exception leaves it. Called once, before any thread exists.
[[nodiscard]] int run_program(int argc, char** argv, Passphrases passphrases);

}  // namespace custody
