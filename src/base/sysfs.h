// Small reads from /sys and /proc for block_device.cc, its neighbours, and the service's media; not used elsewhere. What is
// absent reads as empty: a kernel that does not know an attribute is no error. `sys`: where sysfs is mounted, or a recorded tree
// of it.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace custody::sysfs {

// The whole (small) file, at most 1 MiB.
[[nodiscard]] std::string read_text(const std::string& path);
// Its first line, without blanks around it.
[[nodiscard]] std::string read_line(const std::string& path);
[[nodiscard]] std::uint64_t read_number(const std::string& path);
[[nodiscard]] bool exists(const std::string& path);
// Without symbolic links; empty when it leads nowhere.
[[nodiscard]] std::string real_path(const std::string& path);
// Names in a folder, sorted, without those that begin with a dot.
[[nodiscard]] std::vector<std::string> names_in(const std::string& path);
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

// Of "8:1"; 0 when it is none.
[[nodiscard]] dev_t parse_device_number(std::string_view text);
// "sda1" of a device number; empty when the kernel has no such block device.
[[nodiscard]] std::string kernel_name(dev_t device, const std::string& sys = "/sys");
// "/sys/class/block/sda1": works for disks and partitions alike.
[[nodiscard]] std::string folder_of(const std::string& kernel_name, const std::string& sys = "/sys");
// The disk that a partition lies on; the name itself for anything else.
[[nodiscard]] std::string whole_disk_of(const std::string& kernel_name, const std::string& sys = "/sys");
[[nodiscard]] std::vector<std::string> partitions_of(const std::string& kernel_name);
// Kernel names of all devices of the btrfs file system that this device belongs to; empty when it belongs to none.
[[nodiscard]] std::vector<std::string> btrfs_devices_with(const std::string& kernel_name, const std::string& sys = "/sys");

// What udev has found out about a block device, "ID_FS_UUID": for whoever may not read the device, or sees no node of it. Empty:
// nothing, or there is no udev.
[[nodiscard]] std::string udev_property(dev_t device, std::string_view key);

}  // namespace custody::sysfs
