// The block bitmaps of an ext2, ext3 or ext4 file system as they lie on the medium, a bit a cluster (a block without bigalloc).
//
// Memory: that bit, however fragmented the bitmaps are: 32 MiB a TiB of blocks of 4 KiB. Threads: any, one at a time.
#pragma once

#include "vault/sources/ext_allocation.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace custody {

// Bits of a bitmap of `bytes` that are set.
[[nodiscard]] std::uint64_t count_set(const unsigned char* bytes, std::size_t size);

class BlockBits {
public:
    // Reads all, group by group, their checksums checked. `fs`: open, its descriptors checked (what they name is in range). Of a
    // group without an initialised bitmap nothing is in use until mark() says so. In words why that failed, which is so too when
    // `watch.stop` ended it; empty: read.
    [[nodiscard]] std::string read(struct_ext2_filsys* fs, const AllocationWatch& watch);

    [[nodiscard]] std::uint64_t clusters() const { return clusters_; }
    [[nodiscard]] std::uint64_t cluster_of(std::uint64_t block) const { return (block - first_) >> shift_; }
    [[nodiscard]] std::uint64_t first_block_of(std::uint64_t cluster) const { return first_ + (cluster << shift_); }
    // `block`: of the file system.
    [[nodiscard]] bool is_marked(std::uint64_t block) const {
        const std::uint64_t at = cluster_of(block);
        return (bytes_[at / 8] >> (at % 8) & 1u) != 0;
    }
    void mark(std::uint64_t block) {
        const std::uint64_t at = cluster_of(block);
        bytes_[at / 8] = static_cast<unsigned char>(bytes_[at / 8] | 1u << (at % 8));
    }
    // The first cluster from `at` on that is marked or not; clusters(): there is none.
    [[nodiscard]] std::uint64_t next(std::uint64_t at, bool marked) const;
    // Clusters of a group that are not marked.
    [[nodiscard]] std::uint64_t count_free(std::uint32_t group) const;

private:
    std::unique_ptr<unsigned char[]> bytes_;
    std::uint64_t first_ = 0, clusters_ = 0, size_ = 0;  // first block, bits, bytes
    std::uint64_t group_bytes_ = 0;
    unsigned shift_ = 0;
};

}  // namespace custody
