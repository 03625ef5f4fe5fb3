// The service's log: lines on standard error, where the journal takes them with their priority (sd-daemon(3)) and a terminal
// shows them without. What happened to data is in the catalogue; the log is for who looks at the process.
//
// Ownership: a value over descriptor 2. Threads: any; a line is one write, so that lines of two threads do not mix. Errors: none:
// there is nobody else to tell. A message never holds a secret, and is made one printable line.
#pragma once

#include <string_view>

namespace custody {

enum class LogLevel { error = 3, warning = 4, notice = 5, info = 6 };  // numbers as in syslog(3)

class ServiceLog {
public:
    // Looks at JOURNAL_STREAM: is standard error the journal's?
    [[nodiscard]] static ServiceLog to_standard_error();
    void write(LogLevel level, std::string_view line) const;
    void error(std::string_view line) const { write(LogLevel::error, line); }
    void warning(std::string_view line) const { write(LogLevel::warning, line); }
    void notice(std::string_view line) const { write(LogLevel::notice, line); }
    void info(std::string_view line) const { write(LogLevel::info, line); }

private:
    explicit ServiceLog(bool to_journal) : to_journal_(to_journal) {}
    bool to_journal_;
};

}  // namespace custody
