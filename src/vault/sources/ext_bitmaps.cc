#include "vault/sources/ext_bitmaps.h"

#include "base/text.h"

#include <ext2fs/ext2fs.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <vector>

namespace custody {

std::uint64_t count_set(const unsigned char* bytes, std::size_t size) {
    std::uint64_t count = 0;
    std::size_t at = 0;
    for (; at + sizeof(std::uint64_t) <= size; at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes + at, sizeof word);
        count += static_cast<std::uint64_t>(std::popcount(word));
    }
    for (; at < size; ++at) count += static_cast<std::uint64_t>(std::popcount(bytes[at]));
    return count;
}

std::string BlockBits::read(struct_ext2_filsys* fs, const AllocationWatch& watch) {
    const ext2_super_block& super = *fs->super;
    first_ = super.s_first_data_block;
    shift_ = static_cast<unsigned>(fs->cluster_ratio_bits);
    clusters_ = (ext2fs_blocks_count(fs->super) - first_ + (1ull << shift_) - 1) >> shift_;
    size_ = (clusters_ + 7) / 8;
    group_bytes_ = super.s_clusters_per_group / 8;
    // A group ends with a byte and its bitmap is one block; clusters are counted from block 0.
    if (std::uint64_t{super.s_clusters_per_group} << shift_ != super.s_blocks_per_group || super.s_clusters_per_group % 8 != 0 ||
        group_bytes_ == 0 || group_bytes_ > fs->blocksize || (shift_ != 0 && first_ != 0) ||
        group_bytes_ * fs->group_desc_count < size_)
        return say("its block bitmaps are damaged");
    bytes_.reset(new (std::nothrow) unsigned char[size_]());
    if (!bytes_) return say("its block bitmaps cannot be checked");
    std::vector<char> block(fs->blocksize);
    for (dgrp_t group = 0; group < fs->group_desc_count; ++group) {
        if (watch.stop != nullptr && watch.stop->requested()) return say("interrupted");
        if (watch.progress != nullptr)
            watch.progress->update({"checking what is free", group, 2ull * fs->group_desc_count, 0, 0, {}});
        if (ext2fs_has_group_desc_csum(fs) && ext2fs_bg_flags_test(fs, group, EXT2_BG_BLOCK_UNINIT)) continue;
        if (io_channel_read_blk64(fs->io, ext2fs_block_bitmap_loc(fs, group), 1, block.data()) != 0 ||
            !ext2fs_block_bitmap_csum_verify(fs, group, block.data(), static_cast<int>(group_bytes_)))
            return say("its block bitmaps are damaged");
        const std::uint64_t begin = std::min(group_bytes_ * group, size_);
        std::memcpy(bytes_.get() + begin, block.data(), std::min(group_bytes_, size_ - begin));
    }
    return {};
}

std::uint64_t BlockBits::next(std::uint64_t at, bool marked) const {
    const unsigned flip = marked ? 0 : 0xff;
    const std::uint64_t skipped = marked ? 0 : ~0ull;
    while (at < clusters_) {
        const unsigned rest = (bytes_[at / 8] ^ flip) >> (at % 8);
        if (rest != 0) return std::min(at + static_cast<unsigned>(std::countr_zero(rest)), clusters_);
        at = (at / 8 + 1) * 8;
        for (std::uint64_t word = skipped; at / 8 + sizeof word <= size_; at += 8 * sizeof word) {
            std::memcpy(&word, bytes_.get() + at / 8, sizeof word);
            if (word != skipped) break;
        }
    }
    return clusters_;
}

std::uint64_t BlockBits::count_free(std::uint32_t group) const {
    const std::uint64_t begin = group_bytes_ * group * 8, end = std::min(begin + group_bytes_ * 8, clusters_);
    if (begin >= end) return 0;
    const std::uint64_t whole = (end - begin) / 8;
    std::uint64_t used = count_set(bytes_.get() + begin / 8, whole);
    if (const unsigned rest = (end - begin) % 8; rest != 0)  // beyond the end all is marked, or should be
        used += static_cast<std::uint64_t>(std::popcount(bytes_[begin / 8 + whole] & ((1u << rest) - 1)));
    return end - begin - used;
}

}  // namespace custody
