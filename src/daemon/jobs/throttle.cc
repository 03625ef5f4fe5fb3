#include "daemon/jobs/throttle.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace custody {
namespace {

constexpr std::int64_t kBurst_ns = kSecond / 10;      // what was not used of a moment may be used in the next
constexpr std::int64_t kLongestNap_ns = kSecond / 5;  // a stop is seen after at most so long
constexpr double kLongestDebt_ns = 3600e9;            // of one reading; a buffer of 8 MiB at 3 KiB a second

void sleep_now(std::int64_t ns) { std::this_thread::sleep_for(std::chrono::nanoseconds(ns)); }

}  // namespace

Throttle::Throttle(std::uint64_t bytes_a_second, const Clock& clock, std::function<void(std::int64_t)> sleep)
    : bytes_a_second_(static_cast<double>(std::max<std::uint64_t>(bytes_a_second, 1))),
      clock_(clock),
      sleep_(sleep ? std::move(sleep) : sleep_now),
      free_at_ns_(clock.monotonic_ns()) {}

Status Throttle::take(std::uint64_t bytes, const StopFlag& stop) {
    std::int64_t until = 0;
    {
        const std::lock_guard lock(mutex_);
        const double cost = std::min(static_cast<double>(bytes) * 1e9 / bytes_a_second_, kLongestDebt_ns);
        free_at_ns_ = std::max(free_at_ns_, clock_.monotonic_ns() - kBurst_ns) + static_cast<std::int64_t>(cost);
        until = free_at_ns_;
    }
    for (;;) {
        TRY(stop.check());
        const std::int64_t left = until - clock_.monotonic_ns();
        if (left <= 0) return done();
        sleep_(std::min(left, kLongestNap_ns));
    }
}

}  // namespace custody
