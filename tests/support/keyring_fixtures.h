// Keyrings for tests: passphrases that cost next to nothing to check.
#pragma once

#include "vault/keys/keyring.h"

#include <string_view>

namespace custody::test {

inline constexpr Argon2Cost kCheapCost{8192, 1, 1};

inline Secret secret_text(std::string_view text) { return Secret::copy_of(as_bytes(text)); }

}  // namespace custody::test
