// Buffers that were used and may be used again: fresh ones cost the kernel a page fault for each 4 KiB.
//
// What take() gives has any size and content, so a caller that sets its size pays for zeros only where it grows.
// Threads: safe from many. Memory: at most `most` buffers of at most `largest` bytes are kept; the others are freed.
#pragma once

#include "base/bytes.h"

#include <mutex>
#include <utility>
#include <vector>

namespace custody {

class SpareBuffers {
public:
    SpareBuffers(std::size_t most, std::size_t largest) : most_(most), largest_(largest) {}
    [[nodiscard]] Bytes take() {
        const std::lock_guard lock(mutex_);
        if (buffers_.empty()) return {};
        Bytes buffer = std::move(buffers_.back());
        buffers_.pop_back();
        return buffer;
    }
    void give(Bytes&& buffer) {
        Bytes own = std::move(buffer);  // what is not kept is freed outside the lock
        if (own.capacity() == 0 || own.capacity() > largest_) return;
        const std::lock_guard lock(mutex_);
        if (buffers_.size() < most_) buffers_.push_back(std::move(own));
    }

private:
    const std::size_t most_, largest_;
    std::mutex mutex_;
    std::vector<Bytes> buffers_;
};

}  // namespace custody
