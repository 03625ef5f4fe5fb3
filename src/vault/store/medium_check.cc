#include "vault/store/medium_check.h"

#include "base/block_device.h"
#include "base/crypto.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <set>

namespace custody {
namespace {

template <std::size_t Size>
bool is_one_of(std::string_view name, const std::array<std::string_view, Size>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 8> kGood = {"ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "bcachefs", "jfs"};
constexpr std::array<std::string_view, 6> kNoJournal = {"ext2", "vfat", "msdos", "exfat", "ntfs", "ntfs3"};
constexpr std::array<std::string_view, 3> kMemory = {"tmpfs", "ramfs", "rootfs"};
constexpr std::array<std::string_view, 10> kNetwork = {"nfs", "nfs4", "cifs",       "smb3",      "9p",
                                                       "afs", "ceph", "fuse.sshfs", "glusterfs", "fuse.glusterfs"};
constexpr std::array<std::string_view, 8> kObject = {
    "fuse.s3fs",   "fuse.gcsfuse", "fuse.rclone",   "fuse.goofys",
    "fuse.davfs2", "davfs",        "fuse.mount-s3", "fuse.google-drive-ocamlfuse"};

// "fuseblk" tells the driver, not the file system.
std::string shown_name(const MountInfo& mount, const std::string& content) {
    if (content.starts_with("ntfs")) return fmt::format("NTFS ({})", mount.file_system);
    if (content.starts_with("exfat")) return fmt::format("exFAT ({})", mount.file_system);
    return mount.file_system;
}

std::string content_below(const MountInfo& mount) {
    if (!mount.file_system.starts_with("fuse") || !mount.source.starts_with("/dev/")) return {};
    const auto device = describe_device(mount.source);
    return device.ok() ? device->content : std::string();
}

void warn_of_kind(MediumKind kind, const std::string& folder, MediumReport& report) {
    const std::string shown = printable(folder);
    switch (kind) {
        case MediumKind::good:
        case MediumKind::object:
            return;
        case MediumKind::no_journal:
            report.warnings.push_back(
                say("{} lies on {}: it keeps no journal, so that a power cut can damage the file system itself, and no owners "
                    "and modes "
                    "that protect the vault's files; ext4, xfs or btrfs is safer",
                    shown, report.file_system));
            return;
        case MediumKind::memory:
            report.warnings.push_back(
                say("{} lies on {}, in memory: it is gone when the machine stops", shown, report.file_system));
            return;
        case MediumKind::network:
            report.warnings.push_back(
                say("{} lies on {} from {}: use the vault from this machine only, and make sure that the server "
                    "writes what it confirms",
                    shown, report.file_system, printable(report.mounted_from)));
            return;
        case MediumKind::unknown:
            report.warnings.push_back(
                say("{} lies on {}, on which vaults were never tested; ext4, xfs or btrfs is safer", shown, report.file_system));
            return;
    }
}

// Two files of one process lock as two processes do. What cannot be written is not asked.
Status prove_locks(FileSystem& files, const std::string& folder) {
    const auto info = files.info(folder);
    if (!info.ok() || !info->is_directory) return done();
    const std::string path = join_path(folder, "." + random_id<Id<16, struct ProbeTag>>().hex());
    const auto first = files.create(path, 0600);
    if (!first.ok()) return done();
    const auto second = files.open_writable(path);
    const auto mine = (*first)->try_lock(true);
    const auto theirs = second.ok() ? (*second)->try_lock(true) : Result<bool>(second.error());
    TRY(files.remove(path));
    if (mine.ok() && *mine && theirs.ok() && !*theirs) return done();
    return Error{Code::refused,
                 say("locks do not hold on the file system of {}, so that a prune could remove what a backup needs; choose "
                     "another medium",
                     printable(folder))};
}

}  // namespace

MediumKind kind_of_medium(std::string_view file_system, std::string_view content) {
    if (content.starts_with("ntfs") || content.starts_with("exfat") || content.starts_with("vfat")) return MediumKind::no_journal;
    if (is_one_of(file_system, kGood)) return MediumKind::good;
    if (is_one_of(file_system, kNoJournal) || file_system.starts_with("fuse.exfat") || file_system.starts_with("fuse.ntfs"))
        return MediumKind::no_journal;
    if (is_one_of(file_system, kMemory)) return MediumKind::memory;
    if (is_one_of(file_system, kNetwork)) return MediumKind::network;
    return is_one_of(file_system, kObject) ? MediumKind::object : MediumKind::unknown;
}

std::vector<std::string> shared_disk_warnings(const std::string& folder, const std::vector<std::string>& others) {
    const auto here = physical_disks_under(folder);
    if (!here.ok()) return {};
    std::vector<std::string> warnings;
    std::set<std::string> named;  // one line a disk is enough
    for (const std::string& other : others) {
        const auto disks = physical_disks_under(other);
        if (!disks.ok()) continue;
        for (const std::string& disk : *disks) {
            const bool shared = std::find(here->begin(), here->end(), disk) != here->end();
            if (!shared || !named.insert(disk).second) continue;
            const std::string what = other == "/" ? say("the running system") : printable(other);
            warnings.push_back(
                say("the vault {} and {} lie on the same disk ({}): when it fails, both are lost; keep a copy on another disk "
                    "with 'custody copy'",
                    printable(folder), what, disk));
        }
    }
    return warnings;
}

Result<MediumReport> check_medium(FileSystem& files, const std::string& folder, const std::vector<std::string>& sources) {
    TRY_ASSIGN(const MountInfo mount, mount_of(folder));
    const std::string content = content_below(mount);
    MediumReport report;
    report.file_system = shown_name(mount, content);
    report.mounted_from = mount.source;
    const MediumKind kind = kind_of_medium(mount.file_system, content);
    if (kind == MediumKind::object)
        return Error{Code::refused,
                     say("{} lies on {}, which does not replace files in one step, so that a crash could lose the vault; use "
                         "a disk, and 'custody copy' to a second one",
                         printable(folder), report.file_system)};
    TRY(prove_locks(files, folder));
    TRY_ASSIGN(report.disks, physical_disks_under(folder));
    warn_of_kind(kind, folder, report);
    std::vector<std::string> others = {"/"};
    others.insert(others.end(), sources.begin(), sources.end());
    for (std::string& line : shared_disk_warnings(folder, others)) report.warnings.push_back(std::move(line));
    return report;
}

}  // namespace custody
