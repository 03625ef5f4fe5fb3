#include "vault/entry_objects.h"

#include "base/file.h"
#include "base/text.h"

#include <algorithm>

namespace custody {

void EntryObjects::add_pack(const ObjectId& pack, const LedgerState& now) {
    if (packs_.insert(pack).second && now.objects.contains(pack_name(pack))) old_.insert(pack);
}

void EntryObjects::clear() {
    packs_.clear();
    old_.clear();
    entered_.clear();
    there_.clear();
    segments_.clear();
}

Status EntryObjects::look_for(const ObjectId& pack, const LedgerState& now, std::map<std::string, std::uint64_t>& objects) {
    const std::string name = pack_name(pack);
    const bool in_ledger = now.objects.contains(name);
    if (now.damaged_packs.contains(pack))
        return Error{Code::busy, say("{} was found damaged while this run relied on it; run it again", name)};
    if (!in_ledger && (entered_.contains(pack) || old_.contains(pack)))
        return Error{Code::busy, say("{} was removed while this run relied on it; run it again", name)};
    if (in_ledger) entered_.insert(pack);
    if (in_ledger && there_.contains(pack)) return done();
    const auto info = store_->info(name);
    if (!info.ok() && info.error().code != Code::not_found) return info.error();
    if (!info.ok())
        return Error{Code::corrupt,
                     say("{} has gone from {} while this run relied on it; run it again", name, store_->location())};
    there_.insert(pack);
    if (!in_ledger) objects[name] = info->size;
    return done();
}

// One with new packs may have been entered by who relied on them, and be folded by now; others take no notice of one without.
bool EntryObjects::is_wanted(const WrittenSegment& segment) const {
    const auto is_old = [this](const ObjectId& pack) { return old_.contains(pack); };
    return std::any_of(segment.packs.begin(), segment.packs.end(), [this](const ObjectId& pack) { return is_new(pack); }) ||
           std::all_of(segment.packs.begin(), segment.packs.end(), is_old);
}

// One that is gone was nobody's; one that cannot be looked at might be what an entered pack is listed by.
Status EntryObjects::take_in(const ObjectId& id, const std::string& name, const LedgerState& now, const IsMarked& is_marked,
                             std::map<std::string, std::uint64_t>& objects) {
    if (now.objects.contains(name) || objects.contains(name) || is_marked(id)) return done();
    const auto info = store_->info(name);
    if (!info.ok() && info.error().code == Code::not_found) {
        TRY_ASSIGN(const bool is_blocked, store_->is_blocked(parent_path(name)));
        return is_blocked ? Status(Error{Code::io, info.error().message}) : done();
    }
    TRY(info);
    objects[name] = info->size;
    return done();
}

Result<std::vector<ObjectInfo>> EntryObjects::to_enter(const LedgerState& now, const std::vector<LabelIndex>& indexes,
                                                       const IsMarked& is_marked) {
    std::map<std::string, std::uint64_t> objects;
    for (const ObjectId& pack : packs_) TRY(look_for(pack, now, objects));
    for (const WrittenSegment& segment : segments_) {
        if (is_wanted(segment)) objects[segment.object.name] = segment.object.size;
    }
    // Whole segments with all that they list, so that none is half known.
    for (const auto& [label, index] : indexes) {
        const auto take_segment = [&, &of = label](const Index::SegmentInfo& segment,
                                                   const std::vector<PackRow>& rows) -> Status {
            if (std::none_of(rows.begin(), rows.end(), [&](const PackRow& row) { return is_new(row.pack); })) return done();
            TRY(take_in(segment.id, index_name(of, segment.id), now, is_marked, objects));
            for (const PackRow& row : rows) TRY(take_in(row.pack, pack_name(row.pack), now, is_marked, objects));
            return done();
        };
        TRY(index->for_each_segment(take_segment));
    }
    std::vector<ObjectInfo> list;
    for (const auto& [name, size] : objects) list.push_back({name, size});
    return list;
}

}  // namespace custody
