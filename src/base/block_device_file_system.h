// Which file system lies on a device, by the superblock alone: nothing is mounted or written.
//
// Threads: safe. Errors: not_found: no such device, or no file system on it that libblkid knows; usage: several contradicting
// ones; denied, io.
#pragma once

#include "base/block_device.h"
#include "base/kernel_view.h"

#include <string>
#include <vector>

namespace custody {

struct FileSystemOnDevice {
    std::string type;   // "ext4"
    std::string uuid;   // as libblkid writes it: "0a1b…-…", FAT: "1234-ABCD"; empty: that kind has none
    std::string label;  // raw
};
// Without the right to read the device, or without a node of it, what udev knows of it is taken: its UUID alone.
[[nodiscard]] Result<FileSystemOnDevice> file_system_on(const std::string& device);

// The node of the block device that a mounted file system lies on ("/dev/sdb1"); empty: on none (network, memory).
[[nodiscard]] std::string device_node_of(const MountInfo& mount);

// Nodes of all block devices here whose file system has this UUID and that no other device is built from, sorted. Several: one is
// a byte copy of another (several devices of one btrfs count once, and so do loop devices over one file).
[[nodiscard]] std::vector<std::string> devices_with_uuid(const std::string& uuid);

// The serial of the one disk below a device node, as describe_device tells it; empty where it has none, lies on several, or on a
// loop device, whose file may be moved.
[[nodiscard]] std::string serial_below(const std::string& device);

}  // namespace custody
