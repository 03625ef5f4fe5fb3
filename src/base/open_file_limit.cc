#include "base/open_file_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kUsualLimit = 1024;  // where it cannot be asked for
constexpr std::size_t kShare = 4;          // at most three caches are at work: two stores, or a store, folders and files

}  // namespace

void raise_open_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    // Refused: the bound on open files follows the limit that there is.
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return;
}

std::size_t open_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kUsualLimit;
    return static_cast<std::size_t>(limit.rlim_cur);
}

std::size_t share_of_open_files(std::size_t at_most) { return std::min(at_most, open_file_limit() / kShare); }

}  // namespace custody
