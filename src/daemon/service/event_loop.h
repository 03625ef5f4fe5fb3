// The loop of the service's main thread: timers, descriptors, and closures that other threads hand over. At rest it sleeps in the
// kernel without a time-out; only what was asked for wakes it.
//
// Ownership: the loop owns its timers and what it was given to call; it does not own the descriptors it watches, and what a
// closure refers to outlives the loop or is cancelled first. Threads: all of it belongs to the thread that runs it, except post()
// and stop(), which any thread may call. Closures are called on the loop's thread, one at a time; they do not throw and do not
// wait. Units: nanoseconds; `after` counts by the monotonic clock, which stands still while the machine sleeps; `at` is a time of
// the wall clock: when that clock jumps (set by hand, by NTP's step, or the machine woke), the loop looks at it again at once.
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace custody {

using TimerId = std::uint64_t;

class EventLoop {
public:
    using Closure = std::function<void()>;

    [[nodiscard]] static Result<std::unique_ptr<EventLoop>> make();
    ~EventLoop() = default;
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    // Once each; a time that has passed fires in the next turn. Timers of one turn fire in the order of their times.
    TimerId after(std::int64_t ns, Closure closure);
    TimerId at(Time wall, Closure closure);
    // What has fired or was cancelled is none any more; that is no error.
    void cancel(TimerId timer);
    // Called after each jump of the wall clock, before the timers that it made due.
    void on_clock_jump(Closure closure) { clock_jumped_ = std::move(closure); }

    // `events` as in epoll_ctl(2); the closure gets those that came. One watch a descriptor.
    [[nodiscard]] Status watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> closure);
    void unwatch(int fd);

    // From any thread: called in the loop's thread, in the order of posting.
    void post(Closure closure);
    // From any thread: run() ends after its present turn. What was posted before is called first.
    void stop();

    // Until stop(). An error is one of epoll itself and should not happen.
    [[nodiscard]] Status run();
    // How often the kernel woke the loop: tests show by it that rest is rest.
    [[nodiscard]] std::uint64_t wake_ups() const { return wake_ups_; }

private:
    struct Timer {
        std::int64_t due_ns;
        TimerId id;
        bool operator<(const Timer& other) const { return std::tie(due_ns, id) < std::tie(other.due_ns, other.id); }
    };
    // Timers of one clock over one timerfd.
    struct Timers {
        Fd fd;
        int clock = 0;
        std::set<Timer> due;
        std::int64_t armed_for = -1;
    };

    EventLoop() = default;
    [[nodiscard]] Status open();
    TimerId add(Timers& timers, std::int64_t due_ns, Closure closure);
    [[nodiscard]] Status arm(Timers& timers) const;
    void fire(Timers& timers);
    [[nodiscard]] bool take_posted();
    void clock_ticked(Timers& timers);
    void dispatch(int fd, std::uint32_t events);

    Fd epoll_, wake_;
    Timers monotonic_, wall_;
    std::map<TimerId, Closure> closures_;
    TimerId next_id_ = 1;
    std::map<int, std::shared_ptr<std::function<void(std::uint32_t)>>> watched_;
    Closure clock_jumped_;
    std::uint64_t wake_ups_ = 0;

    std::mutex mutex_;  // of what other threads touch
    std::vector<Closure> posted_;
    bool stopping_ = false;
};

}  // namespace custody
