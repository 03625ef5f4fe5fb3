// What a prune may take away: decided from store, ledger and surveys, touching nothing.
//
// Labels whose writer's keys are not here are left entirely alone, but for those that were destroyed: of them everything goes.
// So are those in `left_alone`, whose surveys do not know all that is live: while there are such, a pack goes only when it was
// read and has no block of theirs. What no ledger entry names is an orphan: left by a writer that died, kept for the grace so
// that the next run can use it.
#pragma once

#include "vault/prune/index_fold.h"
#include "vault/prune/label_survey.h"
#include "vault/store/session.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace custody {

// A pack of which less is live is repacked, and with the label's secret a block is formed anew: both by this, so that what was
// repacked is not repacked again.
inline constexpr std::uint64_t kLivePercent = 75;

// Worth moving without any secret: whole blocks of it are of no use.
[[nodiscard]] bool has_dead_blocks(const PackUse& use);

using Surveys = std::map<LabelId, std::unique_ptr<LabelSurvey>>;

struct PruneFacts {
    ObjectStore& store;
    const LedgerState& ledger;
    const Census& census;
    const Surveys& surveys;
    const std::set<LabelId>& left_alone;
    Time now;
    std::int64_t grace_ns = 0;
    bool compact = false;
    // Once marks are published: nothing that is not in them may go.
    const std::unordered_set<ObjectId, IdHash>* marked = nullptr;
    bool all_known = false;                   // of every live snapshot of the vault it is known what it needs
    std::function<Status()> check = nullptr;  // polled where packs are read
};

struct LabelPlan {
    std::set<ObjectId> drop;       // packs that go whole, or are gone already
    std::set<ObjectId> repack;     // packs whose live blocks move
    std::set<ObjectId> foldable;   // index segments that may be folded
    std::set<ObjectId> left_over;  // of those, the ones that no ledger entry names
};
struct PrunePlan {
    std::map<LabelId, LabelPlan> labels;
    std::set<std::string> remove;  // objects to unlink: packs, segments of destroyed labels, snapshots
    std::set<std::string> adopt;   // packs to enter in the ledger, because something live is there and nowhere else
    // Packs that are damaged and stay, for snapshots of the label need what is in no other.
    std::map<LabelId, std::vector<std::string>> hit;
    std::vector<std::string> warnings;

    [[nodiscard]] std::size_t packs_to_remove() const;
    [[nodiscard]] std::size_t packs_to_repack() const;
    // Everything that this plan would unlink and that somebody might still rely on.
    [[nodiscard]] std::unordered_set<ObjectId, IdHash> ids() const;
};
[[nodiscard]] Result<PrunePlan> plan_prune(const PruneFacts& facts);

}  // namespace custody
