// /proc/self/mountinfo line by line, with what MountInfo does not show; for block_device.cc, its neighbours, and the service's
// media.
#pragma once

#include "base/block_device.h"
#include "base/kernel_view.h"

#include <string>
#include <string_view>
#include <vector>

namespace custody::mounts {

struct MountLine {
    MountInfo mount;
    int id = 0;
    std::string root;           // the folder of the file system that shows here: "/", "/@home"
    std::string super_options;  // "rw,lowerdir=...,upperdir=/upper"
};
[[nodiscard]] Result<std::vector<MountLine>> read_mount_lines(const KernelView& view = {});
// proc(5), mountinfo: "36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw,errors=continue". Lines of another
// form are left out.
[[nodiscard]] std::vector<MountLine> parse_mount_lines(std::string_view text);
// The line that holds `path`, which need not exist. In a recorded view the path is compared with the mount points alone.
[[nodiscard]] Result<MountLine> line_of(const std::string& path, const KernelView& view = {});
// Every name under which `path` shows in this name space, its own (without links) first: other mounts of its file system may hold
// it, too, as those of btrfs subvolumes and bind mounts do. `path` need not exist.
[[nodiscard]] Result<std::vector<std::string>> names_of(const std::string& path);
// The same of mounts that were read: `own` is the one that holds `path`. Pure.
[[nodiscard]] std::vector<std::string> names_of(const std::string& path, const MountLine& own,
                                                const std::vector<MountLine>& lines);
// The value of "key=value" in comma-separated options; empty when absent.
[[nodiscard]] std::string option(std::string_view options, std::string_view key);

}  // namespace custody::mounts
