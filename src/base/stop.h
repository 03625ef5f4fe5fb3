// Asking running work to end. Work polls stop_requested() at least every few hundred milliseconds and, when it is true,
// returns Code::interrupted after leaving what it stored reusable. Set from a signal handler: only an atomic flag.
#pragma once

#include "base/result.h"

#include <atomic>

namespace custody {

class StopFlag {
public:
    void request() { flag_.store(true, std::memory_order_relaxed); }
    [[nodiscard]] bool requested() const { return flag_.load(std::memory_order_relaxed); }
    // Code::interrupted when requested, else done.
    [[nodiscard]] Status check() const;

private:
    std::atomic<bool> flag_{false};
};

}  // namespace custody
