// Copying: snapshots one by one, their records and the ledger entries.
#include "vault/copier.h"

#include "base/text.h"
#include "vault/object_check.h"

#include <algorithm>

namespace custody {
namespace {

std::string name_of(const Snapshot& snapshot) {
    return snapshot.id.hex().substr(0, 12) + " (" + printable(snapshot.summary.label) + "/" + printable(snapshot.summary.name) +
           " " + to_rfc3339_local(snapshot.summary.time) + ")";
}

}  // namespace

Status Copier::prepare() {
    TRY(there_.look());
    at_target_ = there_.packs();
    return done();
}

void Copier::expect(const std::vector<ObjectId>& chosen, bool everything) {
    state_.phase = "copying";
    for (const ObjectId& id : chosen) state_.items_total += to_.state().snapshots.contains(id) ? 0 : 1;
    for (const auto& [name, size] : from_.state().objects) {
        const auto id = id_in_name(name);
        if (everything && name.starts_with("packs/") && id && !at_target_.contains(*id)) state_.bytes_total += size;
    }
    progress_.update(state_);
}

Result<CopiedLabel*> Copier::label_copy(std::shared_ptr<const WriterKeys> keys) {
    const auto known = labels_.find(keys->label);
    if (known != labels_.end()) return &known->second;
    CopiedLabel& label = labels_[keys->label];
    label.keys = std::move(keys);
    label.opener = std::make_unique<SegmentOpener>(*label.keys, nullptr);
    label.from_blocks = std::make_unique<BlockSource>(from_.store(), *label.opener);
    label.to_blocks = std::make_unique<BlockSource>(to_.store(), *label.opener);
    TRY_ASSIGN(label.from, Index::open(from_.store(), *label.keys, IndexTrust{}));
    label.from->ask_last(known_damaged(from_.state()));
    TRY_ASSIGN(label.to, Index::open(to_.store(), *label.keys, IndexTrust{false, to_.keyring()->signer()}));
    return &label;
}

// What was found for a snapshot of another key may be sealed to one that this snapshot's holder lacks.
void Copier::look_for(CopiedLabel& label, const SnapshotClear& snapshot) {
    if (label.reach && label.key == snapshot.key) return;
    label.epoch = snapshot.epoch;
    label.key = snapshot.key;
    CopiedLabel* const self = &label;
    label.reach = std::make_unique<Reachability>([this](const Location& at) { return read_references(at); },
                                                 [this, self](ByteView id, SegmentKind kind) { return find(*self, id, kind); });
}

Status Copier::read_back(const ObjectInfo& written) {
    if (!options_.read_back) return done();
    TRY(stop_.check());
    const Status proven = prove_written(to_.store(), written);
    if (!proven.ok()) {
        bad_medium_ = proven.error();
        return proven;
    }
    note_read_back(written.size);
    return done();
}

void Copier::note_read_back(std::uint64_t bytes) {
    ++result.objects_read_back;
    result.bytes_read_back += bytes;
}

Status Copier::write_index() {
    TRY(move_marked_blocks());
    TRY(to_.store().barrier());
    TRY_ASSIGN(std::vector<WrittenSegment> segments, batch_.write(to_.store(), *to_.keyring()));
    for (WrittenSegment& segment : segments) {
        TRY(read_back(segment.object));
        objects_.add_segment(std::move(segment));
    }
    batch_bytes_ = 0;
    return done();
}

// One entry a snapshot, oldest first, so that their order at the target is that of the source. The first carries the packs.
Status Copier::publish_batch() {
    if (ready_.empty()) return done();
    TRY(write_index());
    TRY(await_prune());
    for (const ReadySnapshot& ready : ready_) TRY(store_record(ready));
    for (const ReadySnapshot& ready : ready_) TRY(publish(ready));
    ready_.clear();
    return done();
}

// A record has one name for ever, and a prune that marked it unlinks it after its entry, when a copy may have brought it back.
// The lock is free only once that prune is over; any later one has marks that are younger than our session, and waits for it.
Status Copier::await_prune() {
    const auto is_marked = [this](const ReadySnapshot& ready) { return session_.is_marked(ready.id); };
    const auto marked = std::find_if(ready_.begin(), ready_.end(), is_marked);
    if (marked == ready_.end()) return done();
    const auto lock = to_.store().lock_prune();
    if (lock.ok()) return done();
    if (lock.error().code != Code::busy) return lock.error();
    return Error{Code::busy, say("a prune in {} is about to remove what is left of the forgotten snapshot {}: wait until it has "
                                 "ended, then copy again",
                                 printable(to_.store().location()), marked->id.hex().substr(0, 12))};
}

// Of one that was forgotten at the target the bytes may lie there still, damaged.
Status Copier::store_record(const ReadySnapshot& ready) {
    const std::string name = snapshot_name(ready.id);
    const auto there = to_.store().get(name, kMaxSnapshotSize);
    if (!there.ok() && there.error().code != Code::not_found && !is_damage(there.error())) return there.error();
    const bool is_other = there.ok() ? *there != ready.bytes : there.error().code != Code::not_found;
    TRY(is_other ? to_.store().replace(name, ready.bytes) : to_.store().put(name, ready.bytes));
    return read_back({name, ready.bytes.size()});
}

Status Copier::publish(const ReadySnapshot& ready) {
    LedgerEntry entry;
    entry.time = to_.clock().now();
    entry.operation = Operation::copy;
    entry.details = {{"order", to_rfc3339_utc(ready.order)}, {"label", ready.keys->label.hex()}};
    entry.snapshots.push_back(ready.id);
    std::vector<EntryObjects::LabelIndex> indexes;
    for (const auto& [id, label] : labels_) indexes.push_back({id, label.to.get()});
    const auto fill_in = [&](const LedgerState& now, LedgerEntry& draft) -> Status {
        // Which of the packs that this snapshot relies on were entered by those before it is not kept.
        if (now.last_damage > damage_known_) {
            return Error{Code::busy,
                         say("packs in {} were found damaged while this copy ran: run it again, it goes on where it is",
                             to_.store().location())};
        }
        TRY(may_be_stored(now, ready.keys->label, ready.keys->name));  // destroyed meanwhile
        TRY_ASSIGN(draft.added, objects_.to_enter(now, indexes, [this](const ObjectId& id) { return session_.is_marked(id); }));
        draft.added.push_back({snapshot_name(ready.id), ready.bytes.size()});
        return done();
    };
    TRY(to_.publish(std::move(entry), fill_in));
    objects_.clear();
    ++result.snapshots_copied;
    return done();
}

Status Copier::leave_out(const ObjectId& id, ClosedLabel label) {
    result.warnings.push_back(say("snapshot {} was not copied: {}", id.hex().substr(0, 12), why_closed(label)));
    result.left_out.push_back({id, std::move(label)});
    return done();
}

Status Copier::leave_out_damaged(const ObjectId& id, const std::string& what, const std::string& why) {
    result.damaged.push_back(id);
    result.warnings.push_back(
        say("snapshot {} was not copied: {}; heal {} with `custody repair` first", what, why, from_.store().location()));
    progress_.warn(result.warnings.back());
    return done();
}

// A person named it and expects it to be at the source.
Status Copier::tell_lost_at_source(const ObjectId& id, const std::string& why) {
    TRY_ASSIGN(const std::optional<std::string> problem, there_.problem_of(id, stop_));
    if (problem) {
        present_.push_back(id);  // its loss there is told of too
        return leave_out_damaged(id, id.hex().substr(0, 12), why);
    }
    result.damaged.push_back(id);
    result.warnings.push_back(say(
        "snapshot {} was not copied: its record at {} is lost ({}); {} has it: `custody repair --vault {} --from {}` heals it",
        id.hex().substr(0, 12), from_.store().location(), why, to_.store().location(), from_.store().location(),
        to_.store().location()));
    return done();
}

// Last of all, so that what this copy brought counts.
Status Copier::judge_present() {
    if (!present_.empty() && !there_.is_clean()) TRY(there_.look());
    for (const ObjectId& id : present_) {
        TRY_ASSIGN(const std::optional<std::string> problem, there_.problem_of(id, stop_));
        if (!problem) {
            ++result.snapshots_present;
            continue;
        }
        result.damaged_there.push_back(id);
        result.warnings.push_back(
            say("snapshot {} is at {} and not whole there: {}; heal it with `custody repair --vault {} "
                "--from {}`",
                id.hex().substr(0, 12), to_.store().location(), *problem, to_.store().location(), from_.store().location()));
    }
    return done();
}

Status Copier::finish() {
    TRY(publish_batch());
    return judge_present();
}

Status Copier::copy(const ObjectId& id, bool by_name) {
    const bool is_there = to_.state().snapshots.contains(id);
    if (is_there && !by_name) {
        present_.push_back(id);
        return done();
    }
    if (to_.state().forgotten.contains(id) && !by_name) return done();
    auto bytes = from_.store().get(snapshot_name(id), kMaxSnapshotSize);
    if (!bytes.ok() && !is_damage(bytes.error())) return bytes.error();
    const auto clear = bytes.ok() ? decode_snapshot_clear(id, *bytes) : Result<SnapshotClear>(bytes.error());
    if (!clear.ok() && is_there) return tell_lost_at_source(id, clear.error().message);
    if (!clear.ok()) return leave_out_damaged(id, id.hex().substr(0, 12), clear.error().message);
    if (is_there) {
        present_.push_back(id);
        return done();
    }
    auto keys = to_.keyring()->writer_keys(clear->label);
    if (!keys || from_.state().destroyed_labels.contains(clear->label)) return leave_out(id, closed_label(from_, clear->label));
    if (to_.state().destroyed_labels.contains(clear->label)) {  // whoever still has its keys
        ClosedLabel destroyed = closed_label(to_, clear->label);
        destroyed.name = keys->name;
        return leave_out(id, std::move(destroyed));
    }
    TRY_ASSIGN(const Snapshot snapshot, decode_snapshot(id, *bytes, *keys));
    TRY_ASSIGN(CopiedLabel* const label, label_copy(std::move(keys)));
    why_broken_.clear();
    look_for(*label, snapshot.clear);
    const auto reached = label->reach->is_sound(snapshot.summary.root, stop_);
    if (bad_medium_) return *bad_medium_;
    TRY_ASSIGN(const bool sound, reached);
    if (!sound) return leave_out_damaged(id, name_of(snapshot), why_broken_.empty() ? say("part of it is damaged") : why_broken_);
    ready_.push_back({id, label->keys, from_.state().snapshots.at(id).order, std::move(*bytes)});
    ++state_.items_done;
    progress_.update(state_);
    return batch_.size() >= kCopyBatchEntries ? publish_batch() : done();
}

}  // namespace custody
