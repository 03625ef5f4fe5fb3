#include "daemon/api/json_stream.h"

#include "base/text.h"
#include "daemon/api/error_form.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace custody {

Result<std::shared_ptr<JsonStream>> JsonStream::make() {
    std::shared_ptr<JsonStream> stream(new JsonStream());
    stream->wake_ = Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!stream->wake_.valid()) return system_error(errno, "open a stream to", translate("the client"));
    return stream;
}

void JsonStream::wake() const {
    const std::uint64_t one = 1;
    const ssize_t written = ::write(wake_.get(), &one, sizeof one);
    (void)written;  // EAGAIN: it is awake as it is
}

bool JsonStream::add(std::string line, bool is_progress) {
    {
        const std::lock_guard lock(mutex_);
        if (cut_ || finished_) return false;
        if (is_progress && last_is_progress_ && !lines_.empty()) {
            bytes_ -= lines_.back().size();
            lines_.pop_back();
        }
        if (lines_.size() >= kMaxLines || bytes_ + line.size() > kMaxBytes) {
            cut_ = true;
        } else {
            bytes_ += line.size();
            lines_.push_back(std::move(line));
            last_is_progress_ = is_progress;
        }
        if (cut_) lines_.clear();
    }
    wake();
    return is_open();
}

bool JsonStream::push_progress(const Json& line) { return add(json_line(line), true); }
bool JsonStream::push(const Json& line) { return add(json_line(line), false); }

void JsonStream::finish(const Json& line) {
    if (!add(json_line(line), false)) return;
    {
        const std::lock_guard lock(mutex_);
        finished_ = true;
    }
    wake();
}

void JsonStream::fail(const Error& error) { finish(error_document(error)); }

bool JsonStream::is_open() const {
    const std::lock_guard lock(mutex_);
    return !cut_ && !finished_;
}

void JsonStream::cut() {
    {
        const std::lock_guard lock(mutex_);
        cut_ = true;
    }
    wake();
}

std::optional<JsonStream::Next> JsonStream::take() {
    const std::lock_guard lock(mutex_);
    if (cut_) return Next{Next::Kind::cut, {}};
    if (lines_.empty()) return finished_ ? std::optional(Next{Next::Kind::ended, {}}) : std::nullopt;
    Next next{Next::Kind::line, std::move(lines_.front())};
    lines_.pop_front();
    bytes_ -= next.line.size();
    return next;
}

JsonStream::Next JsonStream::next(int socket) {
    for (;;) {
        if (auto next = take()) return *std::move(next);
        // POLLRDHUP: a client that only looks on has nothing to send, so one that closes its side is gone.
        pollfd wait[2] = {{wake_.get(), POLLIN, 0}, {socket, POLLRDHUP, 0}};
        if (::poll(wait, 2, -1) < 0 && errno != EINTR) return {Next::Kind::cut, {}};
        std::uint64_t count = 0;
        if ((wait[0].revents & POLLIN) != 0) {
            const ssize_t size = ::read(wake_.get(), &count, sizeof count);
            (void)size;  // EAGAIN: another look took it
        } else if (wait[1].revents != 0) {
            cut();
        }
    }
}

}  // namespace custody
