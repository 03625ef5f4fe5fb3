// custody media prepare, which is not the service's work; for media_commands.cc.
#pragma once

#include "cli/command_table.h"

namespace custody {

void add_media_prepare_command(CommandTable& table, CLI::App& family);

}  // namespace custody
