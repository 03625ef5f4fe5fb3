#include "daemon/service/signals.h"

#include "base/text.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace custody {

sigset_t service_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, signal);
    return set;
}

Status block_service_signals() {
    const sigset_t set = service_signals();
    const int failed = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    if (failed != 0) return system_error(failed, "block signals of", "custodyd");
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    if (::sigaction(SIGPIPE, &ignore, nullptr) != 0) return system_error(errno, "ignore a signal of", "custodyd");
    return done();
}

Result<SignalSource> SignalSource::open() {
    const sigset_t set = service_signals();
    Fd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!fd.valid()) return system_error(errno, "read signals of", "custodyd");
    return SignalSource(std::move(fd));
}

std::optional<ServiceSignal> SignalSource::next() {
    signalfd_siginfo info = {};
    for (;;) {
        const ssize_t size = ::read(fd_.get(), &info, sizeof info);
        if (size < 0 && errno == EINTR) continue;
        if (size != static_cast<ssize_t>(sizeof info)) return std::nullopt;  // EAGAIN: none is left
        if (info.ssi_signo == SIGHUP) return ServiceSignal::reload;
        if (info.ssi_signo == SIGUSR1) return ServiceSignal::dump_status;
        return ServiceSignal::stop;
    }
}

}  // namespace custody
