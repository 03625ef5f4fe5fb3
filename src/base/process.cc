#include "base/process.h"

#include "base/file.h"
#include "base/process_spawn.h"
#include "base/text.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <future>
#include <system_error>
#include <thread>

namespace custody {
namespace {

constexpr int kStopPoll_ms = 100;  // a StopFlag is only an atomic: it is looked at this often
constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kMaxUserData = 1024 * 1024;
constexpr int kMaxGroups = 65536;  // NGROUPS_MAX

enum class Ending : int { none, time, stop, dropped };

// An eventfd that is raised once and stays so.
class Event {
public:
    Event() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    [[nodiscard]] bool valid() const { return fd_.valid(); }
    [[nodiscard]] int get() const { return fd_.get(); }
    void raise() {
        const std::uint64_t one = 1;
        (void)!::write(fd_.get(), &one, sizeof one);
    }
    void lower() {
        std::uint64_t value = 0;
        (void)!::read(fd_.get(), &value, sizeof value);
    }

private:
    Fd fd_;
};

// The helper thread's part: forks, then watches until all is over, then reaps.
class Watcher {
public:
    Watcher(const ProcessOptions& options, const StopFlag& stop)
        : stop_(stop), limit_ns_(options.time_limit_ns), grace_ns_(options.grace_ns) {}

    // Of the helper thread.
    void run(Launch launch, Fd errors, const std::shared_ptr<std::promise<Status>>& started) {
        errors_ = std::move(errors);
        began_ns_ = system_clock().monotonic_ns();
        auto spawned = spawn(std::move(launch));
        if (!spawned.ok()) {
            over.raise();
            started->set_value(std::move(spawned).error());
            return;
        }
        pid.store(spawned->pid);
        handle_ = std::move(spawned->handle);
        started->set_value(done());
        while (!is_over()) wait();
        end();
    }

    std::atomic<Ending> ending{Ending::none};
    std::atomic<bool> output_closed{false};
    std::atomic<pid_t> pid{-1};
    Event wake;  // this thread: something above changed
    Event over;  // the reader: the program is being ended

    ProcessEnd result;      // once the thread is joined
    int reaping_error = 0;  // how it ended is not known

private:
    [[nodiscard]] bool is_over() const {
        const bool outputs_closed = !errors_.valid() && output_closed.load();
        return has_ended_ && (outputs_closed || killed_);
    }

    void wait() {
        std::array<struct pollfd, 3> events{{{wake.get(), POLLIN, 0}, {-1, POLLIN, 0}, {-1, POLLIN, 0}}};
        if (!has_ended_) events[1].fd = handle_.get();
        if (errors_.valid()) events[2].fd = errors_.get();
        (void)::poll(events.data(), events.size(), patience_ms());
        if (events[0].revents != 0) wake.lower();
        if (events[1].revents != 0) has_ended_ = true;
        if (events[2].revents != 0) drain();
        look_at_the_time();
    }

    // Until something has to be done without being called.
    [[nodiscard]] int patience_ms() const {
        const std::int64_t now = system_clock().monotonic_ns();
        if (ending.load() != Ending::none) return until(now, asked_ns_ < 0 ? now : asked_ns_ + grace_ns_, kStopPoll_ms);
        return limit_ns_ == 0 ? kStopPoll_ms : until(now, began_ns_ + limit_ns_, kStopPoll_ms);
    }
    static int until(std::int64_t now, std::int64_t then, int most) {
        return static_cast<int>(std::clamp<std::int64_t>((then - now) / 1'000'000 + 1, 0, most));
    }

    void look_at_the_time() {
        const std::int64_t now = system_clock().monotonic_ns();
        if (limit_ns_ != 0 && now - began_ns_ >= limit_ns_ && !is_over()) ask(Ending::time);
        if (stop_.requested() && !is_over()) ask(Ending::stop);
        if (ending.load() == Ending::none) return;
        if (asked_ns_ < 0) {
            asked_ns_ = now;
            over.raise();
            ::kill(-pid.load(), SIGTERM);
            ::kill(-pid.load(), SIGCONT);  // one that is stopped could not end
        } else if (!killed_ && now - asked_ns_ >= grace_ns_) {
            ::kill(-pid.load(), SIGKILL);
            killed_ = true;
        }
    }
    void ask(Ending why) {
        Ending none = Ending::none;
        (void)ending.compare_exchange_strong(none, why);
    }

    void drain() {
        std::array<char, kPiece> piece;
        const ssize_t got = ::read(errors_.get(), piece.data(), piece.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
        if (got <= 0) {
            errors_.reset();
            return;
        }
        result.err.append(piece.data(), static_cast<std::size_t>(got));
        if (result.err.size() > 2 * kKeptStandardError) result.err.erase(0, result.err.size() - kKeptStandardError);
    }

    // While the child is not reaped its number, which is its group's, cannot be another's.
    void end() {
        if (ending.load() != Ending::none) ::kill(-pid.load(), SIGKILL);
        int status = 0;
        pid_t reaped = 0;
        while ((reaped = ::waitpid(pid.load(), &status, 0)) < 0 && errno == EINTR) {
        }
        if (reaped < 0) reaping_error = errno;
        if (reaped > 0 && WIFEXITED(status)) result.exit = WEXITSTATUS(status);
        if (reaped > 0 && WIFSIGNALED(status)) result.signal = WTERMSIG(status);
        result.timed_out = ending.load() == Ending::time;
        if (result.err.size() > kKeptStandardError) result.err.erase(0, result.err.size() - kKeptStandardError);
        over.raise();
    }

    const StopFlag& stop_;
    const std::int64_t limit_ns_, grace_ns_;
    std::int64_t began_ns_ = 0, asked_ns_ = -1;
    bool has_ended_ = false, killed_ = false;
    Fd errors_, handle_;
};

class RunningChild final : public ChildProcess {
public:
    RunningChild(const ProcessOptions& options, const StopFlag& stop)
        : program_(options.arguments.empty() ? "" : options.arguments.front()), watcher_(options, stop) {}

    Status begin(const ProcessOptions& options) {
        if (!watcher_.wake.valid() || !watcher_.over.valid()) return system_error(errno, "start", program_);
        Pipes pipes;
        TRY_ASSIGN(Launch launch, prepare_launch(options, pipes));
        output_ = std::move(pipes.output);
        const auto started = std::make_shared<std::promise<Status>>();  // the thread may still be about it when we know already
        auto told = started->get_future();
        try {
            thread_ = std::thread([this, started, prepared = std::make_shared<Launch>(std::move(launch)),
                                   errors = std::make_shared<Fd>(std::move(pipes.errors))] {
                watcher_.run(std::move(*prepared), std::move(*errors), started);
            });
        } catch (const std::system_error& error) {
            return Error{Code::failed, say("cannot start {}: {}", printable(program_), reason_of(error.code().value()))};
        }
        const Status result = told.get();
        if (!result.ok()) thread_.join();
        return result;
    }

    ~RunningChild() override {
        if (!thread_.joinable()) return;
        Ending none = Ending::none;
        (void)watcher_.ending.compare_exchange_strong(none, Ending::dropped);
        close_output();
        thread_.join();
    }

    [[nodiscard]] Result<std::size_t> read(MutableByteView into) override {
        std::size_t filled = 0;
        while (filled < into.size() && output_.valid()) {
            std::array<struct pollfd, 2> events{{{output_.get(), POLLIN, 0}, {watcher_.over.get(), POLLIN, 0}}};
            if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR) return system_error(errno, "read", program_);
            TRY(still_wanted());
            if (events[0].revents == 0) continue;
            const ssize_t got = ::read(output_.get(), into.data() + filled, into.size() - filled);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return system_error(errno, "read", program_);
            if (got == 0) close_output();
            filled += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
        }
        return filled;
    }

    [[nodiscard]] Result<ProcessEnd> finish() override {
        close_output();
        if (thread_.joinable()) thread_.join();
        if (watcher_.ending.load() == Ending::stop) return interruption();
        if (watcher_.reaping_error != 0) return system_error(watcher_.reaping_error, "wait for", program_);
        return std::move(watcher_.result);
    }

    [[nodiscard]] pid_t pid() const override { return watcher_.pid.load(); }

private:
    [[nodiscard]] Status still_wanted() const {
        switch (watcher_.ending.load()) {
            case Ending::none:
            case Ending::dropped:
                return done();
            case Ending::stop:
                return interruption();
            case Ending::time:
                break;
        }
        return Error{Code::failed, say("{} failed: {}", printable(program_), say("its time was up"))};
    }
    [[nodiscard]] static Error interruption() { return {Code::interrupted, say("interrupted")}; }
    void close_output() {
        output_.reset();
        watcher_.output_closed.store(true);
        watcher_.wake.raise();
    }

    std::string program_;
    Fd output_;
    Watcher watcher_;
    std::thread thread_;
};

std::string last_line(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    const std::size_t begin = text.rfind('\n');
    return printable(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const ProcessOptions& options, const StopFlag& stop) {
    TRY(stop.check());
    auto child = std::make_unique<RunningChild>(options, stop);
    TRY(child->begin(options));
    return std::unique_ptr<ChildProcess>(std::move(child));
}

Result<ProcessOutcome> run_process(const ProcessOptions& options, const StopFlag& stop) {
    TRY_ASSIGN(const auto child, ChildProcess::start(options, stop));
    ProcessOutcome outcome;
    Bytes piece(kPiece);
    for (;;) {
        const auto got = child->read(piece);
        if (!got.ok() && got.error().code == Code::interrupted) return got.error();
        if (!got.ok()) break;  // its time was up: finish() says so
        if (*got == 0) break;
        const std::size_t kept = std::min(*got, options.max_output - outcome.out.size());
        outcome.out.append(as_text(ByteView(piece).first(kept)));
        if (kept < *got) outcome.out_is_cut = true;
    }
    TRY_ASSIGN(ProcessEnd end, child->finish());
    static_cast<ProcessEnd&>(outcome) = std::move(end);
    return outcome;
}

std::string how_it_ended(const ProcessEnd& end) {
    if (end.timed_out) return say("its time was up");
    const std::string how = end.signal != 0 ? say("signal {}", end.signal) : say("exit code {}", end.exit);
    const std::string told = last_line(end.err);
    return told.empty() ? how : how + ": " + told;
}

Error failure_of(std::string_view program, const ProcessEnd& end) {
    return {Code::failed, say("{} failed: {}", printable(program), how_it_ended(end))};
}

Result<ProcessUser> find_user(const std::string& name) {
    struct passwd entry {};
    struct passwd* found = nullptr;
    std::vector<char> data(16 * 1024);
    int error = 0;
    while ((error = ::getpwnam_r(name.c_str(), &entry, data.data(), data.size(), &found)) == ERANGE && data.size() < kMaxUserData)
        data.resize(data.size() * 2);
    if (error != 0) return Error{Code::failed, say("cannot look up the user {}: {}", printable(name), reason_of(error))};
    if (found == nullptr) return Error{Code::not_found, say("there is no user {} on this machine", printable(name))};
    ProcessUser user{entry.pw_uid, entry.pw_gid, {}, entry.pw_dir};
    int count = 64;
    user.groups.resize(static_cast<std::size_t>(count));
    while (::getgrouplist(name.c_str(), entry.pw_gid, user.groups.data(), &count) < 0) {
        if (count > kMaxGroups) return Error{Code::failed, say("the user {} is in too many groups", printable(name))};
        user.groups.resize(static_cast<std::size_t>(count));
    }
    user.groups.resize(static_cast<std::size_t>(count));
    return user;
}

Result<std::optional<ProcessUser>> user_to_become(const std::string& name) {
    if (name.empty()) return std::optional<ProcessUser>();
    TRY_ASSIGN(ProcessUser user, find_user(name));
    if (user.uid == ::geteuid()) return std::optional<ProcessUser>();
    if (::geteuid() != 0) return Error{Code::usage, say("only root can connect as the user {}", printable(name))};
    return std::optional(std::move(user));
}

Status run_as_user(const ProcessUser& user, const std::function<void()>& work) {
    Status result = done();
    // The system calls change the calling thread alone, the C library's functions would change all. The thread ends with what it
    // took on: there is nothing to give back that could fail.
    const auto as_user = [&] {
        if (::syscall(SYS_setgroups, user.groups.size(), user.groups.data()) != 0 ||
            ::syscall(SYS_setresgid, -1, user.gid, -1) != 0 || ::syscall(SYS_setresuid, -1, user.uid, -1) != 0) {
            result = Error{Code::denied, say("cannot take on the rights of user {}: {}", user.uid, reason_of(errno))};
            return;
        }
        work();
    };
    try {
        std::thread(as_user).join();
    } catch (const std::system_error& error) {
        return Error{Code::failed, say("cannot take on the rights of user {}: {}", user.uid, reason_of(error.code().value()))};
    }
    return result;
}

}  // namespace custody
