// What sources have in common whose items are no files of a file system that could be looked at: a folder that is but a path, and
// an entry that is but what the walk said of it. Threads: safe; values.
#pragma once

#include "vault/sources/source.h"

#include <memory>
#include <string>

namespace custody {

[[nodiscard]] std::shared_ptr<SourceFolder> folder_named(std::string path);
// With plain attributes, and no content.
[[nodiscard]] OpenedItem entry_of(const SourceItem& item);

}  // namespace custody
