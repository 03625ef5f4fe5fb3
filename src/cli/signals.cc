#include "cli/signals.h"

#include <csignal>

namespace custody {
namespace {

void request_stop(int) { stop_flag_of_process().request(); }

void handle(int signal, void (*handler)(int), int flags) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
}

}  // namespace

StopFlag& stop_flag_of_process() {
    static StopFlag flag;
    return flag;
}

void install_signal_handlers() {
    (void)stop_flag_of_process();  // made here, so that the handler only stores to an atomic
    // No SA_RESTART: a prompt or a read of a stream returns at once. SA_RESETHAND: the second signal is final.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) handle(signal, request_stop, static_cast<int>(SA_RESETHAND));
    handle(SIGPIPE, SIG_IGN, 0);
}

void end_quietly_on_closed_output() { handle(SIGPIPE, SIG_DFL, 0); }

}  // namespace custody
