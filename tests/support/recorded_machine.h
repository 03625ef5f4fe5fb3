// A machine that nobody has at hand: disks, RAID, LVM, multipath and mounts as the kernel would show them, built as a tree of
// files in the form of /sys and /proc/self/mountinfo, for what takes a KernelView.
//
// Ownership: removes the tree when dropped. Threads: one. Everything is asserted (ADD_FAILURE) when it cannot be made.
#pragma once

#include "base/kernel_view.h"
#include "tests/support/scratch_folder.h"

#include <map>
#include <string>
#include <vector>

namespace custody::test {

class RecordedMachine {
public:
    RecordedMachine();

    // `device`: what it hangs on ("0:0:0:0", an NVMe's controller), its own where empty. `wwid`: as page 83h or NVMe tells it.
    void disk(const std::string& name, const std::string& wwid = "", const std::string& device = "");
    void partition(const std::string& disk, const std::string& name);
    // md0, dm-0 ... over others; `dm_name`: its name below /dev/mapper.
    void stacked(const std::string& name, const std::vector<std::string>& slaves, const std::string& dm_name = "");
    void loop(const std::string& name, const std::string& backing_file);
    void btrfs(const std::string& uuid, const std::vector<std::string>& devices);
    // `device`: a kernel name; empty: on none (tmpfs, NFS, overlay), then `source` stands as it is.
    void mount(const std::string& point, const std::string& device, const std::string& file_system,
               const std::string& source = "", const std::string& super_options = "rw", const std::string& options = "rw");

    [[nodiscard]] KernelView view() const { return {folder_ / "sys", folder_ / "mountinfo"}; }

private:
    void block(const std::string& name, const std::string& folder);
    ScratchFolder folder_;
    std::map<std::string, std::string> numbers_;  // kernel name -> "8:1"
    int next_ = 1;
};

}  // namespace custody::test
