// What tells one epoch's key from every other: keyrings of one family that were each rotated have each their own "epoch 2".
// In clear in every segment and snapshot; tells nothing beyond which of them belong together.
#pragma once

#include "base/crypto.h"
#include "base/ids.h"

#include <string>

namespace custody {

using KeyTag = Id<8, struct KeyTagTag>;

// The first 8 bytes of SHA-256("custody epoch key 1" | public key of the epoch).
[[nodiscard]] KeyTag key_tag(const PublicKey& epoch_public);

// Why a keyring may lack the key that something was sealed to, and what to do.
[[nodiscard]] std::string why_keys_lack(bool is_custodian);

}  // namespace custody
