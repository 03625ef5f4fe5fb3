// A disk, partition or disk-image file as a Source of one file entry at its path: fixed 1 MiB chunks at aligned offsets;
// holes, and free blocks of ext2/3/4 (libext2fs) on the whole device or in its partitions (libblkid), are holes of the entry.
// A device that was written to or mounted read-write since the look for free blocks (block_image_state.h) keeps them; one that
// was while it was read has changed, as an image file whose times moved. With `allow_mounted` one that is mounted has no free
// blocks and is not asked whether it changed.
//
// failed: it is empty. refused: the device or a partition of it is mounted read-write and `allow_mounted` is false.
// interrupted: `watch.stop` was requested.
#pragma once

#include "vault/sources/ext_allocation.h"
#include "vault/sources/source.h"

#include <memory>
#include <string>

namespace custody {

struct ImageOptions {
    std::string path;
    bool allow_mounted = false;
    // What is mounted out of it is held still (frozen_file_system.h) until all of it was read: it is read as if nobody could
    // write to it, free blocks skipped. It is written to again when a second look could be had, which therefore looks at the size
    // alone; there is no second reading.
    bool frozen = false;
    bool keep_free_blocks = false;  // store unallocated space too
    AllocationWatch watch = {};     // over the look for free blocks, which takes seconds on large file systems
};
struct ImageNotes {
    std::vector<std::string> warnings;
    std::string description;         // "gpt, 2 partitions: ext4 \"root\" 1.2 GiB used of 4 GiB, vfat"
    std::uint64_t skipped_free = 0;  // bytes
};
[[nodiscard]] Result<std::unique_ptr<Source>> open_block_image(const ImageOptions& options, ImageNotes& notes);

}  // namespace custody
