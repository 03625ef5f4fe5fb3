// What this process may do, against what its configuration asks of it. The unit gives as little as most servers need; disks and
// drills need a drop-in more (packaging/drop-ins). One that is missing is said at the start, with what to type, and not found out
// at night.
//
// Values. Threads: any.
#pragma once

#include "base/result.h"
#include "daemon/config/config.h"
#include "daemon/service/status_facts.h"

#include <cstdint>
#include <string>
#include <vector>

namespace custody {

// The capabilities that this process has in effect, a bit each (capabilities(7)). io, corrupt: /proc does not say.
[[nodiscard]] Result<std::uint64_t> effective_capabilities();
// Pure. Empty: everything that the configuration asks for can be done.
[[nodiscard]] std::vector<NeedsPerson> missing_powers(const Config& config, std::uint64_t capabilities);

// The drop-ins that the unit needs for this configuration: "disks.conf", "drills.conf". Pure.
[[nodiscard]] std::vector<std::string> drop_ins_for(const Config& config);

}  // namespace custody
