// Extended attributes and inode flags of an item, where the file system has them.
#pragma once

#include "base/result.h"
#include "vault/history/tree.h"

#include <cstdint>
#include <string>
#include <vector>

namespace custody {

// Of an open file or folder. Unsupported: none.
[[nodiscard]] Result<std::vector<ExtendedAttribute>> read_xattrs(int fd, const std::string& path);
// Of anything, a link itself too, by the name in an open folder.
[[nodiscard]] Result<std::vector<ExtendedAttribute>> read_xattrs_at(int folder, const std::string& name, const std::string& path);
// FS_IOC_GETFLAGS, only those that a backup keeps; 0 where unsupported.
[[nodiscard]] std::uint32_t read_inode_flags(int fd);

}  // namespace custody
