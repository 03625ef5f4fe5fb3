// Whether what is needed after the loss of everything else was made and proven: a recovery kit of all present keys, read back
// once. Ownership: values. Threads: safe. Errors: none.
#pragma once

#include "vault/keys/keyring.h"

#include <string>

namespace custody {

enum class KitState { proven, none, unproven, stale };
[[nodiscard]] KitState kit_state(const Keyring& keyring);
// One line that says what to type; empty when a kit is proven, and for writer keyrings, whose keys a kit of the custodian holds.
[[nodiscard]] std::string kit_warning(const Keyring& keyring);

}  // namespace custody
