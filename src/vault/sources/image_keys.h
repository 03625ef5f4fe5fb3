// An image of the disk that the keyring lies on is a copy of the keys: said, and registered like any other copy of them.
//
// Ownership: none. Threads: that of the keyring. Errors: those of changing a keyring. Durable: as Keyring::register_copy.
#pragma once

#include "base/result.h"
#include "vault/keys/keyring.h"

#include <string>

namespace custody {

// The warning, for images that may hold the keyring (base/block_device.h, may_be_in_image).
[[nodiscard]] std::string image_keys_warning(const std::string& image);
// Once for each state of the keys.
[[nodiscard]] Status register_image_as_copy(Keyring& keyring, const std::string& image, const std::string& label);

}  // namespace custody
