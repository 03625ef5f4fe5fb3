#include "vault/sources/ext_allocation.h"

#include "base/text.h"

#include <ext2fs/ext2fs.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

namespace custody {
namespace {

constexpr int kScanBytes = 1 << 20;  // of an inode table at once

struct FreeBitmap {
    void operator()(std::remove_pointer_t<ext2fs_block_bitmap>* map) const { ext2fs_free_block_bitmap(map); }
};
using BitmapPointer = std::unique_ptr<std::remove_pointer_t<ext2fs_block_bitmap>, FreeBitmap>;

struct CloseScan {
    void operator()(std::remove_pointer_t<ext2_inode_scan>* scan) const { ext2fs_close_inode_scan(scan); }
};
using ScanPointer = std::unique_ptr<std::remove_pointer_t<ext2_inode_scan>, CloseScan>;

// A run of equal bits in [begin, end).
struct Run {
    blk64_t begin = 0, end = 0;
};

// The first run of marked blocks in `map` from `at` to `last`. False: there is none.
bool next_marked(ext2fs_block_bitmap map, blk64_t at, blk64_t last, Run& run) {
    if (at > last || ext2fs_find_first_set_block_bitmap2(map, at, last, &run.begin) != 0) return false;
    if (ext2fs_find_first_zero_block_bitmap2(map, run.begin, last, &run.end) != 0) run.end = last + 1;
    return run.end > run.begin;
}

bool next_unmarked(ext2fs_block_bitmap map, blk64_t at, blk64_t last, Run& run) {
    if (at > last || ext2fs_find_first_zero_block_bitmap2(map, at, last, &run.begin) != 0) return false;
    if (ext2fs_find_first_set_block_bitmap2(map, run.begin, last, &run.end) != 0) run.end = last + 1;
    return run.end > run.begin;
}

std::string check_descriptors(ext2_filsys fs) {
    bool sound = ext2fs_check_desc(fs) == 0;  // what they name lies in the file system and does not overlap
    for (dgrp_t group = 0; sound && ext2fs_has_group_desc_csum(fs) && group < fs->group_desc_count; ++group)
        sound = ext2fs_group_desc_csum_verify(fs, group) != 0;
    return sound ? std::string() : say("its group descriptors are damaged");
}

// The descriptors are checked: what they name is in range.
std::string check_own_structures(ext2_filsys fs) {
    ext2fs_block_bitmap made = nullptr;
    if (ext2fs_allocate_block_bitmap(fs, "structures", &made) != 0) return say("its block bitmaps cannot be checked");
    const BitmapPointer needed(made);
    for (dgrp_t group = 0; group < fs->group_desc_count; ++group) {
        (void)ext2fs_reserve_super_and_bgd(fs, group, made);  // returns how many
        ext2fs_mark_block_bitmap2(made, ext2fs_block_bitmap_loc(fs, group));
        ext2fs_mark_block_bitmap2(made, ext2fs_inode_bitmap_loc(fs, group));
        ext2fs_mark_block_bitmap_range2(made, ext2fs_inode_table_loc(fs, group), fs->inode_blocks_per_group);
    }
    const blk64_t first = fs->super->s_first_data_block, last = ext2fs_blocks_count(fs->super) - 1;
    const blk64_t mmp = ext2fs_has_feature_mmp(fs->super) ? fs->super->s_mmp_block : 0;
    if (mmp > first && mmp <= last) ext2fs_mark_block_bitmap2(made, mmp);
    Run run;
    for (blk64_t at = first; next_marked(made, at, last, run); at = run.end) {
        Run free;
        if (next_unmarked(fs->block_map, run.begin, run.end - 1, free))
            return say("its bitmaps call block {} free, which holds structures of its own", free.begin);
    }
    return {};
}

// In clusters, which are blocks without bigalloc.
std::string check_free_counts(ext2_filsys fs) {
    const auto ratio = static_cast<blk64_t>(EXT2FS_CLUSTER_RATIO(fs));
    blk64_t total = 0;
    for (dgrp_t group = 0; group < fs->group_desc_count; ++group) {
        const blk64_t last = ext2fs_group_last_block2(fs, group);
        blk64_t free = 0;
        Run run;
        for (blk64_t at = ext2fs_group_first_block2(fs, group); next_unmarked(fs->block_map, at, last, run); at = run.end)
            free += (run.end - run.begin + ratio - 1) / ratio;
        const blk64_t claimed = ext2fs_bg_free_blocks_count(fs, group);
        if (free != claimed)
            return say("the bitmap of its block group {} has {} free blocks, its descriptor says {}", group, free, claimed);
        total += free;
    }
    const blk64_t claimed = ext2fs_free_blocks_count(fs->super) / ratio;
    if (total == claimed) return {};
    return say("its block groups have {} free blocks, its superblock says {}", total, claimed);
}

// What is used by inodes. A sound file system uses no block twice (shared attribute blocks are not counted), which bounds the
// time that one can take whose inodes all name the same blocks.
class InodeWalk {
public:
    InodeWalk(ext2_filsys fs, const AllocationWatch& watch)
        : fs_(fs),
          watch_(watch),
          count_(ext2fs_blocks_count(fs->super)),
          left_(count_),
          buffer_(static_cast<std::size_t>(fs->blocksize) * 3) {}

    [[nodiscard]] bool is_ended() const { return watch_.stop != nullptr && watch_.stop->requested(); }

    std::string check(ext2_ino_t number, ext2_inode& inode) {
        const blk64_t attributes = ext2fs_file_acl_block(fs_, &inode);
        if (attributes != 0 && !is_there(attributes)) return say("its inode {} is damaged", number);
        if (attributes != 0 && !is_marked(attributes)) return called_free(attributes, number);
        const bool has_blocks = number == EXT2_BAD_INO || ext2fs_inode_has_valid_blocks2(fs_, &inode) != 0;
        if (!has_blocks || (inode.i_flags & EXT4_INLINE_DATA_FL) != 0) return {};
        stopped_at_.reset();
        const errcode_t failure = ext2fs_block_iterate3(fs_, number, BLOCK_FLAG_READ_ONLY, buffer_.data(), &InodeWalk::see, this);
        if (is_ended()) return say("interrupted");
        if (stopped_at_ && left_ == 0) return say("its inodes use more blocks than it has");
        if (stopped_at_ && is_there(*stopped_at_)) return called_free(*stopped_at_, number);
        return failure == 0 && !stopped_at_ ? std::string() : say("its inode {} is damaged", number);
    }

private:
    [[nodiscard]] bool is_there(blk64_t block) const { return block >= fs_->super->s_first_data_block && block < count_; }
    [[nodiscard]] bool is_marked(blk64_t block) const {
        return is_there(block) && ext2fs_test_block_bitmap2(fs_->block_map, block) != 0;
    }
    static std::string called_free(blk64_t block, ext2_ino_t number) {
        return say("its bitmaps call block {} free, which its inode {} uses", block, number);
    }
    // Called by C: nothing may be thrown.
    static int see(ext2_filsys, blk64_t* block, e2_blkcnt_t, blk64_t, int, void* self) noexcept {
        auto& walk = *static_cast<InodeWalk*>(self);
        if (walk.left_ > 0 && !walk.is_ended() && walk.is_marked(*block)) {
            --walk.left_;
            return 0;
        }
        walk.stopped_at_ = *block;
        return BLOCK_ABORT;
    }

    ext2_filsys fs_;
    const AllocationWatch& watch_;
    blk64_t count_, left_;
    std::optional<blk64_t> stopped_at_;
    std::vector<char> buffer_;
};

std::string check_journal(ext2_filsys fs, const AllocationWatch& watch) {
    const ext2_ino_t number = fs->super->s_journal_inum;
    if (!ext2fs_has_feature_journal(fs->super) || number == 0) return {};
    ext2_inode inode{};
    if (ext2fs_read_inode(fs, number, &inode) != 0) return say("its inode {} is damaged", number);
    return InodeWalk(fs, watch).check(number, inode);
}

// All inodes, group by group.
class InodeTables {
public:
    InodeTables(ext2_filsys fs, const AllocationPlace& place, const AllocationWatch& watch)
        : fs_(fs), place_(place), watch_(watch), walk_(fs, watch) {}

    std::string check() {
        ext2_inode_scan opened = nullptr;
        if (ext2fs_open_inode_scan(fs_, kScanBytes / static_cast<int>(fs_->blocksize), &opened) != 0) return unreadable();
        const ScanPointer scan(opened);
        for (dgrp_t group = 0; group < fs_->group_desc_count; ++group) {
            if (walk_.is_ended()) return say("interrupted");
            if (watch_.progress != nullptr)
                watch_.progress->update({"checking what is free", group, fs_->group_desc_count, 0, 0, {}});
            if (std::string fault = check_group(opened, group); !fault.empty()) return fault;
        }
        return {};
    }

private:
    static std::string unreadable() { return say("its inode tables cannot be read"); }

    std::string check_group(ext2_inode_scan scan, dgrp_t group) {
        const std::uint32_t all = fs_->super->s_inodes_per_group;
        const std::uint32_t unused = ext2fs_has_group_desc_csum(fs_) ? ext2fs_bg_itable_unused(fs_, group) : 0;
        // As many are free at least: one that says more would hide files.
        if (unused > all || unused > ext2fs_bg_free_inodes_count(fs_, group)) return say("its group descriptors are damaged");
        const std::uint32_t used = all - unused;
        if (used == 0 || is_hole(group, used)) return {};
        if (ext2fs_inode_scan_goto_blockgroup(scan, static_cast<int>(group)) != 0) return unreadable();
        const ext2_ino_t before = group * all, last = before + used;
        for (ext2_ino_t number = before; number < last;) {
            if (walk_.is_ended()) return say("interrupted");
            ext2_inode inode{};
            const errcode_t failure = ext2fs_get_next_inode(scan, &number, &inode);
            if (failure == EXT2_ET_INODE_CSUM_INVALID) return say("its inode {} is damaged", number);
            if (failure != 0) return unreadable();
            if (number <= before || number > last) break;  // of the next group, or none: this one ended earlier
            if (inode.i_links_count == 0 && number != EXT2_BAD_INO) continue;  // unused, or a file that is gone
            if (std::string fault = walk_.check(number, inode); !fault.empty()) return fault;
        }
        return {};
    }

    // A hole reads as zeros, which is a table of unused inodes.
    [[nodiscard]] bool is_hole(dgrp_t group, std::uint32_t used) const {
        if (place_.image < 0) return false;
        const std::uint64_t begin = place_.offset + ext2fs_inode_table_loc(fs_, group) * fs_->blocksize;
        const std::uint64_t end = begin + static_cast<std::uint64_t>(used) * EXT2_INODE_SIZE(fs_->super);
        const off_t data = ::lseek(place_.image, static_cast<off_t>(begin), SEEK_DATA);
        return data < 0 ? errno == ENXIO : static_cast<std::uint64_t>(data) >= end;
    }

    ext2_filsys fs_;
    const AllocationPlace& place_;
    const AllocationWatch& watch_;
    InodeWalk walk_;
};

}  // namespace

std::string find_allocation_fault(struct_ext2_filsys* fs, const AllocationPlace& place, const AllocationWatch& watch) {
    std::string fault = check_descriptors(fs);
    if (fault.empty()) fault = check_own_structures(fs);
    if (fault.empty()) fault = check_free_counts(fs);
    if (fault.empty()) fault = check_journal(fs, watch);
    if (fault.empty()) fault = InodeTables(fs, place, watch).check();
    return fault;
}

}  // namespace custody
