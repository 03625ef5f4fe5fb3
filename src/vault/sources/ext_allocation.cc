#include "vault/sources/ext_allocation.h"

#include "base/text.h"
#include "vault/sources/ext_bitmaps.h"

#include <ext2fs/ext2fs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

namespace custody {
namespace {

constexpr std::uint64_t kTableBytes = 1 << 20;  // of an inode table at once

struct FreeBitmap {
    void operator()(std::remove_pointer_t<ext2fs_block_bitmap>* map) const { ext2fs_free_block_bitmap(map); }
};
using BitmapPointer = std::unique_ptr<std::remove_pointer_t<ext2fs_block_bitmap>, FreeBitmap>;

// Blocks in [begin, end).
struct Run {
    blk64_t begin = 0, end = 0;
};

// The first run of marked blocks in `map` from `at` to `last`. False: there is none.
bool next_marked(ext2fs_block_bitmap map, blk64_t at, blk64_t last, Run& run) {
    if (at > last || ext2fs_find_first_set_block_bitmap2(map, at, last, &run.begin) != 0) return false;
    if (ext2fs_find_first_zero_block_bitmap2(map, run.begin, last, &run.end) != 0) run.end = last + 1;
    return run.end > run.begin;
}

bool is_ended(const AllocationWatch& watch) { return watch.stop != nullptr && watch.stop->requested(); }

std::string check_descriptors(ext2_filsys fs) {
    bool sound = ext2fs_check_desc(fs) == 0;  // what they name lies in the file system and does not overlap
    for (dgrp_t group = 0; sound && ext2fs_has_group_desc_csum(fs) && group < fs->group_desc_count; ++group)
        sound = ext2fs_group_desc_csum_verify(fs, group) != 0;
    return sound ? std::string() : say("its group descriptors are damaged");
}

// The descriptors are checked: what they name is in range. What lies in groups without an initialised bitmap is marked here.
std::string check_own_structures(ext2_filsys fs, const AllocationWatch& watch, BlockBits& bits) {
    ext2fs_block_bitmap made = nullptr;
    if (ext2fs_allocate_block_bitmap(fs, "structures", &made) != 0) return say("its block bitmaps cannot be checked");
    const BitmapPointer needed(made);
    for (dgrp_t group = 0; group < fs->group_desc_count; ++group) {
        if (is_ended(watch)) return say("interrupted");
        (void)ext2fs_reserve_super_and_bgd(fs, group, made);  // returns how many
        ext2fs_mark_block_bitmap2(made, ext2fs_block_bitmap_loc(fs, group));
        ext2fs_mark_block_bitmap2(made, ext2fs_inode_bitmap_loc(fs, group));
        ext2fs_mark_block_bitmap_range2(made, ext2fs_inode_table_loc(fs, group), fs->inode_blocks_per_group);
    }
    const blk64_t first = fs->super->s_first_data_block, last = ext2fs_blocks_count(fs->super) - 1;
    const auto called_free = [](blk64_t block) {
        return say("its bitmaps call block {} free, which holds structures of its own", block);
    };
    Run run;
    for (blk64_t at = first; next_marked(made, at, last, run); at = run.end) {
        if (is_ended(watch)) return say("interrupted");
        for (blk64_t block = run.begin; block < run.end; ++block) {
            const dgrp_t group = ext2fs_group_of_blk2(fs, block);
            if (ext2fs_has_group_desc_csum(fs) && ext2fs_bg_flags_test(fs, group, EXT2_BG_BLOCK_UNINIT))
                bits.mark(block);
            else if (!bits.is_marked(block))
                return called_free(block);
        }
    }
    const blk64_t mmp = ext2fs_has_feature_mmp(fs->super) ? fs->super->s_mmp_block : 0;
    if (mmp > first && mmp <= last && !bits.is_marked(mmp)) return called_free(mmp);
    return {};
}

// In clusters, which are blocks without bigalloc.
std::string check_free_counts(ext2_filsys fs, const BlockBits& bits) {
    blk64_t total = 0;
    for (dgrp_t group = 0; group < fs->group_desc_count; ++group) {
        const blk64_t free = bits.count_free(group), claimed = ext2fs_bg_free_blocks_count(fs, group);
        if (free != claimed)
            return say("the bitmap of its block group {} has {} free blocks, its descriptor says {}", group, free, claimed);
        total += free;
    }
    const blk64_t claimed = ext2fs_free_blocks_count(fs->super) / static_cast<blk64_t>(EXT2FS_CLUSTER_RATIO(fs));
    if (total == claimed) return {};
    return say("its block groups have {} free blocks, its superblock says {}", total, claimed);
}

// What is used by inodes. A sound file system uses no block twice (shared attribute blocks are not counted), which bounds the
// time that one can take whose inodes all name the same blocks.
class InodeWalk {
public:
    InodeWalk(ext2_filsys fs, const AllocationWatch& watch, const BlockBits& bits)
        : fs_(fs),
          watch_(watch),
          bits_(bits),
          count_(ext2fs_blocks_count(fs->super)),
          left_(count_),
          buffer_(static_cast<std::size_t>(fs->blocksize) * 3) {}

    std::string check(ext2_ino_t number, ext2_inode& inode) {
        const blk64_t attributes = ext2fs_file_acl_block(fs_, &inode);
        if (attributes != 0 && !is_there(attributes)) return say("its inode {} is damaged", number);
        if (attributes != 0 && !is_marked(attributes)) return called_free(attributes, number);
        const bool has_blocks = number == EXT2_BAD_INO || ext2fs_inode_has_valid_blocks2(fs_, &inode) != 0;
        if (!has_blocks || (inode.i_flags & EXT4_INLINE_DATA_FL) != 0) return {};
        stopped_at_.reset();
        const errcode_t failure = ext2fs_block_iterate3(fs_, number, BLOCK_FLAG_READ_ONLY, buffer_.data(), &InodeWalk::see, this);
        if (is_ended(watch_)) return say("interrupted");
        if (stopped_at_ && left_ == 0) return say("its inodes use more blocks than it has");
        if (stopped_at_ && is_there(*stopped_at_)) return called_free(*stopped_at_, number);
        return failure == 0 && !stopped_at_ ? std::string() : say("its inode {} is damaged", number);
    }

private:
    [[nodiscard]] bool is_there(blk64_t block) const { return block >= fs_->super->s_first_data_block && block < count_; }
    [[nodiscard]] bool is_marked(blk64_t block) const { return is_there(block) && bits_.is_marked(block); }
    static std::string called_free(blk64_t block, ext2_ino_t number) {
        return say("its bitmaps call block {} free, which its inode {} uses", block, number);
    }
    // Called by C: nothing may be thrown.
    static int see(ext2_filsys, blk64_t* block, e2_blkcnt_t, blk64_t, int, void* self) noexcept {
        auto& walk = *static_cast<InodeWalk*>(self);
        if (walk.left_ > 0 && !is_ended(walk.watch_) && walk.is_marked(*block)) {
            --walk.left_;
            return 0;
        }
        walk.stopped_at_ = *block;
        return BLOCK_ABORT;
    }

    ext2_filsys fs_;
    const AllocationWatch& watch_;
    const BlockBits& bits_;
    blk64_t count_, left_;
    std::optional<blk64_t> stopped_at_;
    std::vector<char> buffer_;
};

std::string check_journal(ext2_filsys fs, const AllocationWatch& watch, const BlockBits& bits) {
    const ext2_ino_t number = fs->super->s_journal_inum;
    if (!ext2fs_has_feature_journal(fs->super) || number == 0) return {};
    ext2_inode inode{};
    if (ext2fs_read_inode(fs, number, &inode) != 0) return say("its inode {} is damaged", number);
    return InodeWalk(fs, watch, bits).check(number, inode);
}

// All inodes, group by group, whatever the descriptors call unused: a descriptor that is wrong or old would hide files.
class InodeTables {
public:
    InodeTables(ext2_filsys fs, const AllocationPlace& place, const AllocationWatch& watch, const BlockBits& bits)
        : fs_(fs),
          place_(place),
          watch_(watch),
          walk_(fs, watch, bits),
          all_(fs->super->s_inodes_per_group),
          first_own_(EXT2_FIRST_INODE(fs->super)),
          bitmap_(fs->blocksize),
          table_(std::max<std::size_t>(kTableBytes, fs->blocksize)) {}

    std::string check() {
        const dgrp_t groups = fs_->group_desc_count;
        const std::uint64_t room = fs_->inode_blocks_per_group * static_cast<std::uint64_t>(EXT2_INODES_PER_BLOCK(fs_->super));
        if (all_ % 8 != 0 || all_ / 8 > fs_->blocksize || all_ > room || first_own_ > all_ ||
            static_cast<std::uint64_t>(all_) * groups != fs_->super->s_inodes_count)
            return say("its superblock is damaged");
        std::uint64_t free = 0;
        for (dgrp_t group = 0; group < groups; ++group) {
            if (is_ended(watch_)) return say("interrupted");
            if (watch_.progress != nullptr)
                watch_.progress->update({"checking what is free", groups + std::uint64_t{group}, 2ull * groups, 0, 0, {}});
            std::string fault = check_bitmap(group);
            if (fault.empty()) fault = check_table(group);
            if (!fault.empty()) return fault;
            free += ext2fs_bg_free_inodes_count(fs_, group);
        }
        const std::uint64_t claimed = fs_->super->s_free_inodes_count;
        return free == claimed ? std::string()
                               : say("its block groups have {} free inodes, its superblock says {}", free, claimed);
    }

private:
    static std::string unreadable() { return say("its inode tables cannot be read"); }
    static std::string damaged_descriptors() { return say("its group descriptors are damaged"); }

    [[nodiscard]] bool has_flag(dgrp_t group, __u16 flag) const {
        return ext2fs_has_group_desc_csum(fs_) != 0 && ext2fs_bg_flags_test(fs_, group, flag) != 0;
    }
    // Of a group: where the part of its table begins that its descriptor calls unused.
    [[nodiscard]] std::uint32_t used_part(dgrp_t group) const {
        return all_ - (ext2fs_has_group_desc_csum(fs_) != 0 ? ext2fs_bg_itable_unused(fs_, group) : 0);
    }
    [[nodiscard]] bool is_set(std::uint32_t index) const { return (bitmap_[index / 8] >> (index % 8) & 1) != 0; }

    // Reads the inode bitmap of a group and holds it against the group's descriptor.
    std::string check_bitmap(dgrp_t group) {
        const bool uninitialised = has_flag(group, EXT2_BG_INODE_UNINIT);
        auto* const raw = reinterpret_cast<char*>(bitmap_.data());
        if (uninitialised)
            std::fill(bitmap_.begin(), bitmap_.end(), static_cast<unsigned char>(0));
        else if (io_channel_read_blk64(fs_->io, ext2fs_inode_bitmap_loc(fs_, group), 1, raw) != 0 ||
                 !ext2fs_inode_bitmap_csum_verify(fs_, group, raw, static_cast<int>(all_ / 8)))
            return say("its inode bitmaps are damaged");
        const std::uint32_t claimed = ext2fs_bg_free_inodes_count(fs_, group), used = used_part(group);
        if (used > all_ || all_ - used > claimed || (uninitialised && claimed != all_)) return damaged_descriptors();
        const std::uint64_t free = all_ - count_set(bitmap_.data(), all_ / 8);
        if (free != claimed)
            return say("the bitmap of its block group {} has {} free inodes, its descriptor says {}", group, free, claimed);
        for (std::uint32_t index = used; index < all_; ++index)
            if (is_set(index)) return damaged_descriptors();
        for (std::uint32_t index = 0; group == 0 && index + 1 < first_own_; ++index)
            if (!is_set(index)) return called_free(index + 1);
        return {};
    }
    static std::string called_free(ext2_ino_t number) {
        return say("its inode bitmaps call inode {} free, which is in use", number);
    }

    std::string check_table(dgrp_t group) {
        const std::uint32_t per_block = EXT2_INODES_PER_BLOCK(fs_->super);
        const auto at_once = static_cast<std::uint32_t>(table_.size() / fs_->blocksize);
        // Beyond it the table may hold what was there before the file system.
        const std::uint32_t sure = has_flag(group, EXT2_BG_INODE_ZEROED) ? all_ : used_part(group);
        for (blk_t block = 0; block < fs_->inode_blocks_per_group; block += at_once) {
            const std::uint32_t blocks = std::min(at_once, fs_->inode_blocks_per_group - block);
            const blk64_t begin = ext2fs_inode_table_loc(fs_, group) + block;
            const bool hole = is_hole(begin, blocks);
            if (!hole && io_channel_read_blk64(fs_->io, begin, static_cast<int>(blocks), table_.data()) != 0) return unreadable();
            const std::uint32_t first = block * per_block, last = std::min(all_, first + blocks * per_block);
            for (std::uint32_t index = first; index < last; ++index) {
                const char* inode = table_.data() + std::size_t{index - first} * EXT2_INODE_SIZE(fs_->super);
                std::string fault = check_inode(group, index, index < sure, hole ? nullptr : inode);
                if (!fault.empty()) return fault;
            }
        }
        return {};
    }

    // `raw`: as it lies in the table, nullptr: zeros. `sure`: it is an inode and nothing else.
    std::string check_inode(dgrp_t group, std::uint32_t index, bool sure, const char* raw) {
        const ext2_ino_t number = group * all_ + index + 1;
        ext2_inode inode{};
        if (raw != nullptr && !is_zero(raw, EXT2_INODE_SIZE(fs_->super))) {
            if (is_ended(watch_)) return say("interrupted");
            const errcode_t failure = ext2fs_read_inode(fs_, number, &inode);
            if (failure == EXT2_ET_INODE_CSUM_INVALID) return sure ? say("its inode {} is damaged", number) : std::string();
            if (failure != 0) return unreadable();
            if (inode.i_links_count != 0 || number == EXT2_BAD_INO) {
                std::string fault = walk_.check(number, inode);
                if (!fault.empty())
                    return sure ? fault : say("the unused part of its inode tables was never zeroed and may hold files");
            }
        }
        if (!sure || (number < first_own_ && number != EXT2_ROOT_INO)) return {};
        const bool used = inode.i_links_count != 0;  // else it is unused, or a file that is gone
        if (used == is_set(index)) return {};
        return used ? called_free(number) : say("its inode bitmaps call inode {} used, which is not", number);
    }
    static bool is_zero(const char* bytes, std::size_t size) {
        return bytes[0] == 0 && std::memcmp(bytes, bytes + 1, size - 1) == 0;
    }

    // A hole reads as zeros, which is a table of unused inodes.
    [[nodiscard]] bool is_hole(blk64_t block, std::uint32_t blocks) const {
        if (place_.image < 0) return false;
        const std::uint64_t begin = place_.offset + block * fs_->blocksize;
        const std::uint64_t end = begin + std::uint64_t{blocks} * fs_->blocksize;
        const off_t data = ::lseek(place_.image, static_cast<off_t>(begin), SEEK_DATA);
        return data < 0 ? errno == ENXIO : static_cast<std::uint64_t>(data) >= end;
    }

    ext2_filsys fs_;
    const AllocationPlace& place_;
    const AllocationWatch& watch_;
    InodeWalk walk_;
    std::uint32_t all_, first_own_;      // inodes of a group; the first that is not reserved
    std::vector<unsigned char> bitmap_;  // of the group that is looked at
    std::vector<char> table_;
};

}  // namespace

std::string find_allocation_fault(struct_ext2_filsys* fs, const AllocationPlace& place, const AllocationWatch& watch,
                                  BlockBits& bits) {
    std::string fault = check_descriptors(fs);
    if (fault.empty()) fault = bits.read(fs, watch);
    if (fault.empty()) fault = check_own_structures(fs, watch, bits);
    if (fault.empty()) fault = check_free_counts(fs, bits);
    if (fault.empty()) fault = check_journal(fs, watch, bits);
    if (fault.empty()) fault = InodeTables(fs, place, watch, bits).check();
    return fault;
}

}  // namespace custody
