// custodyd: the service. First of all the process is made safe: no core dumps, and files that are made for nobody else.
#include "base/exit_code.h"
#include "base/open_file_limit.h"
#include "base/secret.h"
#include "daemon/service/custodyd.h"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

namespace {

// The last word of an exception in a thread that nobody waits for. Memory may be what is missing, so nothing is allocated and
// both languages stand in the line. systemd starts the service again; it then closes truthfully what was open.
void end_in_words() {
    constexpr char kLine[] =
        "custodyd: hết bộ nhớ, hoặc lỗi không lường trước; dịch vụ sẽ được khởi động lại / out of memory, or an error that "
        "should not "
        "happen; the service is started again\n";
    const ssize_t written = ::write(STDERR_FILENO, kLine, sizeof kLine - 1);
    (void)written;  // there is nobody else to tell
    ::_exit(custody::kExitFailed);
}

}  // namespace

int main(int argc, char** argv) {
    const custody::Status hardened = custody::harden_process();
    if (!hardened.ok()) {
        std::fprintf(stderr, "custodyd: %s\n", hardened.error().message.c_str());
        return custody::exit_code_of(hardened.error().code);
    }
    (void)::umask(0027);  // what others may read says so itself
    custody::raise_open_file_limit();
    std::set_terminate(end_in_words);
    (void)std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error of write() then
    return custody::run_custodyd(argc, argv);
}
