// Restoring files and folders below a target folder, exactly as they were.
//
// Windows of at most 65,536 files; a window's chunks are read sorted by pack and block, each block decoded once; files are
// written by offset under a temporary name and named when complete, then hard links, then folders' attributes from the leaves up.
// Confined: the target is an open directory fd; every component below it is opened with openat2 RESOLVE_BENEATH |
// RESOLVE_NO_SYMLINKS, so nothing in a tree and nothing swapped meanwhile leads outside. Threads: own worker pool.
// Every chunk is re-hashed before it is written: damage is corrupt, the file is not named, the rest goes on.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "base/stop.h"
#include "vault/repository.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

enum class Overwrite { never, changed, always };

struct RestoreOptions {
    std::string target;              // absolute
    std::vector<std::string> paths;  // as given by the user ("/srv/data" or "srv/data"); empty: everything
    std::string strip_prefix;
    Overwrite overwrite = Overwrite::never;
    bool dry_run = false;
    bool count_total = false;  // somebody watches: counts what chosen paths hold first, unless that is very much
    unsigned threads = 0;
};
struct RestoreResult {
    // Written, whole or not, or found identical: every entry but folders counts as a file.
    std::uint64_t files = 0, bytes = 0;
    std::uint64_t skipped = 0;  // of those, found identical
    std::uint64_t failed = 0;   // left, differing, not restorable or not whole; each was told to Progress
    std::uint64_t unnamed = 0;  // of those: beyond the first 1000, which the warnings name
    double seconds = 0;
    std::vector<std::string> warnings;
    bool damaged = false;  // some failure was damage: exit 4 rather than 1
};
[[nodiscard]] Result<RestoreResult> restore_files(Repository& repository, const Snapshot& snapshot,
                                                  const UnlockedKeyring& unlocked, const RestoreOptions& options,
                                                  Progress& progress, const StopFlag& stop);

// The single file of an image or stream snapshot (or one PATH of it), in order, to a descriptor: cat, restore --stdout.
// interrupted: also where the reader of a pipe went away, which `stop` then knows nothing of.
[[nodiscard]] Result<RestoreResult> write_content(Repository& repository, const Snapshot& snapshot,
                                                  const UnlockedKeyring& unlocked, const std::string& path, int fd,
                                                  Progress& progress, const StopFlag& stop);

// To a regular file (sparse; exclusive unless overwrite) or a block device (holes written as zeros where the device may hold
// other bytes, by BLKZEROOUT or writing). The caller has shown and confirmed the device; this re-checks it on the open fd.
struct ImageTarget {
    std::string path;
    bool is_device = false;
    std::string confirmed_serial;  // of the device shown to the user
    bool overwrite = false;
};
[[nodiscard]] Result<RestoreResult> restore_image(Repository& repository, const Snapshot& snapshot,
                                                  const UnlockedKeyring& unlocked, const ImageTarget& target, Progress& progress,
                                                  const StopFlag& stop);

}  // namespace custody
