// From a path or device down to the disks below it, for block_device.cc and for whoever must know whether two places share one
// (duty B1). Threads: safe.
#pragma once

#include "base/kernel_view.h"
#include "base/result.h"

#include <set>
#include <string>
#include <vector>

namespace custody {

enum class LoopDevices {
    are_their_file,  // a loop device counts as the disks below its backing file
    are_disks,       // a loop device counts as a disk: overwriting it harms nothing but its file
    are_both,
};
// Kernel names; empty for tmpfs, network and the like. not_found, io, denied.
[[nodiscard]] Result<std::set<std::string>> disks_under(const std::string& path, LoopDevices loops, const KernelView& view = {});

// Those of `a` that are one thing in the hand with one of `b`: the same name, the paths of a multipath device, the name spaces of
// one NVMe, the parts of one memory card.
[[nodiscard]] std::vector<std::string> shared_disks(const std::set<std::string>& a, const std::set<std::string>& b,
                                                    const KernelView& view = {});

}  // namespace custody
