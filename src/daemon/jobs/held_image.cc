#include "daemon/jobs/held_image.h"

#include "base/block_device.h"
#include "base/loop_devices.h"
#include "base/sysfs.h"
#include "base/text.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>

namespace custody {
namespace {

// Kernel names of a device and of all that is made of it: partitions, mapped and RAID devices, loop devices beside it.
void add_with_all_above(const std::string& name, std::set<std::string>& names) {
    if (name.empty() || !names.insert(name).second) return;
    for (const std::string& partition : sysfs::partitions_of(name)) add_with_all_above(partition, names);
    for (const std::string& holder : sysfs::names_in(sysfs::folder_of(name) + "/holders")) add_with_all_above(holder, names);
    for (const std::string& beside : loop_devices_beside(name)) add_with_all_above(beside, names);
}

std::string kernel_name_at(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode) ? sysfs::kernel_name(status.st_rdev) : std::string();
}

std::set<std::string> devices_of(const std::string& image) {
    std::set<std::string> names;
    struct stat status {};
    if (::stat(image.c_str(), &status) != 0) return names;  // what is wrong with it is said when it is opened
    if (S_ISBLK(status.st_mode)) add_with_all_above(sysfs::kernel_name(status.st_rdev), names);
    if (S_ISREG(status.st_mode)) {
        for (const std::string& device : loop_devices_over(status)) add_with_all_above(kernel_name_at(device), names);
    }
    return names;
}

bool comes_from(const MountInfo& mount, const std::set<std::string>& devices) {
    // A btrfs has a number that is no device's, and may lie on several.
    const std::string by_source = kernel_name_at(mount.source);
    const std::string name = by_source.empty() ? sysfs::kernel_name(mount.device) : by_source;
    if (name.empty()) return false;
    if (devices.contains(name)) return true;
    const auto all = mount.file_system == "btrfs" ? sysfs::btrfs_devices_with(name) : std::vector<std::string>{};
    return std::any_of(all.begin(), all.end(), [&](const std::string& one) { return devices.contains(one); });
}

bool shows_it(const MountInfo& mount) {  // nothing else is mounted over it
    struct stat status {};
    return ::stat(mount.point.c_str(), &status) == 0 && status.st_dev == mount.device;
}

// One mount point for each file system.
Result<std::vector<std::string>> mounted_out_of(const std::string& image) {
    const std::set<std::string> devices = devices_of(image);
    std::map<std::uint64_t, MountInfo> chosen;
    if (devices.empty()) return std::vector<std::string>{};
    TRY_ASSIGN(const auto mounts, list_mounts());
    for (const MountInfo& mount : mounts) {
        if (mount.read_only || !comes_from(mount, devices)) continue;
        const auto [at, is_first] = chosen.emplace(mount.device, mount);
        if (!is_first && !shows_it(at->second)) at->second = mount;
    }
    std::vector<std::string> points;
    for (const auto& [device, mount] : chosen) {
        if (!shows_it(mount)) {
            return Error{Code::refused,
                         say("no image is made of {}: something else is mounted over {}, where a file system of it "
                             "is mounted; unmount one of them",
                             printable(image), printable(mount.point))};
        }
        points.push_back(mount.point);
    }
    return points;
}

}  // namespace

Result<HeldImage> HeldImage::hold(const HoldOptions& options) {
    HeldImage held;
    TRY_ASSIGN(const auto points, mounted_out_of(options.image));
    for (const std::string& point : points) {
        if (!options.may_freeze) {
            return Error{Code::refused, say("no image is made of {}: it is mounted read-write at {}, and the plan says freeze = "
                                            "false; unmount it before, or back it up as files",
                                            printable(options.image), printable(point))};
        }
        TRY_ASSIGN(FrozenFileSystem frozen, FrozenFileSystem::freeze({point, options.needed, options.longest_ns}));
        held.frozen_.push_back(std::move(frozen));
    }
    return held;
}

Status HeldImage::thaw() {
    Status all = done();
    for (FrozenFileSystem& one : frozen_) {
        Status thawed = one.thaw();
        if (all.ok()) all = std::move(thawed);
    }
    return all;
}

}  // namespace custody
