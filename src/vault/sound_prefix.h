// What is left of an object that has grown: bytes behind its end do not change those before it, and its name is their hash.
//
// Threads: safe from many. Memory: the object's own size. Errors: those of the store; a damaged object is no error but none.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "vault/store/object_store.h"

#include <optional>

namespace custody {

// `expected`: name and size as the ledger has them. None: the object is not longer than that, or its first bytes are not those
// that its name is the hash of.
[[nodiscard]] Result<std::optional<Bytes>> sound_prefix(ObjectStore& store, const ObjectInfo& expected);

}  // namespace custody
