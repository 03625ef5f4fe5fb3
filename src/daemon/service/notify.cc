#include "daemon/service/notify.h"

#include "base/clock.h"
#include "base/text.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace custody {
namespace {

std::string take_variable(const char* name) {
    const char* value = std::getenv(name);
    std::string taken = value == nullptr ? std::string() : std::string(value);
    (void)::unsetenv(name);  // fails for names that are none only
    return taken;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

// The manager's lines end at a line feed; what a status may hold (a path) must not make a line of its own.
std::string status_line(std::string_view status) { return "STATUS=" + printable(status); }

std::optional<std::int64_t> half_interval(const std::string& usec, const std::string& pid) {
    const auto wanted = number(usec);
    if (!wanted || *wanted == 0 || *wanted > static_cast<std::uint64_t>(kDay / 1000)) return std::nullopt;
    if (!pid.empty() && number(pid) != static_cast<std::uint64_t>(::getpid())) return std::nullopt;
    return static_cast<std::int64_t>(*wanted) * 1000 / 2;
}

}  // namespace

Result<Notifier> Notifier::from_environment() {
    Notifier notifier;
    const std::string name = take_variable("NOTIFY_SOCKET");
    const std::string usec = take_variable("WATCHDOG_USEC");
    const std::string pid = take_variable("WATCHDOG_PID");
    if (name.empty()) return notifier;
    const bool abstract = name[0] == '@';
    if ((name[0] != '/' && !abstract) || name.size() < 2 || name.size() >= sizeof notifier.address_.sun_path) {
        return Error{Code::usage,
                     say("NOTIFY_SOCKET is neither a path nor an abstract name of a Unix socket: {}; start the service "
                         "by systemd, or without that variable",
                         printable(name))};
    }
    notifier.socket_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!notifier.socket_.valid()) return system_error(errno, "open a socket for", name);
    notifier.address_.sun_family = AF_UNIX;
    std::memcpy(notifier.address_.sun_path, name.data(), name.size());
    if (abstract) notifier.address_.sun_path[0] = '\0';
    // An abstract name ends where its length says, a path with a zero byte.
    notifier.address_size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
    notifier.name_ = name;
    notifier.watchdog_interval_ns_ = half_interval(usec, pid);
    return notifier;
}

Status Notifier::send(const std::string& message) const {
    if (!socket_.valid()) return done();
    for (;;) {
        const ssize_t sent = ::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                                      reinterpret_cast<const sockaddr*>(&address_), address_size_);
        if (sent >= 0) return done();
        if (errno != EINTR) return system_error(errno, "send to", name_);
    }
}

Status Notifier::ready(std::string_view status) const { return send("READY=1\n" + status_line(status)); }

Status Notifier::reloading() const {
    // The manager compares it with when it asked, so that an older message does not end a newer wish.
    return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(system_clock().monotonic_ns() / 1000));
}

Status Notifier::stopping(std::string_view status) const { return send("STOPPING=1\n" + status_line(status)); }
Status Notifier::status(std::string_view status) const { return send(status_line(status)); }
Status Notifier::watchdog() const { return send("WATCHDOG=1"); }
Status Notifier::extend_timeout(std::int64_t ns) const { return send("EXTEND_TIMEOUT_USEC=" + std::to_string(ns / 1000)); }

}  // namespace custody
