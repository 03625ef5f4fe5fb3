// What people do with the register of media: entering, moving, retiring, replacing; and what the probe and the watcher need to
// know of it. The catalogue keeps the facts (catalog/media.h); the rules are here.
//
// Threads: as the catalogue. Errors: not_found (no such medium), refused (the rules say no), exists, usage (a hand-over without
// place or custodian), those of the catalogue. Durable when a function returns.
#pragma once

#include "catalog/media.h"
#include "daemon/media/medium_probe.h"
#include "daemon/media/recognise.h"

#include <string>
#include <vector>

namespace custody {

struct MediumEntry {
    IdentityOnMedium identity;
    std::string kind;  // "disk", "removable", "folder", "remote"
    std::string place, custodian;
    std::string rotation_set;      // empty: none
    bool is_new_identity = false;  // of the same vault, in place of a damaged one: the register takes it
};
// A new medium, or a known one whose facts changed (told by its identity). exists: the name is another's, or another name is its.
[[nodiscard]] Status enter_medium(catalog::Catalog& catalog, const MediumEntry& entry);

// Place and custodian are wanted on every hand-over; `entered_by`: who says so. The state follows check_transition().
[[nodiscard]] Status move_medium(catalog::Catalog& catalog, const std::string& name, const catalog::MediumMove& move);
// What it lacks is owed no longer. refused: it holds the last copy of something, unless `accept_loss`, which is entered as well.
[[nodiscard]] Status retire_medium(catalog::Catalog& catalog, const std::string& name, const std::string& entered_by,
                                   const std::string& reason, bool accept_loss = false);

// After bring_over() was complete: the new disk takes the old one's name, rotation set, place and custodian, so that plans and
// configuration go on; the old one is retired under `kept_as`, with all that was recorded of it. One step: all or nothing.
[[nodiscard]] Status replace_in_register(catalog::Catalog& catalog, const std::string& old_name, const std::string& new_name,
                                         const std::string& kept_as, const std::string& entered_by);

[[nodiscard]] Result<std::vector<KnownMedium>> known_media(catalog::Catalog& catalog);  // without those that are erased
// What is expected at a path. `registered` null: not registered yet. `uuid`: as configured; empty: the register's.
[[nodiscard]] ExpectedMedium expected_medium(const std::string& name, const std::string& vault, const std::string& uuid,
                                             const std::string& exception, const catalog::RegisteredMedium* registered);

}  // namespace custody
