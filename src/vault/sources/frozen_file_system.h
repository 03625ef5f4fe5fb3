// A mounted file system held still (FIFREEZE) while an image of its device is read: it is written back, its journal is empty, and
// whoever writes to it waits. So it is held for as short a time as the image takes, and never for longer than `longest_ns`.
//
// A process of its own watches: it thaws when the time is up and when this process ends in whatever way, kill -9 among them.
// Refused are "/", btrfs (btrfs_snapshot.h is for that), and every file system that holds, or may hold through a loop device, one
// of `needed`: vault, keyring, cache, catalogue, log. A write to one of those would wait for a thaw that waits for the write.
//
// Ownership: thaws when dropped. Threads: one. Units: ns. Errors: refused; not_found (nothing is mounted there); busy (frozen
// already); denied; failed.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace custody {

struct FreezeOptions {
    std::string mount_point;
    std::vector<std::string> needed;
    std::int64_t longest_ns = std::int64_t{60} * 1'000'000'000;
};

class FrozenFileSystem {
public:
    [[nodiscard]] static Result<FrozenFileSystem> freeze(const FreezeOptions& options);
    FrozenFileSystem(FrozenFileSystem&& other) noexcept;
    FrozenFileSystem& operator=(FrozenFileSystem&&) = delete;
    ~FrozenFileSystem();
    // failed: it was thawed before, for its time was up or by somebody: what was read meanwhile may hold a state that never was.
    [[nodiscard]] Status thaw();

private:
    FrozenFileSystem(std::string mount_point, Fd top, Fd control, pid_t watcher)
        : mount_point_(std::move(mount_point)), top_(std::move(top)), control_(std::move(control)), watcher_(watcher) {}
    std::string mount_point_;
    Fd top_, control_;    // closing `control_` makes the watcher thaw
    pid_t watcher_ = -1;  // -1: it is over
};

}  // namespace custody
