#include "vault/prune/label_survey.h"

#include "base/text.h"

namespace custody {
namespace {

Error nothing_freed(const WriterKeys& keys, std::string_view why) {
    return {Code::corrupt, say("label {}: {}; nothing was freed, run `custody verify` and `custody repair`", keys.name, why)};
}

Status corrupt_frees_nothing(const Status& status, const WriterKeys& keys) {
    if (!status.ok() && status.error().code == Code::corrupt) return nothing_freed(keys, status.error().message);
    return status;
}

}  // namespace

LabelSurvey::LabelSurvey(ObjectStore& store, std::shared_ptr<const WriterKeys> keys)
    : store_(store), keys_(std::move(keys)), opener_(*keys_, nullptr), blocks_(store, opener_) {}

Result<std::unique_ptr<LabelSurvey>> LabelSurvey::open(ObjectStore& store, std::shared_ptr<const WriterKeys> keys) {
    std::unique_ptr<LabelSurvey> survey(new LabelSurvey(store, std::move(keys)));
    TRY_ASSIGN(survey->index_, Index::open(store, *survey->keys_, IndexTrust{}));
    survey->reader_ = std::make_unique<TreeReader>(*survey->index_, survey->blocks_, *survey->keys_);
    return survey;
}

Status LabelSurvey::mark(const TreeId& root, const std::function<Status()>& check) {
    std::vector<TreeId> pending{root};
    while (!pending.empty()) {
        const TreeId id = pending.back();
        pending.pop_back();
        if (!visited_.insert(id).second) continue;
        TRY(check());
        live_.insert(id.view());
        TRY_ASSIGN(const TreeRefs refs, reader_->refs(id));
        for (const ChunkId& chunk : refs.chunks) live_.insert(chunk.view());
        // Pushed backwards: read in the order in which they were stored.
        for (auto child = refs.trees.rbegin(); child != refs.trees.rend(); ++child) {
            if (!visited_.contains(*child)) pending.push_back(*child);
        }
    }
    return done();
}

// An index that lacks a segment would make live packs look unused.
Status LabelSurvey::check_index(const Census& census, const LedgerState& ledger) {
    const std::string folder = "index/" + keys_->label.hex() + "/";
    for (auto at = ledger.objects.lower_bound(folder); at != ledger.objects.end() && at->first.starts_with(folder); ++at) {
        const auto object = census.find(at->first);
        if (object == census.end() || object->second.size != at->second) {
            return nothing_freed(*keys_, say("{} is missing or cut", at->first));
        }
    }
    if (index_->damaged().empty()) return done();
    const Index::Damage& damage = index_->damaged().front();
    return nothing_freed(*keys_, say("{} is damaged: {}", damage.object, damage.error.message));
}

std::size_t LabelSurvey::place_of(const IndexEntry& entry, const Census& census, const LedgerState& ledger) {
    const auto [known, is_new] = places_.try_emplace(entry.location.pack, packs_.size());
    if (!is_new) return known->second;
    PackUse use;
    use.id = entry.location.pack;
    use.kind = entry.location.kind;
    const std::string name = pack_name(use.id);
    const auto object = census.find(name);
    const auto in_ledger = ledger.objects.find(name);
    use.in_ledger = in_ledger != ledger.objects.end();
    // One that is not as large as the ledger says is as good as missing.
    use.in_store = object != census.end() && (!use.in_ledger || object->second.size == in_ledger->second);
    use.size = object == census.end() ? 0 : object->second.size;
    use.damaged = ledger.damaged_packs.contains(use.id);
    packs_.push_back(use);
    return known->second;
}

void LabelSurvey::count_live(const IndexEntry& entry, std::size_t place) {
    PackUse& use = packs_[place];
    live_.found(entry.id);
    use.live_raw += entry.location.length;
    if (live_blocks_.insert(block_key(place, entry.location.block_offset))) use.live_bytes += entry.location.block_size;
}

void LabelSurvey::note_row(const IndexEntry& entry, std::size_t place, std::size_t segment) {
    if (!noted_rows_[segment].insert(block_key(place, entry.location.segment_offset))) return;
    PackRow row{entry.location.pack, 0, entry.location.segment_offset, entry.location.kind};
    const auto size = pack_sizes_.find(row);
    row.pack_size = size == pack_sizes_.end() ? packs_[place].size : size->second;
    segment_rows_[segment].insert(row);
}

Status LabelSurvey::count(const Census& census, const LedgerState& ledger, const ProvePlace& prove) {
    TRY(index_->reload());
    TRY(check_index(census, ledger));
    packs_.clear();
    places_.clear();
    live_blocks_.clear();
    live_.forget_found();
    segment_rows_.assign(index_->segments().size(), {});
    noted_rows_.assign(index_->segments().size(), {});
    pack_sizes_.clear();
    for (PackRow row : index_->rows()) {
        const std::uint64_t size = std::exchange(row.pack_size, 0);
        pack_sizes_[row] = size;
    }
    const Status counted = index_->for_each([&](const IndexEntry& entry, std::size_t segment) {
        const std::size_t place = place_of(entry, census, ledger);
        note_row(entry, place, segment);
        PackUse& use = packs_[place];
        use.raw += entry.location.length;
        // What a snapshot needs is in packs that the ledger names; a copy elsewhere counts for nothing.
        if (use.in_ledger && use.is_sound() && live_.contains(entry.id)) count_live(entry, place);
        return done();
    });
    TRY(corrupt_frees_nothing(counted, *keys_));
    for (const auto& [row, size] : pack_sizes_) {
        const auto place = places_.find(row.pack);
        if (place != places_.end()) packs_[place->second].header_bytes += kSegmentHeaderSize;
    }
    if (prove) TRY(corrupt_frees_nothing(leave_out_doubles(prove), *keys_));
    if (live_.not_found() > 0) TRY(adopt_needed(false));
    if (live_.not_found() > 0 || !ledger.damaged_packs.empty()) TRY(adopt_needed(true));
    return done();
}

std::string LabelSurvey::lack() const {
    if (live_.not_found() == 0) return {};
    return say("{} chunks or trees that snapshots need are in no pack", live_.not_found());
}

// A writer names every pack it uses in its entry. Should one have failed to, its data are kept all the same; and so is a damaged
// pack, for what of it is whole, or can be healed from another vault.
Status LabelSurvey::adopt_needed(bool damaged) {
    return index_->for_each([&](const IndexEntry& entry, std::size_t) -> Status {
        const auto place = places_.find(entry.location.pack);
        if (place == places_.end()) return done();
        PackUse& use = packs_[place->second];
        if (use.in_ledger != damaged || use.damaged != damaged || !use.in_store || !live_.contains(entry.id)) return done();
        if (!use.needed && live_.is_found(entry.id)) {
            if (!damaged) return done();
            TRY_ASSIGN(const bool elsewhere, is_elsewhere_for_others(entry));
            if (elsewhere) return done();
        }
        use.needed = true;
        count_live(entry, place->second);
        return done();
    });
}

// Something live in a damaged pack that lies in a sound one too. Where that is under another key it is of no use to a keyring
// that holds the damaged one's alone: then the pack waits for a repair that proves its blocks.
Result<bool> LabelSurvey::is_elsewhere_for_others(const IndexEntry& damaged) {
    const std::optional<SealedTo> key = key_at(damaged.location);
    if (!key) return true;
    const Index::Usable is_same = [&](const Location& at) {
        const auto place = places_.find(at.pack);
        if (place == places_.end() || !packs_[place->second].in_ledger || !packs_[place->second].is_sound()) return false;
        const std::optional<SealedTo> there = key_at(at);
        return there && opens_wherever(*there, *key);
    };
    TRY_ASSIGN(const std::optional<Location> found, index_->lookup(damaged.id, &is_same));
    return found.has_value();
}

std::optional<SealedTo> LabelSurvey::key_at(const Location& at) const {
    const auto segment = blocks_.read_segment(at);
    return segment.ok() ? std::optional(sealed_to(*segment, *keys_)) : std::nullopt;
}

const PackUse* LabelSurvey::find(const ObjectId& pack) const {
    const auto place = places_.find(pack);
    return place == places_.end() ? nullptr : &packs_[place->second];
}

bool LabelSurvey::is_live_block(const ObjectId& pack, std::uint32_t block_offset) const {
    const auto place = places_.find(pack);
    return place != places_.end() && live_blocks_.contains(block_key(place->second, block_offset));
}

}  // namespace custody
