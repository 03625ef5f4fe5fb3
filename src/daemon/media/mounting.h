// Mounting media: for use at their place, and for a look that nobody else sees and that writes nothing.
//
// Threads: safe. Needs CAP_SYS_ADMIN. Nothing is shelled out, but systemd is asked where only that mounts for the whole machine
// (host_mount.h): ext2, ext3, ext4, xfs, btrfs, f2fs, vfat, exfat and ntfs3 are
// mounted by the kernel, with nosuid, nodev, noexec whatever /etc/fstab says; other kinds are usage. Errors: not_found (no
// device, nothing mounted), busy (used, and by whom), denied, usage, io.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <string>
#include <vector>

namespace custody {

// The file system on `device`, at `mount_point`, whose folders are made if absent. exists: something is mounted there already, or
// the folder is not empty: a medium never covers what somebody else sees there.
[[nodiscard]] Status mount_device(const std::string& device, const std::string& mount_point);

// The same question before: the folder is made if absent. exists: as above.
[[nodiscard]] Status check_mount_point(const std::string& mount_point);

// Writes back what is to be written, then unmounts: afterwards the disk can be taken out. busy names who holds it; io: what was
// written last may not have reached the disk.
[[nodiscard]] Status unmount_medium(const std::string& mount_point);

// Of a disk that was pulled out while it was mounted: nothing can be written back any more; what still has files open there keeps
// them until it closes them, and the folder is free for the disk's return.
[[nodiscard]] Status drop_dead_mount(const std::string& mount_point);

// "smbd (812)": the programs that keep something open below a mount point, at most ten, sorted by number.
[[nodiscard]] std::vector<std::string> holders_of(const std::string& mount_point);

// A mount in no name space, read-only, without replaying a journal: nothing is written to the device, nobody else sees it.
class HiddenMount {
public:
    [[nodiscard]] static Result<HiddenMount> open(const std::string& device);
    // Where it can be read while this lives: "/proc/self/fd/7".
    [[nodiscard]] std::string path() const;
    [[nodiscard]] const std::string& file_system() const { return type_; }

private:
    HiddenMount(Fd root, std::string type) : root_(std::move(root)), type_(std::move(type)) {}
    Fd root_;
    std::string type_;
};

}  // namespace custody
