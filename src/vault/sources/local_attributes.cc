#include "vault/sources/local_attributes.h"

#include "base/file.h"

#include <sys/ioctl.h>
#include <sys/xattr.h>

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cerrno>

namespace custody {
namespace {

// The two ways to reach an item's attributes.
struct ByDescriptor {
    int fd;
    ssize_t list(char* into, std::size_t size) const { return ::flistxattr(fd, into, size); }
    ssize_t get(const char* name, void* into, std::size_t size) const { return ::fgetxattr(fd, name, into, size); }
};
struct ByPath {
    std::string path;
    ssize_t list(char* into, std::size_t size) const { return ::llistxattr(path.c_str(), into, size); }
    ssize_t get(const char* name, void* into, std::size_t size) const { return ::lgetxattr(path.c_str(), name, into, size); }
};

bool means_none(int error) { return error == ENOTSUP || error == ENOSYS || error == EINVAL; }

template <class Target>
Result<std::string> list_names(const Target& target, const std::string& path) {
    std::array<char, 512> small;  // nearly always enough, and nearly always empty
    const ssize_t got = target.list(small.data(), small.size());
    if (got >= 0) return std::string(small.data(), static_cast<std::size_t>(got));
    if (means_none(errno)) return std::string();
    if (errno != ERANGE) return system_error(errno, "list the attributes of", path);
    std::string names(XATTR_LIST_MAX, '\0');
    const ssize_t all = target.list(names.data(), names.size());
    if (all < 0) return system_error(errno, "list the attributes of", path);
    names.resize(static_cast<std::size_t>(all));
    return names;
}

template <class Target>
Result<bool> read_value(const Target& target, const std::string& path, ExtendedAttribute& attribute) {
    attribute.value.resize(256);
    for (;;) {
        const ssize_t got = target.get(attribute.name.c_str(), attribute.value.data(), attribute.value.size());
        if (got >= 0) {
            attribute.value.resize(static_cast<std::size_t>(got));
            return true;
        }
        if (errno == ENODATA) return false;  // removed meanwhile
        if (errno != ERANGE || attribute.value.size() >= XATTR_SIZE_MAX)
            return system_error(errno, fmt::format("read attribute {} of", attribute.name), path);
        attribute.value.resize(XATTR_SIZE_MAX);
    }
}

template <class Target>
Result<std::vector<ExtendedAttribute>> read_all(const Target& target, const std::string& path) {
    std::vector<ExtendedAttribute> attributes;
    TRY_ASSIGN(const std::string names, list_names(target, path));
    for (std::size_t at = 0; at < names.size();) {
        ExtendedAttribute attribute;
        attribute.name = names.c_str() + at;
        at += attribute.name.size() + 1;
        if (is_second_name_of_access_list(attribute.name)) continue;
        TRY_ASSIGN(const bool there, read_value(target, path, attribute));
        if (there) attributes.push_back(std::move(attribute));
    }
    std::sort(attributes.begin(), attributes.end());
    return attributes;
}

}  // namespace

bool is_second_name_of_access_list(std::string_view xattr) {
    return xattr == "trusted.SGI_ACL_FILE" || xattr == "trusted.SGI_ACL_DEFAULT";
}

Result<std::vector<ExtendedAttribute>> read_xattrs(int fd, const std::string& path) { return read_all(ByDescriptor{fd}, path); }

Result<std::vector<ExtendedAttribute>> read_xattrs_at(int folder, const std::string& name, const std::string& path) {
    // No system call takes a folder and a name here; /proc leads through the descriptor and follows no link at the end.
    return read_all(ByPath{fmt::format("/proc/self/fd/{}/{}", folder, name)}, path);
}

std::uint32_t read_inode_flags(int fd) {
    int flags = 0;
    if (::ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) return 0;  // ENOTTY and its like: the file system has none
    return static_cast<std::uint32_t>(flags) & kKeptFlags;
}

}  // namespace custody
