// From a path or device down to the disks one can hold in the hand: partition -> disk, dm and md -> slaves, btrfs -> all its
// devices, loop -> the file behind it, overlay -> the folders it is made of.
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
    DiskSearch(LoopDevices loops, const KernelView& view) : loops_(loops), view_(view) {}

    // Best effort below the first level: a backing file that was deleted leads nowhere.
    void under_path(const std::string& path, int depth) {
        if (depth > kMaxDepth || !seen_.insert(path).second) return;
        if (const std::string node = device_at(path); !node.empty()) return under_device(node, depth);
        const auto line = mounts::line_of(path, view_);
        if (line.ok()) under_mount(*line, depth);
    }

    void under_device(const std::string& name, int depth) {
        if (name.empty() || depth > kMaxDepth) return;
        const std::string disk = sysfs::whole_disk_of(name, view_.sys);
        const std::string folder = sysfs::folder_of(disk, view_.sys);
        const auto slaves = sysfs::names_in(folder + "/slaves");
        for (const auto& slave : slaves) under_device(slave, depth + 1);
        if (!slaves.empty()) return;
        const std::string backing = sysfs::read_line(folder + "/loop/backing_file");
        if (!backing.empty() && loops_ != LoopDevices::are_disks) under_path(backing, depth + 1);
        if (!backing.empty() && loops_ == LoopDevices::are_their_file) return;
        if (!lives_in_memory(disk)) found_.insert(disk);
    }

    void under_mount(const mounts::MountLine& line, int depth) {
        if (line.mount.file_system == "overlay") return under_overlay(line, depth);
        const std::string name = device_of(line.mount);
        const auto all =
            line.mount.file_system == "btrfs" ? sysfs::btrfs_devices_with(name, view_.sys) : std::vector<std::string>{};
        for (const auto& device : all) under_device(device, depth + 1);
        if (all.empty()) under_device(name, depth + 1);
    }

    // The kernel name of the block device that a path names; empty: it names none.
    [[nodiscard]] std::string device_at(const std::string& path) const {
        struct stat info {};
        if (!view_.is_recorded()) {
            const bool is_node = path.starts_with('/') && stat(path.c_str(), &info) == 0 && S_ISBLK(info.st_mode);
            return is_node ? sysfs::kernel_name(info.st_rdev) : std::string();
        }
        if (!path.starts_with("/dev/")) return {};
        const std::string name(base_name(path));
        if (!path.starts_with("/dev/mapper/")) return sysfs::exists(sysfs::folder_of(name, view_.sys)) ? name : std::string();
        for (auto& device : sysfs::names_in(view_.sys + "/class/block")) {
            if (sysfs::read_line(sysfs::folder_of(device, view_.sys) + "/dm/name") == name) return std::move(device);
        }
        return {};
    }

    [[nodiscard]] std::set<std::string> take() { return std::move(found_); }

private:
    static bool lives_in_memory(const std::string& name) { return name.starts_with("ram") || name.starts_with("zram"); }

    // What was never changed lies in the lower folders. In a container they are the host's, and lead nowhere here.
    void under_overlay(const mounts::MountLine& line, int depth) {
        std::vector<std::string> folders = sysfs::split(mounts::option(line.super_options, "lowerdir"), ':');
        folders.push_back(mounts::option(line.super_options, "upperdir"));
        for (const auto& folder : folders) {
            if (folder.starts_with('/') && (view_.is_recorded() || sysfs::exists(folder))) under_path(folder, depth + 1);
        }
    }

    // FUSE and btrfs have a device number of their own; there the source names the disk.
    [[nodiscard]] std::string device_of(const MountInfo& mount) const {
        if (major(mount.device) != 0) return sysfs::kernel_name(mount.device, view_.sys);
        return device_at(mount.source);
    }

    LoopDevices loops_;
    const KernelView& view_;
    std::set<std::string> found_;
    std::set<std::string> seen_;  // paths: an overlay's folders may lead to itself
};

// Whatever two names have in common that one thing in the hand has once.
std::vector<std::string> marks_of(const std::string& disk, const KernelView& view) {
    const std::string folder = sysfs::folder_of(disk, view.sys);
    std::vector<std::string> marks{"name " + disk};
    const std::string device = sysfs::real_path(folder + "/device");  // of an NVMe name space its controller
    if (!device.empty()) marks.push_back("device " + device);
    for (const char* attribute : {"/device/wwid", "/wwid"}) {
        const std::string wwid = sysfs::read_line(folder + attribute);
        if (!wwid.empty()) marks.push_back("wwid " + wwid);
    }
    return marks;
}

}  // namespace

Result<std::set<std::string>> disks_under(const std::string& path, LoopDevices loops, const KernelView& view) {
    DiskSearch search(loops, view);
    if (const std::string device = search.device_at(path); !device.empty()) {
        search.under_device(device, 0);
    } else {
        TRY_ASSIGN(const auto line, mounts::line_of(path, view));
        search.under_mount(line, 0);
    }
    return search.take();
}

std::vector<std::string> shared_disks(const std::set<std::string>& a, const std::set<std::string>& b, const KernelView& view) {
    std::set<std::string> known;
    for (const auto& disk : b) {
        for (auto& mark : marks_of(disk, view)) known.insert(std::move(mark));
    }
    std::vector<std::string> shared;
    for (const auto& disk : a) {
        const auto marks = marks_of(disk, view);
        if (std::any_of(marks.begin(), marks.end(), [&](const auto& mark) { return known.contains(mark); }))
            shared.push_back(disk);
    }
    return shared;
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
