// What a command that was interrupted left behind, in words. Threads: one.
#pragma once

#include "cli/command_table.h"

#include <string>

namespace custody {

// What follows "interrupted": what is true of this command with the options it was given; empty when there is nothing to say.
[[nodiscard]] std::string after_interrupt(const CLI::App& command);

}  // namespace custody
