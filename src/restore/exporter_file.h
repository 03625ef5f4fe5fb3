// The file that an archive is written to: under a temporary name beside its place until it is whole.
//
// Ownership: owns its descriptor; dropped unfinished, the file is removed. Threads: one.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <string>

namespace custody {

class NewArchive {
public:
    // exists, io.
    static Result<NewArchive> create(const std::string& path);
    NewArchive(NewArchive&& other) noexcept;
    NewArchive& operator=(NewArchive&&) = delete;
    ~NewArchive();
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    // Empty, as it was created.
    [[nodiscard]] Status begin_again();
    // Durable, and under its name unless another has taken that meanwhile.
    [[nodiscard]] Status finish();

private:
    NewArchive() = default;
    std::string path_, folder_, temporary_;
    Fd descriptor_;
};

}  // namespace custody
