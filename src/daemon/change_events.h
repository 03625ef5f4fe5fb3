// The two ways in which the kernel tells of changes to files, behind one face: fanotify with file identifiers, one mark for a
// whole file system (needs CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH); inotify, one watch a folder.
//
// Told are writing, creating, removing, renaming and changes of attributes; never reading, and no access times.
// Ownership: each owns its descriptors. Threads: one. Memory: bounded (kMaxFolders watches; a cache of 4096 folders).
#pragma once

#include "base/result.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace custody {

struct FileChange {
    std::string folder;  // absolute, as this process sees it
    std::string name;    // in the folder; empty: the folder itself
};

class ChangeEvents {
public:
    using Each = std::function<void(const FileChange&)>;
    virtual ~ChangeEvents() = default;
    // Readable when there is something to be told.
    [[nodiscard]] virtual int descriptor() const = 0;
    // All that is waiting. True: more happened than the kernel could keep, so that anything may have changed.
    [[nodiscard]] virtual Result<bool> read(const Each& each) = 0;
    // Marks the file system at `root`, or every folder below it that lies on the same one. Errors: what the kernel says; denied
    // and failed where this way cannot be taken there. May be called again for more.
    [[nodiscard]] virtual Status watch(const std::string& root) = 0;
    // What is not watched after all, in words; each is told once.
    [[nodiscard]] virtual std::vector<std::string> take_notes() = 0;
};

[[nodiscard]] Result<std::unique_ptr<ChangeEvents>> open_fanotify();
// `may_enter`: false for folders that are left out, with all below them.
inline constexpr std::size_t kMaxFolders = 65'536;
[[nodiscard]] Result<std::unique_ptr<ChangeEvents>> open_inotify(std::function<bool(const std::string&)> may_enter,
                                                                 std::size_t max_folders = kMaxFolders);

}  // namespace custody
