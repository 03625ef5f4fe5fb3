// custodyd --check-config: every fault of the configuration, or what it says, a line a plan. Looks at the configuration and at
// law files, at no medium, source or server, so that it can be run on another machine; with `rotation` also at how this machine
// keeps its logs (duty B12), which --other-machine leaves out. Threads: any. Errors: in the outcome.
#pragma once

#include "base/file.h"
#include "daemon/config/config.h"
#include "daemon/log_rotation.h"
#include "daemon/schedule/zone.h"

#include <string>
#include <vector>

namespace custody {

struct CheckOutcome {
    int exit = 0;                  // 0 sound, 2 not (INTERFACE, exit codes)
    std::vector<std::string> out;  // lines for standard output
    std::vector<std::string> err;  // lines for standard error: faults; notes of a sound one
};
[[nodiscard]] CheckOutcome check_config(FileSystem& files, const std::string& path, const ZoneRules& zone,
                                        const std::vector<std::string>& law_folders, const RotationPlaces* rotation = nullptr);

// "plan etc: config, files /etc; 30 1 * * *, on change; to disk-a, disk-b; keeps daily 14, weekly 8"
[[nodiscard]] std::string describe(const Config& config, const PlanConfig& plan);
// "exception B6, plan etc: ... (12/QĐ-UBND: one server room)"
[[nodiscard]] std::string describe(const RecordedException& exception);

}  // namespace custody
