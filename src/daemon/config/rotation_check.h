// Duty B12 on this machine: the plans of label `log` against how long their files are kept (daemon/log_rotation.h). What asks for
// it is on the machine that the configuration is of; elsewhere the files that it reads are another machine's.
//
// Threads: safe. Reads logrotate's and journald's settings. Errors: none; what cannot be read or understood is a note.
#pragma once

#include "daemon/config/judge.h"
#include "daemon/log_rotation.h"

namespace custody {

// What is below and has an exception (the plan's, or its label's) is recorded instead of refused.
[[nodiscard]] Judgement judge_rotation(FileSystem& files, const Config& config, const ZoneRules& zone,
                                       const RotationPlaces& places);

}  // namespace custody
