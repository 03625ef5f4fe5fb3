// One prune, step by step; DESIGN.md vault decision 6 and docs/LOCKING.md give the order, tests/crash/prune_model_test.cc shows
// that none may be left out.
//
//   1  lock; clear away what dead writers left; write damaged or lost marks anew, empty; end the snapshots of destroyed labels
//   2  mark from every live snapshot; plan
//   3  publish gc/marks of generation g with everything that may be unlinked
//   4  list sessions: while one of an older generation lives, nothing marked may go (exit 0, it waits)
//   5  read the ledger again; every snapshot that was live at any moment since 2 counts, also one forgotten since: a writer may
//      have taken it as the base of its cache
//   6  publish index segments without the packs that go
//   7  publish the ledger entry, where at each attempt nothing of what goes is needed by now (and, to compact, no pack was
//   entered
//      as damaged since: it may hold the place that was kept of a double): else the prune ends, busy; a crash
//      from here on leaves objects that no entry names, which the next prune clears away
//   8  unlink: replaced index segments first, then packs and snapshots
//   9  repack (6 to 8 again); remake the reserve; publish marks of the same generation without what is gone
// A label of which a live snapshot's record is lost, or a tree or chunk is not to be had, is left as it is, for what that needs
// is not known; others go on. On a full medium 6 may have no room. Then it comes after 8: the marks keep writers from what is
// gone until the index is without it.
#pragma once

#include "vault/collector.h"
#include "vault/prune/place_prover.h"
#include "vault/prune/prune_plan.h"
#include "vault/prune/repack.h"

#include <functional>

namespace custody {

class Pruner {
public:
    Pruner(Repository& repository, const PruneOptions& options, Progress& progress, const StopFlag& stop);
    [[nodiscard]] Result<PruneResult> run();

private:
    // What a ledger entry of this prune says, and what is unlinked after it.
    struct Change {
        std::vector<ObjectInfo> added;
        std::vector<std::string> unlink_first;  // index segments
        std::vector<std::string> unlink;        // packs, snapshots
    };

    Status clear_leftovers();
    Status renew_marks();
    Status end_destroyed_snapshots();
    Result<std::optional<LabelId>> label_of_snapshot(const ObjectId& id);
    Status open_surveys();
    Status mark_live_snapshots();
    Status mark_snapshot(const ObjectId& id);
    Status leave_label_alone(const ObjectId& lost);
    void leave_torn_label_alone(const LabelId& label, std::string why);
    Status name_losses();
    Status name_torn(const LabelId& label, const std::string& why);
    Status mark_snapshots_since(std::uint64_t n);
    Status list_store();
    Status survey();
    Status count(const LabelId& label);
    Result<PlaceProver*> prover_of(const LabelId& label);
    Result<PrunePlan> plan(const std::unordered_set<ObjectId, IdHash>* marked);
    Status work(PrunePlan& planned);
    Status publish_marks(const PrunePlan& plan);
    Result<bool> older_session_lives();
    Status remove_unreferenced(const PrunePlan& plan);
    Status fold_indexes(const PrunePlan& plan, Change& change);
    Status repack(const PrunePlan& plan);
    Status repack_label(const LabelId& label, const LabelPlan& plan, Change& change);
    Status survey_again(const LabelId& label);
    Status commit(Change change);
    Status unlink(const std::vector<std::string>& names);
    Status finish();
    Status remake_reserve();
    Status count_bytes(std::uint64_t& bytes);
    [[nodiscard]] std::uint64_t estimate_freed(const PrunePlan& planned) const;
    void report(std::string_view phase);

    Repository& repository_;
    ObjectStore& store_;
    const PruneOptions& options_;
    Progress& progress_;
    const StopFlag& stop_;
    std::function<Status()> check_;
    PruneResult result_;
    Surveys surveys_;
    std::map<LabelId, std::unique_ptr<PlaceProver>> provers_;  // to compact
    std::uint64_t damage_known_ = 0;                           // by the ledger, when places were counted
    std::set<LabelId> left_alone_;                             // what a live snapshot of theirs needs is not known
    std::map<LabelId, std::string> torn_;  // of those, the ones of which trees or chunks are not to be had: the first, and why
    std::map<LabelId, std::vector<std::string>> hit_;  // damaged packs that others need; as in the plan
    bool all_known_ = true;                            // of every live snapshot it is known what it needs
    Census census_;
    Marks marks_;  // as this prune published them
    bool marks_published_ = false;
    bool index_behind_ = false;  // an index segment still lists packs that are gone
};

}  // namespace custody
