// Files and folders of this machine as a Source. Walks by folder descriptor (openat, O_NOFOLLOW), never follows a link below the
// paths that the user named, reads every attribute of docs/FORMAT.md's entry.
//
// Folders above a named path appear with attributes_only; a named path that is a link is stored as the link. File systems that
// the kernel makes up (/proc, /sys ...) are left out below a named path. What was named is never left out, though it lie below
// another named path, behind an exclude or on another file system. Folders that cannot be read stay as empty folders and are
// named. Errors: not_found, usage, denied (this user can read nothing of what was named) when opened; afterwards with the
// item.
#pragma once

#include "vault/sources/source.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace custody {

// A file that is backed up by another way: not to be opened here, for closing it would end the locks that this process holds on
// it (POSIX). Known by its folder and name, whether it is there yet or not, and by its own device and inode where `inode` is not
// 0.
struct LeftOutFile {
    std::uint64_t folder_device = 0, folder_inode = 0;
    std::string name;
    std::uint64_t device = 0, inode = 0;
    std::string why;
};

struct FileTreeOptions {
    std::vector<std::string> paths;     // absolute, clean; each exists (usage/not_found otherwise), one at least is readable
    std::vector<std::string> excludes;  // globs; with '/' matched against the whole path, else against the name
    bool one_file_system = false;
    bool count_ahead = false;  // expected_bytes() has everything looked at beside the walk, for somebody who watches
    // Never backed up, found by device and inode wherever they are met (bind mounts, links to folders): keyrings, the vault
    // itself. Of what was named, nothing but such: refused; such among others: failed items.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> excluded_inodes;  // device, inode
    // The same folders by their paths: one that is mounted or made while the walk goes on has an inode that nobody could know.
    std::vector<std::string> excluded_paths = {};
    std::vector<LeftOutFile> left_out = {};  // said in the notes; where it was named: a failed item
    // Of tests, for files: how long their times must have rested, instead of what the file system asks for.
    std::optional<std::int64_t> settle_ns = std::nullopt;
    std::string mount_table = "/etc/fstab";  // an empty folder listed here and not mounted is refused
};
// Filled while the source is walked, by the walking thread; outlives the source.
struct FileTreeNotes {
    std::vector<std::string> warnings;  // "left out: ...", mount points not crossed ..., the first 1000
    std::uint64_t unlisted_warnings = 0;
    std::uint64_t excluded = 0;
    std::vector<std::string> unmatched_excludes;  // known when the walk is over
};

[[nodiscard]] Result<std::unique_ptr<Source>> open_file_tree(const FileTreeOptions& options, FileTreeNotes& notes);

}  // namespace custody
