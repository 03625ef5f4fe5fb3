// What the register does to the medium itself: writing its identity, and making a copy a vault of its own.
//
// Threads: one per medium. Errors: refused (a copy, another family), not_found (no vault there), those of the file system.
// Durable when a function returns.
#pragma once

#include "base/clock.h"
#include "daemon/media/bring_over.h"
#include "vault/keys/keyring.h"
#include "vault/store/medium_identity.h"

#include <optional>
#include <string>

namespace custody {

enum class IdentityChoice {
    new_or_same,  // a vault without identity gets one; one that is where it was keeps its own; anything else is refused
    same_medium,  // a person says that it is the very medium: another enclosure, a new UUID of its file system, a moved folder
    new_one,      // a damaged identity is replaced by a new one
};
// Writes the identity of the vault in `folder`, which must exist and be of the keyring's family. `name`: as the register calls
// it. The one that it has is kept, with name and place brought up to date, unless a new one is asked for.
[[nodiscard]] Result<IdentityOnMedium> write_identity(FileSystem& files, const Clock& clock, const Keyring& keyring,
                                                      const std::string& folder, const std::string& name, IdentityChoice choice);

struct OwnIdentity {
    IdentityOnMedium identity;
    std::string left_at;  // the copied folder, for a person to delete; it takes no room of its own where hard links are possible
    BroughtOver brought;
};
// A vault copied with cp or dd, in `folder`, becomes a vault of its own (docs/FORMAT.md, 10, says why not in place). Its packs
// are linked into the new vault, which lies beside it as `folder`.own until all is proven, then takes its name. `original`: the
// vault that it was copied from, where that is at hand: needed when the copy is older, for its ledger then ends before what the
// keyring remembers. Run again after an interruption it goes on. failed: not everything could be brought over; both are left as
// they are.
[[nodiscard]] Result<OwnIdentity> give_own_identity(FileSystem& files, const Clock& clock, Keyring& keyring,
                                                    const std::string& folder, const std::string& name,
                                                    const std::optional<std::string>& original, Progress& progress,
                                                    const StopFlag& stop);

}  // namespace custody
