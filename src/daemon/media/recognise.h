// Which medium of the register a block device is. By the UUID of its file system first, which libblkid reads without mounting
// anything; a device whose UUID the register does not know is not looked into, for a file system of strangers is not given to the
// kernel. Then by the identity in its vault, read through a mount that nobody else sees and that writes nothing.
//
// Threads: safe. Errors: not_found (no such device), denied, io. Nothing is written.
#pragma once

#include "base/block_device_file_system.h"
#include "base/result.h"
#include "vault/store/medium_identity.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

// What the register knows, as far as telling one from another goes.
struct KnownMedium {
    std::string name;
    std::optional<MediumId> id;
    std::optional<VaultId> vault;
    std::string file_system_uuid;
};

enum class Recognition {
    unknown,     // none of the register's
    registered,  // `medium`
    copied,      // bears that identity elsewhere than it was: made by cp or dd, or in another enclosure
    several,     // two attached devices bear that UUID: one is a byte copy, and which one nobody can tell
    strange,     // its UUID is that of `medium`, its vault is not
};

struct Recognised {
    Recognition what = Recognition::unknown;
    std::size_t medium = 0;  // in the list given; unless unknown
    std::string device;
    FileSystemOnDevice on;
    std::optional<IdentityOnMedium> identity;
    std::string folder;  // of the vault, below the root of the file system: "vault"; empty: itself, or not looked at
    std::string words;   // what is wrong and what to do; empty: nothing
};
[[nodiscard]] Result<Recognised> recognise_device(const std::string& device, const std::vector<KnownMedium>& known);

// The identities on a device: in its root and in the folders in it, at most 64 of these. `place`: where each lies now.
struct IdentityFound {
    std::string folder;
    IdentityOnMedium identity;
    MediumPlace place;
};
[[nodiscard]] Result<std::vector<IdentityFound>> identities_on(const std::string& device);

}  // namespace custody
