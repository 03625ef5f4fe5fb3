// The one form in which a passphrase is stretched, whoever typed it.
//
// Ownership: values. Threads: safe.
#pragma once

#include "base/secret.h"

namespace custody {

// The same words typed composed or decomposed are the same passphrase: NFC. What is not UTF-8 stays as it is.
[[nodiscard]] Secret normalized_passphrase(const Secret& passphrase);

}  // namespace custody
