// Secret bytes: locked in memory, never swapped, never in a core dump, wiped when dropped (libsodium's guarded heap).
//
// Ownership: a Secret owns its bytes; copying is explicit (clone). Threads: immutable after filling, then shareable.
// harden_process() is called first in main: core dumps off (RLIMIT_CORE and PR_SET_DUMPABLE), sodium_init.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <memory>
#include <string_view>
#include <utility>

namespace custody {

class Secret {
public:
    Secret() = default;                 // empty
    explicit Secret(std::size_t size);  // zeroed
    static Secret copy_of(ByteView bytes);
    static Secret random(std::size_t size);
    Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
    Secret& operator=(Secret&& other) noexcept {
        bytes_ = std::move(other.bytes_);
        size_ = std::exchange(other.size_, 0);
        return *this;
    }
    [[nodiscard]] Secret clone() const { return copy_of(view()); }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] ByteView view() const { return {bytes_.get(), size_}; }
    [[nodiscard]] MutableByteView mutable_view() { return {bytes_.get(), size_}; }

private:
    struct Free {
        void operator()(Byte* bytes) const;
    };
    std::unique_ptr<Byte[], Free> bytes_;
    std::size_t size_ = 0;
};

[[nodiscard]] Status harden_process();
void wipe(MutableByteView bytes);
[[nodiscard]] bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace custody
