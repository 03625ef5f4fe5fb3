// For block_device.cc: what describe_device needs beyond physical_disks_under().
#pragma once

#include "base/result.h"

#include <set>
#include <string>

namespace custody {

enum class LoopDevices {
    are_their_file,  // a loop device counts as the disks below its backing file
    are_disks,       // a loop device counts as a disk: overwriting it harms nothing but its file
    are_both,
};
[[nodiscard]] Result<std::set<std::string>> disks_under(const std::string& path, LoopDevices loops);

}  // namespace custody
