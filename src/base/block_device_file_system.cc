#include "base/block_device_file_system.h"

#include "base/file.h"
#include "base/loop_devices.h"
#include "base/physical_disks.h"
#include "base/sysfs.h"
#include "base/text.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

namespace custody {
namespace {

constexpr const char* kByUuid = "/dev/disk/by-uuid";
constexpr std::string_view kNodes = "/dev/";

using Probe = std::unique_ptr<std::remove_pointer_t<blkid_probe>, decltype(&blkid_free_probe)>;

std::string value_of(const Probe& probe, const char* name) {
    const char* value = nullptr;
    return blkid_probe_lookup_value(probe.get(), name, &value, nullptr) == 0 && value != nullptr ? value : "";
}

Error nothing_on(const std::string& device) {
    return {Code::not_found, say("no file system that is known lies on {}", printable(device))};
}

// For whoever may not read the device, or sees no node of it (PrivateDevices= of the service): what udev found out.
Result<FileSystemOnDevice> as_udev_knows(const std::string& device, const Error& otherwise) {
    const std::string real = sysfs::real_path(device);
    for (const auto& name : sysfs::names_in(kByUuid)) {
        if (!real.empty() && sysfs::real_path(join_path(kByUuid, name)) == real) return FileSystemOnDevice{"", name, ""};
    }
    if (!device.starts_with(kNodes)) return otherwise;
    const std::string number = sysfs::read_line(sysfs::folder_of(device.substr(kNodes.size())) + "/dev");
    std::string uuid = sysfs::udev_property(sysfs::parse_device_number(number), "ID_FS_UUID");
    return uuid.empty() ? Result<FileSystemOnDevice>(otherwise) : FileSystemOnDevice{"", std::move(uuid), ""};
}

// Whether the device only stands for a part of another: of a RAID, a multipath, an encrypted volume, a disk with partitions.
bool is_built_upon(const std::string& name) {
    return !sysfs::names_in(sysfs::folder_of(name) + "/holders").empty() || !sysfs::partitions_of(name).empty();
}

bool is_beside(const std::string& name, const std::vector<std::string>& found) {
    const auto same_bytes = loop_devices_beside(name);
    const auto same_btrfs = sysfs::btrfs_devices_with(name);
    return std::any_of(found.begin(), found.end(), [&](const std::string& other) {
        const std::string its(base_name(other));
        return std::find(same_bytes.begin(), same_bytes.end(), its) != same_bytes.end() ||
               std::find(same_btrfs.begin(), same_btrfs.end(), its) != same_btrfs.end();
    });
}

}  // namespace

Result<FileSystemOnDevice> file_system_on(const std::string& device) {
    const Fd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) {
        const Error why = system_error(errno, "open", device);
        return why.code == Code::denied || why.code == Code::not_found ? as_udev_knows(device, why)
                                                                       : Result<FileSystemOnDevice>(why);
    }
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return system_error(errno, "look at", device);
    if (!S_ISBLK(info.st_mode)) return Error{Code::usage, say("{} is not a block device", printable(device))};
    const Probe probe(blkid_new_probe(), &blkid_free_probe);
    if (!probe || blkid_probe_set_device(probe.get(), fd.get(), 0, 0) != 0) return nothing_on(device);
    blkid_probe_enable_superblocks(probe.get(), 1);
    blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID);
    const int found = blkid_do_safeprobe(probe.get());
    if (found == -2)
        return Error{Code::usage, say("{} bears the marks of several file systems; 'wipefs' shows them", printable(device))};
    if (found < 0) return Error{Code::io, say("cannot read what lies on {}; is the disk sound?", printable(device))};
    FileSystemOnDevice on{value_of(probe, "TYPE"), value_of(probe, "UUID"), value_of(probe, "LABEL")};
    if (found != 0 || on.type.empty()) return nothing_on(device);
    return on;
}

std::string device_node_of(const MountInfo& mount) {
    std::string name = major(mount.device) != 0 ? sysfs::kernel_name(mount.device) : std::string();
    struct stat info {};
    if (name.empty() && mount.source.starts_with('/') && ::stat(mount.source.c_str(), &info) == 0 && S_ISBLK(info.st_mode))
        name = sysfs::kernel_name(info.st_rdev);
    return name.empty() ? std::string() : "/dev/" + name;
}

std::vector<std::string> devices_with_uuid(const std::string& uuid) {
    std::vector<std::string> found;
    for (const auto& name : sysfs::names_in("/sys/class/block")) {
        if (uuid.empty() || sysfs::read_number(sysfs::folder_of(name) + "/size") == 0 || is_built_upon(name)) continue;
        const auto on = file_system_on("/dev/" + name);
        if (on.ok() && on->uuid == uuid && !is_beside(name, found)) found.push_back("/dev/" + name);
    }
    return found;
}

std::string serial_below(const std::string& device) {
    const auto disks = disks_under(device, LoopDevices::are_disks);
    if (!disks.ok() || disks->size() != 1 || disks->begin()->starts_with("loop")) return {};
    const auto disk = describe_device("/dev/" + *disks->begin(), true);
    return disk.ok() ? disk->serial : std::string();
}

}  // namespace custody
