#include "daemon/service/event_loop.h"

#include "base/text.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <limits>

namespace custody {
namespace {

constexpr int kEventsATurn = 32;
// Of the wall clock: so far ahead that it never comes (year 2262). A timer armed for it is woken by jumps only.
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::int64_t now_of(int clock) {
    timespec now = {};
    (void)::clock_gettime(clock, &now);  // fails for clocks that are none only
    return now.tv_sec * kSecond + now.tv_nsec;
}

timespec as_timespec(std::int64_t ns) { return {ns / kSecond, ns % kSecond}; }

// Reads the eight bytes of an eventfd or timerfd. False with errno otherwise.
bool drain(int fd) {
    std::uint64_t count = 0;
    ssize_t size = 0;
    do size = ::read(fd, &count, sizeof count);
    while (size < 0 && errno == EINTR);
    return size == static_cast<ssize_t>(sizeof count);
}

Status add_to(int epoll, int fd, std::uint32_t events) {
    epoll_event event = {};
    event.events = events;
    event.data.fd = fd;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) return system_error(errno, "watch a descriptor in", "custodyd");
    return done();
}

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::make() {
    std::unique_ptr<EventLoop> loop(new EventLoop());
    TRY(loop->open());
    return loop;
}

Status EventLoop::open() {
    epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    wake_ = Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    monotonic_.clock = CLOCK_MONOTONIC;
    wall_.clock = CLOCK_REALTIME;
    for (Timers* timers : {&monotonic_, &wall_}) timers->fd = Fd(::timerfd_create(timers->clock, TFD_NONBLOCK | TFD_CLOEXEC));
    if (!epoll_.valid() || !wake_.valid() || !monotonic_.fd.valid() || !wall_.fd.valid()) {
        return system_error(errno, "open the event loop of", "custodyd");
    }
    for (const int fd : {wake_.get(), monotonic_.fd.get(), wall_.fd.get()}) TRY(add_to(epoll_.get(), fd, EPOLLIN));
    return done();
}

TimerId EventLoop::add(Timers& timers, std::int64_t due_ns, Closure closure) {
    const TimerId id = next_id_++;
    timers.due.insert({std::max<std::int64_t>(due_ns, 0), id});
    closures_.emplace(id, std::move(closure));
    return id;
}

TimerId EventLoop::after(std::int64_t ns, Closure closure) {
    const std::int64_t now = now_of(CLOCK_MONOTONIC);
    const std::int64_t wait = std::clamp<std::int64_t>(ns, 0, kNever - now);
    return add(monotonic_, now + wait, std::move(closure));
}

TimerId EventLoop::at(Time wall, Closure closure) { return add(wall_, wall.ns, std::move(closure)); }

void EventLoop::cancel(TimerId timer) {
    if (closures_.erase(timer) == 0) return;
    for (Timers* timers : {&monotonic_, &wall_})
        std::erase_if(timers->due, [timer](const Timer& one) { return one.id == timer; });
}

// The wall clock's is always armed, so that every jump is heard of.
Status EventLoop::arm(Timers& timers) const {
    const std::int64_t first = timers.due.empty() ? kNever : timers.due.begin()->due_ns;
    if (first == timers.armed_for) return done();
    itimerspec when = {};
    // Zero would disarm: what was due at the beginning of time is due one nanosecond later.
    if (first != kNever || timers.clock == CLOCK_REALTIME) when.it_value = as_timespec(std::max<std::int64_t>(first, 1));
    const int flags = TFD_TIMER_ABSTIME | (timers.clock == CLOCK_REALTIME ? TFD_TIMER_CANCEL_ON_SET : 0);
    // ECANCELED: the clock jumped meanwhile. The timer is armed, and its descriptor tells of the jump.
    if (::timerfd_settime(timers.fd.get(), flags, &when, nullptr) != 0 && errno != ECANCELED) {
        return system_error(errno, "set a timer of", "custodyd");
    }
    timers.armed_for = first;
    return done();
}

void EventLoop::fire(Timers& timers) {
    const std::int64_t now = now_of(timers.clock);
    // What a closure adds for now waits for the next turn, so that one that always comes again does not starve the rest.
    std::vector<TimerId> due;
    for (const Timer& timer : timers.due) {
        if (timer.due_ns > now) break;
        due.push_back(timer.id);
    }
    timers.due.erase(timers.due.begin(), timers.due.lower_bound({now, std::numeric_limits<TimerId>::max()}));
    for (const TimerId id : due) {
        const auto found = closures_.find(id);
        if (found == closures_.end()) continue;  // cancelled by one that fired before it
        const Closure closure = std::move(found->second);
        closures_.erase(found);
        closure();
    }
}

void EventLoop::clock_ticked(Timers& timers) {
    const bool fired = drain(timers.fd.get());
    timers.armed_for = -1;
    if (!fired && errno == ECANCELED && clock_jumped_) clock_jumped_();
}

Status EventLoop::watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> closure) {
    TRY(add_to(epoll_.get(), fd, events));
    watched_[fd] = std::make_shared<std::function<void(std::uint32_t)>>(std::move(closure));
    return done();
}

void EventLoop::unwatch(int fd) {
    if (watched_.erase(fd) == 0) return;
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);  // a descriptor that was closed has left by itself
}

void EventLoop::post(Closure closure) {
    {
        const std::lock_guard lock(mutex_);
        posted_.push_back(std::move(closure));
    }
    const std::uint64_t one = 1;
    const ssize_t written = ::write(wake_.get(), &one, sizeof one);
    (void)written;  // EAGAIN: the counter is full, so the loop is woken as it is
}

void EventLoop::stop() {
    post([this] {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    });
}

// True: go on.
bool EventLoop::take_posted() {
    std::vector<Closure> closures;
    {
        const std::lock_guard lock(mutex_);
        closures.swap(posted_);
    }
    for (const Closure& closure : closures) closure();
    const std::lock_guard lock(mutex_);
    return !stopping_;
}

void EventLoop::dispatch(int fd, std::uint32_t events) {
    if (fd == wake_.get()) {
        (void)drain(fd);  // what was posted is taken in every turn
    } else if (fd == monotonic_.fd.get()) {
        clock_ticked(monotonic_);
    } else if (fd == wall_.fd.get()) {
        clock_ticked(wall_);
    } else if (const auto found = watched_.find(fd); found != watched_.end()) {
        const auto closure = found->second;  // it may unwatch itself
        (*closure)(events);
    }
}

Status EventLoop::run() {
    while (take_posted()) {
        fire(monotonic_);
        fire(wall_);
        TRY(arm(monotonic_));
        TRY(arm(wall_));
        std::array<epoll_event, kEventsATurn> events = {};
        const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsATurn, -1);
        if (count < 0 && errno != EINTR) return system_error(errno, "wait for events in", "custodyd");
        if (count > 0) ++wake_ups_;
        for (int i = 0; i < count; ++i)
            dispatch(events[static_cast<std::size_t>(i)].data.fd, events[static_cast<std::size_t>(i)].events);
    }
    const std::lock_guard lock(mutex_);
    stopping_ = false;
    return done();
}

}  // namespace custody
