#include "vault/prune/index_fold.h"

#include "vault/index_places.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace custody {
namespace {

// When there are too many, so many are folded that the next runs need not fold again.
constexpr std::size_t kSegmentsAfterFold = kMaxIndexSegments / 2;
constexpr std::size_t kFurtherAtOnce = 500'000;  // second places of an id, in memory: some 50 MB

class Folder {
public:
    Folder(ObjectStore& store, LabelSurvey& survey, const Secret& signing_seed, const FoldChoice& choice)
        : store_(store),
          survey_(survey),
          signing_seed_(signing_seed),
          choice_(choice),
          segments_(survey.index().segments()),
          touched_(segments_.size(), false) {}

    Result<IndexFold> run() {
        touch_what_must_go();
        touch_too_many();
        IndexFold fold;
        for (std::size_t i = 0; i < segments_.size(); ++i) {
            if (touched_[i]) fold.replaced.push_back({index_name(survey_.keys().label, segments_[i].id), segments_[i].size});
        }
        if (fold.replaced.empty()) return fold;
        const std::vector<PackRow> rows = remaining_rows();
        if (!rows.empty()) {
            TRY_ASSIGN(fold.made, write(rows));
        }
        return fold;
    }

private:
    [[nodiscard]] bool foldable(std::size_t i) const { return choice_.foldable.contains(segments_[i].id); }
    [[nodiscard]] bool dropped(const ObjectId& pack) const { return choice_.drop.contains(pack); }
    [[nodiscard]] bool is_sound(const ObjectId& pack) const {
        const PackUse* use = survey_.find(pack);
        return use == nullptr || use->is_sound();
    }

    // A place of one id, and who can read it.
    struct Place {
        IndexEntry entry;
        bool sound = true;
        std::optional<SealedTo> key;  // none: it cannot be read
    };
    [[nodiscard]] Place look_at(const IndexEntry& entry) const {
        return {entry, is_sound(entry.location.pack), survey_.key_at(entry.location)};
    }

    // A damaged pack must not take the place of a sound one, nor a key that is not here that of one which is; of known keys the
    // oldest is held by the most keyrings.
    static bool is_better(const Place& a, const Place& b) {
        const auto rank = [](const Place& at) {
            return std::tuple(!at.sound, !at.key, at.key && !at.key->is_known, at.key ? at.key->epoch : 0);
        };
        return rank(a) < rank(b);
    }
    static bool stands_for(const Place& kept, const Place& other) {
        return !other.key || (kept.key && opens_wherever(*kept.key, *other.key));
    }

    // The best place of an id, and those that keyrings may need which do not open it.
    [[nodiscard]] std::vector<IndexEntry> choose(const std::vector<IndexEntry>& of_id) const {
        if (of_id.size() == 1) return of_id;
        std::vector<Place> places;
        for (const IndexEntry& entry : of_id) places.push_back(look_at(entry));
        std::stable_sort(places.begin(), places.end(), is_better);
        std::vector<Place> kept;
        for (Place& place : places) {
            const auto is_enough = [&](const Place& better) { return stands_for(better, place); };
            if (std::none_of(kept.begin(), kept.end(), is_enough)) kept.push_back(std::move(place));
        }
        std::vector<IndexEntry> chosen;
        for (const Place& place : kept) chosen.push_back(place.entry);
        return chosen;
    }

    void touch_what_must_go() {
        for (std::size_t i = 0; i < segments_.size(); ++i) {
            const auto& rows = survey_.rows_of_segments()[i];
            const bool loses = std::any_of(rows.begin(), rows.end(), [&](const PackRow& row) { return dropped(row.pack); });
            touched_[i] = foldable(i) && (loses || rows.empty() || choice_.must.contains(segments_[i].id));
        }
    }

    [[nodiscard]] std::size_t count_after() const {
        const auto touched = static_cast<std::size_t>(std::count(touched_.begin(), touched_.end(), true));
        return segments_.size() - touched + (touched > 0 ? 1 : 0);
    }

    // The smallest first; those of other hosts only when our own do not suffice.
    void touch_too_many() {
        if (count_after() <= kMaxIndexSegments) return;
        const SignerId own = signer_id(signing_seed_);
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < segments_.size(); ++i) {
            if (foldable(i) && !touched_[i]) order.push_back(i);
        }
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return std::pair(segments_[a].signer != own, segments_[a].entries) <
                   std::pair(segments_[b].signer != own, segments_[b].entries);
        });
        for (const std::size_t i : order) {
            const bool is_foreign = segments_[i].signer != own;
            if (count_after() <= (is_foreign ? kMaxIndexSegments : kSegmentsAfterFold)) return;
            touched_[i] = true;
        }
    }

    [[nodiscard]] std::vector<PackRow> remaining_rows() const {
        std::set<PackRow> rows;
        for (std::size_t i = 0; i < segments_.size(); ++i) {
            if (!touched_[i]) continue;
            for (const PackRow& row : survey_.rows_of_segments()[i]) {
                if (!dropped(row.pack)) rows.insert(row);
            }
        }
        return {rows.begin(), rows.end()};
    }

    Result<std::vector<ObjectInfo>> write(const std::vector<PackRow>& rows) {
        std::uint64_t expected = 0;
        for (std::size_t i = 0; i < segments_.size(); ++i) expected += touched_[i] ? segments_[i].entries : 0;
        TRY_ASSIGN(const auto writer, store_.begin());
        IndexSegmentBuilder builder(survey_.keys(), signing_seed_, rows, expected);
        TRY(builder.begin(*writer));
        std::vector<ObjectInfo> made;
        std::vector<IndexEntry> of_id, further;
        const auto write_further = [&]() -> Status {
            TRY_ASSIGN(const std::vector<WrittenSegment> segments,
                       write_all_places(store_, survey_.keys(), signing_seed_, std::exchange(further, {}), rows, nullptr));
            for (const WrittenSegment& segment : segments) made.push_back(segment.object);
            return done();
        };
        const auto write_id = [&]() -> Status {
            if (of_id.empty()) return done();
            const std::vector<IndexEntry> chosen = choose(std::exchange(of_id, {}));
            further.insert(further.end(), chosen.begin() + 1, chosen.end());
            if (further.size() >= kFurtherAtOnce) TRY(write_further());
            return builder.add(chosen.front());
        };
        const auto take_entry = [&](const IndexEntry& entry, std::size_t segment) -> Status {
            if (!touched_[segment] || dropped(entry.location.pack)) return done();
            if (!of_id.empty() && of_id.front().id != entry.id) TRY(write_id());
            of_id.push_back(entry);
            return done();
        };
        TRY(survey_.index().for_each_in_order(take_entry));
        TRY(write_id());
        TRY(write_further());
        TRY_ASSIGN(const auto finished, builder.finish());
        const std::string name = index_name(survey_.keys().label, finished.id);
        TRY(writer->finish(name));
        made.insert(made.begin(), ObjectInfo{name, finished.size});
        return made;
    }

    ObjectStore& store_;
    LabelSurvey& survey_;
    const Secret& signing_seed_;
    const FoldChoice& choice_;
    const std::vector<Index::SegmentInfo> segments_;
    std::vector<bool> touched_;
};

}  // namespace

Result<IndexFold> fold_index(ObjectStore& store, LabelSurvey& survey, const Secret& signing_seed, const FoldChoice& choice) {
    return Folder(store, survey, signing_seed, choice).run();
}

}  // namespace custody
