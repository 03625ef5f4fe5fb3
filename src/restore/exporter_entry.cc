#include "restore/exporter_entry.h"

#include "restore/access_list.h"

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

int kind_of(AccessTag tag) {
    switch (tag) {
        case AccessTag::owner:
            return ARCHIVE_ENTRY_ACL_USER_OBJ;
        case AccessTag::user:
            return ARCHIVE_ENTRY_ACL_USER;
        case AccessTag::group:
            return ARCHIVE_ENTRY_ACL_GROUP_OBJ;
        case AccessTag::named_group:
            return ARCHIVE_ENTRY_ACL_GROUP;
        case AccessTag::mask:
            return ARCHIVE_ENTRY_ACL_MASK;
        case AccessTag::others:
            break;
    }
    return ARCHIVE_ENTRY_ACL_OTHER;
}

}  // namespace

bool is_acl(const ExtendedAttribute& attribute) { return attribute.name.starts_with(kAccessListPrefix); }

bool add_acl(archive_entry* entry, const ExtendedAttribute& attribute) {
    const bool is_default = attribute.name == kDefaultAccessList;
    const int type = is_default ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
    const mode_t granted = ::archive_entry_perm(entry);
    for (const AccessEntry& one : access_list_of(attribute.value)) {
        const bool is_named = one.tag == AccessTag::user || one.tag == AccessTag::named_group;
        const int id = is_named ? static_cast<int>(one.id) : -1;
        (void)::archive_entry_acl_add_entry(entry, type, one.permissions, kind_of(one.tag), id, nullptr);
    }
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
