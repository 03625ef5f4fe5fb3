// Free blocks of an ext2, ext3 or ext4 file system, by its own bitmaps, through libext2fs opened read-only.
//
// Nothing is free that the bitmaps do not call free: superblocks, group descriptors, their backups and reserves, bitmaps, inode
// tables and the journal are marked in use, in groups without an initialised bitmap too (libext2fs marks them there).
// A file system that is not clean, whose journal has something to replay (by the superblock or by its own head) or lies
// elsewhere, or whose bitmaps do not check (ext_allocation.h), has no free blocks here: they may be stale or damaged. Nor has one
// that claims more than its place has, or more than memory is taken for: the superblock is read and held against that first.
#pragma once

#include "vault/history/tree.h"
#include "vault/sources/ext_allocation.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace custody {

inline constexpr std::uint64_t kMinFreeRun = 64 * 1024;  // shorter runs are kept: they cost more to list than to store
inline constexpr std::size_t kMaxFreeRuns = 1 << 20;     // 16 MiB of them; where there are more, the shorter ones are kept too

struct ExtFreeSpace {
    std::vector<Hole> free;  // ascending, offsets from the begin of device or image
    std::uint64_t used_bytes = 0;
    std::string distrust;  // in words: why nothing is free; empty: the bitmaps can be believed
};
// `fd`: of the device or image, open for reading, whatever its path names now; its position may change. `offset`: where the file
// system begins, `size`: bytes that it may take. nullopt: libext2fs knows no file system there. When `watch.stop` ends it,
// nothing is free. Memory: a bit a block, at most 2 GiB, and at most 64 MiB for the descriptors of its groups.
[[nodiscard]] std::optional<ExtFreeSpace> find_ext_free_space(int fd, std::uint64_t offset, std::uint64_t size,
                                                              const AllocationWatch& watch = {});

}  // namespace custody
