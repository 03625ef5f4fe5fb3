// A look that costs little and needs no key: whether every object that the ledger names lies in the store with its size. Folders
// are listed, no object is read; whether bytes are sound, verification tells.
//
// Threads: one. Memory: some 150 bytes an object. Errors: io, denied: a folder cannot be listed.
#pragma once

#include "base/result.h"
#include "vault/history/ledger.h"
#include "vault/store/object_store.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace custody {

struct Presence {
    std::vector<ObjectInfo> packs;               // what lies below packs/, whoever named it
    std::map<std::string, std::string> damaged;  // named by the ledger, and missing or of another size: name -> problem in words
};
// What a prune took away meanwhile is not damage: where something is missing the ledger is read again. vault.json is left to who
// opens the vault.
[[nodiscard]] Result<Presence> look_for_objects(ObjectStore& store, Ledger& ledger);

// What lies below packs/, by name. A folder of it that this user may not list is left out and told of: folder -> why. For who
// only looks: nothing that such a folder may hold is missing.
[[nodiscard]] Result<std::vector<ObjectInfo>> list_readable_packs(ObjectStore& store, std::map<std::string, std::string>& unread);

// Besides what the ledger names: gc/marks, and files that stand where the vault has a folder or the reverse. Added to `damaged`.
[[nodiscard]] Status look_at_layout(ObjectStore& store, std::map<std::string, std::string>& damaged);

}  // namespace custody
