// Where the kernel's view of disks and mounts is read: on the running machine, or from a recorded one. A recorded view is a copy
// of the parts of /sys that say how disks lie on each other (class/block, dev/block, fs/btrfs, the folders that these link to)
// and of /proc/self/mountinfo; it lets RAID, LVM, multipath and disks that nobody has at hand be tested, and a machine be asked
// about later.
#pragma once

#include <string>

namespace custody {

struct KernelView {
    std::string sys = "/sys";
    // Empty: the running machine's, and paths are looked at, so that symbolic links lead where they lead. Else a file in the form
    // of mountinfo: then paths are only compared with its mount points, and "/dev/NAME" stands for the device of that name.
    std::string mount_info;

    [[nodiscard]] bool is_recorded() const { return !mount_info.empty(); }
};

}  // namespace custody
