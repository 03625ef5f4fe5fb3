// Files and folders of this machine as a Source. Walks by directory fd (openat, O_NOFOLLOW), never follows a link, reads
// every attribute of docs/FORMAT.md's entry.
#pragma once

#include "vault/sources/source.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace custody {

struct FileTreeOptions {
    std::vector<std::string> paths;     // absolute, clean; each exists (usage/not_found otherwise)
    std::vector<std::string> excludes;  // globs; with '/' matched against the whole path, else against the name
    bool one_file_system = false;
    // Never backed up, found by device and inode wherever they are met (bind mounts, links to folders): keyrings, the vault
    // itself.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> excluded_inodes;  // device, inode
};
struct FileTreeNotes {
    std::vector<std::string> warnings;  // "left out: the vault itself, /mnt/a/vault", mount points not crossed ...
    std::uint64_t excluded = 0;
};

[[nodiscard]] Result<std::unique_ptr<Source>> open_file_tree(const FileTreeOptions& options, FileTreeNotes& notes);

}  // namespace custody
