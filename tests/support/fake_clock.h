// A clock that stands still until a test moves it. Threads: safe.
#pragma once

#include "base/clock.h"

#include <atomic>

namespace custody::test {

class FakeClock final : public Clock {
public:
    // 2026-11-03T02:00:00Z unless told otherwise.
    explicit FakeClock(Time start = Time{1'793'671'200 * kSecond}) : now_(start.ns) {}
    [[nodiscard]] Time now() const override { return Time{now_.load()}; }
    [[nodiscard]] std::int64_t monotonic_ns() const override { return monotonic_.load(); }

    // Time passes.
    void advance(std::int64_t ns) {
        now_ += ns;
        monotonic_ += ns;
    }
    // The wall clock jumps, either way; no time passes.
    void set(Time time) { now_ = time.ns; }

private:
    std::atomic<std::int64_t> now_;
    std::atomic<std::int64_t> monotonic_{0};
};

}  // namespace custody::test
