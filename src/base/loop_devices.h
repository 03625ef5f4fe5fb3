// The loop devices that are made of a file, whatever name it has by now, or had when they were attached.
//
// Told by device and inode, as the kernel holds the file; where a loop device may not be opened, by the path that sysfs names.
// Threads: any. No /sys: none are found.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

namespace custody {

// "/dev/loop3", ... sorted.
[[nodiscard]] std::vector<std::string> loop_devices_over(const struct stat& file);
// Kernel names of the other loop devices ("loop4") that show some of the bytes of a loop device or its partition: both are made
// of the same file, at places that overlap. None for any other device.
[[nodiscard]] std::vector<std::string> loop_devices_beside(const std::string& kernel_name);

}  // namespace custody
