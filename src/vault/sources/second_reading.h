// A file of this machine opened for a second reading of its content, from the disk (duty B8; Source::open_again).
//
// Nothing of it is stored, so a path is followed as it is now: what has another stamp is not what was stored. Threads: free
// functions are safe; a content serves one thread. Errors: not_found (gone, or something else is there), denied, io.
#pragma once

#include "base/file.h"
#include "vault/sources/source.h"

#include <string>

namespace custody {

// `folder`: of its folder, owned from now on; invalid: there is none. `path`: of the file, for messages. What the kernel makes up
// while it is read comes without content: no second reading says anything of the first.
[[nodiscard]] Result<OpenedItem> open_file_again(Fd folder, const std::string& name, const std::string& path);

// Fills `into` from the disk, as far as the system lets itself be told to forget what it remembers of the place; fewer bytes only
// at the end.
[[nodiscard]] Result<std::size_t> read_from_disk(int fd, std::uint64_t offset, MutableByteView into, const std::string& path);
// FileContent::unseen_writer() of a regular file that is open for reading.
[[nodiscard]] std::string unseen_writer_of_file(int fd, bool settled);

}  // namespace custody
