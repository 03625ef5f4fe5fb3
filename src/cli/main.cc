// custody: the command line. First of all secrets are made safe: no core dumps, passphrases out of the environment.
#include "base/secret.h"
#include "cli/exit_code.h"
#include "cli/program.h"
#include "cli/signals.h"

#include <cstdio>

int main(int argc, char** argv) {
    const custody::Status hardened = custody::harden_process();
    if (!hardened.ok()) {
        std::fprintf(stderr, "custody: %s\n", hardened.error().message.c_str());
        return custody::exit_code_of(hardened.error().code);
    }
    custody::Passphrases passphrases = custody::Passphrases::capture_environment();
    custody::install_signal_handlers();
    return custody::run_program(argc, argv, std::move(passphrases));
}
