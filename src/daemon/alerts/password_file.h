// The one password that alerts need, from a file that only its owner may read, into locked memory.
// Ownership: the caller. Threads: safe. Errors: those of reading; denied (others may read it), usage (empty, longer than 1 KiB or
// with a NUL). One line end at the end of the file is not part of the password.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "base/secret.h"
#include "daemon/alerts/settings.h"

#include <string>

namespace custody {

// The result ends in a NUL that is counted, as a C library wants it.
[[nodiscard]] Result<Secret> read_password_file(FileSystem& files, const std::string& path);
// By settings.password_file or settings.password_credential below `credentials` ($CREDENTIALS_DIRECTORY).
[[nodiscard]] Result<Secret> read_smtp_password(FileSystem& files, const SmtpSettings& settings, const std::string& credentials);

}  // namespace custody
