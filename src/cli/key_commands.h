// The parts of custody key that have a file of their own.
#pragma once

#include "base/file.h"
#include "cli/command_table.h"

#include <memory>
#include <string>
#include <vector>

namespace custody {

void add_key_export_command(CommandTable& table, CLI::App& key);
void add_key_import_command(CommandTable& table, CLI::App& key);
void add_key_destroy_commands(CommandTable& table, CLI::App& key);  // destroy, settle
void add_key_slot_commands(CommandTable& table, CLI::App& key);     // passwd, slot add, slot remove

void add_key_officer_command(CommandTable& table, CLI::App& key);
void add_key_unlock_commands(CommandTable& table, CLI::App& key);  // unlock, lock

// exists: there is something of that name. not_found: its folder is not there.
[[nodiscard]] Status check_new_file(FileSystem& files, const std::string& path);
// Files that an export fills, mode 0600. They come to be, empty, before copies of keys are registered: what cannot be made is
// never registered, and nothing leaves unregistered. Ownership: refers to the file system. Threads: one.
class NewFiles {
public:
    explicit NewFiles(FileSystem& files) : files_(&files) {}
    [[nodiscard]] Status add(const std::string& path);                     // exists: never replaces
    [[nodiscard]] Status fill(const std::string& path, ByteView content);  // one that was added; durable when it returns
    // Removes them all, overwritten with zeros as well as can be; goes on after an error, and returns the first. Durable.
    [[nodiscard]] Status discard();

private:
    struct New {
        std::string path;
        std::unique_ptr<File> file;
    };
    FileSystem* files_;
    std::vector<New> made_;
};
// Written under its name at once and durable, mode 0600. exists: never replaces.
[[nodiscard]] Status write_new_file(FileSystem& files, const std::string& path, ByteView content);

}  // namespace custody
