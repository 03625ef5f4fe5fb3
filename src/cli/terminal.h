// The person at the controlling terminal: questions on /dev/tty, whatever standard input and output are.
//
// Ownership: the object owns the descriptor; echo is restored when a question is answered, interrupted or fails. Threads: one.
// Errors: interrupted (a signal asked to stop, or end of input), io.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "base/secret.h"

#include <memory>
#include <string>
#include <string_view>

namespace custody {

class Terminal {
public:
    // Null: this process has no terminal.
    static std::unique_ptr<Terminal> open();
    [[nodiscard]] Result<Secret> ask_secret(std::string_view prompt);     // not echoed
    [[nodiscard]] Result<std::string> ask_line(std::string_view prompt);  // echoed
    void write(std::string_view text);                                    // best effort: a hint that cannot be shown is no error

private:
    explicit Terminal(Fd fd) : fd_(std::move(fd)) {}
    [[nodiscard]] Result<Secret> read_line();
    Fd fd_;
};

}  // namespace custody
