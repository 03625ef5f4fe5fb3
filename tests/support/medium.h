// Where a test keeps its vault: a plain folder below /tmp, or a loop-mounted file system of one kind, made for it.
//
// Ownership: unmounts and removes everything when dropped. Threads: none. Errors: where a kind cannot be had here, ready() is
// false and why_not() tells; the test skips with that.
#pragma once

#include "tests/support/loop_file_system.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace custody::test {

// "ext4", "btrfs", "xfs", "ntfs-3g", "exfat-fuse": what vaults are tested on besides the file system of /tmp.
[[nodiscard]] std::vector<std::string> file_system_kinds();
// "folder" first. Without ext4, which the folder most often lies on, but for the long run.
[[nodiscard]] std::vector<std::string> medium_kinds();
// Names tests by their medium: scripts/crash --filesystem chooses by it.
[[nodiscard]] std::string medium_name(const testing::TestParamInfo<std::string>& tested);
// A journal or copy on write keeps the file system itself whole when power is cut; `init` warns of the others by name.
[[nodiscard]] bool survives_power_cuts(const std::string& kind);

class Medium {
public:
    Medium(const std::string& kind, std::uint64_t bytes);
    [[nodiscard]] bool ready() const { return folder_ != nullptr || mounted_ != nullptr; }
    [[nodiscard]] const std::string& why_not() const { return why_not_; }
    [[nodiscard]] const std::string& path() const { return mounted_ ? mounted_->path() : folder_->path(); }
    [[nodiscard]] std::string operator/(const std::string& name) const { return path() + "/" + name; }

private:
    std::string why_not_;
    std::unique_ptr<ScratchFolder> folder_;
    std::unique_ptr<LoopFileSystem> mounted_;
};

}  // namespace custody::test
