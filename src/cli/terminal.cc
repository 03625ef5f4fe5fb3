#include "cli/terminal.h"

#include "base/text.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace custody {
namespace {

constexpr std::size_t kMaxLine = 4096;

// For its lifetime, a quit (Ctrl-\) ends a read as an interrupt does, instead of the process.
class QuitEndsRead {
public:
    QuitEndsRead() {
        struct sigaction action {};
        action.sa_handler = [](int) {};
        sigemptyset(&action.sa_mask);
        active_ = ::sigaction(SIGQUIT, &action, &before_) == 0;
    }
    ~QuitEndsRead() {
        if (active_) ::sigaction(SIGQUIT, &before_, nullptr);
    }
    QuitEndsRead(const QuitEndsRead&) = delete;
    QuitEndsRead& operator=(const QuitEndsRead&) = delete;

private:
    struct sigaction before_ {};
    bool active_;
};

// Echo off for its lifetime.
class Silence {
public:
    explicit Silence(int fd) : fd_(fd), active_(::tcgetattr(fd, &before_) == 0) {
        if (!active_) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        quiet.c_lflag |= ICANON | ISIG | ECHONL;
        active_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
    }
    ~Silence() {
        if (active_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    [[nodiscard]] bool active() const { return active_; }

private:
    QuitEndsRead quit_;  // first made and last gone: the echo is back before a quit ends the process
    int fd_;
    termios before_{};
    bool active_;
};

}  // namespace

std::unique_ptr<Terminal> Terminal::open() {
    Fd fd(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!fd.valid()) return nullptr;
    return std::unique_ptr<Terminal>(new Terminal(std::move(fd)));
}

void Terminal::write(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd_.get(), text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

Result<Secret> Terminal::read_line() {
    Secret line(kMaxLine);
    std::size_t size = 0;
    while (size < kMaxLine) {
        const ssize_t got = ::read(fd_.get(), line.mutable_view().data() + size, 1);
        if (got < 0 && errno != EINTR) return system_error(errno, "read", "/dev/tty");
        if (got <= 0) return Error{Code::interrupted, say("interrupted at the question")};
        if (line.view()[size] == '\n') break;
        ++size;
    }
    return Secret::copy_of(line.view().first(size));
}

Result<Secret> Terminal::ask_secret(std::string_view prompt) {
    const Silence silence(fd_.get());
    if (!silence.active()) return Error{Code::io, say("cannot switch off the terminal's echo: the passphrase would be shown")};
    write(prompt);
    return read_line();
}

Result<std::string> Terminal::ask_line(std::string_view prompt) {
    write(prompt);
    TRY_ASSIGN(const Secret line, read_line());
    return std::string(as_text(line.view()));
}

}  // namespace custody
