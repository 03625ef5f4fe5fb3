// The steps of a prune that change the vault, in the order that pruner.h gives.
#include "base/text.h"
#include "vault/object_check.h"
#include "vault/prune/pruner.h"
#include "vault/store/local_store.h"
#include "vault/store/reserve.h"

#include <algorithm>

namespace custody {
namespace {

std::uint64_t youngest_generation(const std::vector<SessionInfo>& sessions) {
    std::uint64_t generation = 0;
    for (const SessionInfo& session : sessions) generation = std::max(generation, session.generation);
    return generation;
}

}  // namespace

Status Pruner::remake_reserve() {
    const auto present = store_.info(kReserveObject);
    if (present.ok() && present->size == kReserveSize) return done();
    if (!present.ok() && present.error().code != Code::not_found) return present.error();
    const Status made = store_.replace(kReserveObject, reserve_content());
    if (!made.ok() && made.error().code == Code::no_space) {
        result_.warnings.push_back(say("no room to make the reserve again; the medium is still full"));
        return done();
    }
    return made;
}

Status Pruner::publish_marks(const PrunePlan& plan) {
    auto before = read_marks(store_);
    if (!before.ok() && before.error().code != Code::corrupt) return before.error();
    TRY_ASSIGN(const std::vector<SessionInfo> sessions, store_.list_sessions());
    // Damaged marks told no session anything; a generation above every living one starts anew.
    marks_.generation = std::max(before.ok() ? before->generation : 0, youngest_generation(sessions)) + 1;
    marks_.packs = plan.ids();
    TRY(with_reserve(store_, [&] { return store_.replace(kMarksObject, encode(marks_)); }));
    marks_published_ = true;
    return done();
}

Result<bool> Pruner::older_session_lives() {
    TRY_ASSIGN(const std::vector<SessionInfo> sessions, store_.list_sessions());
    bool older = false;
    for (const SessionInfo& session : sessions) {
        if (session.alive) {
            older = older || !session.has_generation || session.generation < marks_.generation;
            continue;
        }
        const Status removed = store_.remove_dead_session(session.name);
        if (!removed.ok() && removed.error().code != Code::not_found && removed.error().code != Code::busy)
            return removed.error();
    }
    return older;
}

Status Pruner::fold_indexes(const PrunePlan& plan, Change& change) {
    for (const auto& [label, of_label] : plan.labels) {
        LabelSurvey& survey = *surveys_.at(label);
        const FoldChoice choice{of_label.drop, of_label.foldable, of_label.left_over};
        TRY_ASSIGN(const IndexFold fold, fold_index(store_, survey, repository_.keyring()->signing_seed(), choice));
        for (const ObjectInfo& segment : fold.replaced) change.unlink_first.push_back(segment.name);
        change.added.insert(change.added.end(), fold.made.begin(), fold.made.end());
    }
    return done();
}

Status Pruner::remove_unreferenced(const PrunePlan& plan) {
    report("removing what nothing refers to");
    Change change;
    Status folded = with_reserve(store_, [&] {
        change = Change{};
        return fold_indexes(plan, change);
    });
    if (!folded.ok() && folded.error().code != Code::no_space) return folded;
    if (!folded.ok()) {
        index_behind_ = true;
        change = Change{};
    }
    for (const std::string& name : plan.adopt) change.added.push_back({name, census_.at(name).size});
    for (const std::string& name : plan.remove) {
        if (name.starts_with("packs/")) ++result_.packs_removed;
        (name.starts_with("index/") ? change.unlink_first : change.unlink).push_back(name);
    }
    TRY(commit(std::move(change)));
    if (!index_behind_) return done();
    Change late;
    const Status second = fold_indexes(plan, late);
    if (!second.ok() && second.error().code != Code::no_space) return second;
    if (!second.ok()) {
        result_.warnings.push_back(say("no room to write the index anew; run prune again when there is some"));
        return done();
    }
    index_behind_ = false;
    return commit(std::move(late));
}

// Of one label: packs written, and what may go for them.
Status Pruner::repack_label(const LabelId& label, const LabelPlan& of_label, Change& change) {
    LabelSurvey& survey = *surveys_.at(label);
    const Secret& seed = repository_.keyring()->signing_seed();
    std::shared_ptr<const LabelSecrets> secrets;
    if (options_.compact) {
        TRY_ASSIGN(secrets, options_.unlocked->secrets(label));
    }
    WorkerPool pool(options_.threads);
    Repacker repacker(store_, survey, seed, secrets.get(), pool);
    TRY_ASSIGN(const RepackResult made, repacker.run({of_label.repack.begin(), of_label.repack.end()}, check_));
    result_.warnings.insert(result_.warnings.end(), made.warnings.begin(), made.warnings.end());
    if (made.emptied.empty()) return done();
    result_.packs_repacked += made.emptied.size();
    result_.bytes_copied += made.bytes_copied;
    change.added.insert(change.added.end(), made.packs.begin(), made.packs.end());

    FoldChoice choice;
    for (const ObjectId& source : made.emptied) {
        // Blocks that come together as they were before make the very pack they came from.
        const std::string name = pack_name(source);
        const auto is_source = [&](const ObjectInfo& pack) { return pack.name == name; };
        if (std::any_of(made.packs.begin(), made.packs.end(), is_source)) continue;
        choice.drop.insert(source);
        change.unlink.push_back(name);
    }
    TRY(survey_again(label));
    for (const Index::SegmentInfo& segment : survey.index().segments()) {
        const std::string name = index_name(label, segment.id);
        const auto is_ours = [&](const ObjectInfo& index) { return index.name == name; };
        const bool is_new = std::any_of(made.index.begin(), made.index.end(), is_ours);
        if (is_new || repository_.state().objects.contains(name)) choice.foldable.insert(segment.id);
    }
    TRY_ASSIGN(const IndexFold fold, fold_index(store_, survey, seed, choice));
    for (const ObjectInfo& segment : fold.replaced) change.unlink_first.push_back(segment.name);
    change.added.insert(change.added.end(), fold.made.begin(), fold.made.end());
    for (const ObjectInfo& segment : made.index) {
        const auto& gone = change.unlink_first;
        if (std::find(gone.begin(), gone.end(), segment.name) == gone.end()) change.added.push_back(segment);
    }
    return done();
}

Status Pruner::survey_again(const LabelId& label) {
    TRY(list_store());
    TRY(count(label));
    const std::string lack = surveys_.at(label)->lack();
    return lack.empty() ? done() : Status(Error{Code::corrupt, lack});
}

Status Pruner::repack(const PrunePlan& plan) {
    if (index_behind_) return done();
    for (const auto& [label, of_label] : plan.labels) {
        if (of_label.repack.empty()) continue;
        report("repacking");
        Change change;
        // The index was folded since it was counted.
        TRY(survey_again(label));
        const Status repacked = repack_label(label, of_label, change);
        if (!repacked.ok() && repacked.error().code == Code::no_space) {
            // What was written is left to the next prune; the sources stay.
            result_.warnings.push_back(say("no room to repack: {}; free some and run prune again", repacked.error().message));
            return done();
        }
        TRY(repacked);
        TRY(commit(std::move(change)));
    }
    return done();
}

namespace {

Error changed_meanwhile() { return {Code::busy, say("the ledger changed while this prune ran; run it again")}; }

// Others enter what they wrote and bring back what was forgotten: nothing that the ledger needs by now may go.
Status check_still_valid(const LedgerState& now, const std::vector<std::string>& removed,
                         const std::vector<std::string>& orphans) {
    const auto is_named = [&](const std::string& name) { return now.objects.contains(name); };
    const auto is_live_record = [&](const std::string& name) {
        const auto id = name.starts_with("snapshots/") ? id_in_name(name) : std::nullopt;
        return id && now.snapshots.contains(*id);
    };
    if (std::all_of(removed.begin(), removed.end(), is_named) && std::none_of(removed.begin(), removed.end(), is_live_record) &&
        std::none_of(orphans.begin(), orphans.end(), is_named) && std::none_of(orphans.begin(), orphans.end(), is_live_record)) {
        return done();
    }
    return changed_meanwhile();
}

}  // namespace

// Names that no entry ever named need none to go; but they may have come to be named.
Status Pruner::commit(Change change) {
    const std::map<std::string, std::uint64_t>& live = repository_.state().objects;
    LedgerEntry entry;
    entry.operation = Operation::prune;
    entry.time = repository_.clock().now();
    entry.details = {{"generation", marks_.generation}};
    if (repository_.clock_state().behind_floor) entry.details["clock"] = "behind";
    entry.added = change.added;
    std::vector<std::string> orphans;
    for (const auto* names : {&change.unlink_first, &change.unlink}) {
        for (const std::string& name : *names) (live.contains(name) ? entry.removed : orphans).push_back(name);
    }
    TRY(store_.barrier());
    if (!entry.added.empty() || !entry.removed.empty()) {
        const auto still_valid = [&](const LedgerState& now, LedgerEntry&) -> Status {
            if (options_.compact && now.last_damage > damage_known_) return changed_meanwhile();
            return check_still_valid(now, entry.removed, orphans);
        };
        const auto enter = [&]() -> Status {
            TRY(repository_.publish(entry, still_valid));
            return done();
        };
        TRY(with_reserve(store_, enter));
    } else if (!orphans.empty()) {
        TRY(repository_.ledger().refresh());
        TRY(check_still_valid(repository_.state(), {}, orphans));
    }
    // An index segment goes before the packs that it lists, so that no index that can be read leads to nowhere.
    TRY(unlink(change.unlink_first));
    return unlink(change.unlink);
}

Status Pruner::unlink(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        const Status removed = store_.remove(name);
        if (!removed.ok() && removed.error().code != Code::not_found) return removed;
    }
    return store_.barrier();
}

Status Pruner::finish() {
    TRY(remake_reserve());
    // What is gone need not be marked: a copy may bring it back. While packs wait, or the index still lists what is gone, the
    // marks stay.
    if (marks_published_ && result_.packs_waiting == 0 && !index_behind_) {
        marks_.packs.clear();
        const Status emptied = store_.replace(kMarksObject, encode(marks_));
        if (!emptied.ok() && emptied.error().code != Code::no_space) return emptied;
    }
    TRY(count_bytes(result_.bytes_after));
    result_.bytes_freed = result_.bytes_before - std::min(result_.bytes_before, result_.bytes_after);
    for (const auto& [label, survey] : surveys_) {
        TRY(survey->index().reload());
        result_.index_segments_after += survey->index().segments().size();
    }
    return done();
}

}  // namespace custody
