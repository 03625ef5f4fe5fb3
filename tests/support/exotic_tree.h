// A folder with everything in it that a file system can hold and a careless backup program loses.
//
// Non-UTF-8 names, names with newlines, names of 255 bytes, paths over 4,096 bytes deep, links of 4,000 characters, dangling
// links, sparse files, hard links across folders, FIFOs, sockets, device nodes, setuid, setgid and sticky bits, foreign
// owners, ACLs, capabilities, user, trusted and security attributes, append-only and immutable flags, times in nanoseconds
// before 1970 and after 2038, empty files and folders. What this user or file system cannot make is left out and listed.
#pragma once

#include <string>
#include <vector>

namespace custody::test {

struct ExoticOptions {
    bool immutable_flags = true;  // they keep everyone, root too, from changing or removing the files
    bool deep_paths = true;
};

// Fills the folder `path`, which is created. Returns what could not be made, in words. The same calls give the same tree.
// Remove it with remove_tree() of scratch_folder.h.
std::vector<std::string> make_exotic_tree(const std::string& path, const ExoticOptions& options = {});

// For tests that make a few things by hand. All abort the program when the write fails.
void write_file(const std::string& path, const std::string& content);
std::string read_file_text(const std::string& path);
// `size_bytes` of content that does not compress and depends on `seed` only.
std::string noise(std::size_t size_bytes, unsigned seed);

}  // namespace custody::test
