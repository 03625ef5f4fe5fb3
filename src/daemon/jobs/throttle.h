// A bandwidth limit over everything that reads through it: a token bucket over the monotonic clock.
//
// Ownership: refers to its clock, which outlives it. Threads: any number take at the same time, and together get no more than the
// limit. Units: bytes a second. Errors: interrupted, within 200 ms of a stop.
#pragma once

#include "base/clock.h"
#include "base/stop.h"

#include <cstdint>
#include <functional>
#include <mutex>

namespace custody {

class Throttle {
public:
    // Above 0. `sleep` waits for so many nanoseconds: a test's clock may do so by moving.
    Throttle(std::uint64_t bytes_a_second, const Clock& clock, std::function<void(std::int64_t)> sleep = {});
    // Returns when `bytes`, which were read a moment ago, are within the limit.
    [[nodiscard]] Status take(std::uint64_t bytes, const StopFlag& stop);

private:
    const double bytes_a_second_;
    const Clock& clock_;
    const std::function<void(std::int64_t)> sleep_;
    std::mutex mutex_;
    std::int64_t free_at_ns_;  // guarded by mutex_: when all that was taken so far is within the limit
};

}  // namespace custody
