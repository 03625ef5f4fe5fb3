// Free blocks of an ext2, ext3 or ext4 file system, by its own bitmaps, through libext2fs opened read-only.
//
// Nothing is free that the bitmaps do not call free: superblocks, group descriptors, their backups and reserves, bitmaps, inode
// tables and the journal are marked in use, in groups without an initialised bitmap too (libext2fs marks them there).
// A file system that is not clean, whose journal has something to replay or whose bitmaps do not check (ext_allocation.h), has no
// free blocks here: they may be stale or damaged.
#pragma once

#include "vault/history/tree.h"
#include "vault/sources/ext_allocation.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace custody {

inline constexpr std::uint64_t kMinFreeRun = 64 * 1024;  // shorter runs are kept: they cost more to list than to store

struct ExtFreeSpace {
    std::vector<Hole> free;  // ascending, offsets from the begin of device or image
    std::uint64_t used_bytes = 0;
    std::string distrust;  // in words: why nothing is free; empty: the bitmaps can be believed
};
// `path`: of the device or image, `offset`: where the file system begins, `size`: bytes that it may take. nullopt: libext2fs
// knows no file system there. When `watch.stop` ends it, nothing is free.
[[nodiscard]] std::optional<ExtFreeSpace> find_ext_free_space(const std::string& path, std::uint64_t offset, std::uint64_t size,
                                                              const AllocationWatch& watch = {});

}  // namespace custody
