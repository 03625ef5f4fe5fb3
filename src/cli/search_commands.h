// The two commands that look through whole snapshots: find and diff.
#pragma once

#include "cli/command_table.h"

namespace custody {

void add_find_command(CommandTable& table);
void add_diff_command(CommandTable& table);

}  // namespace custody
