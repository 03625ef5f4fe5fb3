// What `custody setup` does once it knows what is wanted, a step each; each can be run again.
//
// Threads: one. Errors: as said at each. Durable on return. Nothing that is there is overwritten but the configuration, whose old
// file stays beside it.
#pragma once

#include "cli/context.h"
#include "daemon/config/config.h"
#include "daemon/discover/setup_answers.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

// Duty B1, before anything is written: refused, with what an exception would have to look like. What is excepted is told in
// `notes`.
[[nodiscard]] Status check_media_apart(const Config& config, std::vector<std::string>& notes);

// not_found: the folder for the vault of a medium that should be here is not, so that its disk is not mounted.
[[nodiscard]] Status check_media_mounted(const Config& config, FileSystem& files);

// Mode 0640. The old file's new path, empty: there was none.
[[nodiscard]] Result<std::string> write_config(FileSystem& files, const std::string& path, const std::string& text, Time now);

struct SetupVault {
    std::string medium, vault;
    std::string state;  // "made", "there", "away"
};
// Vaults of all media that are here, and the keyring where there is none. `keyring_made`: now.
[[nodiscard]] Result<std::vector<SetupVault>> make_vaults(Context& context, const Config& config, bool& keyring_made,
                                                          std::vector<std::string>& notes);

// The plan for /etc once, to the first medium that is here, where it has none of it yet; then one file of it back, compared.
struct FirstBackup {
    std::optional<ObjectId> snapshot;  // none: there was one already, or nothing to do it with
    std::string proven;                // the file that came back the same; empty: none was tried, as `notes` say
    std::uint64_t failed = 0;
};
[[nodiscard]] Result<FirstBackup> first_backup(Context& context, const Config& config, const std::vector<SetupVault>& vaults,
                                               std::vector<std::string>& notes);

// systemd's drop-ins for this configuration, from `from` into `to`. Names of those that were put there; one that is not in `from`
// is told in `notes`.
[[nodiscard]] Result<std::vector<std::string>> install_drop_ins(FileSystem& files, const Config& config, const std::string& from,
                                                                const std::string& to, std::vector<std::string>& notes);

}  // namespace custody
