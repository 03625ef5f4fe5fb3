#include "vault/sources/stream.h"

#include "base/file.h"
#include "base/text.h"
#include "vault/sources/named_place.h"
#include "vault/sources/once_content.h"
#include "vault/sources/single_item.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace custody {
namespace {

constexpr int kWait_ms = 200;

class StreamContent final : public OnceContent {
public:
    StreamContent(int fd, std::string name, const StopFlag* stop) : fd_(fd), name_(std::move(name)), stop_(stop) {}
    [[nodiscard]] Result<std::size_t> read(MutableByteView into) override {
        std::size_t filled = 0;
        while (filled < into.size()) {
            TRY(wait());
            const ssize_t got = ::read(fd_, into.data() + filled, into.size() - filled);
            if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (got < 0) return system_error(errno, "read", name_);
            if (got == 0) break;
            filled += static_cast<std::size_t>(got);
        }
        return filled;
    }

private:
    // Until there is something to read, or the end.
    [[nodiscard]] Status wait() const {
        for (;;) {
            if (stop_) TRY(stop_->check());
            struct pollfd ready {
                fd_, POLLIN, 0
            };
            const int got = ::poll(&ready, 1, kWait_ms);
            if (got > 0 || (got < 0 && errno != EINTR)) return done();  // an error shows when it is read
        }
    }

    int fd_;
    std::string name_;
    const StopFlag* stop_;
};

SourceItem stream_item(const std::string& name, Time now) {
    SourceItem item;
    item.name = name;
    item.mode = 0600;
    item.uid = ::geteuid();
    item.gid = ::getegid();
    item.stamp.size = kUnknownSize;
    item.stamp.modified = item.stamp.changed = to_file_time(now);
    return item;
}

class Stream final : public SingleItemSource {
public:
    Stream(int fd, const std::string& name, Time now, const StopFlag* stop)
        : SingleItemSource("/" + name, {}, stream_item(name, now)), fd_(fd), stop_(stop) {}
    [[nodiscard]] std::string kind() const override { return "stream"; }
    [[nodiscard]] Result<OpenedItem> open(const SourceFolder&, const SourceItem& item) override {
        OpenedItem opened = entry_of(item);
        opened.content = std::make_unique<StreamContent>(fd_, item.name, stop_);
        return opened;
    }
    [[nodiscard]] bool can_look_again() const override { return false; }
    [[nodiscard]] std::vector<std::string> look_again(const std::string&, std::span<const SeenItem> items) override {
        return std::vector<std::string>(items.size());
    }

private:
    int fd_;
    const StopFlag* stop_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_stream(int fd, const std::string& name, const Clock& clock, const StopFlag* stop) {
    if (name.empty() || name == "." || name == ".." || name.size() > 255 || name.find('/') != std::string::npos ||
        name.find('\0') != std::string::npos)
        return Error{Code::usage, say("{} cannot name a stream: give one file name of at most 255 bytes", printable(name))};
    return std::unique_ptr<Source>(std::make_unique<Stream>(fd, name, clock.now(), stop));
}

}  // namespace custody
