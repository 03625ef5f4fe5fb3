#include "vault/sources/ext_free_space.h"

#include "base/file.h"
#include "base/text.h"

#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

namespace custody {
namespace {

struct CloseFileSystem {
    void operator()(struct struct_ext2_filsys* fs) const { ext2fs_free(fs); }
};
using FileSystemPointer = std::unique_ptr<struct struct_ext2_filsys, CloseFileSystem>;

std::string reason_for_distrust(ext2_filsys fs) {
    if (ext2fs_has_feature_journal_needs_recovery(fs->super)) return say("its journal was not replayed");
    if ((fs->super->s_state & EXT2_VALID_FS) == 0) return say("it was not unmounted cleanly");
    if ((fs->super->s_state & EXT2_ERROR_FS) != 0) return say("it is marked as damaged");
    if (ext2fs_has_feature_journal_dev(fs->super)) return say("it is a journal of its own");
    return {};
}

std::string damage(const std::string& what) { return say("{} ('e2fsck -f -n' shows what is damaged)", what); }

void list_free(ext2_filsys fs, std::uint64_t offset, ExtFreeSpace& space) {
    const std::uint64_t block_size = fs->blocksize;
    const blk64_t count = ext2fs_blocks_count(fs->super);
    std::uint64_t free_bytes = 0;
    for (blk64_t at = fs->super->s_first_data_block; at < count;) {
        blk64_t begin = 0, end = 0;
        if (ext2fs_find_first_zero_block_bitmap2(fs->block_map, at, count - 1, &begin) != 0) break;
        if (ext2fs_find_first_set_block_bitmap2(fs->block_map, begin, count - 1, &end) != 0) end = count;
        if (end <= begin) break;
        const std::uint64_t length = (end - begin) * block_size;
        free_bytes += length;
        if (length >= kMinFreeRun) space.free.push_back({offset + begin * block_size, length});
        at = end;
    }
    space.used_bytes = count * block_size - free_bytes;
}

// Invalid for a device, which has no holes, and where it cannot be opened: then all of it is read.
Fd open_image_file(const std::string& path) {
    Fd image(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status {};
    if (!image.valid() || ::fstat(image.get(), &status) != 0 || !S_ISREG(status.st_mode)) return Fd();
    return image;
}

}  // namespace

std::optional<ExtFreeSpace> find_ext_free_space(const std::string& path, std::uint64_t offset, std::uint64_t size,
                                                const AllocationWatch& watch) {
    const std::string options = fmt::format("offset={}", offset);
    ext2_filsys opened = nullptr;
    if (ext2fs_open2(path.c_str(), options.c_str(), EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP, 0, 0, unix_io_manager, &opened) != 0)
        return std::nullopt;
    const FileSystemPointer fs(opened);
    ExtFreeSpace space;
    space.distrust = reason_for_distrust(fs.get());
    // Of damage or a hostile image: what follows takes time and memory by its blocks.
    if (ext2fs_blocks_count(fs->super) > size / fs->blocksize) space.distrust = say("it is larger than the place it lies in");
    if (!space.distrust.empty()) return space;
    fs->default_bitmap_type = EXT2FS_BMAP64_RBTREE;  // grows with fragmentation, not with the disk
    if (ext2fs_read_block_bitmap(fs.get()) != 0) {
        space.distrust = damage(say("its block bitmaps are damaged"));
        return space;
    }
    const Fd image = open_image_file(path);
    const std::string fault = find_allocation_fault(fs.get(), {image.valid() ? image.get() : -1, offset}, watch);
    if (!fault.empty())
        space.distrust = damage(fault);
    else
        list_free(fs.get(), offset, space);
    return space;
}

}  // namespace custody
