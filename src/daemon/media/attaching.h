// A medium of the register, whichever device it is today, mounted at its place: what `media attach` and the watcher do when a
// disk returns. unmount_medium() (mounting.h) is the way back.
//
// Threads: one a mount point. Errors: not_found (no device bears its UUID), refused (a copy, a stranger, two of one UUID), usage
// (its UUID is not known), exists (mounted elsewhere, or something is mounted at its place), those of mounting.
#pragma once

#include "daemon/media/recognise.h"

#include <string>

namespace custody {

struct Attached {
    std::string device;
    bool was_mounted = false;  // there already: who mounted it takes it down
};
[[nodiscard]] Result<Attached> attach_medium(const KnownMedium& medium, const std::string& mount_point);

}  // namespace custody
