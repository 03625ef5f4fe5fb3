// A bandwidth limit is kept by one reader and by many, and a stop ends the waiting.
#include "daemon/jobs/throttle.h"

#include "daemon/jobs/priority.h"
#include "tests/support/fake_clock.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace custody::test {
namespace {

TEST(ThrottleTest, KeepsToTheLimitAndLendsLittle) {
    FakeClock clock;
    const StopFlag stop;
    Throttle throttle(1'000'000, clock, [&](std::int64_t ns) { clock.advance(ns); });
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(is_ok(throttle.take(100'000, stop)));
    EXPECT_GE(clock.monotonic_ns(), 5 * kSecond - kSecond / 10);
    EXPECT_LE(clock.monotonic_ns(), 5 * kSecond + kSecond / 10);
    clock.advance(kHour);  // a pause is not made up for
    const std::int64_t begin = clock.monotonic_ns();
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(is_ok(throttle.take(100'000, stop)));
    EXPECT_GE(clock.monotonic_ns() - begin, kSecond - kSecond / 5);
}

TEST(ThrottleTest, SeveralReadersTogetherGetNoMore) {
    const StopFlag stop;
    Throttle throttle(1'000'000, system_clock());
    const std::int64_t begin = system_clock().monotonic_ns();
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i) {
        readers.emplace_back([&] {
            for (int j = 0; j < 10; ++j) EXPECT_TRUE(is_ok(throttle.take(10'000, stop)));
        });
    }
    for (std::thread& reader : readers) reader.join();
    EXPECT_GE(system_clock().monotonic_ns() - begin, 300 * kSecond / 1000);
}

TEST(ThrottleTest, AStopEndsTheWait) {
    FakeClock clock;
    StopFlag stop;
    std::vector<std::int64_t> naps;
    Throttle throttle(1, clock, [&](std::int64_t ns) {
        naps.push_back(ns);
        if (naps.size() == 3) stop.request();
    });
    EXPECT_TRUE(fails_with(Code::interrupted, throttle.take(1'000'000, stop)));
    EXPECT_EQ(naps, std::vector<std::int64_t>(3, kSecond / 5));
}

TEST(PriorityTest, AThreadAndWhatItStartsAreModest) {
    const int before = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
    const int wanted = std::min(before + 2, 19);
    std::thread([wanted] {
        Limits limits;
        limits.nice = wanted;
        limits.io_class = IoClass::best_effort;
        limits.io_level = 6;
        EXPECT_TRUE(lower_priority(limits).empty());
        std::thread([wanted] {
            EXPECT_EQ(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())), wanted);
            EXPECT_EQ(::syscall(SYS_ioprio_get, 1, 0), 2 << 13 | 6);
        }).join();
        limits.io_class = IoClass::idle;
        EXPECT_TRUE(lower_priority(limits).empty());
        EXPECT_EQ(::syscall(SYS_ioprio_get, 1, 0), 3 << 13);
    }).join();
    EXPECT_EQ(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())), before) << "others go on as before";
}

}  // namespace
}  // namespace custody::test
