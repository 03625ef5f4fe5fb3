// The second look (duty B8): after the read pass every item is looked at again and compared with what was stored; where content
// is to be read again (archiver_recheck.h), it is found out of what.
//
// Works on the records of the run, in worker threads, some at a time. What changed while it was read, is expected to differ and
// not asked for. Threads: reconcile() may run beside anything but writers of `records` and readers of `old`. Memory: kMaxPieces
// pieces of content to read again of what changed, and as many of each sample.
#pragma once

#include "base/result.h"
#include "base/worker_pool.h"
#include "vault/archiver_sample.h"
#include "vault/history/host_cache.h"
#include "vault/sources/source.h"

#include <string>
#include <vector>

namespace custody {

// What content is to be read again.
struct ContentWanted {
    unsigned sample_percent = 0;  // 0: none
    std::uint64_t most_bytes = 0;
    const LongSamples* long_samples = nullptr;
    HostCacheReader* old = nullptr;  // null: nothing was taken over. Of the sample one half is for what was, one for the rest
};
struct Reconciliation {
    std::uint64_t files = 0, bytes = 0;  // found as they were stored
    std::uint64_t mismatches = 0;
    std::vector<std::string> differences;  // "PATH: has vanished", the first kMaxDifferences
    // To be read again: files that changed within the run, of those as many as the bounds allow, and the sample.
    std::vector<FileToCheck> changed, sample;
    std::uint64_t changed_bytes = 0;
    std::uint64_t not_listed = 0;               // files that changed, beyond the bounds
    std::vector<std::string> not_listed_paths;  // of them, the first kMaxPieces: not to be counted once more by the sample
};
inline constexpr std::size_t kMaxDifferences = 1000;

[[nodiscard]] Result<Reconciliation> reconcile(Source& source, HostCacheWriter& records, WorkerPool& pool,
                                               const ContentWanted& content = {});

// Whether the last run had stored this very file, so that this one took it over unread.
[[nodiscard]] bool was_taken_over(HostCacheReader* old, const FileToCheck& file);

}  // namespace custody
