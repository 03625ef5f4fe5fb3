// What the service tells systemd about itself: the sd_notify protocol (sd_notify(3)), one datagram a message, without libsystemd.
//
// Ownership: a Notifier owns its socket. Threads: one makes it, before others start (it takes the variables out of the
// environment, so that no child can speak for the service); the messages may be sent from any thread. Errors: without a manager
// nothing is sent, and that is no error; a manager that does not take a message is told of by a Status that the caller logs.
// Durations: nanoseconds.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace custody {

class Notifier {
public:
    // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and removes them. usage: a socket address that is none.
    [[nodiscard]] static Result<Notifier> from_environment();

    [[nodiscard]] bool has_manager() const { return socket_.valid(); }
    // How often watchdog() has to be called: half of what the manager waits. Nothing: no watchdog is wanted from this process.
    [[nodiscard]] std::optional<std::int64_t> watchdog_interval_ns() const { return watchdog_interval_ns_; }

    [[nodiscard]] Status ready(std::string_view status) const;
    [[nodiscard]] Status reloading() const;  // ready() ends it
    [[nodiscard]] Status stopping(std::string_view status) const;
    [[nodiscard]] Status status(std::string_view status) const;
    [[nodiscard]] Status watchdog() const;
    // Asks for more time to start or stop than the unit allows.
    [[nodiscard]] Status extend_timeout(std::int64_t ns) const;

private:
    Notifier() = default;
    [[nodiscard]] Status send(const std::string& message) const;

    Fd socket_;
    std::string name_;  // as NOTIFY_SOCKET had it, for messages
    sockaddr_un address_ = {};
    socklen_t address_size_ = 0;
    std::optional<std::int64_t> watchdog_interval_ns_;
};

}  // namespace custody
