// What lies on a disk, partition or image file: file systems and where they begin. Read through libblkid; nothing is written.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace custody {

struct DiskArea {
    std::uint64_t offset = 0, size = 0;  // bytes
    std::string type;                    // "ext4", "vfat", ...; empty: nothing known
    std::string label;
    // Something else lies in the same place, or may: another partition (of the MBR beside a GPT too), the table itself with the
    // links of an extended partition, partitions in the partition, or whatever lies over the whole disk, known for one thing or
    // not.
    bool is_shared = false;
};
struct DiskLayout {
    std::string table;            // "gpt", "dos"; empty: no partitions
    std::vector<DiskArea> areas;  // partitions, or the whole when there is no table
};
// `fd`: open for reading; its position may change. Nothing that is known is no error.
[[nodiscard]] DiskLayout find_disk_layout(int fd, std::uint64_t size);

}  // namespace custody
