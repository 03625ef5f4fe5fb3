// Folding index segments of one label into one (seldom more) that lacks the packs that go: decision 7 keeps at most 16 segments a
// label.
//
// Nothing is removed here; the caller enters the change in the ledger and unlinks afterwards. Durable after a barrier.
// A segment signed by another host is folded only when it must be: its host trusts its own signature alone and would store
// again what it no longer finds there.
#pragma once

#include "base/secret.h"
#include "vault/prune/label_survey.h"

#include <set>
#include <string>
#include <vector>

namespace custody {

inline constexpr std::size_t kMaxIndexSegments = 16;

struct FoldChoice {
    std::set<ObjectId> drop;      // packs whose rows may not remain
    std::set<ObjectId> foldable;  // segments that may be replaced
    std::set<ObjectId> must;      // of those, the ones that have to (left over by dead writers)
};
struct IndexFold {
    std::vector<ObjectInfo> replaced;  // segments whose rows now lie in `made`, or nowhere
    // None when no row remains; several where an id lies under keys of which some keyring may hold but one.
    std::vector<ObjectInfo> made;
};
// By the survey's last count. Empty `replaced`: nothing to do.
[[nodiscard]] Result<IndexFold> fold_index(ObjectStore& store, LabelSurvey& survey, const Secret& signing_seed,
                                           const FoldChoice& choice);

}  // namespace custody
