// The signals that the service obeys, as a descriptor that the event loop reads (signalfd(2)), so that no code runs in a handler.
//
// block_service_signals() is called in main before any thread exists: all threads inherit the mask, and only the loop sees the
// signals. A child that is started must have them unblocked again (service_signals() says which) before it executes its program.
// Ownership: a SignalSource owns its descriptor. Threads: the loop's.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <csignal>
#include <optional>

namespace custody {

enum class ServiceSignal { stop, reload, dump_status };

// TERM and INT stop, HUP reloads, USR1 writes the status to the log. PIPE is ignored: a closed connection is an error of write().
[[nodiscard]] Status block_service_signals();
// Those that were blocked.
[[nodiscard]] sigset_t service_signals();

class SignalSource {
public:
    // Precondition: block_service_signals() was called.
    [[nodiscard]] static Result<SignalSource> open();
    [[nodiscard]] int fd() const { return fd_.get(); }
    // One of those that came since; nothing when none is left.
    [[nodiscard]] std::optional<ServiceSignal> next();

private:
    explicit SignalSource(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

}  // namespace custody
