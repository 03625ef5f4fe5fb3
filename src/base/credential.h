// Secrets that systemd hands to a service (LoadCredential=, LoadCredentialEncrypted=): files below $CREDENTIALS_DIRECTORY, which
// only this service sees and which lie in memory that is not swapped.
//
// Ownership: values, in locked memory. Threads: safe as long as nobody changes the environment.
// Errors: usage (no file's name), refused (others may read it, or it is no file), io, denied, corrupt (longer than asked for).
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <optional>
#include <string>

namespace custody {

inline constexpr std::size_t kMaxCredentialSize = 64 * 1024;

// Empty: systemd gave none.
[[nodiscard]] std::string credentials_folder();
// None: no folder, or nothing of that name in it.
[[nodiscard]] Result<std::optional<Secret>> read_credential(const std::string& folder, const std::string& name);
// Its first line, without the line's end: a passphrase, as a person writes it into a file.
[[nodiscard]] Secret first_line_of(const Secret& text);

}  // namespace custody
