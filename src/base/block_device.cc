#include "base/block_device.h"

#include "base/counts.h"
#include "base/file.h"
#include "base/loop_devices.h"
#include "base/mounts.h"
#include "base/physical_disks.h"
#include "base/sysfs.h"
#include "base/text.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

namespace custody {
namespace {

constexpr std::uint64_t kSysfsSector = 512;  // sysfs counts in these whatever the device's own sector is
constexpr int kMaxDepth = 16;

dev_t number_of(const std::string& name) { return sysfs::parse_device_number(sysfs::read_line(sysfs::folder_of(name) + "/dev")); }

// SCSI page 80h: four bytes of header, then the serial number (SPC-5, 7.7.19).
std::string scsi_serial(const std::string& folder) {
    const std::string page = sysfs::read_text(folder + "/device/vpd_pg80");
    std::string serial;
    for (const char c : page.size() > 4 ? std::string_view(page).substr(4) : std::string_view()) {
        if (c > ' ' && c < 0x7f) serial += c;
    }
    return serial;
}

std::string serial_of(const std::string& disk) {
    const std::string folder = sysfs::folder_of(disk);
    for (const char* attribute : {"/loop/backing_file", "/device/serial", "/serial", "/dm/uuid", "/md/uuid"}) {
        const std::string serial = sysfs::read_line(folder + attribute);
        if (!serial.empty()) return serial;
    }
    const std::string serial = scsi_serial(folder);
    return serial.empty() ? sysfs::udev_property(number_of(disk), "ID_SERIAL_SHORT") : serial;
}

std::string model_of(const std::string& disk) {
    const std::string folder = sysfs::folder_of(disk);
    const std::string vendor = sysfs::read_line(folder + "/device/vendor");
    std::string model = sysfs::read_line(folder + "/device/model");
    if (model.empty()) model = sysfs::read_line(folder + "/device/name");  // SD and eMMC
    if (model.empty()) model = sysfs::read_line(folder + "/dm/name");
    if (model.empty()) return {};
    return vendor.empty() || vendor == "ATA" || vendor.starts_with("0x") ? model : vendor + " " + model;
}

// Copied: the next question to libblkid ends the life of what it answered before.
std::string probed_value(blkid_probe probe, const char* name) {
    const char* value = nullptr;
    return blkid_probe_lookup_value(probe, name, &value, nullptr) == 0 && value != nullptr ? value : "";
}

// What lies on a device, as libblkid names it.
std::string content_of(const std::string& path) {
    const std::unique_ptr<std::remove_pointer_t<blkid_probe>, decltype(&blkid_free_probe)> probe(
        blkid_new_probe_from_filename(path.c_str()), &blkid_free_probe);
    if (!probe) return {};
    blkid_probe_enable_superblocks(probe.get(), 1);
    blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL);
    blkid_probe_enable_partitions(probe.get(), 1);
    const int found = blkid_do_safeprobe(probe.get());
    if (found == -2) return say("several contradicting signatures");
    if (found != 0) return {};
    const std::string type = probed_value(probe.get(), "TYPE");
    if (!type.empty()) {
        const std::string label = probed_value(probe.get(), "LABEL");
        return label.empty() ? type : fmt::format("{} \"{}\"", type, printable(label));
    }
    const std::string table = probed_value(probe.get(), "PTTYPE");
    if (table.empty()) return {};
    const blkid_partlist partitions = blkid_probe_get_partitions(probe.get());
    const int count = partitions == nullptr ? 0 : blkid_partlist_numof_partitions(partitions);
    return table + ", " + say_count(static_cast<std::uint64_t>(std::max(count, 0)), "{} partition", "{} partitions");
}

// The device, its partitions, what is built from them, and what is built from that.
void collect_upwards(const std::string& name, int depth, std::set<std::string>& found) {
    if (depth > kMaxDepth || !found.insert(name).second) return;
    for (const auto& partition : sysfs::partitions_of(name)) collect_upwards(partition, depth + 1, found);
    for (const auto& holder : sysfs::names_in(sysfs::folder_of(name) + "/holders")) collect_upwards(holder, depth + 1, found);
    for (const auto& other : sysfs::names_in("/sys/block")) {
        const std::string backing = sysfs::read_line("/sys/block/" + other + "/loop/backing_file");
        struct stat info {};
        const bool is_this = !backing.empty() && stat(backing.c_str(), &info) == 0 && S_ISBLK(info.st_mode) &&
                             sysfs::kernel_name(info.st_rdev) == name;
        if (is_this) collect_upwards(other, depth + 1, found);
    }
}

bool is_block_node(const std::string& path, std::string& name) {
    struct stat info {};
    if (!path.starts_with('/') || stat(path.c_str(), &info) != 0 || !S_ISBLK(info.st_mode)) return false;
    name = sysfs::kernel_name(info.st_rdev);
    return true;
}

// True when `line` shows a file system that lies on one of `names` (for btrfs: on any of its devices).
bool lies_on(const MountInfo& mount, const std::set<std::string>& names) {
    std::string name = major(mount.device) != 0 ? sysfs::kernel_name(mount.device) : std::string();
    if (name.empty() && !is_block_node(mount.source, name)) return false;
    if (names.contains(name)) return true;
    if (mount.file_system != "btrfs") return false;
    const auto devices = sysfs::btrfs_devices_with(name);
    return std::any_of(devices.begin(), devices.end(), [&](const auto& device) { return names.contains(device); });
}

Status add_mounts(const std::set<std::string>& names, DeviceInfo& info) {
    TRY_ASSIGN(const auto all, list_mounts());
    for (const auto& mount : all) {
        if (!lies_on(mount, names)) continue;
        info.mounted_read_write = info.mounted_read_write || !mount.read_only;
        info.uses.push_back(mount.read_only ? say("mounted read-only on {}", printable(mount.point))
                                            : say("mounted read-write on {}", printable(mount.point)));
    }
    return done();
}

std::vector<std::string> swap_paths() {
    std::vector<std::string> paths;
    for (const auto& line : sysfs::split(sysfs::read_text("/proc/swaps"), '\n')) {
        if (line.starts_with('/')) paths.push_back(line.substr(0, line.find(' ')));
    }
    return paths;
}

void add_swaps(const std::set<std::string>& names, DeviceInfo& info) {
    for (const auto& path : swap_paths()) {
        std::string name;
        if (!is_block_node(path, name) || !names.contains(name)) continue;
        info.is_swap = true;
        info.uses.push_back(say("swap, which 'swapoff {}' ends", printable(path)));
    }
}

void add_holders(const std::set<std::string>& names, DeviceInfo& info) {
    for (const auto& name : names) {
        for (const auto& holder : sysfs::names_in(sysfs::folder_of(name) + "/holders"))
            info.uses.push_back(say("part of {}", holder));
        const std::string backing = sysfs::read_line(sysfs::folder_of(name) + "/loop/backing_file");
        if (name != info.kernel_name && backing.starts_with("/dev/")) info.uses.push_back(say("behind the loop device {}", name));
    }
}

// An exclusive open is the kernel's own answer; it also knows holders that show nowhere else. Opening changes nothing.
void ask_kernel(DeviceInfo& info) {
    if (!info.uses.empty()) return;
    const Fd fd(::open(info.path.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid() && errno == EBUSY) info.uses.push_back(say("held by another program or by the kernel"));
}

// Overwriting a loop device harms its backing file only, so a loop device on the system's disk is not the system's disk; but
// a running system may itself lie on a loop device (live media).
bool holds_running_system(const std::string& path) {
    const auto mine = disks_under(path, LoopDevices::are_disks);
    if (!mine.ok()) return false;
    std::vector<std::string> of_system = {"/", "/boot", "/boot/efi", "/usr"};
    const auto swaps = swap_paths();
    of_system.insert(of_system.end(), swaps.begin(), swaps.end());
    for (const auto& place : of_system) {
        const auto disks = disks_under(place, LoopDevices::are_both);
        if (disks.ok() && std::any_of(disks->begin(), disks->end(), [&](const auto& disk) { return mine->contains(disk); }))
            return true;
    }
    return false;
}

}  // namespace

Result<DeviceInfo> describe_device(const std::string& path, bool held_by_caller) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    struct stat node {};
    if (!real || stat(real.get(), &node) != 0) return system_error(errno, "look at", path);
    if (!S_ISBLK(node.st_mode)) return Error{Code::usage, say("{} is not a block device", printable(path))};
    DeviceInfo info;
    info.path = real.get();
    info.kernel_name = sysfs::kernel_name(node.st_rdev);
    if (info.kernel_name.empty()) return Error{Code::not_found, say("the kernel knows no device behind {}", printable(path))};
    const std::string folder = sysfs::folder_of(info.kernel_name);
    const std::string disk = sysfs::whole_disk_of(info.kernel_name);
    info.is_partition = sysfs::exists(folder + "/partition");
    info.model = model_of(disk);
    info.serial = serial_of(disk);
    info.bytes = sysfs::read_number(folder + "/size") * kSysfsSector;
    const auto sector = sysfs::read_number(sysfs::folder_of(disk) + "/queue/logical_block_size");
    if (sector >= kSysfsSector && sector <= 1u << 20) info.logical_sector = static_cast<std::uint32_t>(sector);
    info.read_only = sysfs::read_number(folder + "/ro") != 0;
    info.partitions = sysfs::partitions_of(info.kernel_name);
    std::set<std::string> names;
    collect_upwards(info.kernel_name, 0, names);
    for (const std::string& other : loop_devices_beside(info.kernel_name)) collect_upwards(other, 0, names);
    TRY(add_mounts(names, info));
    add_swaps(names, info);
    add_holders(names, info);
    if (!held_by_caller) ask_kernel(info);
    info.holds_running_system = holds_running_system(info.path);
    info.content = content_of(info.path);
    return info;
}

}  // namespace custody
