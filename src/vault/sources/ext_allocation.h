// Whether the block bitmaps of an ext2, ext3 or ext4 file system can be believed: a block that they call free is not stored, so
// a bitmap that reads as zeros would lose what lies there.
//
// The bitmaps are held against all that says the same a second time:
// - the superblock, its backups, the group descriptors and the blocks reserved for more, bitmaps, inode tables, the MMP block and
//   the journal are marked in use;
// - every group has as many free blocks as its descriptor says, and together as many as the superblock says;
// - every block that an inode uses is marked in use. Checksums (metadata_csum) do not say so: what writes a wrong bitmap, or an
//   old one, writes its checksum too. The inode tables are read for that, but for what the descriptors call unused
//   (itable_unused, under their checksum, and only where they count as many free inodes) and for holes of an image file.
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

// Both outlive the call; nullptr: nobody asks.
struct AllocationWatch {
    const StopFlag* stop = nullptr;  // looked at for every inode and every block
    Progress* progress = nullptr;
};
// Where the file system lies.
struct AllocationPlace {
    int image = -1;            // of an image file, open: its holes are not read; -1: of a device
    std::uint64_t offset = 0;  // where the file system begins, in bytes
};
// In words why the bitmaps are not to be believed, which is so too when `watch.stop` ended the check; empty: all agrees. `fs`:
// open, its block bitmaps read.
[[nodiscard]] std::string find_allocation_fault(struct_ext2_filsys* fs, const AllocationPlace& place,
                                                const AllocationWatch& watch);

}  // namespace custody
