// What a restore has done so far, gathered from all its threads, and what it must say at the end.
//
// Every failure is told to the Progress that tell() is given; the result names at most kMaxNamed, and counts the rest.
// Threads: safe from many, but tell(), which is the walking thread's.
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
    // `line` names the path and the reason. What no other file would survive either (a full medium, a process that may open no
    // more files: Code::failed) ends the run: it becomes fatal().
    void failed_file(const Error& error);
    // It is there, and something of it is not: the line names both.
    void incomplete_file(const std::string& line) { name_failure(line); }
    void warn(const std::string& line);
    // Names what failed since the last time.
    void tell(Progress& progress);
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
    std::vector<std::string> untold_;  // since the last tell(): of one batch at most
    std::optional<Error> fatal_;
};

// One thing that an archive format could not carry: how often, and the first of it.
struct ArchiveLoss {
    std::uint64_t count = 0;
    std::vector<std::string> first;
    void add(const std::string& path);
    // "/a, /b and 7 more"; printable.
    [[nodiscard]] std::string names() const;
};

struct ArchiveLosses {
    ArchiveLoss special, copies, extended, far_times, near_times, raw_names;
    ArchiveLoss coded_names;  // of extended attributes
    ArchiveLoss long_paths;   // carried, but hard to unpack
    ArchiveLoss narrowed_lists;
    [[nodiscard]] std::vector<std::string> warnings() const;
};

}  // namespace custody
