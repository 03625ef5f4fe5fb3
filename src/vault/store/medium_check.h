// Whether a folder is a good place for a vault: what file system it lies on, what does not hold there, and whether it shares
// a disk with what it is to protect. For `init` and `status`.
//
// Threads: safe. Reads /proc and /sys; writes one temporary file into the folder when it exists and can be written.
// Errors: refused: a vault there would not be safe (the message names the file system and what is missing); not_found, io.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace custody {

struct MediumReport {
    std::string file_system;            // "ext4", "NTFS (fuseblk)", "exFAT (fuseblk)", "nfs4" ...
    std::string mounted_from;           // "/dev/sdb1", "server:/export"
    std::vector<std::string> disks;     // kernel names of the physical disks below; empty: none, or not to be known
    std::vector<std::string> warnings;  // one line each, in the chosen language
};

// `folder` need not exist: then its nearest parent counts. `sources`: what will be backed up, as far as known; the running
// system is always one of them.
[[nodiscard]] Result<MediumReport> check_medium(FileSystem& files, const std::string& folder,
                                                const std::vector<std::string>& sources);

// Duty B1: one line for each physical disk that holds `folder` and one of `others`, naming the first of these ("/" as the running
// system). Nothing where the disks cannot be known.
[[nodiscard]] std::vector<std::string> shared_disk_warnings(const std::string& folder, const std::vector<std::string>& others);

// What is known of a kind of file system by its name in /proc/self/mountinfo and, for fuseblk, by its content ("ntfs").
enum class MediumKind {
    good,        // journaling or copy on write: ext3, ext4, xfs, btrfs, f2fs, zfs ...
    no_journal,  // ext2, vfat, exfat, NTFS and exFAT through FUSE: a power cut can damage the file system itself
    memory,      // tmpfs, ramfs: gone when the machine stops
    network,     // nfs, cifs, sshfs ...: durable and locked as far as the server keeps it
    object,      // s3fs, rclone, davfs ...: names are not replaced atomically: refused
    unknown,
};
[[nodiscard]] MediumKind kind_of_medium(std::string_view file_system, std::string_view content);

}  // namespace custody
