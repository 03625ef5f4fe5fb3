// Custody's own folders, as a configuration names them: where its keys lie, what it writes to while it runs. Pure.
#pragma once

#include "daemon/config/config.h"

#include <string>
#include <vector>

namespace custody {

// [keys] keyring, else /etc/custody/keyring.
[[nodiscard]] std::string keyring_folder(const Config& config);
// Keyring, vaults, cache, state: never backed up by a file source, kept live in snapshots, never frozen.
[[nodiscard]] std::vector<std::string> own_folders(const Config& config);

}  // namespace custody
