// What is left of an object that has grown: bytes behind its end do not change those before it, and its name is their hash.
//
// `expected`: name and size as the ledger has them, which may be anybody's word: nothing is allocated by it. Threads: safe from
// many. Memory: 1 MiB. Errors: those of the store, interrupted; an object that is damaged otherwise is no error.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/stop.h"
#include "vault/store/object_store.h"

#include <optional>

namespace custody {

// Those bytes, of a small object. None: it is not longer than that, its first bytes are not those that its name is the hash of,
// or they are more than `max_size`, which is what this takes of memory.
[[nodiscard]] Result<std::optional<Bytes>> sound_prefix(ObjectStore& store, const ObjectInfo& expected, std::uint64_t max_size);
// The object is only those bytes again, in one step. False, and nothing changes: it is not longer, or they are not those. Durable
// after barrier().
[[nodiscard]] Result<bool> cut_to_sound_prefix(ObjectStore& store, const ObjectInfo& expected, const StopFlag& stop);

}  // namespace custody
