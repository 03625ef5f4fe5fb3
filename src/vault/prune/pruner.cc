#include "vault/prune/pruner.h"

#include "base/counts.h"
#include "base/text.h"
#include "vault/object_check.h"
#include "vault/store/reserve.h"

#include <algorithm>

namespace custody {
Pruner::Pruner(Repository& repository, const PruneOptions& options, Progress& progress, const StopFlag& stop)
    : repository_(repository), store_(repository.store()), options_(options), progress_(progress), stop_(stop), check_([this] {
          return stop_.check();
      }) {}

void Pruner::report(std::string_view phase) {
    ProgressState state;
    state.phase = phase;
    progress_.update(state);
}

Result<PruneResult> Pruner::run() {
    std::unique_ptr<SessionLock> lock;
    if (!options_.dry_run) {
        TRY_ASSIGN(lock, store_.lock_prune());
        TRY(clear_leftovers());
    }
    TRY(repository_.ledger().refresh());
    if (!options_.dry_run) TRY(renew_marks());
    if (!options_.dry_run) TRY(end_destroyed_snapshots());
    TRY(count_bytes(result_.bytes_before));
    report("looking for what is in use");
    TRY(open_surveys());
    TRY(mark_live_snapshots());
    TRY(survey());
    for (const auto& [label, survey] : surveys_) result_.index_segments_before += survey->index().segments().size();
    TRY_ASSIGN(PrunePlan planned, plan(nullptr));
    result_.warnings.insert(result_.warnings.end(), planned.warnings.begin(), planned.warnings.end());
    hit_ = planned.hit;
    if (options_.dry_run) {
        result_.packs_removed = planned.packs_to_remove();
        result_.packs_repacked = planned.packs_to_repack();
        result_.bytes_freed = estimate_freed(planned);
        result_.bytes_after = result_.bytes_before - std::min(result_.bytes_before, result_.bytes_freed);
        result_.index_segments_after = result_.index_segments_before;
        TRY(name_losses());
        return std::move(result_);
    }
    TRY(work(planned));
    TRY(finish());
    TRY(name_losses());
    return std::move(result_);
}

// But for what new index segments and block headers take.
std::uint64_t Pruner::estimate_freed(const PrunePlan& planned) const {
    std::uint64_t freed = 0;
    for (const std::string& name : planned.remove) {
        const auto object = census_.find(name);
        if (object != census_.end()) freed += object->second.size;
    }
    for (const auto& [label, of_label] : planned.labels) {
        for (const ObjectId& pack : of_label.repack) {
            const PackUse* use = surveys_.at(label)->find(pack);
            const double live = use->raw == 0 ? 0 : static_cast<double>(use->live_raw) / static_cast<double>(use->raw);
            const auto stays =
                options_.compact ? static_cast<std::uint64_t>(static_cast<double>(use->size) * live) : use->live_bytes;
            freed += use->size - std::min(use->size, stays);
        }
    }
    return freed;
}

Status Pruner::work(PrunePlan& planned) {
    if (!planned.ids().empty()) {
        const std::uint64_t head = repository_.state().n;
        TRY(publish_marks(planned));
        TRY_ASSIGN(const bool must_wait, older_session_lives());
        if (must_wait) {
            result_.packs_waiting = planned.packs_to_remove() + planned.packs_to_repack();
            result_.warnings.push_back(result_.packs_waiting == 0
                                           ? say("a backup is running: what no snapshot needs any more waits for the next prune")
                                           : say_count(result_.packs_waiting,
                                                       "a backup is running: {} pack waits for the next prune",
                                                       "a backup is running: {} packs wait for the next prune"));
        }
        TRY(repository_.ledger().refresh());
        if (repository_.state().n != head) {
            TRY(mark_snapshots_since(head));
            TRY(survey());
        }
        const std::unordered_set<ObjectId, IdHash> nothing;
        TRY_ASSIGN(planned, plan(must_wait ? &nothing : &marks_.packs));
    }
    TRY(remove_unreferenced(planned));
    TRY(repack(planned));
    return done();
}

Status Pruner::clear_leftovers() {
    TRY_ASSIGN(const std::vector<std::string> temporary, store_.list_temporary());
    for (const std::string& name : temporary) {
        const auto info = store_.info(name);
        if (!info.ok() && info.error().code == Code::corrupt) {
            progress_.warn(
                say("{}, and nothing else belongs there: it stays, and 'custody repair' sets it aside", info.error().message));
            continue;
        }
        const Status removed = store_.remove(name);
        if (!removed.ok() && removed.error().code != Code::not_found && removed.error().code != Code::busy) return removed;
    }
    return done();
}

Result<std::optional<LabelId>> Pruner::label_of_snapshot(const ObjectId& id) {
    const auto bytes = store_.get(snapshot_name(id), kMaxSnapshotSize);
    if (!bytes.ok() && bytes.error().code != Code::not_found) return bytes.error();
    const auto clear = bytes.ok() ? decode_snapshot_clear(id, *bytes) : Result<SnapshotClear>(bytes.error());
    if (clear.ok()) return std::optional<LabelId>(clear->label);
    const auto live = repository_.state().snapshots.find(id);
    return live == repository_.state().snapshots.end() ? std::nullopt : live->second.label;
}

// Nobody can read them any more; held ones stay, and then so does the whole label.
Status Pruner::end_destroyed_snapshots() {
    const LedgerState& state = repository_.state();
    if (state.destroyed_labels.empty()) return done();
    LedgerEntry entry;
    entry.operation = Operation::forget;
    entry.time = repository_.clock().now();
    entry.details = {{"reason", "label destroyed"}};
    for (const auto& [id, in_ledger] : state.snapshots) {
        TRY_ASSIGN(const std::optional<LabelId> label, label_of_snapshot(id));
        if (!label || !state.destroyed_labels.contains(*label)) continue;
        if (is_held(in_ledger, entry.time)) {
            return Error{Code::refused, say("snapshot {} of a destroyed label is held; release it first", id.hex())};
        }
        entry.snapshots.push_back(id);
    }
    if (entry.snapshots.empty()) return done();
    const std::vector<ObjectId> ended = entry.snapshots;
    return with_reserve(store_, [&]() -> Status {
        TRY(repository_.publish(entry, [&](const LedgerState& now, LedgerEntry&) -> Status {
            for (const ObjectId& id : ended) {
                if (!now.snapshots.contains(id)) return Error{Code::busy, say("the ledger changed meanwhile; run prune again")};
            }
            return done();
        }));
        return done();
    });
}

Status Pruner::open_surveys() {
    const Keyring* keyring = repository_.keyring();
    if (keyring == nullptr)
        return Error{Code::wrong_key, say("prune needs the writer keys of the labels in {}", store_.location())};
    for (const LabelInfo& info : keyring->labels()) {
        if (repository_.state().destroyed_labels.contains(info.id)) continue;
        auto keys = keyring->writer_keys(info.id);
        if (!keys) continue;
        TRY_ASSIGN(auto survey, LabelSurvey::open(store_, std::move(keys)));
        survey->index().ask_last(known_damaged(repository_.state()));
        surveys_.emplace(info.id, std::move(survey));
    }
    return done();
}

// Also one that is forgotten by now: its object stays until a prune takes it away, and that is us.
Status Pruner::mark_snapshot(const ObjectId& id) {
    const auto bytes = store_.get(snapshot_name(id), kMaxSnapshotSize);
    const auto clear = bytes.ok() ? decode_snapshot_clear(id, *bytes) : Result<SnapshotClear>(bytes.error());
    if (!clear.ok() && clear.error().code != Code::corrupt && clear.error().code != Code::not_found) return clear.error();
    if (!clear.ok()) return leave_label_alone(id);
    const auto survey = surveys_.find(clear->label);
    if (survey == surveys_.end()) {
        all_known_ = false;
        return done();
    }
    if (left_alone_.contains(clear->label)) return done();
    TRY_ASSIGN(const Snapshot snapshot, decode_snapshot(id, *bytes, survey->second->keys()));
    const Status marked = survey->second->mark(snapshot.summary.root, check_);
    // What this user may not read is no damage.
    if (marked.ok() || !is_damage(marked.error()) || marked.error().code == Code::denied) return marked;
    leave_torn_label_alone(clear->label, marked.error().message);
    return done();
}

Status Pruner::mark_live_snapshots() {
    for (const auto& [id, in_ledger] : repository_.state().snapshots) TRY(mark_snapshot(id));
    return done();
}

Status Pruner::mark_snapshots_since(std::uint64_t n) {
    for (const auto& [label, survey] : surveys_) TRY(survey->index().reload());
    for (++n; n <= repository_.state().n; ++n) {
        TRY_ASSIGN(const Bytes bytes, store_.get(ledger_name(n), kMaxLedgerEntrySize));
        TRY_ASSIGN(const DecodedEntry decoded, decode_ledger_entry(bytes));
        if (decoded.entry.operation != Operation::add && decoded.entry.operation != Operation::copy) continue;
        for (const ObjectId& id : decoded.entry.snapshots) TRY(mark_snapshot(id));
    }
    return done();
}

Status Pruner::list_store() {
    census_.clear();
    TRY_ASSIGN(std::vector<ObjectInfo> objects, store_.list(""));
    for (ObjectInfo& object : objects) {
        std::string name = object.name;
        census_.emplace(std::move(name), std::move(object));
    }
    return done();
}

Status Pruner::survey() {
    TRY(list_store());
    for (const auto& [label, survey] : surveys_) {
        TRY(count(label));
        if (const std::string lack = survey->lack(); !lack.empty()) leave_torn_label_alone(label, lack);
    }
    return done();
}

// With the label's secret one place is enough of what two hosts stored at the same time.
Result<PlaceProver*> Pruner::prover_of(const LabelId& label) {
    if (!options_.compact) return nullptr;
    std::unique_ptr<PlaceProver>& prover = provers_[label];
    if (prover) return prover.get();
    auto secrets = options_.unlocked->secrets(label);
    if (!secrets.ok() && secrets.error().code == Code::wrong_key) return nullptr;
    if (!secrets.ok()) return secrets.error();
    prover = std::make_unique<PlaceProver>(store_, repository_.keyring()->writer_keys(label), std::move(*secrets));
    return prover.get();
}

Status Pruner::count(const LabelId& label) {
    damage_known_ = repository_.state().last_damage;
    TRY_ASSIGN(PlaceProver* const prover, prover_of(label));
    const ProvePlace prove = [&](const IndexEntry& entry) -> Result<bool> {
        TRY(check_());
        return prover->is_proven(entry);
    };
    return surveys_.at(label)->count(census_, repository_.state(), prover == nullptr ? ProvePlace() : prove);
}

Result<PrunePlan> Pruner::plan(const std::unordered_set<ObjectId, IdHash>* marked) {
    return plan_prune({store_, repository_.state(), census_, surveys_, left_alone_, repository_.clock().now(), options_.grace_ns,
                       options_.compact, marked, all_known_, check_});
}

Status Pruner::count_bytes(std::uint64_t& bytes) {
    TRY_ASSIGN(const std::vector<ObjectInfo> objects, store_.list(""));
    bytes = 0;
    for (const ObjectInfo& object : objects) bytes += object.size;
    return done();
}

Result<PruneResult> prune(Repository& repository, const PruneOptions& options, Progress& progress, const StopFlag& stop) {
    if (!repository.ledger_damage().empty()) {
        return Error{Code::corrupt, say("{} is damaged; nothing was freed: {}", repository.ledger_damage().front().object,
                                        repository.ledger_damage().front().problem)};
    }
    if (options.compact && options.unlocked == nullptr) {
        return Error{Code::wrong_key, say("prune --compact opens blocks and needs the keyring's passphrase")};
    }
    return Pruner(repository, options, progress, stop).run();
}

}  // namespace custody
