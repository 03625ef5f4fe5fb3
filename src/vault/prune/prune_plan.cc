#include "vault/prune/prune_plan.h"

#include "base/text.h"
#include "vault/history/snapshot.h"
#include "vault/object_check.h"

#include <algorithm>

namespace custody {
namespace {

class Planner {
public:
    explicit Planner(const PruneFacts& facts) : facts_(facts) {}

    Result<PrunePlan> run() {
        for (const auto& [label, survey] : facts_.surveys) {
            if (!facts_.left_alone.contains(label)) TRY(plan_label(label, *survey));
        }
        plan_damaged_packs();
        for (const auto& [name, object] : facts_.census) {
            if (name.starts_with("packs/")) TRY(plan_unlisted_pack(name, object));
            if (name.starts_with("index/")) plan_destroyed_segment(name);
            if (name.starts_with("snapshots/")) TRY(plan_snapshot(name, object));
        }
        plan_lost_snapshots();
        return std::move(plan_);
    }

private:
    [[nodiscard]] bool in_ledger(const std::string& name) const { return facts_.ledger.objects.contains(name); }
    // What came up since the marks were published was never announced to writers.
    [[nodiscard]] bool is_announced(const ObjectId& id) const { return facts_.marked == nullptr || facts_.marked->contains(id); }
    // Its survey knows all that is live.
    [[nodiscard]] bool is_ours(const LabelId& label) const {
        return facts_.surveys.contains(label) && !facts_.left_alone.contains(label);
    }
    [[nodiscard]] bool is_destroyed(const LabelId& label) const { return facts_.ledger.destroyed_labels.contains(label); }
    // A time that lies ahead says nothing.
    [[nodiscard]] bool is_past_grace(const ObjectInfo& object) const {
        return object.modified > facts_.now || object.modified.ns <= facts_.now.ns - facts_.grace_ns;
    }
    [[nodiscard]] bool orphan_may_go(const std::string& name) const {
        const auto object = facts_.census.find(name);
        return object == facts_.census.end() || is_past_grace(object->second);
    }

    Status plan_label(const LabelId& label, LabelSurvey& survey) {
        LabelPlan& plan = plan_.labels[label];
        std::set<ObjectId> pinned;  // listed by a segment that must stay as it is
        const std::vector<Index::SegmentInfo> segments = survey.index().segments();
        for (std::size_t i = 0; i < segments.size(); ++i) {
            const std::string name = index_name(label, segments[i].id);
            if (in_ledger(name)) {
                plan.foldable.insert(segments[i].id);
            } else if (orphan_may_go(name) && is_announced(segments[i].id)) {
                plan.foldable.insert(segments[i].id);
                plan.left_over.insert(segments[i].id);
            } else {
                for (const PackRow& row : survey.rows_of_segments()[i]) pinned.insert(row.pack);
            }
        }
        for (const PackUse& use : survey.packs()) {
            if (use.needed && !use.damaged) plan_.adopt.insert(pack_name(use.id));
            if (use.needed && use.damaged) plan_.hit[label].push_back(pack_name(use.id));
            if (use.needed || pinned.contains(use.id) || !is_announced(use.id)) continue;
            const Others others = other_labels(label, use.id);
            if (others != Others::need_it) TRY(plan_pack(use, others == Others::none, plan));
        }
        return done();
    }

    // Early versions moved blocks of several labels into one pack: it goes when none of them needs it, and is not repacked.
    enum class Others { none, unused, need_it };
    [[nodiscard]] Others other_labels(const LabelId& label, const ObjectId& pack) const {
        Others others = Others::none;
        for (const auto& [other, survey] : facts_.surveys) {
            const PackUse* use = other == label ? nullptr : survey->find(pack);
            if (use == nullptr) continue;
            if (use->needed || use->live_bytes > 0 || facts_.left_alone.contains(other)) return Others::need_it;
            others = Others::unused;
        }
        return others;
    }

    Status plan_pack(const PackUse& use, bool may_repack, LabelPlan& plan) {
        const std::string name = pack_name(use.id);
        if (!use.in_ledger && use.in_store && !orphan_may_go(name)) return done();
        const bool goes = use.live_bytes == 0 || !use.in_ledger;
        if (!goes && !(may_repack && is_worth_repacking(use))) return done();
        TRY_ASSIGN(const bool free, has_none_of_left_alone(use.id));
        if (!free) return done();
        if (goes) plan_.remove.insert(name);
        (goes ? plan.drop : plan.repack).insert(use.id);
        return done();
    }

    // What a label that is left alone needs is not known, nor whether its index lists all of that: a pack that may have been
    // filled with blocks of several labels is asked itself.
    [[nodiscard]] Result<bool> has_none_of_left_alone(const ObjectId& pack) const {
        if (facts_.left_alone.empty()) return true;
        bool found = false;
        const OnBlock on_block = [&](const SegmentHeader& segment, std::uint32_t, std::uint32_t, const BlockHeader&,
                                     ByteView) -> Status {
            found = found || facts_.left_alone.contains(segment.label);
            return facts_.check ? facts_.check() : done();
        };
        const auto scan = scan_pack(facts_.store, pack, &on_block);
        if (!scan.ok() && !is_damage(scan.error()) && scan.error().code != Code::usage) return scan.error();
        // What was not met in a pack with holes may be what is needed.
        return scan.ok() && !found && scan->blocks > 0 && scan->damage.empty();
    }

    [[nodiscard]] bool is_worth_repacking(const PackUse& use) const {
        if (has_dead_blocks(use)) return true;
        return facts_.compact && use.live_raw * 100 < use.raw * kLivePercent;
    }

    // A pack that no segment here lists says itself which label it is of.
    Result<std::optional<LabelId>> label_of_pack(const std::string& name) {
        Bytes header(kSegmentHeaderSize);
        TRY_ASSIGN(const auto reader, facts_.store.open(name));
        const Status read = reader->read(kPackHeaderSize, header);
        const auto segment = read.ok() ? decode_segment_header(header) : Result<SegmentHeader>(read.error());
        if (segment.ok()) return std::optional<LabelId>(segment->label);
        if (segment.error().code != Code::corrupt && segment.error().code != Code::usage) return segment.error();
        plan_.warnings.push_back(say("{} is damaged and left as it is: {}", name, segment.error().message));
        return std::optional<LabelId>();
    }

    [[nodiscard]] bool is_surveyed(const ObjectId& pack) const {
        return std::any_of(facts_.surveys.begin(), facts_.surveys.end(),
                           [&](const auto& survey) { return survey.second->find(pack) != nullptr; });
    }

    Status plan_unlisted_pack(const std::string& name, const ObjectInfo& object) {
        const auto id = id_in_name(name);
        if (!id || !is_announced(*id) || is_surveyed(*id) || plan_.remove.contains(name)) return done();
        if (!in_ledger(name) && !is_past_grace(object)) return done();
        TRY_ASSIGN(const std::optional<LabelId> label, label_of_pack(name));
        if (!label) return done();
        if (!is_ours(*label) && !is_destroyed(*label)) return done();
        TRY_ASSIGN(const bool free, has_none_of_left_alone(*id));
        if (free) plan_.remove.insert(name);
        return done();
    }

    // Proven bad, and in no index here: most likely of a label that was destroyed, which its header need not tell any more. Where
    // it is known what every live snapshot needs, none needs this.
    void plan_damaged_packs() {
        if (!facts_.all_known) return;
        for (const auto& [pack, n] : facts_.ledger.damaged_packs) {
            const std::string name = pack_name(pack);
            if (in_ledger(name) && is_announced(pack) && !is_surveyed(pack)) plan_.remove.insert(name);
        }
    }

    void plan_destroyed_segment(const std::string& name) {
        constexpr std::size_t kFolder = 6;  // "index/"
        const auto label = LabelId::from_hex(std::string_view(name).substr(kFolder, 2 * LabelId::size));
        const auto id = id_in_name(name);
        if (label && id && is_announced(*id) && is_destroyed(*label) && !facts_.surveys.contains(*label))
            plan_.remove.insert(name);
    }

    // Forgotten ones, and those of writers that died before they entered them.
    Status plan_snapshot(const std::string& name, const ObjectInfo& object) {
        const auto id = id_in_name(name);
        if (!id || !is_announced(*id) || facts_.ledger.snapshots.contains(*id)) return done();
        if (!in_ledger(name) && !facts_.ledger.forgotten.contains(*id) && !is_past_grace(object)) return done();
        TRY_ASSIGN(const Bytes bytes, facts_.store.get(name, kMaxSnapshotSize));
        const auto clear = decode_snapshot_clear(*id, bytes);
        // One that is damaged and forgotten belongs to nobody.
        const bool ours =
            clear.ok() ? is_ours(clear->label) || is_destroyed(clear->label) : facts_.ledger.forgotten.contains(*id);
        if (ours) plan_.remove.insert(name);
        return done();
    }

    // Forgotten because their object was lost: the ledger need not miss it any longer.
    void plan_lost_snapshots() {
        for (const ObjectId& id : facts_.ledger.forgotten) {
            const std::string name = snapshot_name(id);
            if (in_ledger(name) && !facts_.census.contains(name) && is_announced(id)) plan_.remove.insert(name);
        }
    }

    const PruneFacts& facts_;
    PrunePlan plan_;
};

}  // namespace

bool has_dead_blocks(const PackUse& use) {
    const std::uint64_t blocks = use.size - std::min(use.size, use.header_bytes);
    return use.live_bytes * 100 < blocks * kLivePercent;
}

std::size_t PrunePlan::packs_to_remove() const {
    return static_cast<std::size_t>(
        std::count_if(remove.begin(), remove.end(), [](const std::string& name) { return name.starts_with("packs/"); }));
}

std::size_t PrunePlan::packs_to_repack() const {
    std::size_t count = 0;
    for (const auto& [label, plan] : labels) count += plan.repack.size();
    return count;
}

std::unordered_set<ObjectId, IdHash> PrunePlan::ids() const {
    std::unordered_set<ObjectId, IdHash> ids;
    for (const std::string& name : remove) {
        if (const auto id = id_in_name(name)) ids.insert(*id);
    }
    for (const auto& [label, plan] : labels) {
        ids.insert(plan.drop.begin(), plan.drop.end());
        ids.insert(plan.repack.begin(), plan.repack.end());
        ids.insert(plan.left_over.begin(), plan.left_over.end());
    }
    return ids;
}

Result<PrunePlan> plan_prune(const PruneFacts& facts) { return Planner(facts).run(); }

}  // namespace custody
