#include "daemon/discover/discovered.h"

#include "base/block_device.h"
#include "base/mounts.h"
#include "base/physical_disks.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "daemon/discover/local_places.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>

namespace custody {
namespace {

// Made up by the kernel, in memory, or a packed image of programs; an overlay's data lie in its upper folder, which is on another
// file system. What has no blocks of its own (most of FUSE's helpers) falls out by statvfs.
constexpr std::array<std::string_view, 31> kWithoutData = {
    "autofs",    "binfmt_misc", "bpf",      "cgroup",   "cgroup2", "configfs", "cpuset",     "cramfs",
    "debugfs",   "devpts",      "devtmpfs", "efivarfs", "erofs",   "fusectl",  "hugetlbfs",  "iso9660",
    "mqueue",    "nfsd",        "nsfs",     "proc",     "pstore",  "ramfs",    "rpc_pipefs", "securityfs",
    "selinuxfs", "squashfs",    "sysfs",    "tmpfs",    "tracefs", "udf",      "fuse.lxcfs"};
constexpr std::uint64_t kSysfsSector = 512;
constexpr std::uint64_t kLeastDisk = std::uint64_t{32} << 20;  // no medium is smaller
constexpr std::array kLinkFolders = {"/dev/disk/by-uuid",     "/dev/disk/by-id",        "/dev/disk/by-label", "/dev/disk/by-path",
                                     "/dev/disk/by-partuuid", "/dev/disk/by-partlabel", "/dev/mapper"};

bool may_hold_data(const mounts::MountLine& line) {
    const std::string& type = line.mount.file_system;
    if (type == "overlay") return line.mount.point == "/";  // a live system, or a container
    return std::find(kWithoutData.begin(), kWithoutData.end(), type) == kWithoutData.end();
}

// Shown by another mount as well: a bind mount, a second mount, a subvolume below one that is mounted.
bool is_shown_elsewhere(const std::vector<mounts::MountLine>& lines, std::size_t at) {
    const mounts::MountLine& line = lines[at];
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const mounts::MountLine& other = lines[i];
        if (i == at || other.mount.device != line.mount.device || other.mount.file_system != line.mount.file_system) continue;
        if (!lies_in(line.root, other.root)) continue;
        if (other.root != line.root || i < at) return true;
    }
    return false;
}

// Nothing but what mkfs made. What cannot be read counts as data.
bool is_empty(const std::string& folder) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), &::closedir);
    if (!open) return false;
    while (const dirent* entry = ::readdir(open.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != ".." && name != "lost+found") return false;
    }
    return true;
}

// False: no folder, or nothing in it.
bool measure(FoundFileSystem& found) {
    struct stat info {};
    struct statvfs size {};
    if (::stat(found.mount_point.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return false;
    if (::statvfs(found.mount_point.c_str(), &size) != 0 || size.f_blocks == 0) return false;
    found.size_bytes = std::uint64_t{size.f_blocks} * size.f_frsize;
    found.used_bytes = std::uint64_t{size.f_blocks - size.f_bfree} * size.f_frsize;
    return !is_empty(found.mount_point);
}

std::string node_of(const mounts::MountLine& line, const KernelView& view) {
    if (major(line.mount.device) == 0) return line.mount.source;  // btrfs, FUSE, network: what the mount names
    const std::string name = sysfs::kernel_name(line.mount.device, view.sys);
    return name.empty() ? line.mount.source : "/dev/" + name;
}

std::vector<std::string> other_names_of(const std::string& device, const KernelView& view) {
    std::vector<std::string> names;
    if (!device.starts_with("/dev/")) return names;
    // An image of the one disk below holds it; of several disks none does.
    const auto disks = disks_under(device, LoopDevices::are_disks, view);
    if (disks.ok() && disks->size() == 1 && "/dev/" + *disks->begin() != device) names.push_back("/dev/" + *disks->begin());
    if (view.is_recorded()) return names;
    const std::vector<std::string> nodes = [&] {
        std::vector<std::string> all = names;
        all.push_back(device);
        return all;
    }();
    for (const char* folder : kLinkFolders) {
        for (const std::string& link : sysfs::names_in(folder)) {
            std::string path = std::string(folder) + "/" + link;
            if (std::find(nodes.begin(), nodes.end(), sysfs::real_path(path)) != nodes.end()) names.push_back(std::move(path));
        }
    }
    return names;
}

Result<std::vector<FoundFileSystem>> find_file_systems(const KernelView& view) {
    TRY_ASSIGN(const auto all, mounts::read_mount_lines(view));
    std::vector<mounts::MountLine> lines;
    for (const auto& line : all) {
        // What a later mount covers cannot be seen.
        std::erase_if(lines, [&](const auto& before) { return before.mount.point == line.mount.point; });
        if (may_hold_data(line)) lines.push_back(line);
    }
    std::vector<FoundFileSystem> found;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (is_shown_elsewhere(lines, i)) continue;
        FoundFileSystem one;
        one.mount_point = lines[i].mount.point;
        one.type = lines[i].mount.file_system;
        one.device = node_of(lines[i], view);
        if (!view.is_recorded() && !measure(one)) continue;
        one.other_names = other_names_of(one.device, view);
        found.push_back(std::move(one));
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.mount_point < b.mount_point; });
    return found;
}

bool is_no_disk(const std::string& name) {
    constexpr std::array<std::string_view, 6> kOthers = {"ram", "zram", "sr", "fd", "mtdblock", "nbd"};
    return std::any_of(kOthers.begin(), kOthers.end(), [&](std::string_view begin) { return name.starts_with(begin); });
}

// Of a recorded machine: what sysfs and the mounts say.
bool is_used(const std::string& name, const std::vector<mounts::MountLine>& lines, const KernelView& view) {
    const std::string folder = sysfs::folder_of(name, view.sys);
    if (!sysfs::names_in(folder + "/holders").empty()) return true;
    return std::any_of(lines.begin(), lines.end(), [&](const auto& line) {
        return line.mount.source == "/dev/" + name || sysfs::kernel_name(line.mount.device, view.sys) == name;
    });
}

bool has_partitions(const std::string& name, const std::vector<std::string>& all, const KernelView& view) {
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& other) { return other != name && sysfs::whole_disk_of(other, view.sys) == name; });
}

Result<std::vector<FoundDisk>> find_disks(const KernelView& view) {
    TRY_ASSIGN(const auto lines, mounts::read_mount_lines(view));
    const auto names = sysfs::names_in(view.sys + "/class/block");
    std::vector<FoundDisk> found;
    for (const std::string& name : names) {
        FoundDisk disk;
        disk.device = "/dev/" + name;
        disk.size_bytes = sysfs::read_number(sysfs::folder_of(name, view.sys) + "/size") * kSysfsSector;
        if (is_no_disk(name) || disk.size_bytes < kLeastDisk || has_partitions(name, names, view)) continue;
        if (view.is_recorded()) {
            if (is_used(name, lines, view)) continue;
            found.push_back(std::move(disk));
            continue;
        }
        const auto info = describe_device(disk.device);
        if (!info.ok() || !info->uses.empty() || info->read_only) continue;
        disk.model = info->model;
        disk.serial = info->serial;
        disk.holds = info->content.empty() ? say("nothing") : info->content;
        found.push_back(std::move(disk));
    }
    return found;
}

}  // namespace

Result<Discovered> discover(const KernelView& view) {
    Discovered found;
    TRY_ASSIGN(found.file_systems, find_file_systems(view));
    TRY_ASSIGN(found.disks, find_disks(view));
    if (view.is_recorded()) return found;
    found.databases = find_databases();
    found.data_folders = find_data_folders();
    return found;
}

}  // namespace custody
