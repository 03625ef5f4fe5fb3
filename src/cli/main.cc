// custody: the command line. First of all secrets are made safe: no core dumps, passphrases out of the environment.
#include "base/exit_code.h"
#include "base/open_file_limit.h"
#include "base/secret.h"
#include "cli/program.h"
#include "cli/signals.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

namespace {

// The last word of an exception in a thread that nobody waits for; others are answered in run_program(). Memory may be what is
// missing, so nothing is allocated and both languages stand in the line. What was reported as done lies in the vault.
void end_in_words() {
    constexpr char kLine[] =
        "custody: hết bộ nhớ, hoặc lỗi không lường trước; hãy chạy lại lệnh / out of memory, or an error that "
        "should not happen; run the command again\n";
    const ssize_t written = ::write(STDERR_FILENO, kLine, sizeof kLine - 1);
    (void)written;  // there is nobody else to tell
    ::_exit(custody::kExitFailed);
}

}  // namespace

int main(int argc, char** argv) {
    custody::install_signal_handlers();
    const custody::Status hardened = custody::harden_process();
    if (!hardened.ok()) {
        std::fprintf(stderr, "custody: %s\n", hardened.error().message.c_str());
        return custody::exit_code_of(hardened.error().code);
    }
    custody::Passphrases passphrases = custody::Passphrases::capture_environment();
    custody::raise_open_file_limit();
    std::set_terminate(end_in_words);
    (void)std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error of write() then
    return custody::run_program(argc, argv, std::move(passphrases));
}
