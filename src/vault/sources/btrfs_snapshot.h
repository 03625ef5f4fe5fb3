// Backing up from read-only btrfs snapshots, under the original paths.
//
// The work runs on a thread of its own with a view of its own (a private mount namespace): over each path that lies on btrfs
// stands the same path of a read-only snapshot of its subvolume, taken a moment ago. Whoever walks, reads, compares or looks
// again there, by whatever path and in whatever thread the work starts, sees one moment; host cache, plan and restore see
// /srv/data as ever. All else (the vault above all) is as it is outside. Nested subvolumes are snapshotted, too (read-only ones
// are shown as they are), each at its own moment; what is mounted below a path, and `live` folders (keyring, vault, cache, which
// the work writes to), stay live.
//
// Snapshots lie in .custody-snapshots at the top of their file system, where no path of the running system leads, as
// custody-<random>, locked while their maker lives. They are removed when the work is over; what a killed process left is removed
// when the next snapshot is made there, or by remove_leftover_snapshots(). The view goes with its threads, whatever happens.
//
// Where any of this cannot be had (no right to mount, a bind mount of a folder, no room) the work runs live, and a note says why.
// Threads: the work must not outlive its call: it joins whatever it starts. Errors: those of the work.
#pragma once

#include "base/result.h"

#include <functional>
#include <string>
#include <vector>

namespace custody {

struct BtrfsViewOptions {
    std::vector<std::string> paths;  // absolute; of a plan
    std::vector<std::string> live;   // own folders below them
    bool one_file_system = false;    // nested subvolumes are not entered: not snapshotted either
};
// `notes`: what was taken, and what was not. False in `from_snapshot`: the work ran live.
struct BtrfsViewNotes {
    bool from_snapshot = false;
    std::vector<std::string> notes;
};
[[nodiscard]] Status run_in_snapshot_view(const BtrfsViewOptions& options, BtrfsViewNotes& notes,
                                          const std::function<Status()>& work);

// Of every mounted btrfs. Returns how many. Needs root; does nothing otherwise.
[[nodiscard]] std::size_t remove_leftover_snapshots(std::vector<std::string>& notes);

}  // namespace custody
