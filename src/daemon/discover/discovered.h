// What this machine has that may want protection: mounted file systems with data of their own, local databases, folders of data,
// disks that may be media. Looks at /proc, sysfs, sockets and well-known folders; opens no database and changes nothing.
//
// Ownership: values. Threads: safe; may wait for a file system that hangs, so not for the service's loop. Errors: io, where even
// /proc cannot be read; what cannot be looked at is left out. Units: bytes.
#pragma once

#include "base/kernel_view.h"
#include "base/result.h"
#include "daemon/config/config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace custody {

struct FoundFileSystem {
    std::string mount_point, type, device;
    // Other nodes that an image plan may name and that hold it: /dev/disk/by-uuid/..., the disk that its partition lies on.
    std::vector<std::string> other_names;
    std::uint64_t size_bytes = 0, used_bytes = 0;
};
struct FoundDatabase {
    std::string kind;   // "postgresql", "mariadb", "sqlite"
    std::string place;  // socket, data folder or file
};
struct FoundDisk {  // a whole disk or partition that nothing uses
    std::string device, model, serial;
    std::uint64_t size_bytes = 0;
    std::string holds;  // in words: "ext4 'backup'", "nothing"
};
struct Discovered {
    std::vector<FoundFileSystem> file_systems;  // by mount point
    std::vector<FoundDatabase> databases;
    std::vector<FoundDisk> disks;
    std::vector<std::string> data_folders;  // where people's and applications' files are usually kept, those that hold any
};
// Of a recorded view (KernelView) only what the kernel says: file systems without what they hold, and disks.
[[nodiscard]] Result<Discovered> discover(const KernelView& view = {});

// Duty B10: what no plan covers, each as a name in words ("/srv (xfs, 2.0 GiB used)", "the files below /home"): mount points that
// no files or image plan names or holds, folders of data, and databases in no plan. What is made up by the kernel, holds the
// vaults, or is the system's own (/boot, /usr without data) does not count; of the file system "/" its folders of data count one
// by one. Pure.
//
// A database counts as covered only by a plan of its own kind: files that are copied while they are written to are no database.
// Any plan of kind postgresql or mariadb counts for every local server of that kind: what a service file or a defaults file
// points to is not looked into, so a second server beside the one that is backed up is not told.
[[nodiscard]] std::vector<std::string> not_covered(const Config& config, const Discovered& found);

}  // namespace custody
