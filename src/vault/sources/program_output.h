// The standard output of a program as the content of a file (virtual_files.h).
//
// Its end counts only when the program then succeeded: one that fails, is ended or prints nothing is an error, so that half a
// dump never stands as a whole one. Ownership: owns the child process, which ends with it. Threads: one. Errors: those of
// base/process.h; failed, with the program's name and its last words.
#pragma once

#include "base/process.h"
#include "vault/sources/source.h"

#include <functional>
#include <memory>
#include <string>

namespace custody {

struct ProgramOutput {
    ProcessOptions process;
    std::string what;  // begins messages: "pg_dump of database portal"
    bool may_be_empty = false;
    // Sees every piece in order before it is stored. May be empty.
    std::function<Status(ByteView)> look;
    // After the program succeeded, before the end is told: what must hold for its output to count. May be empty.
    std::function<Status()> at_end;
    // Puts the program's failure into better words; empty: how_it_ended().
    std::function<Error(const ProcessEnd&)> explain;
};
// Starts it. `stop` outlives the content.
[[nodiscard]] Result<std::unique_ptr<FileContent>> open_program_output(ProgramOutput program, const StopFlag& stop);

}  // namespace custody
