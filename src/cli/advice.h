// What the user should know beside the result: an unproven recovery kit, a vault on the source's disk, a keyring inside the
// vault. Reads only; what cannot be found out is not warned of.
#pragma once

#include "base/result.h"
#include "vault/keys/kit_state.h"

#include <string>
#include <string_view>
#include <vector>

namespace custody {

// One line with what to type where others than root and this user may read or change the keyring, which signs without a
// passphrase; else empty.
[[nodiscard]] std::string keyring_rights_warning(const std::string& keyring_folder);

// Where the data of a server usually lie: those of /, /etc, /home, /srv, /var ... that exist.
[[nodiscard]] std::vector<std::string> likely_sources();

// usage: keyring and vault lie one inside the other (duty E2: keys apart from data).
[[nodiscard]] Status check_apart(const std::string& keyring_folder, const std::string& vault_path);

// refused: the path lies inside a vault or the keyring's folder, where nothing but Custody writes.
[[nodiscard]] Status check_outside_vaults(const std::string& path, const std::string& keyring_folder);

}  // namespace custody
