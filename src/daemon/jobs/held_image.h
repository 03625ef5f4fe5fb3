// What is mounted read-write out of the device or file that an image is taken of, whether directly, in partitions, or over LVM
// and RAID: found and held still (vault/sources/frozen_file_system.h) until the image was read.
//
// Ownership: thaws when dropped. Threads: one. Errors: refused (the plan does not allow it; btrfs; what the run itself needs lies
// there), and those of FrozenFileSystem.
#pragma once

#include "vault/sources/frozen_file_system.h"

#include <string>
#include <vector>

namespace custody {

// Whoever writes waits for so long at most. An image that takes longer fails.
inline constexpr std::int64_t kLongestHold_ns = std::int64_t{10} * 60 * 1'000'000'000;

struct HoldOptions {
    std::string image;  // absolute
    bool may_freeze = false;
    std::vector<std::string> needed;  // FreezeOptions
    std::int64_t longest_ns = kLongestHold_ns;
};

class HeldImage {
public:
    // Nothing mounted: nothing is held.
    [[nodiscard]] static Result<HeldImage> hold(const HoldOptions& options);
    [[nodiscard]] bool is_frozen() const { return !frozen_.empty(); }
    // All of them. The first that was thawed before is the error: the image is torn.
    [[nodiscard]] Status thaw();

private:
    HeldImage() = default;
    std::vector<FrozenFileSystem> frozen_;
};

}  // namespace custody
