// The service's loop with real timers, descriptors and threads. No test waits for a time to pass by itself: each ends by an
// event, and a watchdog thread ends a loop that hangs.
#include "daemon/service/event_loop.h"
#include "daemon/service/signals.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

#include <sys/epoll.h>
#include <sys/timex.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>

namespace custody {
namespace {

using test::is_ok;

class Loop : public testing::Test {
protected:
    void SetUp() override {
        auto made = EventLoop::make();
        ASSERT_TRUE(is_ok(made));
        loop_ = std::move(made).value();
    }
    // Until something stops the loop; after 20 s it is stopped and the test fails.
    void run() {
        const TimerId hang = loop_->after(20 * kSecond, [this] {
            ADD_FAILURE() << "the loop hangs";
            loop_->stop();
        });
        EXPECT_TRUE(is_ok(loop_->run()));
        loop_->cancel(hang);
    }
    std::unique_ptr<EventLoop> loop_;
    std::string log_;
};

TEST_F(Loop, TimersFireInTheOrderOfTheirTimes) {
    loop_->after(2'000'000, [this] { log_ += 'b'; });
    loop_->after(1'000'000, [this] { log_ += 'a'; });
    const TimerId never = loop_->after(3'000'000, [this] { log_ += 'x'; });
    loop_->after(4'000'000, [this] { loop_->stop(); });
    loop_->cancel(never);
    loop_->cancel(never);
    run();
    EXPECT_EQ("ab", log_);
}

TEST_F(Loop, ATimerMayCancelOneThatIsDueInTheSameTurn) {
    TimerId second = 0;
    loop_->after(0, [&] { loop_->cancel(second); });
    second = loop_->after(0, [this] { log_ += 'x'; });
    loop_->after(0, [this] { loop_->stop(); });
    run();
    EXPECT_EQ("", log_);
}

TEST_F(Loop, ATimerThatAlwaysComesAgainStarvesNothing) {
    std::function<void()> again = [&] { loop_->after(0, again); };
    again();
    loop_->after(5'000'000, [this] { loop_->stop(); });
    run();
}

TEST_F(Loop, AWallTimeThatHasPassedFiresAtOnceAndOneAheadWhenItIs) {
    const Time now = system_clock().now();
    loop_->at(Time{0}, [this] { log_ += 'a'; });
    loop_->at(Time{-kDay}, [this] { log_ += 'a'; });
    Time fired;
    loop_->at(Time{now.ns + 30'000'000}, [&] {
        fired = system_clock().now();
        loop_->stop();
    });
    run();
    EXPECT_EQ("aa", log_);
    EXPECT_GE(fired.ns, now.ns + 30'000'000);
}

// The wall clock, set by `ns` nanoseconds: one is enough for the kernel to call it a jump. False: only root may.
bool set_clock_by(int ns) {
    timex offset = {};
    offset.modes = ADJ_SETOFFSET | ADJ_NANO;
    offset.time.tv_sec = ns < 0 ? -1 : 0;
    offset.time.tv_usec = ns < 0 ? 1'000'000'000 + ns : ns;
    return ::clock_adjtime(CLOCK_REALTIME, &offset) >= 0;
}

TEST_F(Loop, AJumpOfTheWallClockWakesIt) {
    if (!set_clock_by(1) && errno == EPERM) GTEST_SKIP() << "only root may set the clock";
    EXPECT_TRUE(set_clock_by(-1));
    loop_->on_clock_jump([this] {
        log_ += 'j';
        loop_->stop();
    });
    loop_->at(Time{system_clock().now().ns + kDay}, [this] { log_ += 'x'; });
    loop_->after(1'000'000, [] { EXPECT_TRUE(set_clock_by(1)); });
    run();
    EXPECT_TRUE(set_clock_by(-1));
    EXPECT_EQ("j", log_);
}

TEST_F(Loop, ClosuresFromManyThreadsAllArriveInTheirOrder) {
    constexpr int kThreads = 8, kEach = 2000;
    std::vector<int> next(kThreads, 0);
    std::vector<std::thread> threads;
    int arrived = 0;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kEach; ++i) {
                loop_->post([&, t, i] {
                    EXPECT_EQ(i, next[static_cast<std::size_t>(t)]++);
                    if (++arrived == kThreads * kEach) loop_->stop();
                });
            }
        });
    }
    run();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(kThreads * kEach, arrived);
}

TEST_F(Loop, WatchesADescriptorUntilItIsUnwatched) {
    int ends[2];
    ASSERT_EQ(0, ::pipe(ends));
    const Fd in(ends[0]);
    const Fd out(ends[1]);
    EXPECT_TRUE(is_ok(loop_->watch(in.get(), EPOLLIN, [&](std::uint32_t events) {
        EXPECT_TRUE((events & EPOLLIN) != 0);
        char c = 0;
        EXPECT_EQ(1, ::read(in.get(), &c, 1));
        log_ += c;
        if (c != '2') return;
        loop_->unwatch(in.get());
        EXPECT_EQ(1, ::write(out.get(), "3", 1));
        loop_->after(2'000'000, [this] { loop_->stop(); });
    })));
    EXPECT_FALSE(loop_->watch(in.get(), EPOLLIN, [](std::uint32_t) {}).ok());  // one watch a descriptor
    EXPECT_EQ(2, ::write(out.get(), "12", 2));
    run();
    EXPECT_EQ("12", log_);
}

TEST_F(Loop, AtRestNothingWakesIt) {
    loop_->at(Time{system_clock().now().ns + kDay}, [] {});
    loop_->after(50'000'000, [this] { loop_->stop(); });
    run();
    EXPECT_LE(loop_->wake_ups(), 2U);  // the timer, and the stop that it posted
}

TEST_F(Loop, MayRunAgainAfterAStop) {
    loop_->stop();
    run();
    loop_->post([this] {
        log_ += 'a';
        loop_->stop();
    });
    run();
    EXPECT_EQ("a", log_);
}

TEST_F(Loop, SignalsArriveAsEvents) {
    sigset_t before;
    ASSERT_EQ(0, ::pthread_sigmask(SIG_SETMASK, nullptr, &before));
    ASSERT_TRUE(is_ok(block_service_signals()));
    auto source = SignalSource::open();
    ASSERT_TRUE(is_ok(source));
    EXPECT_FALSE(source->next().has_value());
    EXPECT_TRUE(is_ok(loop_->watch(source->fd(), EPOLLIN, [&](std::uint32_t) {
        while (const auto signal = source->next()) {
            log_ += signal == ServiceSignal::stop ? 's' : signal == ServiceSignal::reload ? 'r' : 'd';
            if (signal == ServiceSignal::stop) loop_->stop();
        }
    })));
    loop_->post([] { ::pthread_kill(::pthread_self(), SIGHUP); });
    loop_->after(2'000'000, [] { ::pthread_kill(::pthread_self(), SIGUSR1); });
    loop_->after(4'000'000, [] { ::pthread_kill(::pthread_self(), SIGTERM); });
    run();
    EXPECT_EQ("rds", log_);
    ASSERT_EQ(0, ::pthread_sigmask(SIG_SETMASK, &before, nullptr));
}

}  // namespace
}  // namespace custody
