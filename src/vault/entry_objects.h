// What a writer's ledger entry has to name so that everything its snapshots rely on is named by some entry: the packs and index
// segments that it wrote, and those that a run left which crashed, or has not entered its own yet.
//
// Asked anew before each attempt at an entry: where another writer entered a pack meanwhile, the segments that list it are that
// writer's, and prune may have folded them by now; to name them again would name what is gone. Invariant that prune keeps: a pack
// that the ledger names is listed by a segment that it names.
//
// Ownership: refers to the store, which outlives it. Threads: one. Memory: 80 bytes a pack. Errors: corrupt: a pack that was
// relied upon has gone from the store; busy: it was taken out of the ledger, or a repair proved it bad; what the store says.
#pragma once

#include "base/result.h"
#include "vault/history/ledger.h"
#include "vault/packs/index.h"
#include "vault/store/object_store.h"

#include <functional>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

namespace custody {

class EntryObjects {
public:
    explicit EntryObjects(ObjectStore& store) : store_(&store) {}

    // Written, or relied upon; `now`: the ledger as this run knows it.
    void add_pack(const ObjectId& pack, const LedgerState& now);
    // Written by this run; its packs were added.
    void add_segment(WrittenSegment segment) { segments_.push_back(std::move(segment)); }
    void clear();  // all of it is entered

    struct LabelIndex {
        LabelId label;
        const Index* index = nullptr;
    };
    using IsMarked = std::function<bool(const ObjectId& id)>;
    // To be named by the entry that follows `now`; sorted by name. What is marked may be unlinked at any moment and is never
    // taken in.
    [[nodiscard]] Result<std::vector<ObjectInfo>> to_enter(const LedgerState& now, const std::vector<LabelIndex>& indexes,
                                                           const IsMarked& is_marked);

private:
    [[nodiscard]] Status take_in(const ObjectId& id, const std::string& name, const LedgerState& now, const IsMarked& is_marked,
                                 std::map<std::string, std::uint64_t>& objects);
    [[nodiscard]] Status look_for(const ObjectId& pack, const LedgerState& now, std::map<std::string, std::uint64_t>& objects);
    [[nodiscard]] bool is_new(const ObjectId& pack) const { return packs_.contains(pack) && !entered_.contains(pack); }
    [[nodiscard]] bool is_wanted(const WrittenSegment& segment) const;

    ObjectStore* store_;
    std::unordered_set<ObjectId, IdHash> packs_;
    std::unordered_set<ObjectId, IdHash> old_;      // of these, in the ledger when they were added
    std::unordered_set<ObjectId, IdHash> entered_;  // of these, seen in the ledger
    std::unordered_set<ObjectId, IdHash> there_;    // of these, seen in the store
    std::vector<WrittenSegment> segments_;
};

}  // namespace custody
