// The flags that forbid replacing: immutable and append-only, of a file or folder by name.
//
// Threads: any. Only regular files and folders are opened, never through a link. `name` "." is the folder itself.
#pragma once

namespace custody {

// Takes them away, which only root may. True: something was cleared.
[[nodiscard]] bool lift_protection(int folder, const char* name);
[[nodiscard]] bool is_protected(int folder, const char* name);

}  // namespace custody
