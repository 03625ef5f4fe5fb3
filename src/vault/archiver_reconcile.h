// The second look (duty B8): after the read pass every item is looked at again and compared with what was stored.
//
// Works on the records of the run, in worker threads, some at a time. What changed while it was read, is expected to differ and
// not asked for. Threads: reconcile() may run beside anything but writers of `records`.
#pragma once

#include "base/result.h"
#include "base/worker_pool.h"
#include "vault/history/host_cache.h"
#include "vault/sources/source.h"

#include <string>
#include <vector>

namespace custody {

struct Reconciliation {
    std::uint64_t files = 0, bytes = 0;  // found as they were stored
    std::uint64_t mismatches = 0;
    std::vector<std::string> differences;  // "PATH: has vanished", the first kMaxDifferences
};
inline constexpr std::size_t kMaxDifferences = 1000;

[[nodiscard]] Result<Reconciliation> reconcile(Source& source, HostCacheWriter& records, WorkerPool& pool);

}  // namespace custody
