#include "cli/signals.h"

#include "base/clock.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

namespace custody {
namespace {

constexpr std::int64_t kOneSignal = kSecond;  // `timeout` signals the process and its group: that is one wish to end

void handle(int signal, void (*handler)(int), int flags);

// When the first came, by the monotonic clock; 0: none yet.
std::atomic<std::int64_t>& first_stop() {
    static std::atomic<std::int64_t> at{0};
    return at;
}

void request_stop(int signal) {
    timespec now = {};
    (void)::clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t now_ns = std::max<std::int64_t>(1, now.tv_sec * kSecond + now.tv_nsec);
    std::int64_t first = 0;
    if (first_stop().compare_exchange_strong(first, now_ns) || now_ns - first < kOneSignal) {
        stop_flag_of_process().request();
        return;
    }
    handle(signal, SIG_DFL, 0);
    (void)::raise(signal);  // blocked until this returns
}

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
    (void)stop_flag_of_process();  // made here, so that the handler only stores to atomics
    (void)first_stop();
    // No SA_RESTART: a prompt or a read of a stream returns at once.
    for (const int signal : {SIGINT, SIGTERM}) handle(signal, request_stop, 0);
    // Who started it under nohup wants it to outlive the terminal. Shells also start what runs in the background with SIGINT
    // ignored, where nobody asked for it: that one ends the run all the same.
    struct sigaction before {};
    if (sigaction(SIGHUP, nullptr, &before) != 0 || before.sa_handler != SIG_IGN) handle(SIGHUP, request_stop, 0);
    handle(SIGPIPE, SIG_IGN, 0);
}

void end_quietly_on_closed_output() { handle(SIGPIPE, SIG_DFL, 0); }

void end_by_closed_output() {
    handle(SIGPIPE, SIG_DFL, 0);
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    (void)::pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
    (void)::raise(SIGPIPE);
}

}  // namespace custody
