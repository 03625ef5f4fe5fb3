// The flags that forbid replacing: immutable and append-only, of a file or folder by name.
//
// Threads: any. Only regular files and folders are opened, never through a link. `name` "." is the folder itself.
#pragma once

#include "base/file.h"

#include <cstdint>

namespace custody {

[[nodiscard]] bool is_protected(int folder, const char* name);
// Sets those among `flags` for the open file or folder, beside what it has. 0, or the errno.
[[nodiscard]] int protect_again(int descriptor, std::uint32_t flags);

// Takes them away, which only root may, for as long as it lives. A name in the target may be one of several of a file, and the
// others may be nobody's to change: what still has a name afterwards has its flags again. Ownership: keeps the file open.
class LiftedFlags {
public:
    LiftedFlags() = default;  // of nothing
    LiftedFlags(int folder, const char* name);
    ~LiftedFlags() { (void)put_back(); }
    LiftedFlags(LiftedFlags&& other) noexcept;
    LiftedFlags& operator=(LiftedFlags&& other) noexcept;

    // False: there were none, or this user may not.
    [[nodiscard]] bool any() const { return there_.valid(); }
    // 0, or the errno that kept them away.
    int put_back();

private:
    Fd there_;  // not valid: nothing was taken away
    std::uint32_t flags_ = 0;
};

}  // namespace custody
