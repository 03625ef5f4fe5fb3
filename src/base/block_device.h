// What the kernel says about disks: which physical device lies under a path, and what a device is. Read from sysfs and
// ioctls; nothing is shelled out and nothing is written.
//
// "Physical" disks are whole devices with no slaves below partition, LVM, RAID, btrfs, loop and overlay (duty B1).
// Errors: not_found, io, denied; usage: not a block device. Threads: safe. Units: bytes; sectors are 512 bytes.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace custody {

struct MountInfo {
    std::string point;
    std::string source;        // "/dev/sda1", "tmpfs", ...
    std::string file_system;   // "ext4", "fuseblk", "fuse.exfat-fuse", ...
    std::uint64_t device = 0;  // st_dev of the mount
    bool read_only = false;
};
// /proc/self/mountinfo, in order.
[[nodiscard]] Result<std::vector<MountInfo>> list_mounts();
// The mount that holds `path`, which need not exist: the nearest existing parent counts.
[[nodiscard]] Result<MountInfo> mount_of(const std::string& path);

// Kernel names ("sda", "nvme0n1") of the physical disks under a path or a device node; empty for tmpfs, network and the
// like. Sorted.
[[nodiscard]] Result<std::vector<std::string>> physical_disks_under(const std::string& path);
// Whether an image of the disk, partition or file `image` may hold what lies at `path`: the disk is the same one, or what lies
// there is mounted out of it through a loop device. True where nobody can tell, without sysfs for one.
[[nodiscard]] bool may_be_in_image(const std::string& image, const std::string& path);

struct DeviceInfo {
    std::string path;           // as given, resolved
    std::string kernel_name;    // "sda1"
    std::string model, serial;  // of the whole disk; a loop device's serial is its backing file's path
    std::uint64_t bytes = 0;
    std::uint32_t logical_sector = 512;
    bool is_partition = false;
    bool read_only = false;
    std::vector<std::string> partitions;  // kernel names
    // Why it is in use, in words, one per reason: "mounted read-write on /srv", "swap, ...", "part of md0", ... for the device
    // and everything on or above it, and of other loop devices that show the same bytes. Empty: nobody uses it.
    std::vector<std::string> uses;
    bool mounted_read_write = false;
    bool is_swap = false;               // active: it, or what lies on or above it
    bool holds_running_system = false;  // "/", "/boot", "/usr" or swap lies on the same disk; a loop device is its own disk
    std::string content;                // libblkid: "ext4 \"data\"", "gpt, 3 partitions", ""
};
// `held_by_caller`: the caller has it open exclusively, so the kernel is not asked whether somebody has.
[[nodiscard]] Result<DeviceInfo> describe_device(const std::string& path, bool held_by_caller = false);

}  // namespace custody
