#include "vault/sources/settling.h"

#include "base/file.h"
#include "vault/sources/source.h"

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace custody {
namespace {

constexpr std::int64_t kFine_ns = 2 * kSecond, kCoarse_ns = 4 * kSecond;
constexpr std::int64_t kLeastDirty_ns = 60 * kSecond;
constexpr std::int64_t kCentisecond = kSecond / 100;

std::optional<std::uint32_t> read_number(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char text[16];
    const ssize_t got = fd.valid() ? ::read(fd.get(), text, sizeof text) : -1;
    std::uint32_t number = 0;
    if (got <= 0 || std::from_chars(text, text + got, number).ec != std::errc()) return std::nullopt;
    return number;
}

// Of a union (overlayfs, aufs) statfs does not tell what it lies on, and the times are those of the file below: a file of a live
// system's tmpfs is dirty for ever, one of a container's disk is not. What maps extents is on a disk, and is asked for the first.
bool lies_on_a_disk(int file) {
    struct fiemap request {};
    request.fm_length = 1;
    return ::ioctl(file, FS_IOC_FIEMAP, &request) == 0;
}

// File systems that live in memory alone never write back. All others do, by the same clockwork: btrfs and xfs as ext4, and
// network file systems and FUSE, which beyond that give a file new times when its pages arrive at the server. What another
// machine has mapped and not sent yet is not to be seen at all.
bool writes_back(int file, std::uint32_t type) {
    switch (type) {
        case TMPFS_MAGIC:
        case RAMFS_MAGIC:
        case HUGETLBFS_MAGIC:
            return false;
        case OVERLAYFS_SUPER_MAGIC:
        case 0x61756673u /* aufs */:
            return lies_on_a_disk(file);
        default:
            return true;
    }
}

std::int64_t granularity_ns(std::uint32_t type) {
    switch (type) {
        case MSDOS_SUPER_MAGIC:
        case EXFAT_SUPER_MAGIC:
        case 0x5346544eu /* ntfs */:
        case 0x7366746eu /* ntfs3 */:
        case FUSE_SUPER_MAGIC:
            return kCoarse_ns;
        default:
            return kFine_ns;
    }
}

}  // namespace

std::int64_t dirty_time_ns(const std::string& folder) {
    const auto expire = read_number(folder + "/dirty_expire_centisecs");
    const auto interval = read_number(folder + "/dirty_writeback_centisecs");  // at which the kernel looks for what expired
    if (!expire || !interval) return kLeastDirty_ns;
    if (*interval == 0) return kNeverSettles_ns;
    return std::max(kLeastDirty_ns, 2 * kCentisecond * (std::int64_t{*expire} + std::int64_t{*interval}));
}

std::int64_t settle_time_ns(int descriptor, bool has_content) {
    struct statfs status {};
    if (::fstatfs(descriptor, &status) != 0) return has_content ? kNeverSettles_ns : kCoarse_ns;
    const auto type = static_cast<std::uint32_t>(status.f_type);
    if (!has_content) return granularity_ns(type);
    if (!writes_back(descriptor, type)) return kNeverSettles_ns;
    static const std::int64_t dirty_ns = dirty_time_ns("/proc/sys/vm");
    return std::max(dirty_ns, granularity_ns(type));
}

}  // namespace custody
