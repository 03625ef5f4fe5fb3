// What a prune leaves alone because it is not known what is needed of it, and what a person is told of that.
#include "base/counts.h"
#include "base/text.h"
#include "vault/broken_snapshots.h"
#include "vault/lost_snapshot.h"
#include "vault/prune/pruner.h"

#include <algorithm>

namespace custody {
namespace {

std::string way_out(Repository& repository, const ObjectId& lost) {
    if (!repository.state().snapshots.contains(lost)) return say("it was ended meanwhile; run prune again");
    return way_out_of_lost(repository, lost, repository.clock().now());
}

void add_once(std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

void add_once(std::vector<ObjectId>& ids, const ObjectId& id) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
}

std::vector<ObjectId> ids_of(const std::vector<Snapshot>& snapshots) {
    std::vector<ObjectId> ids;
    for (const Snapshot& snapshot : snapshots) ids.push_back(snapshot.id);
    return ids;
}

}  // namespace

// What it needs is not known: nothing of its label may go. Where its entry does not say which that is, nothing at all.
Status Pruner::leave_label_alone(const ObjectId& lost) {
    all_known_ = false;
    const LedgerState& state = repository_.state();
    const auto live = state.snapshots.find(lost);
    const auto ended = state.lost.find(lost);  // while this ran
    std::optional<LabelId> label;
    if (live != state.snapshots.end()) label = live->second.label;
    if (live == state.snapshots.end() && ended != state.lost.end()) label = ended->second.was.label;
    if (!label) {
        return Error{Code::corrupt, say("the record of snapshot {} is damaged or missing; nothing was freed: {}", lost.hex(),
                                        way_out(repository_, lost))};
    }
    const auto survey = surveys_.find(*label);
    if (survey == surveys_.end()) return done();
    left_alone_.insert(*label);
    const std::string& name = survey->second->keys().name;
    add_once(result_.left_alone, name);
    if (std::find(result_.damaged.begin(), result_.damaged.end(), lost) != result_.damaged.end()) return done();
    result_.damaged.push_back(lost);
    result_.warnings.push_back(say("the record of snapshot {} is damaged or missing, so that nothing of label {} was freed: {}",
                                   lost.hex(), name, way_out(repository_, lost)));
    return done();
}

// Below a tree that cannot be read anything of the label may lie.
void Pruner::leave_torn_label_alone(const LabelId& label, std::string why) {
    all_known_ = false;
    left_alone_.insert(label);
    torn_.try_emplace(label, std::move(why));
    add_once(result_.left_alone, surveys_.at(label)->keys().name);
}

// At the very end: it reads the ledger anew, and every tree of the label once more, to tell which snapshots are hit.
Status Pruner::name_losses() {
    for (const auto& [label, why] : torn_) TRY(name_torn(label, why));
    for (const auto& [label, packs] : hit_) {
        if (left_alone_.contains(label)) continue;
        const std::set<LabelId> only{label};
        TRY_ASSIGN(const std::vector<Snapshot> broken, find_broken_snapshots(repository_, &only, stop_));
        for (const std::string& pack : packs) {
            result_.warnings.push_back(
                say("{} is damaged and stays, for snapshots need what lies in no other pack under its key: run `custody repair "
                    "--from` a second vault, or back up the same sources again and run `custody repair` with the passphrase",
                    pack));
        }
        const std::string end = way_to_end_broken(repository_, ids_of(broken), repository_.clock().now());
        if (!end.empty()) result_.warnings.back() += "; " + end;
    }
    return done();
}

Status Pruner::name_torn(const LabelId& label, const std::string& why) {
    const std::set<LabelId> only{label};
    TRY_ASSIGN(const std::vector<Snapshot> broken, find_broken_snapshots(repository_, &only, stop_));
    const std::string& name = surveys_.at(label)->keys().name;
    if (broken.empty()) {
        result_.warnings.push_back(say("label {}: nothing of it was freed: {}; run `custody verify`", name, why));
        return done();
    }
    for (const Snapshot& snapshot : broken) add_once(result_.damaged, snapshot.id);
    result_.warnings.push_back(say_count(broken.size(),
                                         "label {1}: nothing of it was freed, for {0} snapshot is not whole ({2}; {3}; `custody "
                                         "verify --level full` names the paths): {4}",
                                         "label {1}: nothing of it was freed, for {0} snapshots are not whole (the first: {2}; "
                                         "{3}; `custody verify --level full` names the paths): {4}",
                                         name, describe(broken.front()), why,
                                         way_out_of_broken(repository_, ids_of(broken), repository_.clock().now())));
    return done();
}

}  // namespace custody
