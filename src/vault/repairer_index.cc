// Index segments hold nothing that the packs do not: a damaged one is taken away, and the packs that no sound segment lists are
// read again with the summary key.
#include "base/text.h"
#include "vault/object_check.h"
#include "vault/repair_parts.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kBatchEntries = 300'000;

Status add_label(Repair& repair, const LabelInfo& info) {
    auto keys = repair.vault.keyring()->writer_keys(info.id);
    if (!keys) return done();
    RepairLabel label;
    label.keys = std::move(keys);
    if (repair.unlocked) {
        TRY_ASSIGN(label.secrets, repair.unlocked->secrets(info.id));
    }
    label.opener = std::make_unique<SegmentOpener>(*label.keys, label.secrets.get());
    label.blocks = std::make_unique<BlockSource>(repair.store(), *label.opener);
    TRY_ASSIGN(label.index, Index::open(repair.store(), *label.keys, IndexTrust{}));
    repair.labels.emplace(info.id, std::move(label));
    return done();
}

// Damaged segments of labels whose keys are here; the file goes at once, for an index with a bad page answers for no other.
Result<std::set<LabelId>> drop_damaged_segments(Repair& repair) {
    for (const auto& [id, label] : repair.labels) {
        for (const Index::Damage& damage : label.index->damaged())
            repair.damaged.try_emplace(damage.object, damage.error.message);
    }
    std::set<LabelId> touched;
    for (const auto& [name, why] : std::map(repair.damaged)) {
        const auto label = label_in_name(name);
        if (!label || !repair.labels.contains(*label)) continue;
        const Status removed = repair.store().remove(name);
        if (!removed.ok() && removed.error().code != Code::not_found) return removed.error();
        repair.retire(name);
        repair.healed(name);
        touched.insert(*label);
    }
    return touched;
}

// Packs that a segment lists which no entry names: of a run that crashed or has not ended. Prune may take such a segment away, so
// that what it says of a pack counts as not said.
Result<std::set<ObjectId>> listed_by_nobody(Repair& repair, const std::set<LabelId>& touched) {
    std::set<ObjectId> packs;
    for (const LabelId& label : touched) {
        TRY(repair.labels.at(label).index->for_each_segment(
            [&](const Index::SegmentInfo& segment, const std::vector<PackRow>& rows) -> Status {
                if (repair.state().objects.contains(index_name(label, segment.id))) return done();
                for (const PackRow& row : rows) packs.insert(row.pack);
                return done();
            }));
    }
    return packs;
}

// Packs that may lack their place in the index though no segment is damaged: those that no entry's segment lists, and those that
// came back, for while they were away the index may have been made again without them.
Result<std::set<ObjectId>> packs_to_look_up(Repair& repair) {
    std::set<ObjectId> packs;
    for (const auto& [name, size] : repair.state().objects) {
        const auto pack = id_in_name(name);
        if (pack && object_kind(name) == "pack") packs.insert(*pack);
    }
    for (auto& [id, label] : repair.labels) {
        TRY(label.index->for_each_segment(
            [&, &of = id](const Index::SegmentInfo& segment, const std::vector<PackRow>& rows) -> Status {
                if (!repair.state().objects.contains(index_name(of, segment.id))) return done();
                for (const PackRow& row : rows) packs.erase(row.pack);
                return done();
            }));
    }
    for (const std::string& name : repair.result.healed) {
        const auto pack = id_in_name(name);
        if (pack && object_kind(name) == "pack") packs.insert(*pack);
    }
    for (const ObjectId& pack : repair.damaged_packs()) packs.erase(pack);
    return packs;
}

Status write_segments(Repair& repair, IndexBatch& batch) {
    TRY_ASSIGN(const std::vector<WrittenSegment> segments, repair.write_index(batch));
    for (const WrittenSegment& segment : segments) {
        repair.entry.added.push_back(segment.object);
        repair.segments.push_back(segment);
    }
    return done();
}

// Of these labels, what no sound segment lists. Entry by entry: prune may have spread a pack over segments.
Status index_pack(Repair& repair, const ObjectId& pack, const std::set<LabelId>& labels, bool all, IndexBatch& batch) {
    const auto contents = list_pack(repair.store(), pack, repair.opener, repair.stop);
    if (!contents.ok() && is_damage(contents.error())) return done();  // told where packs are healed
    if (!contents.ok()) return contents.error();
    PackContents wanted = *contents;
    std::erase_if(wanted.labels, [&](const auto& part) { return !labels.contains(part.first); });
    for (auto& [id, part] : wanted.labels) {
        const LocationFinder finder(*repair.labels.at(id).index, repair.health);
        std::vector<IndexEntry> missing;
        for (const IndexEntry& entry : part.entries) {
            TRY_ASSIGN(const std::optional<Location> known, finder.find_in(pack, entry.id));
            if (all || !known) missing.push_back(entry);
        }
        part.entries = std::move(missing);
    }
    std::erase_if(wanted.labels, [](const auto& part) { return part.second.entries.empty(); });
    batch.add(wanted);
    return batch.size() >= kBatchEntries ? write_segments(repair, batch) : done();
}

}  // namespace

Status open_labels(Repair& repair) {
    for (const LabelInfo& info : repair.vault.keyring()->labels()) TRY(add_label(repair, info));
    std::vector<Repository::DamagedSnapshot> damaged;
    TRY_ASSIGN(std::vector<Repository::Listed> listed, repair.vault.snapshots(&repair.unreadable_snapshots, &damaged));
    for (Repository::Listed& each : listed) {
        const auto label = repair.labels.find(each.snapshot.clear.label);
        if (label != repair.labels.end()) label->second.snapshots.push_back(std::move(each.snapshot));
    }
    for (const auto& each : damaged) {
        repair.damaged.try_emplace(snapshot_name(each.id), each.error.message);
        if (each.ledger.label) repair.unclear_labels.insert(*each.ledger.label);
        if (!each.ledger.label) repair.record_missing = true;
    }
    return done();
}

Status rebuild_index(Repair& repair) {
    TRY_ASSIGN(const std::set<LabelId> touched, drop_damaged_segments(repair));
    for (auto& [id, label] : repair.labels) TRY(label.index->reload());
    TRY_ASSIGN(const std::set<ObjectId> unsure, packs_to_look_up(repair));
    if (touched.empty() && unsure.empty()) return done();
    std::set<LabelId> every;
    for (const auto& [id, label] : repair.labels) every.insert(id);
    TRY_ASSIGN(const std::set<ObjectId> unnamed, listed_by_nobody(repair, unsure.empty() ? touched : every));
    IndexBatch batch;
    ProgressState progress;
    progress.phase = "rebuilding the index";
    for (const auto& [name, size] : repair.state().objects) {
        const auto pack = id_in_name(name);
        if (!pack || object_kind(name) != "pack") continue;
        const std::set<LabelId>& labels = unsure.contains(*pack) ? every : touched;
        if (labels.empty()) continue;
        TRY(index_pack(repair, *pack, labels, unnamed.contains(*pack), batch));
        ++progress.items_done;
        progress.bytes_done += size;
        repair.progress.update(progress);
    }
    TRY(write_segments(repair, batch));
    for (auto& [id, label] : repair.labels) TRY(label.index->reload());
    return done();
}

}  // namespace custody
