// The ObjectStore of a folder on a mounted file system. vault_header.h opens and creates it; what works on the remains of a
// vault, and tests, include this directly.
//
// Layout: vault.json, medium.json, reserve, packs/00..ff/, index/<label>/, snapshots/, ledger/, witness/<vault>/, gc/, sessions/,
// and two places that list() does not show: tmp/ (files not yet named) and gc/lock (held by prune). A missing folder counts as
// empty and is made when something is named in it, so that a copy of a vault made without its empty folders is a vault.
//
// Every file in tmp/ is locked by its writer from just after its creation until it is named or dropped. Whoever removes a
// leftover locks it first and removes it while holding the lock; whoever creates one looks, with the lock held, whether its
// name is still there, and starts again otherwise. So a living writer never loses its file, and no age has to be guessed.
// Sessions are made in tmp/ and appear under sessions/ only when locked; they are removed by the same rule.
#pragma once

#include "base/file.h"
#include "vault/store/object_store.h"

#include <memory>
#include <string>

namespace custody {

inline constexpr const char* kHeaderObject = "vault.json";
inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;  // of vault.json: a longer one is none
inline constexpr const char* kMarksObject = "gc/marks";
inline constexpr const char* kMediumObject = "medium.json";

// Looks at nothing: the folder may hold anything. `files` outlives the store; `root` is absolute.
[[nodiscard]] std::unique_ptr<ObjectStore> make_local_store(FileSystem& files, const std::string& root);

// packs/ with its 256 folders, snapshots/, ledger/, index/, gc/ with its lock file, sessions/, tmp/; those that exist are kept.
// Durable. All fan-out folders are made here, for one sync, so that naming a pack later costs the sync of one folder.
[[nodiscard]] Status make_store_folders(FileSystem& files, const std::string& root);

// True for names that may stand in ObjectStore calls: of [a-z0-9._-] parts between '/', none of them "." or "..". Names also
// come out of ledger entries, that is from a medium.
[[nodiscard]] bool is_object_name(std::string_view name);

}  // namespace custody
