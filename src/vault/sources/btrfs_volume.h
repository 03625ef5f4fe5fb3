// What the kernel offers for btrfs subvolumes, as ioctls: no program is run. For btrfs_snapshot.cc only.
// Ownership: descriptors are owned. Threads: safe. Errors: io, denied, not_found; failed otherwise.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace custody::btrfs {

inline constexpr std::uint64_t kTopInode = 256;  // of every subvolume's top folder

[[nodiscard]] bool is_btrfs(int fd);
struct Subvolume {
    std::string top;       // absolute path of its top folder
    std::uint64_t id = 0;  // of its tree
    bool read_only = false;
};
// The subvolume that `path` lies in. not_found: its top folder is not to be reached through this mount.
[[nodiscard]] Result<Subvolume> subvolume_of(const std::string& path);
// Subvolumes that lie directly in the one of `top`, at or below `below`; at most kMaxNested, failed beyond.
inline constexpr std::size_t kMaxNested = 1024;
[[nodiscard]] Result<std::vector<Subvolume>> nested_in(const Subvolume& parent, const std::string& below);

[[nodiscard]] Status make_snapshot(int folder, const std::string& name, int of_subvolume);  // read-only
[[nodiscard]] Status destroy_snapshot(int folder, const std::string& name);

}  // namespace custody::btrfs
