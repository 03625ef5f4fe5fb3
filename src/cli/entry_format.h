// How entries of a tree are shown: one line, or JSON.
#pragma once

#include "base/records/canonical_json.h"
#include "vault/history/tree.h"

#include <string>

namespace custody {

[[nodiscard]] std::string_view type_word(EntryType type);    // "file", "folder", "symlink" ...; for JSON, never translated
[[nodiscard]] std::string mode_string(const Entry& entry);   // "-rwxr-xr-x"
[[nodiscard]] std::uint64_t entry_size(const Entry& entry);  // of files; 0 else
// {"path", "type", "size", "mode", "uid", "gid", "modified", ...}; `path` absolute, raw.
[[nodiscard]] Json entry_json(const std::string& path, const Entry& entry);
// "-rw-r--r--  0 0  1234  2026-11-03 02:00:05  /srv/data/a -> target"
[[nodiscard]] std::string long_line(const std::string& path, const Entry& entry);

}  // namespace custody
