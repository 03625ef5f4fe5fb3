#include "daemon/service/log.h"

#include "base/text.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace custody {

ServiceLog ServiceLog::to_standard_error() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat info {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &info) != 0) return ServiceLog(false);
    return ServiceLog(std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino) == stream);
}

void ServiceLog::write(LogLevel level, std::string_view line) const {
    std::string text = to_journal_ ? "<" + std::to_string(static_cast<int>(level)) + ">" : std::string("custodyd: ");
    text += printable(line);
    text += '\n';
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    (void)written;  // there is nobody else to tell
}

}  // namespace custody
