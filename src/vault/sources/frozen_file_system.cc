#include "vault/sources/frozen_file_system.h"

#include "base/block_device.h"
#include "base/text.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>
#include <utility>

namespace custody {
namespace {

constexpr int kThawedInTime = 0, kTimeWasUp = 1, kThawedByOthers = 2;
constexpr char kFrozen = 'f', kThaw = 't', kNotOurs = 'n';  // what the watcher is told; another holds it frozen

// The next word in the watcher; its end stands for kThaw: who froze is no more. False: none in time. -1 ms: however long.
bool hear(int control, int longest_ms, char& word) {
    struct pollfd said {
        control, POLLIN, 0
    };
    int got = -1;
    do {
        got = ::poll(&said, 1, longest_ms);
    } while (got < 0 && errno == EINTR);
    word = kThaw;
    if ((said.revents & POLLIN) != 0) (void)!::read(control, &word, 1);
    return got != 0;
}

// In the watcher, between fork and _exit: system calls only. Nothing else of ours stays open there, above all no lock.
[[noreturn]] void watch(int top, int control, int longest_ms) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) (void)::signal(signal, SIG_IGN);
    (void)::setsid();
    const int low = std::min(top, control), high = std::max(top, control);
    if (low > 0) (void)::close_range(0, static_cast<unsigned>(low - 1), 0);
    if (high - low > 1) (void)::close_range(static_cast<unsigned>(low + 1), static_cast<unsigned>(high - 1), 0);
    (void)::close_range(static_cast<unsigned>(high + 1), std::numeric_limits<unsigned>::max(), 0);
    // The time counts from when it is frozen: writing back what was dirty may take longer than that, and a watcher who had gone
    // home by then would leave it frozen for good.
    char word = kThaw;
    (void)hear(control, -1, word);
    const bool in_time = word != kFrozen || hear(control, longest_ms, word);
    const bool was_frozen = word == kNotOurs || ::ioctl(top, FITHAW, 0) == 0;
    ::_exit(!in_time ? kTimeWasUp : was_frozen ? kThawedInTime : kThawedByOthers);
}

bool is_same_device(const std::string& path, std::uint64_t device) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && status.st_dev == device;
}

Status check_freezable(const FreezeOptions& options, const MountInfo& mount, std::uint64_t device) {
    const std::string where = printable(options.mount_point);
    if (is_same_device("/", device)) {
        return Error{Code::refused, say("{} is not frozen: the running system lies on it", where)};
    }
    if (mount.file_system == "btrfs") {
        return Error{Code::refused, say("{} is not frozen: btrfs is backed up from snapshots, as files", where)};
    }
    for (const std::string& needed : options.needed) {
        if (!is_same_device(needed, device) && !may_be_in_image(mount.source, needed)) continue;
        return Error{Code::refused, say("{} is not frozen: {} lies on it or beside it, and is written to while the image is read",
                                        where, printable(needed))};
    }
    return done();
}

}  // namespace

Result<FrozenFileSystem> FrozenFileSystem::freeze(const FreezeOptions& options) {
    TRY_ASSIGN(const MountInfo mount, mount_of(options.mount_point));
    Fd top(::open(options.mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (!top.valid() || ::fstat(top.get(), &status) != 0) return system_error(errno, "open", options.mount_point);
    if (mount.point != options.mount_point) {
        return Error{Code::not_found, say("nothing is mounted at {}", printable(options.mount_point))};
    }
    TRY(check_freezable(options, mount, status.st_dev));
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return system_error(errno, "make", "a socket");
    Fd watched(ends[0]), control(ends[1]);
    const std::int64_t longest_ms = std::clamp<std::int64_t>(options.longest_ns / 1'000'000, 1, 3'600'000);
    const pid_t watcher = ::fork();
    if (watcher < 0) return system_error(errno, "make", "a process that thaws");
    if (watcher == 0) {
        (void)::close(control.get());  // that end is the other process's alone
        watch(top.get(), watched.get(), static_cast<int>(longest_ms));
    }
    FrozenFileSystem frozen(options.mount_point, std::move(top), std::move(control), watcher);
    if (::ioctl(frozen.top_.get(), FIFREEZE, 0) == 0) {
        if (::send(frozen.control_.get(), &kFrozen, 1, MSG_NOSIGNAL) == 1) return frozen;
        const int lost = errno;  // nobody watches over it
        (void)::ioctl(frozen.top_.get(), FITHAW, 0);
        return system_error(lost, "write", "a socket");
    }
    const int error = errno;
    if (::send(frozen.control_.get(), &kNotOurs, 1, MSG_NOSIGNAL) != 1) return system_error(errno, "write", "a socket");
    if (error == EBUSY) return Error{Code::busy, say("{} is frozen already, by somebody else", printable(options.mount_point))};
    return system_error(error, "freeze", options.mount_point);
}

FrozenFileSystem::FrozenFileSystem(FrozenFileSystem&& other) noexcept
    : mount_point_(std::move(other.mount_point_)),
      top_(std::move(other.top_)),
      control_(std::move(other.control_)),
      watcher_(std::exchange(other.watcher_, -1)) {}

FrozenFileSystem::~FrozenFileSystem() {
    if (watcher_ >= 0) (void)thaw();
}

Status FrozenFileSystem::thaw() {
    if (watcher_ < 0) return done();
    // Not by closing alone: a fork elsewhere may hold it open for a moment. The watcher may be gone, its time being up.
    (void)::send(control_.get(), &kThaw, 1, MSG_NOSIGNAL);
    control_.reset();
    int ended = 0;
    pid_t reaped = -1;
    do {
        reaped = ::waitpid(watcher_, &ended, 0);
    } while (reaped < 0 && errno == EINTR);
    watcher_ = -1;
    if (reaped > 0 && WIFEXITED(ended) && WEXITSTATUS(ended) == kThawedInTime) return done();
    if (reaped > 0 && WIFEXITED(ended) && WEXITSTATUS(ended) == kThawedByOthers) {
        return Error{Code::failed, say("{} was thawed by somebody else while its image was read: the image may hold a state that "
                                       "never was",
                                       printable(mount_point_))};
    }
    if (reaped > 0 && WIFEXITED(ended)) {
        return Error{Code::failed,
                     say("{} was thawed before its image was read, for it had been frozen for as long as is allowed: the "
                         "image may hold a state that never was",
                         printable(mount_point_))};
    }
    (void)::ioctl(top_.get(), FITHAW, 0);  // somebody killed the watcher
    return Error{Code::failed, say("the process that watches over the frozen {} was ended by somebody", printable(mount_point_))};
}

}  // namespace custody
