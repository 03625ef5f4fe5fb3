// Whether what a copy's target has already is whole there, as far as presence and size, and what its ledger knows to be damaged,
// tell: only then it need not be copied.
//
// While nothing is missing this costs a listing. Where something is, the snapshots are walked by their references, so that only
// those are named that need it: what a later backup stored anew under another pack lacks nothing.
//
// Ownership: the repository outlives this. Threads: one. Memory: 32 bytes a pack, and while it walks what Reachability takes.
// Errors: what the store says; damage is no error but the answer.
#pragma once

#include "base/result.h"
#include "base/stop.h"
#include "vault/pack_health.h"
#include "vault/packs/pack_reader.h"
#include "vault/presence.h"
#include "vault/reachability.h"
#include "vault/repository.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

namespace custody {

class AlreadyThere {
public:
    explicit AlreadyThere(Repository& vault) : vault_(&vault) {}
    // Once before everything else; again: what was brought or taken away since is counted anew.
    [[nodiscard]] Status look();
    [[nodiscard]] bool is_clean() const { return damaged_.empty() && vault_->state().damaged_packs.empty(); }
    // Those in the store, without what has another size than the ledger says.
    [[nodiscard]] const std::unordered_set<ObjectId, IdHash>& packs() const { return packs_; }
    // Of a live snapshot, in words; none: it is whole.
    [[nodiscard]] Result<std::optional<std::string>> problem_of(const ObjectId& snapshot, const StopFlag& stop);

private:
    struct Label {
        std::shared_ptr<const WriterKeys> keys;
        std::unique_ptr<SegmentOpener> opener;
        std::unique_ptr<BlockSource> blocks;
        std::unique_ptr<Index> index;
        std::unique_ptr<Reachability> reach;
    };
    [[nodiscard]] Result<Label*> label_of(const Snapshot& snapshot);
    [[nodiscard]] std::string first_loss() const;
    [[nodiscard]] bool is_destroyed(const ObjectId& snapshot) const;  // its label, as the ledger says

    Repository* vault_;
    std::map<std::string, std::string> damaged_;  // as look_for_objects tells
    std::unordered_set<ObjectId, IdHash> packs_;
    PackHealth health_;
    std::map<LabelId, Label> labels_;
};

}  // namespace custody
