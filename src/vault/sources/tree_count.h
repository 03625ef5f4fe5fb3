// How many bytes a walk will meet, counted by a walk of its own beside it: for the time left of a first backup, when somebody
// watches. Never waited for.
//
// Ownership: owns its thread, which ends with it. Threads: bytes() from any. Memory: a walk's.
#pragma once

#include "vault/sources/file_tree.h"

#include <atomic>
#include <cstdint>
#include <thread>

namespace custody {

class TreeCount {
public:
    explicit TreeCount(FileTreeOptions options);
    // 0: not counted to the end yet, or it could not be.
    [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(); }

private:
    void count(const std::stop_token& stop, const FileTreeOptions& options);

    std::atomic<std::uint64_t> bytes_{0};
    std::jthread thread_;  // last: ends before what it uses
};

}  // namespace custody
