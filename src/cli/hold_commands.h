// custody hold add, list, release: legal holds. Part of the retention family.
#pragma once

#include "cli/command_table.h"

namespace custody {

void add_hold_commands(CommandTable& table);

}  // namespace custody
