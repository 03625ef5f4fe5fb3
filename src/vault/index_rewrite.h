// Index segments of one label without the entries that lead to nothing any more. For repair.
//
// Memory: the packs of each segment. Errors: corrupt when a page cannot be read, and what ends the run. Durable: the new segments
// are, when it returns; the old ones are left for the caller to take out of the ledger and the store.
#pragma once

#include "base/result.h"
#include "vault/keys/keyring.h"
#include "vault/packs/index.h"

#include <functional>
#include <vector>

namespace custody {

struct IndexRewrite {
    std::vector<ObjectInfo> added;
    std::vector<ObjectInfo> replaced;  // what held dropped entries
};
// `is_dropped` is asked twice for each entry and answers the same. Segments that are not `is_named` (by the ledger) stay as they
// are: they are another's, who may be about to enter them.
using IsDropped = std::function<Result<bool>(const IndexEntry& entry)>;
using IsNamed = std::function<bool(const ObjectId& segment)>;
[[nodiscard]] Result<IndexRewrite> rewrite_index_without(ObjectStore& store, const Index& index, const WriterKeys& keys,
                                                         const Secret& signing_seed, const IsDropped& is_dropped,
                                                         const IsNamed& is_named);

}  // namespace custody
