// What of a configuration can only be judged over several sections: names that occur twice, names that nobody has, vaults in each
// other's way. Fills in what a plan inherits: every medium where it names none.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/faults.h"

namespace custody {

void resolve_references(Config& config, ConfigFaults& faults);

}  // namespace custody
