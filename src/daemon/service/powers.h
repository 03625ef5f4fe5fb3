// What this process may do, against what its configuration asks of it. The unit gives as little as most servers need; disks and
// drills need a drop-in more (packaging/drop-ins). One that is missing is said at the start, with what to type, and not found out
// at night.
//
// Values. Threads: any.
#pragma once

#include "base/kernel_view.h"
#include "base/result.h"
#include "daemon/config/config.h"
#include "daemon/service/status_facts.h"

#include <cstdint>
#include <string>
#include <vector>

namespace custody {

// The capabilities that this process has in effect, a bit each (capabilities(7)). io, corrupt: /proc does not say.
[[nodiscard]] Result<std::uint64_t> effective_capabilities();
// Plans of files whose source lies on btrfs and is to be read from a snapshot of it, by the table of mounts: no file system is
// waited for, and a link that leads to btrfs from elsewhere is not seen. io: there is no such table.
[[nodiscard]] Result<std::vector<std::string>> plans_on_btrfs(const Config& config, const KernelView& view = {});
// Pure. Empty: everything that the configuration asks for can be done. `on_btrfs`: as plans_on_btrfs says.
[[nodiscard]] std::vector<NeedsPerson> missing_powers(const Config& config, std::uint64_t capabilities,
                                                      const std::vector<std::string>& on_btrfs = {});
// What can be done, but not as well as with a power more; for the log. Pure.
[[nodiscard]] std::vector<std::string> lesser_ways(const Config& config, std::uint64_t capabilities);

// The drop-ins that the unit needs for this configuration: "disks.conf", "drills.conf". Pure.
[[nodiscard]] std::vector<std::string> drop_ins_for(const Config& config);

}  // namespace custody
