#include "restore/exporter_entry.h"

#include "base/bytes.h"

#include <algorithm>
#include <climits>

namespace custody {

mode_t archive_type(EntryType type) {
    switch (type) {
        case EntryType::folder:
            return AE_IFDIR;
        case EntryType::symlink:
            return AE_IFLNK;
        case EntryType::fifo:
            return AE_IFIFO;
        case EntryType::socket:
            return AE_IFSOCK;
        case EntryType::character_device:
            return AE_IFCHR;
        case EntryType::block_device:
            return AE_IFBLK;
        case EntryType::file:
            break;
    }
    return AE_IFREG;
}

// system.posix_acl_* as the kernel stores it: u32 version 2, then { u16 tag, u16 permissions, u32 id } (linux/posix_acl_xattr.h).
void add_acl(archive_entry* entry, const ExtendedAttribute& attribute) {
    const int type =
        attribute.name == "system.posix_acl_default" ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
    ByteReader reader(attribute.value);
    if (reader.u32() != 2) return;
    while (reader.ok() && !reader.at_end()) {
        const unsigned tag = reader.u16(), permissions = reader.u16();
        const auto id = static_cast<int>(reader.u32());
        if (!reader.ok()) return;
        int kind = 0;
        switch (tag) {
            case 0x01:
                kind = ARCHIVE_ENTRY_ACL_USER_OBJ;
                break;
            case 0x02:
                kind = ARCHIVE_ENTRY_ACL_USER;
                break;
            case 0x04:
                kind = ARCHIVE_ENTRY_ACL_GROUP_OBJ;
                break;
            case 0x08:
                kind = ARCHIVE_ENTRY_ACL_GROUP;
                break;
            case 0x10:
                kind = ARCHIVE_ENTRY_ACL_MASK;
                break;
            case 0x20:
                kind = ARCHIVE_ENTRY_ACL_OTHER;
                break;
            default:
                continue;
        }
        const bool named = kind == ARCHIVE_ENTRY_ACL_USER || kind == ARCHIVE_ENTRY_ACL_GROUP;
        (void)::archive_entry_acl_add_entry(entry, type, static_cast<int>(permissions & 7), kind, named ? id : -1, nullptr);
    }
}

bool is_coded(const std::string& xattr) {
    return std::any_of(xattr.begin(), xattr.end(), [](char c) { return c <= ' ' || c > '~' || c == '%' || c == '='; });
}

// libarchive writes seconds, a point and the nanoseconds; pax (POSIX) reads that as one decimal number, so before 1970 both
// parts have to count downwards.
void set_time(FileTime time, archive_entry* entry) {
    timespec parts = to_timespec(time);
    if (parts.tv_sec < 0 && parts.tv_nsec > 0) {
        ++parts.tv_sec;
        parts.tv_nsec = kSecond - parts.tv_nsec;
    }
    ::archive_entry_set_mtime(entry, parts.tv_sec, parts.tv_nsec);
}

bool is_too_long_to_unpack(const std::string& path) { return path.size() >= PATH_MAX; }

std::string shortened(const std::string& path) {
    constexpr std::size_t kShownBytes = 80;
    const std::size_t last = path.find_last_of('/', path.size() - 2);  // a folder's path ends in one
    const std::size_t first = path.find_last_of('/', kShownBytes);
    if (last == std::string::npos || last <= kShownBytes) return path;
    return (first == std::string::npos ? "" : path.substr(0, first + 1)) + "..." + path.substr(last);
}

}  // namespace custody
