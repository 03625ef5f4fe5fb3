// Hard links of one run: which items are names of one inode, so that content is read once and every name says the same link.
//
// A link's id tells inodes apart within a snapshot: twice the inode number on the file system where the walk began, an odd
// digest elsewhere. So it stays the same from run to run, also when device numbers change with a boot.
// Threads: one. Memory: an entry for each inode with more than one name, until all its names were met.
#pragma once

#include "vault/archiver_reader.h"

#include <memory>
#include <unordered_map>
#include <utility>

namespace custody {

// What the first name that could be read came to; the others repeat it.
struct LinkedItem {
    std::uint64_t device = 0, inode = 0;
    std::uint32_t names_left = 0;
    // Null: still to come, or it failed. Then the next name is read in its place: it may be there when the first has vanished.
    std::shared_ptr<StoredItem> stored;
};

class HardLinks {
public:
    // 0: it has no other name.
    [[nodiscard]] std::uint64_t id_of(const SourceItem& item);
    // The inode's record, and whether this is the first name met.
    [[nodiscard]] std::pair<std::shared_ptr<LinkedItem>, bool> claim(std::uint64_t id, const SourceItem& item);

private:
    std::optional<std::uint64_t> base_device_;
    std::unordered_map<std::uint64_t, std::shared_ptr<LinkedItem>> links_;
};

}  // namespace custody
