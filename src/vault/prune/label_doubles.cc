// Content that two hosts stored at the same time under one key: each relies on its own, and one is enough for both.
#include "vault/prune/label_survey.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace custody {

bool LabelSurvey::counts_as_live(const IndexEntry& entry) const {
    const auto place = places_.find(entry.location.pack);
    if (place == places_.end()) return false;
    const PackUse& use = packs_[place->second];
    return use.in_ledger && use.is_sound() && live_.contains(entry.id);
}

// All places of one id. The pack of which more is in use comes first, so that whole packs of the others come free. A place is
// given up only for one under the very same key that is proven.
Status LabelSurvey::keep_places(std::vector<IndexEntry> places, const ProvePlace& prove, FlatSet64& kept) const {
    const auto block_of = [this](const IndexEntry& entry) {
        return block_key(places_.at(entry.location.pack), entry.location.block_offset);
    };
    std::sort(places.begin(), places.end(), [this](const IndexEntry& a, const IndexEntry& b) {
        const auto rank = [this](const IndexEntry& at) {
            constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
            return std::tuple(kMost - find(at.location.pack)->live_raw, at.location.pack, at.location.block_offset);
        };
        return rank(a) < rank(b);
    });
    // Segments may list one place twice.
    const auto is_same = [&](const IndexEntry& a, const IndexEntry& b) { return block_of(a) == block_of(b); };
    places.erase(std::unique(places.begin(), places.end(), is_same), places.end());
    std::vector<std::optional<KeyTag>> keys(places.size());
    for (std::size_t i = 0; places.size() > 1 && i < places.size(); ++i) {
        if (const auto key = key_at(places[i].location)) keys[i] = key->key;
    }
    std::set<KeyTag> enough;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (keys[i] && enough.contains(*keys[i])) continue;
        kept.insert(block_of(places[i]));
        const auto next = keys.begin() + static_cast<std::ptrdiff_t>(i) + 1;
        if (!keys[i] || std::find(next, keys.end(), keys[i]) == keys.end()) continue;
        TRY_ASSIGN(const bool proven, prove(places[i]));
        if (proven) enough.insert(*keys[i]);
    }
    return done();
}

// A block stays in use as a whole where anything in it is kept: so nothing is moved that would come out as it was.
Status LabelSurvey::leave_out_doubles(const ProvePlace& prove) {
    FlatSet64 kept;
    std::vector<IndexEntry> of_id;
    const auto close = [&]() -> Status {
        if (of_id.empty()) return done();
        return keep_places(std::exchange(of_id, {}), prove, kept);
    };
    const auto gather = [&](const IndexEntry& entry, std::size_t) -> Status {
        if (!counts_as_live(entry)) return done();
        if (!of_id.empty() && of_id.front().id != entry.id) TRY(close());
        of_id.push_back(entry);
        return done();
    };
    TRY(index_->for_each_in_order(gather));
    TRY(close());
    if (kept.size() == live_blocks_.size()) return done();
    live_blocks_.clear();
    live_.forget_found();
    for (PackUse& use : packs_) use.live_bytes = use.live_raw = 0;
    return index_->for_each([&](const IndexEntry& entry, std::size_t) {
        if (!counts_as_live(entry)) return done();
        const std::size_t place = places_.at(entry.location.pack);
        if (kept.contains(block_key(place, entry.location.block_offset))) count_live(entry, place);
        return done();
    });
}

}  // namespace custody
