// Mounts that the whole machine sees. A service of systemd that is kept from the system's folders (ProtectSystem and the like)
// lives in a mount namespace of its own, which follows the machine's and is not followed by it: what it mounted, nobody who types
// `custody restore` would see. There systemd itself is asked (systemd-mount), which mounts it for all; elsewhere the kernel.
//
// Threads: safe. Errors: busy (still in use), not_found (no systemd-mount), failed, io.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace custody {

// Whether mounts made by this process stay in its own view while systemd could make them for all.
[[nodiscard]] bool is_own_view();
// The same of a text of /proc/self/mountinfo: the root follows another one's ("master:"). Pure.
[[nodiscard]] bool follows_another(std::string_view mount_info);

[[nodiscard]] Status mount_for_all(const std::string& device, const std::string& mount_point, const std::string& type,
                                   const std::string& options);
// What was written is on the disk when it returns.
[[nodiscard]] Status unmount_for_all(const std::string& mount_point);

}  // namespace custody
