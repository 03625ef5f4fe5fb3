// The parts of custody key that have a file of their own.
#pragma once

#include "cli/command_table.h"

namespace custody {

void add_key_export_command(CommandTable& table, CLI::App& key);
void add_key_import_command(CommandTable& table, CLI::App& key);
void add_key_destroy_commands(CommandTable& table, CLI::App& key);  // destroy, settle
void add_key_slot_commands(CommandTable& table, CLI::App& key);     // passwd, slot add, slot remove

void add_key_officer_command(CommandTable& table, CLI::App& key);

// exists: there is something of that name.
[[nodiscard]] Status check_new_file(FileSystem& files, const std::string& path);
// Written under its name at once and durable, mode 0600. exists: never replaces.
[[nodiscard]] Status write_new_file(FileSystem& files, const std::string& path, ByteView content);

}  // namespace custody
