// From a path or device down to the disks one can hold in the hand: partition -> disk, dm and md -> slaves, btrfs -> all its
// devices, loop -> the file behind it, overlay -> its upper folder.
#include "base/physical_disks.h"

#include "base/block_device.h"
#include "base/file.h"
#include "base/loop_devices.h"
#include "base/mounts.h"
#include "base/sysfs.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace custody {
namespace {

constexpr int kMaxDepth = 16;  // loop on LVM on RAID on loop ...; a ring is impossible, a bound costs nothing

class DiskSearch {
public:
    explicit DiskSearch(LoopDevices loops) : loops_(loops) {}

    // Best effort below the first level: a backing file that was deleted leads nowhere.
    void under_path(const std::string& path, int depth) {
        if (depth > kMaxDepth) return;
        struct stat info {};
        if (stat(path.c_str(), &info) == 0 && S_ISBLK(info.st_mode)) return under_device(sysfs::kernel_name(info.st_rdev), depth);
        const auto line = mounts::line_of(path);
        if (line.ok()) under_mount(*line, depth);
    }

    void under_device(const std::string& name, int depth) {
        if (name.empty() || depth > kMaxDepth) return;
        const std::string disk = sysfs::whole_disk_of(name);
        const std::string folder = sysfs::folder_of(disk);
        const auto slaves = sysfs::names_in(folder + "/slaves");
        for (const auto& slave : slaves) under_device(slave, depth + 1);
        if (!slaves.empty()) return;
        const std::string backing = sysfs::read_line(folder + "/loop/backing_file");
        if (!backing.empty() && loops_ != LoopDevices::are_disks) under_path(backing, depth + 1);
        if (!backing.empty() && loops_ == LoopDevices::are_their_file) return;
        if (!lives_in_memory(disk)) found_.insert(disk);
    }

    void under_mount(const mounts::MountLine& line, int depth) {
        if (line.mount.file_system == "overlay") {
            const std::string upper = mounts::option(line.super_options, "upperdir");
            if (!upper.empty()) under_path(upper, depth + 1);
            return;
        }
        const std::string name = device_of(line.mount);
        const auto all = line.mount.file_system == "btrfs" ? sysfs::btrfs_devices_with(name) : std::vector<std::string>{};
        for (const auto& device : all) under_device(device, depth + 1);
        if (all.empty()) under_device(name, depth + 1);
    }

    [[nodiscard]] std::set<std::string> take() { return std::move(found_); }

private:
    static bool lives_in_memory(const std::string& name) { return name.starts_with("ram") || name.starts_with("zram"); }

    // FUSE and btrfs have a device number of their own; there the source names the disk.
    static std::string device_of(const MountInfo& mount) {
        if (major(mount.device) != 0) return sysfs::kernel_name(mount.device);
        struct stat source {};
        const bool is_node = mount.source.starts_with('/') && stat(mount.source.c_str(), &source) == 0 && S_ISBLK(source.st_mode);
        return is_node ? sysfs::kernel_name(source.st_rdev) : std::string();
    }

    LoopDevices loops_;
    std::set<std::string> found_;
};

}  // namespace

Result<std::set<std::string>> disks_under(const std::string& path, LoopDevices loops) {
    DiskSearch search(loops);
    struct stat info {};
    if (stat(path.c_str(), &info) == 0 && S_ISBLK(info.st_mode)) {
        search.under_device(sysfs::kernel_name(info.st_rdev), 0);
    } else {
        TRY_ASSIGN(const auto line, mounts::line_of(path));
        search.under_mount(line, 0);
    }
    return search.take();
}

Result<std::vector<std::string>> physical_disks_under(const std::string& path) {
    TRY_ASSIGN(const auto found, disks_under(path, LoopDevices::are_their_file));
    return std::vector<std::string>(found.begin(), found.end());
}

bool may_be_in_image(const std::string& image, const std::string& path) {
    struct stat status {};
    if (::stat(image.c_str(), &status) != 0) return false;
    std::set<std::string> in_image;
    if (S_ISBLK(status.st_mode)) {
        const std::string name = sysfs::kernel_name(status.st_rdev);
        const auto disks = disks_under(image, LoopDevices::are_disks);
        if (name.empty() || !disks.ok()) return true;  // without sysfs nobody can tell
        in_image = *disks;
        for (std::string& other : loop_devices_beside(name)) in_image.insert(std::move(other));
    } else {
        for (const std::string& device : loop_devices_over(status)) in_image.insert(device.substr(device.rfind('/') + 1));
    }
    if (in_image.empty()) return false;
    const auto below = disks_under(path, LoopDevices::are_both);
    return !below.ok() ||
           std::any_of(below->begin(), below->end(), [&](const std::string& disk) { return in_image.contains(disk); });
}

}  // namespace custody
