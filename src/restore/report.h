// What a restore has done so far, gathered from all its threads, and what it must say at the end.
//
// Threads: safe from many. At most kMaxNamed failures are named; the rest are counted.
#pragma once

#include "base/result.h"
#include "restore/restorer.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace custody {

class Report {
public:
    static constexpr std::size_t kMaxNamed = 1000;

    void done_file(std::uint64_t bytes) {
        files_.fetch_add(1, std::memory_order_relaxed);
        bytes_.fetch_add(bytes, std::memory_order_relaxed);
    }
    void skipped_file(std::uint64_t bytes) {
        done_file(bytes);
        wrote(bytes);  // for the progress line it is done as well
        skipped_.fetch_add(1, std::memory_order_relaxed);
    }
    // For a progress line: bytes written, of files that may not be complete yet, or found there.
    void wrote(std::uint64_t bytes) { written_.fetch_add(bytes, std::memory_order_relaxed); }
    // `line` names the path and the reason. A full or read-only medium ends the run: it becomes fatal().
    void failed_file(const Error& error);
    void damaged_file(const std::string& line);
    void warn(const std::string& line);
    // The first one counts; running jobs end early.
    void fail(const Error& error);
    [[nodiscard]] bool has_failed() const { return has_failed_.load(std::memory_order_acquire); }
    [[nodiscard]] std::optional<Error> fatal() const;

    [[nodiscard]] std::uint64_t files() const { return files_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t written() const { return written_.load(std::memory_order_relaxed); }
    // All counts and warnings but `seconds`. Call once, when no thread writes any more.
    [[nodiscard]] RestoreResult take();

private:
    void name_failure(const std::string& line);

    std::atomic<std::uint64_t> files_{0}, bytes_{0}, skipped_{0}, failed_{0}, written_{0};
    std::atomic<bool> has_failed_{false}, damaged_{false};
    mutable std::mutex mutex_;
    std::uint64_t named_ = 0;
    std::vector<std::string> warnings_;
    std::optional<Error> fatal_;
};

// What an archive format could not carry, counted.
struct ArchiveLosses {
    std::uint64_t special = 0, copies = 0, extended = 0, far_times = 0, near_times = 0, raw_names = 0;
    std::uint64_t coded_names = 0;  // of extended attributes
    std::string first_near_time, first_coded_name;
    [[nodiscard]] std::vector<std::string> warnings() const;
};

}  // namespace custody
