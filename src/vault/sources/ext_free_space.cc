#include "vault/sources/ext_free_space.h"

#include "base/file.h"
#include "base/text.h"
#include "vault/sources/ext_bitmaps.h"

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

// False: `watch.stop` ended it.
bool list_free(ext2_filsys fs, const BlockBits& bits, std::uint64_t offset, const AllocationWatch& watch, ExtFreeSpace& space) {
    const std::uint64_t block_size = fs->blocksize, count = ext2fs_blocks_count(fs->super);
    std::uint64_t free_bytes = 0, shortest = kMinFreeRun;
    const auto is_short = [&](const Hole& run) { return run.length < shortest; };
    for (std::uint64_t end = 0;;) {
        const std::uint64_t begin = bits.next(end, false);
        if (begin >= bits.clusters()) break;
        if (watch.stop != nullptr && watch.stop->requested()) return false;
        end = bits.next(begin, true);
        const std::uint64_t first = bits.first_block_of(begin), behind = std::min(bits.first_block_of(end), count);
        const Hole run{offset + first * block_size, (behind - first) * block_size};
        free_bytes += run.length;
        if (is_short(run)) continue;
        space.free.push_back(run);
        while (space.free.size() > kMaxFreeRuns) {
            shortest *= 2;
            std::erase_if(space.free, is_short);
        }
    }
    space.used_bytes = count * block_size - free_bytes;
    return true;
}

// By the descriptor, not by the path, which may name something else by now.
FileSystemPointer open_file_system(int fd, std::uint64_t offset) {
    Fd own(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!own.valid()) return nullptr;
    const std::string name = std::to_string(own.release()), options = fmt::format("offset={}", offset);  // libext2fs closes it
    ext2_filsys opened = nullptr;
    if (ext2fs_open2(name.c_str(), options.c_str(), EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP, 0, 0, unixfd_io_manager, &opened) != 0)
        return nullptr;
    return FileSystemPointer(opened);
}

// A device has no holes.
bool is_image_file(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

std::optional<ExtFreeSpace> find_ext_free_space(int fd, std::uint64_t offset, std::uint64_t size, const AllocationWatch& watch) {
    const FileSystemPointer fs = open_file_system(fd, offset);
    if (!fs) return std::nullopt;
    ExtFreeSpace space;
    space.distrust = reason_for_distrust(fs.get());
    // Of damage or a hostile image: what follows takes time and memory by its blocks.
    if (ext2fs_blocks_count(fs->super) > size / fs->blocksize) space.distrust = say("it is larger than the place it lies in");
    if (!space.distrust.empty()) return space;
    fs->default_bitmap_type = EXT2FS_BMAP64_RBTREE;  // what libext2fs itself marks are a few runs a group
    BlockBits bits;
    const std::string fault = find_allocation_fault(fs.get(), {is_image_file(fd) ? fd : -1, offset}, watch, bits);
    if (!fault.empty()) {
        space.distrust = damage(fault);
    } else if (!list_free(fs.get(), bits, offset, watch, space)) {
        space.distrust = say("interrupted");
        space.free.clear();
    }
    return space;
}

}  // namespace custody
