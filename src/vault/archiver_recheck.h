// Content read from the source a second time and held against what was stored (duty B8), before the snapshot is published.
//
// A file is opened again and the chunks asked for are read from the disk, not from what the system remembers of them, and hashed.
// What it comes to:
//   as stored    whatever its times say now
//   changed      it has another stamp, or is gone: normal
//   unproven     other content under the same stamp, where somebody may have written unseen (unseen_writer()): told, and counted
//                as changed
//   unreadable   it cannot be opened or read any more; what was stored of it stands
//   unsteady     other content under the same stamp, then twice as stored: disk or memory are to be tested; told
//   damaged      other content under the same stamp, and again in one of two further readings
// What damage means is for the caller to say: of a file that this run read, its source or memory lies; of one that was taken over
// unread, its source has rotted since, or what was stored then was wrong.
//
// Threads: recheck() uses the pool, and is called by one. Memory: one chunk a worker. Errors: interrupted.
#pragma once

#include "base/clock.h"
#include "base/progress.h"
#include "base/result.h"
#include "base/stop.h"
#include "base/worker_pool.h"
#include "vault/archiver_reader.h"
#include "vault/archiver_sample.h"
#include "vault/keys/label_keys.h"
#include "vault/sources/source.h"

#include <string>
#include <vector>

namespace custody {

struct Recheck {
    Source& source;
    const WriterKeys& keys;
    WorkerPool& pool;
    const Clock& clock;
    Progress& progress;
    const StopFlag& stop;
    const AfterFill& after_fill;
    std::int64_t most_ns;  // no further file is begun after that
};
struct Rechecked {
    std::uint64_t files = 0, bytes = 0;  // read again, to whatever end
    std::uint64_t changed = 0, unreadable = 0;
    std::uint64_t not_reached = 0;      // for want of time
    std::vector<std::string> warnings;  // one line each, the first 1000: of what is not as stored and has no stamp that tells
    std::vector<FileToCheck> damaged;
};
[[nodiscard]] Result<Rechecked> recheck(const Recheck& with, const std::vector<FileToCheck>& files);

}  // namespace custody
