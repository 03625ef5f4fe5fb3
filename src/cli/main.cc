// custody: the command line. First of all secrets are made safe: no core dumps, passphrases out of the environment.
#include "base/secret.h"
#include "cli/exit_code.h"
#include "cli/program.h"
#include "cli/signals.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <new>

namespace {

// What was stored stays reusable after any death, so ending here loses nothing; nothing may be allocated any more.
void out_of_memory() {
    constexpr char kLine[] = "custody: there is not enough memory; what was stored is kept and will be reused\n";
    if (::write(STDERR_FILENO, kLine, sizeof kLine - 1) < 0) ::_exit(1);
    ::_exit(1);
}

}  // namespace

int main(int argc, char** argv) {
    const custody::Status hardened = custody::harden_process();
    if (!hardened.ok()) {
        std::fprintf(stderr, "custody: %s\n", hardened.error().message.c_str());
        return custody::exit_code_of(hardened.error().code);
    }
    custody::Passphrases passphrases = custody::Passphrases::capture_environment();
    std::set_new_handler(out_of_memory);
    (void)std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error of write() then
    custody::install_signal_handlers();
    return custody::run_program(argc, argv, std::move(passphrases));
}
