#include "vault/sources/ext_free_space.h"

#include "base/file.h"
#include "base/text.h"
#include "vault/sources/ext_bitmaps.h"

#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <vector>

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

constexpr std::uint64_t kMaxBlocks = 1ull << 34;            // 64 TiB of 4 KiB: 2 GiB of bitmaps in memory
constexpr std::uint64_t kMaxDescriptorBytes = 64ull << 20;  // which libext2fs takes before it has looked at one
constexpr std::uint64_t kMinGroupBlocks = 256;              // of mke2fs
constexpr std::uint32_t kJournalMagic = 0xc03b3998, kJournalHeadV1 = 3, kJournalHeadV2 = 4;

// What libext2fs takes memory and time by, held against the place before it is asked. In words why it is not; empty: it may be.
std::string refuse_sizes(const ext2_super_block& super, std::uint64_t size) {
    const unsigned shift = ext2fs_le32_to_cpu(super.s_log_block_size);
    if (shift > EXT2_MAX_BLOCK_LOG_SIZE - EXT2_MIN_BLOCK_LOG_SIZE) return say("its superblock is damaged");
    const std::uint64_t block = 1024ull << shift;
    const bool is_64bit = (ext2fs_le32_to_cpu(super.s_feature_incompat) & EXT4_FEATURE_INCOMPAT_64BIT) != 0;
    std::uint64_t blocks = ext2fs_le32_to_cpu(super.s_blocks_count);
    if (is_64bit) blocks |= std::uint64_t{ext2fs_le32_to_cpu(super.s_blocks_count_hi)} << 32;
    if (blocks > size / block) return say("it is larger than the place it lies in");
    const bool has_clusters = (ext2fs_le32_to_cpu(super.s_feature_ro_compat) & EXT4_FEATURE_RO_COMPAT_BIGALLOC) != 0;
    const std::uint64_t of_group = ext2fs_le32_to_cpu(super.s_blocks_per_group);
    const std::uint64_t bits = has_clusters ? ext2fs_le32_to_cpu(super.s_clusters_per_group) : of_group;
    if (of_group < kMinGroupBlocks || bits == 0 || bits > 8 * block) return say("its superblock is damaged");
    const std::uint64_t groups = blocks / of_group + 1;
    const std::uint64_t descriptor =
        std::max<std::uint64_t>(is_64bit ? ext2fs_le16_to_cpu(super.s_desc_size) : 0, EXT2_MIN_DESC_SIZE);
    if (blocks > kMaxBlocks || groups * descriptor > kMaxDescriptorBytes)
        return say("it has more blocks or block groups than fit into the memory that is taken for them");
    return {};
}

std::string damage(const std::string& what) { return say("{} ('e2fsck -f -n' shows what is damaged)", what); }

std::uint32_t big_endian_at(const std::vector<char>& bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    return number;
}

// In words what may be left to replay, whatever the superblock says of it. A journal that was emptied begins nowhere. Its head is
// told in numbers, most significant byte first: magic, type, sequence, block size, blocks, first, sequence, start, error.
std::string find_unreplayed_journal(ext2_filsys fs) {
    const ext2_ino_t number = fs->super->s_journal_inum;
    if (!ext2fs_has_feature_journal(fs->super)) return {};
    if (number == 0) return say("its journal lies somewhere else and may not have been replayed");
    const auto damaged = [] { return damage(say("its journal is damaged")); };
    ext2_inode inode{};
    if (ext2fs_read_inode(fs, number, &inode) != 0 || !LINUX_S_ISREG(inode.i_mode) || inode.i_links_count == 0) return damaged();
    std::vector<char> buffer(std::size_t{fs->blocksize} * 2);  // which libext2fs takes two blocks of
    blk64_t block = 0;
    int flags = 0;
    if (ext2fs_bmap2(fs, number, &inode, buffer.data(), 0, 0, &flags, &block) != 0 || (flags & BMAP_RET_UNINIT) != 0 ||
        block <= fs->super->s_first_data_block || block >= ext2fs_blocks_count(fs->super) ||
        io_channel_read_blk64(fs->io, block, 1, buffer.data()) != 0)
        return damaged();
    const std::uint32_t type = big_endian_at(buffer, 4);
    if (big_endian_at(buffer, 0) != kJournalMagic || (type != kJournalHeadV1 && type != kJournalHeadV2) ||
        big_endian_at(buffer, 12) != fs->blocksize)
        return damaged();
    if (big_endian_at(buffer, 32) != 0) return say("its journal says that it failed");
    return big_endian_at(buffer, 28) == 0 ? std::string() : say("its journal was not replayed");
}

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
    ExtFreeSpace space;
    ext2_super_block super{};
    const auto at = static_cast<off_t>(offset + SUPERBLOCK_OFFSET);
    if (::pread(fd, &super, sizeof super, at) != static_cast<ssize_t>(sizeof super)) return std::nullopt;
    if (ext2fs_le16_to_cpu(super.s_magic) != EXT2_SUPER_MAGIC) return std::nullopt;
    space.distrust = refuse_sizes(super, size);
    if (!space.distrust.empty()) return space;
    const FileSystemPointer fs = open_file_system(fd, offset);
    if (!fs) return std::nullopt;
    space.distrust = reason_for_distrust(fs.get());
    if (!space.distrust.empty()) return space;
    fs->default_bitmap_type = EXT2FS_BMAP64_RBTREE;  // what libext2fs itself marks are a few runs a group
    BlockBits bits;
    const std::string fault = find_allocation_fault(fs.get(), {is_image_file(fd) ? fd : -1, offset}, watch, bits);
    if (!fault.empty())
        space.distrust = damage(fault);
    else
        space.distrust = find_unreplayed_journal(fs.get());
    if (!space.distrust.empty()) return space;
    if (!list_free(fs.get(), bits, offset, watch, space)) {
        space.distrust = say("interrupted");
        space.free.clear();
    }
    return space;
}

}  // namespace custody
