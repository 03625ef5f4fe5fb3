// The text of --help: what the command does, how it is called, its options, the common ones, examples.
#pragma once

#include "cli/command_table.h"

#include <string>

namespace custody {

[[nodiscard]] std::string help_text(const CLI::App& root, const CLI::App& command, const CommandText& text);
// "key slot add": the names from below the root down to the command.
[[nodiscard]] std::string command_path(const CLI::App& command);

}  // namespace custody
