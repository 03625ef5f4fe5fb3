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
// The value of "key=value" in comma-separated options; empty when absent.
[[nodiscard]] std::string option(std::string_view options, std::string_view key);

}  // namespace custody::mounts
