// Files and folders that somebody names, made ready for open_file_tree(): for the command line and for plans alike, so that both
// leave out the same and share a host cache.
//
// Ownership: values. Threads: safe. Opens no file, for closing one would end the POSIX locks of a database that this process
// holds (base/sqlite.h). Errors: not_found, io, denied.
#pragma once

#include "base/file.h"
#include "vault/sources/file_tree.h"

#include <string>
#include <vector>

namespace custody {

// "link/" means the folder that the link leads to, "link" the link itself: as with cp and tar, except that what is stored has the
// folder's own path, so that it is found again however the link may point later. Absolute and clean.
[[nodiscard]] Result<std::string> named_path(const std::string& given, std::vector<std::string>& warnings);

// Nothing can be stored behind a link that another path brings in as the link. What was named there is stored by its own path.
[[nodiscard]] Status lead_around_stored_links(std::vector<std::string>& paths, std::vector<std::string>& warnings);

// Folders or files that are never backed up, by device and inode, so that no bind mount or other name leads to them. Those that
// are not there are passed over.
void exclude_always(FileSystem& files, const std::vector<std::string>& paths, FileTreeOptions& options);
// Whether `path` is one of those, or lies in one.
[[nodiscard]] bool is_excluded_always(const std::string& path, const FileTreeOptions& options);

// What the walk leaves out beside the paths: part of the binding of a host cache (BackupOptions::plan_facts).
[[nodiscard]] std::vector<std::string> plan_facts_of(const FileTreeOptions& options);

}  // namespace custody
