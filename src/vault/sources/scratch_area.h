// A private folder for what must lie on a disk for a moment (the copy of a live SQLite database): only its owner may enter, and
// it is gone when the ScratchArea goes. What a killed process left is removed when the next one is made below the same folder: it
// holds no lock any more.
//
// Ownership: a ScratchArea owns its folder and everything in it, files only. Threads: safe. Errors: io, denied, no_space,
// read_only. Durable: nothing, on purpose.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <string>

namespace custody {

class ScratchArea {
public:
    // `base` is made, mode 0700, where it is missing. refused: it is another user's, or others may write to it.
    [[nodiscard]] static Result<ScratchArea> make(const std::string& base);
    ~ScratchArea();
    ScratchArea(ScratchArea&& other) noexcept = default;
    ScratchArea& operator=(ScratchArea&&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    ScratchArea(std::string path, Fd folder) : path_(std::move(path)), folder_(std::move(folder)) {}
    std::string path_;
    Fd folder_;  // locked while this process lives
};

}  // namespace custody
