// POSIX access lists, as the kernel keeps them in an attribute, and what is left of one where there is no place for it.
//
// Bytes come from a medium: what is no such list is taken for an empty one. Threads: pure functions.
#pragma once

#include "base/bytes.h"
#include "vault/history/tree.h"

#include <sys/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace custody {

inline constexpr std::string_view kAccessListPrefix = "system.posix_acl_";
inline constexpr const char* kAccessList = "system.posix_acl_access";
inline constexpr const char* kDefaultAccessList = "system.posix_acl_default";

// Their tags in the attribute (linux/posix_acl.h).
enum class AccessTag : std::uint16_t { owner = 0x01, user = 0x02, group = 0x04, named_group = 0x08, mask = 0x10, others = 0x20 };

struct AccessEntry {
    AccessTag tag = AccessTag::owner;
    std::uint16_t permissions = 0;  // rwx
    std::uint32_t id = 0;           // of a user or a named group
};

// u32 version 2, then { u16 tag, u16 permissions, u32 id } (linux/posix_acl_xattr.h). Unknown tags are left out.
[[nodiscard]] std::vector<AccessEntry> access_list_of(ByteView attribute);

// The mode where there are no access lists: nobody has more by it than under the access list. With such a list the group bits of
// a mode are the mask of the list, and alone may grant the owning group more; and who is named in a list, perhaps to be held
// back, is of the owning group or one of the others without it.
[[nodiscard]] mode_t mode_without_acl(const Attributes& attributes);

}  // namespace custody
