// Secrets that the kernel keeps in its own memory for a time: keys of type "user" on the user keyring (keyrings(7)). They are
// never swapped, are gone at the given time even when nothing of ours runs any more, and with the next boot.
//
// A key can be found and read by processes of the same user only, whatever session they belong to: what root unlocks at a
// terminal the service takes from another session. No right is given to group or others. Ownership: none; the kernel owns the
// payload. Threads: safe. Units: seconds. Errors: failed (the kernel has no keys here, or its quota is used up), usage (a payload
// or time that is out of bounds).
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <optional>
#include <string>

namespace custody {

inline constexpr std::size_t kMaxKernelKeySize = 32'767;  // the kernel's bound for type "user"

// Replaces one of the same description, whose payload is wiped. It is given its time and its rights before anybody else can find
// it: a process that is killed half-way leaves nothing.
[[nodiscard]] Status put_kernel_key(const std::string& description, const Secret& payload, std::uint32_t seconds);
// None: there is no such key, or no longer. None, too, where the kernel has no keys at all: nobody can have put one.
[[nodiscard]] Result<std::optional<Secret>> get_kernel_key(const std::string& description);
// True: there was one. Its payload is wiped whoever still refers to it.
[[nodiscard]] Result<bool> drop_kernel_key(const std::string& description);

}  // namespace custody
