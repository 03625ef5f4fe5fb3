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

namespace {

struct AclEntry {
    int kind = 0, permissions = 0, id = -1;
};

int kind_of_tag(unsigned tag) {
    switch (tag) {
        case 0x01:
            return ARCHIVE_ENTRY_ACL_USER_OBJ;
        case 0x02:
            return ARCHIVE_ENTRY_ACL_USER;
        case 0x04:
            return ARCHIVE_ENTRY_ACL_GROUP_OBJ;
        case 0x08:
            return ARCHIVE_ENTRY_ACL_GROUP;
        case 0x10:
            return ARCHIVE_ENTRY_ACL_MASK;
        case 0x20:
            return ARCHIVE_ENTRY_ACL_OTHER;
        default:
            return 0;
    }
}

// system.posix_acl_* as the kernel stores it: u32 version 2, then { u16 tag, u16 permissions, u32 id } (linux/posix_acl_xattr.h).
std::vector<AclEntry> acl_of(const ExtendedAttribute& attribute) {
    std::vector<AclEntry> entries;
    ByteReader reader(attribute.value);
    if (reader.u32() != 2) return entries;
    while (reader.ok() && !reader.at_end()) {
        AclEntry entry;
        entry.kind = kind_of_tag(reader.u16());
        entry.permissions = reader.u16() & 7;
        const auto id = static_cast<int>(reader.u32());
        if (!reader.ok()) break;
        if (entry.kind == ARCHIVE_ENTRY_ACL_USER || entry.kind == ARCHIVE_ENTRY_ACL_GROUP) entry.id = id;
        if (entry.kind != 0) entries.push_back(entry);
    }
    return entries;
}

}  // namespace

bool is_acl(const ExtendedAttribute& attribute) { return attribute.name.starts_with("system.posix_acl_"); }

mode_t mode_without_acl(const Attributes& attributes) {
    mode_t owner = 7, group = 7, others = 7, mask = 7;
    for (const ExtendedAttribute& attribute : attributes.xattrs) {
        if (attribute.name != "system.posix_acl_access") continue;
        for (const AclEntry& entry : acl_of(attribute)) {
            const auto permissions = static_cast<mode_t>(entry.permissions);
            if (entry.kind == ARCHIVE_ENTRY_ACL_USER_OBJ) owner = permissions;
            if (entry.kind == ARCHIVE_ENTRY_ACL_GROUP_OBJ) group = permissions;
            if (entry.kind == ARCHIVE_ENTRY_ACL_MASK) mask = permissions;
            if (entry.kind == ARCHIVE_ENTRY_ACL_OTHER) others = permissions;
        }
    }
    return attributes.mode & (~mode_t{0777} | owner << 6 | (group & mask) << 3 | others);
}

bool add_acl(archive_entry* entry, const ExtendedAttribute& attribute) {
    const bool is_default = attribute.name == "system.posix_acl_default";
    const int type = is_default ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
    const mode_t granted = ::archive_entry_perm(entry);
    for (const AclEntry& one : acl_of(attribute))
        (void)::archive_entry_acl_add_entry(entry, type, one.permissions, one.kind, one.id, nullptr);
    const bool is_exact = ::archive_entry_perm(entry) == granted;
    ::archive_entry_set_perm(entry, granted);
    return is_exact;
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
