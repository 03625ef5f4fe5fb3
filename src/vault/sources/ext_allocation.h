// Whether the block bitmaps of an ext2, ext3 or ext4 file system can be believed: a block that they call free is not stored, so
// a bitmap that reads as zeros would lose what lies there.
//
// The bitmaps are held against all that says the same a second time:
// - the superblock, its backups, the group descriptors and the blocks reserved for more, bitmaps, inode tables, the MMP block and
//   the journal are marked in use;
// - every group has as many free blocks as its descriptor says, and together as many as the superblock says;
// - without metadata_csum, whose checksums find damage of a bitmap by themselves: every block that an inode uses is marked in
//   use. All inode tables are read for that: small beside the image, and they are stored anyway.
//
// Threads: any, one at a time for one file system. Nothing is written. Time: linear in the blocks and inodes of the file system,
// whatever they hold.
#pragma once

#include <string>

struct struct_ext2_filsys;

namespace custody {

// In words why the bitmaps are not to be believed; empty: all agrees. `fs`: open, its block bitmaps read.
[[nodiscard]] std::string find_allocation_fault(struct_ext2_filsys* fs);

}  // namespace custody
