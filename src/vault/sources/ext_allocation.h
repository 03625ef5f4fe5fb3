// Whether the block bitmaps of an ext2, ext3 or ext4 file system can be believed: a block that they call free is not stored, so
// a bitmap that reads as zeros would lose what lies there.
//
// The bitmaps are held against all that says the same a second time:
// - the superblock, its backups, the group descriptors and the blocks reserved for more, bitmaps, inode tables, the MMP block and
//   the journal are marked in use;
// - every group has as many free blocks as its descriptor says, and together as many as the superblock says;
// - every block that an inode uses is marked in use. Checksums (metadata_csum) do not say so: what writes a wrong bitmap, or an
//   old one, writes its checksum too. For that the inode tables are read, all but the holes of an image file, whatever the
//   descriptors call unused or not initialised;
// - the inode bitmaps call in use exactly the inodes that are, and every group has as many as its descriptor says, none of them
//   in the part that it calls unused, and together as many as the superblock says.
// What lies in the unused part of a table that was never zeroed (no INODE_ZEROED) may be anything: what is no inode by its
// checksum is passed over there, what may be one is held against the block bitmaps too.
//
// Threads: any, one at a time for one file system. Nothing is written. Time: linear in the blocks and inodes of the file system,
// whatever they hold. Memory: constant beside the bitmaps.
#pragma once

#include "base/progress.h"
#include "base/stop.h"

#include <cstdint>
#include <string>

struct struct_ext2_filsys;

namespace custody {

class BlockBits;

// Both outlive the call; nullptr: nobody asks.
struct AllocationWatch {
    const StopFlag* stop = nullptr;  // looked at for every group, inode and block
    Progress* progress = nullptr;
};
// Where the file system lies.
struct AllocationPlace {
    int image = -1;            // of an image file, open: its holes are not read; -1: of a device
    std::uint64_t offset = 0;  // where the file system begins, in bytes
};
// In words why the bitmaps are not to be believed, which is so too when `watch.stop` ended the check; empty: all agrees, and
// `bits` has them. `fs`: open.
[[nodiscard]] std::string find_allocation_fault(struct_ext2_filsys* fs, const AllocationPlace& place,
                                                const AllocationWatch& watch, BlockBits& bits);

}  // namespace custody
