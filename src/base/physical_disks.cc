// From a path or device down to the disks one can hold in the hand: partition -> disk, dm and md -> slaves, btrfs -> all its
// devices, loop -> the file behind it, overlay -> its upper folder.
#include "base/block_device.h"
#include "base/file.h"
#include "base/mounts.h"
#include "base/sysfs.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <set>

namespace custody {
namespace {

constexpr int kMaxDepth = 16;  // loop on LVM on RAID on loop ...; a ring is impossible, a bound costs nothing

using Names = std::set<std::string>;
void disks_under_path(const std::string& path, int depth, Names& found);

bool lives_in_memory(const std::string& name) { return name.starts_with("ram") || name.starts_with("zram"); }

void disks_under_device(const std::string& name, int depth, Names& found) {
    if (name.empty() || depth > kMaxDepth) return;
    const std::string disk = sysfs::whole_disk_of(name);
    const std::string folder = sysfs::folder_of(disk);
    const auto slaves = sysfs::names_in(folder + "/slaves");
    for (const auto& slave : slaves) disks_under_device(slave, depth + 1, found);
    if (!slaves.empty()) return;
    const std::string backing = sysfs::read_line(folder + "/loop/backing_file");
    if (!backing.empty()) return disks_under_path(backing, depth + 1, found);
    if (!lives_in_memory(disk)) found.insert(disk);
}

void disks_under_mount(const mounts::MountLine& line, int depth, Names& found) {
    if (line.mount.file_system == "overlay") {
        const std::string upper = mounts::option(line.super_options, "upperdir");
        if (!upper.empty()) disks_under_path(upper, depth + 1, found);
        return;
    }
    struct stat source {};
    const bool is_device =
        line.mount.source.starts_with('/') && stat(line.mount.source.c_str(), &source) == 0 && S_ISBLK(source.st_mode);
    // FUSE and btrfs have a device number of their own; the source names the disk.
    const std::string name = major(line.mount.device) != 0 ? sysfs::kernel_name(line.mount.device)
                                                           : sysfs::kernel_name(is_device ? source.st_rdev : 0);
    const auto all = line.mount.file_system == "btrfs" ? sysfs::btrfs_devices_with(name) : std::vector<std::string>{};
    for (const auto& device : all) disks_under_device(device, depth + 1, found);
    if (all.empty()) disks_under_device(name, depth + 1, found);
}

// Best effort below the first level: a backing file that was deleted leads nowhere.
void disks_under_path(const std::string& path, int depth, Names& found) {
    if (depth > kMaxDepth) return;
    struct stat info {};
    if (stat(path.c_str(), &info) == 0 && S_ISBLK(info.st_mode))
        return disks_under_device(sysfs::kernel_name(info.st_rdev), depth, found);
    const auto line = mounts::line_of(path);
    if (line.ok()) disks_under_mount(*line, depth, found);
}

}  // namespace

Result<std::vector<std::string>> physical_disks_under(const std::string& path) {
    Names found;
    struct stat info {};
    if (stat(path.c_str(), &info) == 0 && S_ISBLK(info.st_mode)) {
        disks_under_device(sysfs::kernel_name(info.st_rdev), 0, found);
    } else {
        TRY_ASSIGN(const auto line, mounts::line_of(path));
        disks_under_mount(line, 0, found);
    }
    return std::vector<std::string>(found.begin(), found.end());
}

}  // namespace custody
