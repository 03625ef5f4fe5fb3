// What root makes in the folder of another user: made with that user's rights, so that the kernel asks what it would ask him, and
// the file is his from the first moment on. Nothing is ever given away afterwards: whoever owns a folder can put something else
// in the place of what was just made there.
//
// The folder is opened once, component by component, and everything happens below that descriptor. A symbolic link on the way
// counts where root made it, or where it leads to a folder of the one who made it. Threads: any; the rights of the calling thread
// only, for the length of one system call, and given back on every path. Errors: denied; io and what system_error() says.
// Durable: no.
#pragma once

#include "base/file.h"

namespace custody {

// Exclusive creation, as FileSystem::create. The caller runs as root.
[[nodiscard]] Result<Fd> create_as_owner_of_folder(const std::string& path, std::uint32_t mode);
[[nodiscard]] Status make_directory_as_owner_of_folder(const std::string& path, std::uint32_t mode);

// A folder for the *at calls, opened as above. The caller runs as root, and does there what does not depend on whose rights he
// has: names are changed where they were meant to be, wherever else the path leads by then.
struct OpenFolder {
    Fd fd;  // O_PATH
    std::uint32_t user = 0, group = 0;
};
[[nodiscard]] Result<OpenFolder> open_folder_of(const std::string& path);
// Whose the folder of `path` is, wherever a link leads.
[[nodiscard]] Result<OpenFolder> open_folder_of_anybody(const std::string& path);

}  // namespace custody
