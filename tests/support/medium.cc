#include "tests/support/medium.h"

#include "tests/support/program.h"

#include <algorithm>

namespace custody::test {

std::vector<std::string> file_system_kinds() { return {"ext4", "btrfs", "xfs", "ntfs-3g", "exfat-fuse"}; }

std::vector<std::string> medium_kinds() {
    std::vector<std::string> kinds = file_system_kinds();
    if (!long_run()) std::erase(kinds, "ext4");
    kinds.insert(kinds.begin(), "folder");
    return kinds;
}

std::string medium_name(const testing::TestParamInfo<std::string>& tested) {
    std::string name = tested.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

bool survives_power_cuts(const std::string& kind) { return kind != "ntfs-3g" && kind != "exfat-fuse"; }

Medium::Medium(const std::string& kind, std::uint64_t bytes) {
    if (kind == "folder") {
        folder_ = std::make_unique<ScratchFolder>("medium");
    } else {
        mounted_ = LoopFileSystem::make(kind, std::max(bytes, LoopFileSystem::least_size(kind)), why_not_);
    }
}

}  // namespace custody::test
