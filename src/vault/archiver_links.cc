#include "vault/archiver_links.h"

#include "base/crypto.h"

namespace custody {

std::uint64_t HardLinks::id_of(const SourceItem& item) {
    if (item.attributes_only) return 0;
    if (!base_device_) base_device_ = item.stamp.device;
    if (item.links < 2 || item.type == EntryType::folder) return 0;
    if (item.stamp.device == *base_device_ && item.stamp.inode < std::uint64_t{1} << 62) return item.stamp.inode * 2;
    Bytes key;
    ByteWriter out(key);
    out.u64(item.stamp.device);
    out.u64(item.stamp.inode);
    return checksum64(key) | 1;
}

std::pair<std::shared_ptr<LinkedItem>, bool> HardLinks::claim(std::uint64_t id, const SourceItem& item) {
    const auto [found, is_new] = links_.try_emplace(id);
    if (is_new) {
        found->second = std::make_shared<LinkedItem>();
        found->second->device = item.stamp.device;
        found->second->inode = item.stamp.inode;
        found->second->names_left = item.links;
    }
    std::shared_ptr<LinkedItem> link = found->second;
    if (link->device != item.stamp.device || link->inode != item.stamp.inode) return {nullptr, true};  // digests met: store alone
    if (--link->names_left == 0) links_.erase(found);
    return {std::move(link), is_new};
}

}  // namespace custody
