// Copying snapshots to another vault of the family.
//
// The order is that of every writer (docs/LOCKING.md): session, marks, ledger; packs, barrier, index segments, barrier, snapshot
// objects, the packs looked for again, ledger entry. What was copied before an interruption is found again by its name or by the
// index segments written so far. What bears a name at the target, and no entry names, may be what a crash or a bad medium left:
// it is read back, and replaced where it is damaged.
#include "vault/replicator.h"

#include "base/text.h"
#include "vault/entry_objects.h"
#include "vault/object_check.h"
#include "vault/pack_transfer.h"
#include "vault/reachability.h"
#include "vault/store/session.h"
#include "vault/witnessing.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace custody {
namespace {

constexpr std::size_t kBatchEntries = 300'000;
constexpr std::uint64_t kBatchBytes = 256ull * 1024 * 1024;

// A block of the source that has to move into a pack of another name, because prune may take away its own at the target.
struct BlockPlace {
    ObjectId pack;
    std::uint32_t block_offset = 0;
    auto operator<=>(const BlockPlace&) const = default;
};

struct LabelCopy {
    std::shared_ptr<const WriterKeys> keys;
    std::unique_ptr<SegmentOpener> opener;
    std::unique_ptr<BlockSource> blocks;  // of the source
    std::unique_ptr<Index> from, to;
    std::unique_ptr<Reachability> reach;
};

struct Ready {
    ObjectId id;
    std::shared_ptr<const WriterKeys> keys;  // of its label
    Time order;
    Bytes bytes;
};

std::string name_of(const Snapshot& snapshot) {
    return snapshot.id.hex().substr(0, 12) + " (" + printable(snapshot.summary.label) + "/" + printable(snapshot.summary.name) +
           " " + to_rfc3339_local(snapshot.summary.time) + ")";
}

class Copier {
public:
    Copier(Repository& from, Repository& to, Session& session, Progress& progress, const StopFlag& stop)
        : from_(from),
          to_(to),
          session_(session),
          progress_(progress),
          stop_(stop),
          opener_(*to.keyring()),
          mover_(to.store(), opener_, true),
          damage_known_(to.state().last_damage),
          objects_(to.store()) {}

    Status prepare() {
        TRY_ASSIGN(const std::vector<ObjectInfo> packs, to_.store().list("packs"));
        for (const ObjectInfo& pack : packs) {
            if (const auto id = id_in_name(pack.name)) at_target_.insert(*id);
        }
        return done();
    }
    // For the progress line: what the target lacks; of bytes only when everything is copied.
    void expect(const std::vector<ObjectId>& chosen, bool everything) {
        state_.phase = "copying";
        for (const ObjectId& id : chosen) state_.items_total += to_.state().snapshots.contains(id) ? 0 : 1;
        for (const auto& [name, size] : from_.state().objects) {
            const auto id = id_in_name(name);
            if (everything && name.starts_with("packs/") && id && !at_target_.contains(*id)) state_.bytes_total += size;
        }
        progress_.update(state_);
    }
    Status copy(const ObjectId& id, bool by_name);
    Status finish() { return publish_batch(); }
    CopyResult result;

private:
    Result<LabelCopy*> label_copy(std::shared_ptr<const WriterKeys> keys);
    Result<std::optional<Location>> find(LabelCopy& label, ByteView id, SegmentKind kind);
    [[nodiscard]] bool is_damaged_there(const ObjectId& pack) const { return to_.state().damaged_packs.contains(pack); }
    Result<bool> target_has(LabelCopy& label, ByteView id);
    Result<bool> bring(const Location& at, LabelCopy& label);
    Result<bool> bring_pack(const ObjectId& pack);
    Result<bool> bring_block(const Location& at, LabelCopy& label);
    Result<bool> source_pack_is_intact(const ObjectId& pack);
    Status move_marked_blocks();
    Status write_index();
    Status publish_batch();
    Status await_prune();
    Status store_record(const Ready& ready);
    Status publish(const Ready& ready);
    bool fails(const ObjectId& pack, const std::string& why);
    Status leave_out(const ObjectId& id, ClosedLabel label);
    Status leave_out_damaged(const ObjectId& id, const std::string& what, const std::string& why);

    Repository& from_;
    Repository& to_;
    Session& session_;
    Progress& progress_;
    const StopFlag& stop_;
    SummaryOpener opener_;
    BlockMover mover_;
    std::map<LabelId, LabelCopy> labels_;
    std::unordered_set<ObjectId, IdHash> at_target_;       // packs in the target's store when this began
    std::unordered_set<ObjectId, IdHash> whole_;           // source packs that are wholly at the target, hashed there
    std::unordered_set<ObjectId, IdHash> intact_sources_;  // hashed at the source
    std::map<ObjectId, std::string> failed_;               // packs that cannot be had, and why
    std::set<BlockPlace> moved_;                           // blocks of marked packs, moved or waiting
    std::map<BlockPlace, std::pair<Location, LabelCopy*>> to_move_;
    const std::uint64_t damage_known_;  // by the target's ledger, when this began
    EntryObjects objects_;              // of the target, that the snapshots refer to
    IndexBatch batch_;
    std::uint64_t batch_bytes_ = 0;
    std::vector<Ready> ready_;
    std::string why_broken_;  // of the snapshot at hand
    ProgressState state_;
};

bool Copier::fails(const ObjectId& pack, const std::string& why) {
    failed_.emplace(pack, why);
    why_broken_ = why;
    return false;
}

Result<LabelCopy*> Copier::label_copy(std::shared_ptr<const WriterKeys> keys) {
    const auto known = labels_.find(keys->label);
    if (known != labels_.end()) return &known->second;
    LabelCopy& label = labels_[keys->label];
    label.keys = std::move(keys);
    label.opener = std::make_unique<SegmentOpener>(*label.keys, nullptr);
    label.blocks = std::make_unique<BlockSource>(from_.store(), *label.opener);
    TRY_ASSIGN(label.from, Index::open(from_.store(), *label.keys, IndexTrust{}));
    label.from->ask_last(known_damaged(from_.state()));
    TRY_ASSIGN(label.to, Index::open(to_.store(), *label.keys, IndexTrust{false, to_.keyring()->signer()}));
    LabelCopy* const self = &label;
    label.reach = std::make_unique<Reachability>(*label.blocks,
                                                 [this, self](ByteView id, SegmentKind kind) { return find(*self, id, kind); });
    return self;
}

// In a pack that this run may use: there, not known to be damaged, and not about to be pruned.
Result<bool> Copier::target_has(LabelCopy& label, ByteView id) {
    const Index::Usable usable = [&](const ObjectId& pack) {
        return at_target_.contains(pack) && !is_damaged_there(pack) && !session_.is_marked(pack) && !failed_.contains(pack);
    };
    const auto found = label.to->lookup(id, &usable);
    if (!found.ok() && !is_damage(found.error())) return found.error();
    if (!found.ok() || !*found) return false;
    objects_.add_pack((*found)->pack, to_.state());
    return true;
}

// A place at the source, once the target has the id or will have it with this batch.
Result<std::optional<Location>> Copier::find(LabelCopy& label, ByteView id, SegmentKind kind) {
    const Index::Usable not_failed = [&](const ObjectId& pack) { return !failed_.contains(pack); };
    TRY_ASSIGN(const bool has, target_has(label, id));
    while (true) {
        const auto at = label.from->lookup(id, &not_failed);
        if (!at.ok() && !is_damage(at.error())) return at.error();
        if (!at.ok() || !*at || (*at)->kind != kind) {
            if (has && kind == SegmentKind::content) return std::optional<Location>{Location{}};
            if (why_broken_.empty()) why_broken_ = say("{} is not to be found at the source", to_hex(id));
            return std::optional<Location>{};
        }
        if (has) return *at;
        TRY_ASSIGN(const bool brought, bring(**at, label));
        if (brought) return *at;
    }
}

Result<bool> Copier::bring(const Location& at, LabelCopy& label) {
    if (whole_.contains(at.pack)) {
        objects_.add_pack(at.pack, to_.state());
        return true;
    }
    return session_.is_marked(at.pack) ? bring_block(at, label) : bring_pack(at.pack);
}

Result<bool> Copier::bring_pack(const ObjectId& pack) {
    std::uint64_t copied = 0;
    if (!at_target_.contains(pack)) {
        const auto size = copy_pack(from_.store(), to_.store(), pack, false, stop_);
        if (!size.ok() && is_damage(size.error())) return fails(pack, size.error().message);
        if (!size.ok()) return size.error();
        copied = *size;
    }
    // Read back from the target: what is indexed is what lies there.
    auto contents = list_pack(to_.store(), pack, opener_, stop_);
    const bool is_bad = contents.ok() ? !contents->intact : is_damage(contents.error());
    if (is_bad && copied == 0 && !to_.state().objects.contains(pack_name(pack))) {  // repair knows nothing of what no entry names
        const auto size = copy_pack(from_.store(), to_.store(), pack, true, stop_);
        if (!size.ok() && is_damage(size.error())) return fails(pack, size.error().message);
        if (!size.ok()) return size.error();
        copied = *size;
        contents = list_pack(to_.store(), pack, opener_, stop_);
    }
    if (!contents.ok() && !is_damage(contents.error())) return contents.error();
    if (!contents.ok() || !contents->intact || is_damaged_there(pack)) {
        return fails(pack, say("{} is damaged at {}; run `custody repair` there", pack_name(pack), to_.store().location()));
    }
    batch_.add(*contents);
    whole_.insert(pack);
    objects_.add_pack(pack, to_.state());
    if (copied > 0) {
        ++result.packs_copied;
        result.bytes_copied += copied;
        state_.bytes_done += copied;
        progress_.update(state_);
    }
    batch_bytes_ += copied;
    if (batch_bytes_ >= kBatchBytes || batch_.size() >= kBatchEntries) TRY(write_index());
    return true;
}

Result<bool> Copier::source_pack_is_intact(const ObjectId& pack) {
    if (intact_sources_.contains(pack)) return true;
    const auto scan = scan_pack(from_.store(), pack, nullptr);
    if (!scan.ok() && !is_damage(scan.error())) return scan.error();
    if (!scan.ok()) return fails(pack, scan.error().message);
    if (id_of<ObjectId>(scan->digest) != pack) {
        return fails(pack,
                     say("{} in {} is damaged: its bytes do not hash to its name", pack_name(pack), from_.store().location()));
    }
    intact_sources_.insert(pack);
    return true;
}

Result<bool> Copier::bring_block(const Location& at, LabelCopy& label) {
    const BlockPlace place{at.pack, at.block_offset};
    if (moved_.contains(place)) return true;
    TRY_ASSIGN(const bool intact, source_pack_is_intact(at.pack));
    if (!intact) return false;
    moved_.insert(place);
    to_move_.emplace(place, std::make_pair(at, &label));
    return true;
}

// Backwards, so that a pack of several blocks never comes out under its old, marked name again.
Status Copier::move_marked_blocks() {
    for (auto next = to_move_.rbegin(); next != to_move_.rend(); ++next) {
        TRY(stop_.check());
        const auto& [at, label] = next->second;
        TRY_ASSIGN(const BlockSource::Stored stored, label->blocks->read_stored(at));
        TRY(mover_.add(stored.segment, stored.bytes));
    }
    to_move_.clear();
    const std::uint64_t moved_before = mover_.moved_bytes();
    TRY_ASSIGN(const std::vector<PackContents> packs, mover_.finish());
    for (const PackContents& pack : packs) {
        if (session_.is_marked(pack.id)) {
            return Error{Code::busy,
                         say("{} at {} waits for prune, and the copy needs it; run `custody prune` there, then copy again",
                             pack_name(pack.id), to_.store().location())};
        }
        batch_.add(pack);
        objects_.add_pack(pack.id, to_.state());
        ++result.packs_copied;
        result.bytes_copied += pack.size;
    }
    state_.bytes_done += mover_.moved_bytes() - moved_before;
    return done();
}

Status Copier::write_index() {
    TRY(move_marked_blocks());
    TRY(to_.store().barrier());
    TRY_ASSIGN(std::vector<WrittenSegment> segments, batch_.write(to_.store(), *to_.keyring()));
    for (WrittenSegment& segment : segments) objects_.add_segment(std::move(segment));
    batch_bytes_ = 0;
    return done();
}

// One entry a snapshot, oldest first, so that their order at the target is that of the source. The first carries the packs.
Status Copier::publish_batch() {
    if (ready_.empty()) return done();
    TRY(write_index());
    TRY(await_prune());
    for (const Ready& ready : ready_) TRY(store_record(ready));
    for (const Ready& ready : ready_) TRY(publish(ready));
    ready_.clear();
    return done();
}

// A record has one name for ever, and a prune that marked it unlinks it after its entry, when a copy may have brought it back.
// The lock is free only once that prune is over; any later one has marks that are younger than our session, and waits for it.
Status Copier::await_prune() {
    const auto is_marked = [this](const Ready& ready) { return session_.is_marked(ready.id); };
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
Status Copier::store_record(const Ready& ready) {
    const std::string name = snapshot_name(ready.id);
    const auto there = to_.store().get(name, kMaxSnapshotSize);
    if (!there.ok() && there.error().code != Code::not_found && !is_damage(there.error())) return there.error();
    const bool is_other = there.ok() ? *there != ready.bytes : there.error().code != Code::not_found;
    return is_other ? to_.store().replace(name, ready.bytes) : to_.store().put(name, ready.bytes);
}

Status Copier::publish(const Ready& ready) {
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

Status Copier::copy(const ObjectId& id, bool by_name) {
    if (to_.state().snapshots.contains(id)) {
        ++result.snapshots_present;
        return done();
    }
    if (to_.state().forgotten.contains(id) && !by_name) return done();
    auto bytes = from_.store().get(snapshot_name(id), kMaxSnapshotSize);
    if (!bytes.ok() && !is_damage(bytes.error())) return bytes.error();
    if (!bytes.ok()) return leave_out_damaged(id, id.hex().substr(0, 12), bytes.error().message);
    const auto clear = decode_snapshot_clear(id, *bytes);
    if (!clear.ok()) return leave_out_damaged(id, id.hex().substr(0, 12), clear.error().message);
    auto keys = to_.keyring()->writer_keys(clear->label);
    if (!keys || from_.state().destroyed_labels.contains(clear->label)) return leave_out(id, closed_label(from_, clear->label));
    if (to_.state().destroyed_labels.contains(clear->label)) {  // whoever still has its keys
        ClosedLabel destroyed = closed_label(to_, clear->label);
        destroyed.name = keys->name;
        return leave_out(id, std::move(destroyed));
    }
    TRY_ASSIGN(const Snapshot snapshot, decode_snapshot(id, *bytes, *keys));
    TRY_ASSIGN(LabelCopy* const label, label_copy(std::move(keys)));
    why_broken_.clear();
    TRY_ASSIGN(const bool sound, label->reach->is_sound(snapshot.summary.root, stop_));
    if (!sound) return leave_out_damaged(id, name_of(snapshot), why_broken_.empty() ? say("part of it is damaged") : why_broken_);
    if (from_.state().snapshots.at(id).hold) {
        result.warnings.push_back(say("snapshot {} is held at {}; holds are each vault's own, lay one at {} too",
                                      name_of(snapshot), from_.store().location(), to_.store().location()));
    }
    ready_.push_back({id, label->keys, from_.state().snapshots.at(id).order, std::move(*bytes)});
    ++state_.items_done;
    progress_.update(state_);
    return batch_.size() >= kBatchEntries ? publish_batch() : done();
}

Status check_may_copy(Repository& from, Repository& to) {
    if (from.header().family != to.header().family) {
        return Error{Code::refused,
                     say("{} and {} were made with different keyrings; snapshots are copied within one family only",
                         from.store().location(), to.store().location())};
    }
    if (from.header().vault == to.header().vault) {
        return Error{Code::usage, say("{} is a copy of the very same vault as {}; make a second one with `custody init`",
                                      to.store().location(), from.store().location())};
    }
    if (!to.keyring()) return Error{Code::wrong_key, say("copying needs the keyring with the labels' writer keys")};
    return done();
}

// Oldest first.
Result<std::vector<ObjectId>> chosen_snapshots(const LedgerState& state, const std::vector<ObjectId>& named) {
    std::vector<ObjectId> ids;
    for (const auto& [id, live] : state.snapshots) {
        if (named.empty() || std::find(named.begin(), named.end(), id) != named.end()) ids.push_back(id);
    }
    for (const ObjectId& id : named) {
        if (!state.snapshots.contains(id)) return Error{Code::not_found, say("there is no snapshot {}", id.hex())};
    }
    std::stable_sort(ids.begin(), ids.end(), [&](const ObjectId& a, const ObjectId& b) {
        return is_older(state.snapshots.at(a), state.snapshots.at(b));
    });
    return ids;
}

// What was copied is done: a source that takes no files loses a second copy of the target's ledger, no more.
Status witness_each_other(Repository& from, Repository& to, CopyResult& result) {
    TRY(leave_witnesses(from, to));
    const auto left = leave_witnesses(to, from);
    if (!left.ok()) {
        result.warnings.push_back(
            say("the ledger of {} could not be witnessed at {}, so that its entries could not be healed from "
                "there: {}",
                printable(to.store().location()), printable(from.store().location()), left.error().message));
    }
    return done();
}

}  // namespace

Result<CopyResult> copy_snapshots(Repository& from, Repository& to, const std::vector<ObjectId>& snapshots, Progress& progress,
                                  const StopFlag& stop) {
    TRY(check_may_copy(from, to));
    TRY_ASSIGN(Session session, Session::begin(to.store()));
    // So that prune leaves alone what is read; a source that cannot be written is not being pruned.
    const auto reading = Session::begin(from.store());
    TRY(from.ledger().refresh());
    TRY(to.ledger().refresh());
    TRY(check_remembered_by(to, from));
    TRY(check_remembered_by(from, to));
    TRY_ASSIGN(const std::vector<ObjectId> chosen, chosen_snapshots(from.state(), snapshots));
    Copier copier(from, to, session, progress, stop);
    TRY(copier.prepare());
    copier.expect(chosen, snapshots.empty());
    for (const ObjectId& id : chosen) {
        TRY(stop.check());
        TRY(copier.copy(id, !snapshots.empty()));
    }
    TRY(copier.finish());
    TRY(witness_each_other(from, to, copier.result));
    return std::move(copier.result);
}

}  // namespace custody
