// Block by block: what live snapshots need of a damaged or missing pack that the other vault does not have under that name.
//
// A block from the other vault comes out of a pack that was hashed whole. A block of the damaged pack itself has no hash of its
// own, only the tag under its segment's key; so without the label's secret it is not moved, and its pack stays as it is.
#include "base/text.h"
#include "vault/block_check.h"
#include "vault/index_places.h"
#include "vault/index_rewrite.h"
#include "vault/object_check.h"
#include "vault/reachability.h"
#include "vault/repair_parts.h"

#include <algorithm>
#include <unordered_set>

namespace custody {
namespace {

// Blocks to move, by pack and offset, so that each is read once and in order.
struct Move {
    Location at;
    bool from_other = false;
};
using Moves = std::map<std::pair<ObjectId, std::uint32_t>, Move>;

// Hashes of the other vault's packs, taken once.
class OtherPacks {
public:
    explicit OtherPacks(Repair& repair) : repair_(repair) {}
    Result<bool> is_intact(const ObjectId& pack) {
        if (const auto known = known_.find(pack); known != known_.end()) return known->second;
        const auto scan = scan_pack(repair_.other->store(), pack, nullptr);
        if (!scan.ok() && !is_damage(scan.error())) return scan.error();
        const bool intact = scan.ok() && id_of<ObjectId>(scan->digest) == pack;
        known_.emplace(pack, intact);
        return intact;
    }

private:
    Repair& repair_;
    std::map<ObjectId, bool> known_;
};

// What a place that is not sound was sealed to; nothing where that cannot be read.
std::optional<SealedTo> key_at(const RepairLabel& label, const Location& at) {
    const auto segment = label.blocks->read_segment(at);
    return segment.ok() ? std::optional(sealed_to(*segment, *label.keys)) : std::nullopt;
}

// Whether it lies sound where every keyring that holds `key` opens it.
Result<bool> lies_sound_for(const PackHealth& health, const RepairLabel& label, ByteView id, const SealedTo& key) {
    const Index::Usable usable = [&](const Location& at) {
        if (!health.is_sound(at.pack, at.block_offset)) return false;
        const std::optional<SealedTo> there = key_at(label, at);
        return there && opens_wherever(*there, key);
    };
    const auto found = label.index->lookup(id, &usable);
    if (!found.ok() && !is_damage(found.error())) return found.error();
    return found.ok() && found->has_value();
}

class LabelRescue {
public:
    LabelRescue(Repair& repair, RepairLabel& label, OtherPacks& others, Moves& moves, std::set<ObjectId>& keep)
        : repair_(repair),
          label_(label),
          others_(others),
          moves_(moves),
          keep_(keep),
          finder_(*label.index, repair.health),
          checker_(*label.keys, *label.opener) {}

    Status run() {
        if (repair_.other) {
            other_blocks_ = std::make_unique<BlockSource>(repair_.other->store(), *label_.opener);
            TRY_ASSIGN(other_index_, Index::open(repair_.other->store(), *label_.keys, IndexTrust{}));
        }
        Reachability reach([this](const Location& at) { return read_summary(at); },
                           [this](ByteView id, SegmentKind kind) { return find(id, kind); });
        for (const Snapshot& snapshot : label_.snapshots) {
            TRY_ASSIGN(const bool sound, reach.is_sound(snapshot.summary.root, repair_.stop));
            if (!sound) repair_.unclear_labels.insert(label_.keys->label);
        }
        return done();
    }

private:
    Result<std::vector<BlockEntry>> read_summary(const Location& at) {
        return from_other_.contains(at.pack) ? other_blocks_->read_summary(at) : label_.blocks->read_summary(at);
    }

    Result<std::optional<Location>> find(ByteView id, SegmentKind kind) {
        TRY_ASSIGN(const std::optional<Location> sound, finder_.find(id, kind));
        if (sound) {
            TRY(save_for_others(id, kind));
            return sound;
        }
        TRY_ASSIGN(const std::optional<Location> elsewhere, find_in_other(id, kind, nullptr));
        if (elsewhere) return elsewhere;
        return find_in_damaged(id, kind);
    }

    // It lies sound under one key, and in a damaged pack under another, which some keyring may hold without the first.
    Status save_for_others(ByteView id, SegmentKind kind) {
        TRY_ASSIGN(const std::vector<ObjectId> named, finder_.packs_named(id));
        if (named.size() < 2) return done();
        for (const ObjectId& pack : named) {
            TRY_ASSIGN(const std::optional<Location> at, finder_.find_in(pack, id));
            if (!at || at->kind != kind || repair_.health.is_sound(pack, at->block_offset)) continue;
            const std::optional<SealedTo> key = key_at(label_, *at);
            if (!key) continue;
            TRY_ASSIGN(const bool is_saved, lies_sound_for(repair_.health, label_, id, *key));
            if (is_saved) continue;
            TRY_ASSIGN(const std::optional<Location> elsewhere, find_in_other(id, kind, &*key));
            if (elsewhere) continue;
            TRY_ASSIGN(const Verdict verdict, verdict_on(*at));
            if (verdict == Verdict::sound) moves_.emplace(std::make_pair(pack, at->block_offset), Move{*at, false});
            if (verdict == Verdict::unproven) keep_.insert(pack);
        }
        return done();
    }

    // `key`: only where who holds it opens it; null: any place.
    Result<std::optional<Location>> find_in_other(ByteView id, SegmentKind kind, const SealedTo* key) {
        if (!other_index_) return std::optional<Location>{};
        std::set<ObjectId> refused;
        const Index::Usable usable = [&](const Location& at) {
            if (refused.contains(at.pack) || key == nullptr) return !refused.contains(at.pack);
            const auto segment = other_blocks_->read_segment(at);
            return segment.ok() && opens_wherever(sealed_to(*segment, *label_.keys), *key);
        };
        while (true) {
            const auto at = other_index_->lookup(id, &usable);
            if (!at.ok() && !is_damage(at.error())) return at.error();
            if (!at.ok() || !*at || (*at)->kind != kind) return std::optional<Location>{};
            TRY_ASSIGN(const bool intact, others_.is_intact((*at)->pack));
            if (!intact) {
                refused.insert((*at)->pack);
                continue;
            }
            from_other_.insert((*at)->pack);
            moves_.emplace(std::make_pair((*at)->pack, (*at)->block_offset), Move{**at, true});
            return *at;
        }
    }

    // Whatever is not proven sound keeps its pack: it may hold the only bytes there are.
    Result<std::optional<Location>> find_in_damaged(ByteView id, SegmentKind kind) {
        TRY_ASSIGN(const std::vector<ObjectId> named, finder_.packs_named(id));
        std::optional<Location> unproven;
        for (const ObjectId& pack : named) {
            TRY_ASSIGN(const std::optional<Location> at, finder_.find_in(pack, id));
            if (!at || at->kind != kind) continue;
            TRY_ASSIGN(const Verdict verdict, verdict_on(*at));
            if (verdict == Verdict::sound) {
                moves_.emplace(std::make_pair(at->pack, at->block_offset), Move{*at, false});
                return at;
            }
            if (verdict == Verdict::unproven) unproven = at;
        }
        keep_.insert(named.begin(), named.end());
        return unproven;
    }

    enum class Verdict { bad, unproven, sound };
    Result<Verdict> verdict_on(const Location& at) {
        const auto key = std::make_pair(at.pack, at.block_offset);
        if (const auto known = verdicts_.find(key); known != verdicts_.end()) return known->second;
        const auto stored = label_.blocks->read_stored(at);
        if (!stored.ok() && !is_damage(stored.error())) return stored.error();
        Verdict verdict = Verdict::bad;
        if (stored.ok()) {
            TRY_ASSIGN(const std::optional<std::string> bad, checker_.check(stored->segment, stored->bytes));
            if (!bad) verdict = checker_.opened_content() ? Verdict::sound : Verdict::unproven;
        }
        verdicts_.emplace(key, verdict);
        return verdict;
    }

    Repair& repair_;
    RepairLabel& label_;
    OtherPacks& others_;
    Moves& moves_;
    std::set<ObjectId>& keep_;
    LocationFinder finder_;
    BlockChecker checker_;
    std::unique_ptr<BlockSource> other_blocks_;
    std::unique_ptr<Index> other_index_;
    std::unordered_set<ObjectId, IdHash> from_other_;
    std::map<std::pair<ObjectId, std::uint32_t>, Verdict> verdicts_;
};

// Whether somebody may need of the pack what nobody can see: blocks of labels whose keys are not here, or of which a node is
// broken, so that what lies below it is not known; any block at all where the record of a live snapshot cannot be read.
Result<bool> may_be_needed(Repair& repair, const ObjectId& pack) {
    if (repair.record_missing) return true;
    if (repair.unreadable_snapshots == 0 && repair.unclear_labels.empty()) return false;
    bool needed = false;
    const OnBlock on_block = [&](const SegmentHeader& segment, std::uint32_t, std::uint32_t, const BlockHeader&,
                                 ByteView) -> Status {
        const bool known = repair.labels.contains(segment.label);
        needed = needed || repair.unclear_labels.contains(segment.label) || (!known && repair.unreadable_snapshots > 0);
        return repair.stop.check();
    };
    const auto scan = scan_pack(repair.store(), pack, &on_block);
    if (!scan.ok() && !is_damage(scan.error())) return scan.error();
    // What was not met in a pack with holes may be what is needed.
    return needed || !scan.ok() || scan->blocks == 0 || !scan->damage.empty();
}

Status move_blocks(Repair& repair, const Moves& moves, BlockMover& mover) {
    ProgressState progress;
    progress.phase = "moving blocks";
    progress.items_total = moves.size();
    for (const auto& [key, move] : moves) {
        TRY(repair.stop.check());
        ObjectStore& source = move.from_other ? repair.other->store() : repair.store();
        auto reader = source.open(pack_name(move.at.pack));
        if (!reader.ok()) return std::move(reader).error();
        Bytes head(kSegmentHeaderSize);
        Bytes block(move.at.block_size);
        TRY((*reader)->read(move.at.segment_offset, head));
        TRY((*reader)->read(move.at.block_offset, block));
        TRY_ASSIGN(const SegmentHeader segment, decode_segment_header(head));
        TRY(mover.add(segment, block));
        if (move.from_other) repair.result.bytes_copied += block.size();
        ++progress.items_done;
        repair.progress.update(progress);
    }
    return done();
}

// The index no longer leads into damaged packs where there is another place, nor into dropped ones at all.
Status leave_damaged_packs(Repair& repair, const std::set<ObjectId>& damaged, const std::set<ObjectId>& dropped) {
    for (auto& [id, label] : repair.labels) {
        TRY(label.index->reload());
        const LocationFinder finder(*label.index, repair.health);
        const IsDropped is_dropped = [&](const IndexEntry& entry) -> Result<bool> {
            if (!damaged.contains(entry.location.pack)) return false;
            if (dropped.contains(entry.location.pack)) return true;
            TRY_ASSIGN(const std::optional<Location> elsewhere, finder.find(entry.id, entry.location.kind));
            const std::optional<SealedTo> key = elsewhere ? key_at(label, entry.location) : std::nullopt;
            return key ? lies_sound_for(repair.health, label, entry.id, *key) : elsewhere.has_value();
        };
        const IsNamed is_named = [&, &of = id](const ObjectId& segment) {
            return repair.state().objects.contains(index_name(of, segment));
        };
        TRY_ASSIGN(const IndexRewrite rewrite,
                   rewrite_index_without(repair.store(), *label.index, *label.keys, repair.vault.keyring()->signing_seed(),
                                         is_dropped, is_named));
        repair.entry.added.insert(repair.entry.added.end(), rewrite.added.begin(), rewrite.added.end());
        for (const ObjectInfo& old : rewrite.replaced) repair.retire(old.name);
    }
    // The files go after the entry.
    for (const ObjectId& pack : dropped) {
        repair.retire(pack_name(pack));
        repair.damaged.erase(pack_name(pack));
        repair.result.removed.push_back(pack_name(pack));
    }
    return done();
}

}  // namespace

namespace {

// Packs that an index segment lists which no entry names, of a run that has not ended or crashed: readers may be led there as
// long as that segment is there, and it is prune that takes both.
Result<std::set<ObjectId>> listed_by_others(Repair& repair) {
    std::set<ObjectId> packs;
    for (auto& [id, label] : repair.labels) {
        TRY(label.index->for_each_segment(
            [&, &of = id](const Index::SegmentInfo& segment, const std::vector<PackRow>& rows) -> Status {
                if (repair.state().objects.contains(index_name(of, segment.id))) return done();
                for (const PackRow& row : rows) packs.insert(row.pack);
                return done();
            }));
    }
    return packs;
}

// Packs made here, and their segments: those of new names for this attempt's entry as a writer's are, those that came together
// under a damaged pack's own name as what lists a pack that the ledger has.
Status enter_made(Repair& repair, const std::vector<PackContents>& packs) {
    IndexBatch fresh, again;
    for (const PackContents& pack : packs) {
        const bool is_old = repair.state().objects.contains(pack_name(pack.id));
        (is_old ? again : fresh).add(pack);
        repair.health.add_sound(pack.id);
        if (is_old) continue;
        if (repair.session->is_marked(pack.id)) {
            return Error{Code::refused, say("{} waits for prune, and the repair needs it; run `custody prune`, then repair again",
                                            pack_name(pack.id))};
        }
        repair.objects.add_pack(pack.id, repair.state());
        repair.made.push_back(pack.id);
    }
    TRY_ASSIGN(std::vector<WrittenSegment> segments, repair.write_index(fresh));
    for (WrittenSegment& segment : segments) repair.objects.add_segment(std::move(segment));
    TRY_ASSIGN(segments, repair.write_index(again));
    for (WrittenSegment& segment : segments) {
        repair.entry.added.push_back(segment.object);
        repair.segments.push_back(std::move(segment));
    }
    return done();
}

}  // namespace

Status rescue_blocks(Repair& repair) {
    std::vector<ObjectId> damaged = repair.damaged_packs();
    if (damaged.empty() && !repair.rescue_all) return done();
    repair.rescued = true;
    OtherPacks others(repair);
    Moves moves;
    std::set<ObjectId> keep;
    for (auto& [id, label] : repair.labels) {
        LabelRescue rescue(repair, label, others, moves, keep);
        TRY(rescue.run());
    }
    BlockMover mover(repair.store(), repair.opener, true);
    TRY(move_blocks(repair, moves, mover));
    TRY_ASSIGN(const std::vector<PackContents> packs, mover.finish());
    TRY(enter_made(repair, packs));
    // Where every block of a damaged pack was sound and needed, its very bytes came together again, under its name.
    const auto made_again = [&](const ObjectId& pack) {
        return std::any_of(packs.begin(), packs.end(), [&](const PackContents& made) { return made.id == pack; });
    };
    for (const ObjectId& pack : damaged) {
        if (made_again(pack)) repair.healed(pack_name(pack));
    }
    std::erase_if(damaged, made_again);
    std::set<ObjectId> dropped, left_to_prune, unclear;
    TRY_ASSIGN(const std::set<ObjectId> of_others, listed_by_others(repair));
    for (const ObjectId& pack : damaged) {
        if (keep.contains(pack)) continue;
        TRY_ASSIGN(const bool may_be, may_be_needed(repair, pack));
        (may_be ? unclear : of_others.contains(pack) ? left_to_prune : dropped).insert(pack);
    }
    TRY(leave_damaged_packs(repair, {damaged.begin(), damaged.end()}, dropped));
    for (const ObjectId& pack : damaged) {
        if (dropped.contains(pack)) continue;
        std::string& why = repair.damaged[pack_name(pack)];
        if (left_to_prune.contains(pack)) {
            why += say("; nothing needs it, and a run that has not ended may look for it: `custody prune` takes it away");
            continue;
        }
        if (unclear.contains(pack)) {
            why +=
                say("; it stays, for whether a snapshot needs it cannot be told: a snapshot's record or tree is damaged, or "
                    "the keys of its label are not here");
            continue;
        }
        why += repair.unlocked
                   ? say("; no copy has all that snapshots need of it")
                   : say("; no other copy has all that snapshots need of it, and what can be proven sound in it takes the "
                         "keyring's passphrase");
    }
    return done();
}

}  // namespace custody
