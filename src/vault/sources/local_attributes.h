// Extended attributes and inode flags of an item, where the file system has them.
#pragma once

#include "base/result.h"
#include "vault/history/tree.h"

#include <linux/fs.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

// Those that chattr sets and that mean the same on every machine: a A c C d D i j m s S t T u. Of a project (P), case folding (F)
// and DAX (x) nothing is kept: they belong to what the file system was made for.
inline constexpr std::uint32_t kKeptFlags = FS_APPEND_FL | FS_IMMUTABLE_FL | FS_NODUMP_FL | FS_NOATIME_FL | FS_SYNC_FL |
                                            FS_DIRSYNC_FL | FS_NOCOW_FL | FS_COMPR_FL | FS_NOCOMP_FL | FS_SECRM_FL | FS_UNRM_FL |
                                            FS_TOPDIR_FL | FS_JOURNAL_DATA_FL | FS_NOTAIL_FL;

// The access list itself under another name: XFS shows root both of a file's under these too, and takes them there. Whatever
// file system they lie on they are no attributes to carry: on XFS they would put back a list that the file no longer has.
[[nodiscard]] bool is_second_name_of_access_list(std::string_view xattr);
// Of an open file or folder, without second names of access lists. Unsupported: none.
[[nodiscard]] Result<std::vector<ExtendedAttribute>> read_xattrs(int fd, const std::string& path);
// Of anything, a link itself too, by the name in an open folder.
[[nodiscard]] Result<std::vector<ExtendedAttribute>> read_xattrs_at(int folder, const std::string& name, const std::string& path);
// FS_IOC_GETFLAGS, only those that a backup keeps; 0 where unsupported.
[[nodiscard]] std::uint32_t read_inode_flags(int fd);

}  // namespace custody
