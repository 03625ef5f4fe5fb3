#include "vault/prune/index_fold.h"

#include <algorithm>

namespace custody {
namespace {

// When there are too many, so many are folded that the next runs need not fold again.
constexpr std::size_t kSegmentsAfterFold = kMaxIndexSegments / 2;

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

    // A damaged pack must not take the place of a sound one, nor a key that is not here that of one which is.
    [[nodiscard]] bool is_better(const Location& at, const Location& than) const {
        const bool sound = is_sound(at.pack);
        if (sound != is_sound(than.pack)) return sound;
        return survey_.key_rank(at) < survey_.key_rank(than);
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

    Result<std::optional<ObjectInfo>> write(const std::vector<PackRow>& rows) {
        std::uint64_t expected = 0;
        for (std::size_t i = 0; i < segments_.size(); ++i) expected += touched_[i] ? segments_[i].entries : 0;
        TRY_ASSIGN(const auto writer, store_.begin());
        IndexSegmentBuilder builder(survey_.keys(), signing_seed_, rows, expected);
        TRY(builder.begin(*writer));
        // A segment has one place for an id: the best of those that the folded ones name.
        std::optional<IndexEntry> best;
        const auto write_best = [&]() -> Status {
            const std::optional<IndexEntry> waited = std::exchange(best, std::nullopt);
            return waited ? builder.add(*waited) : done();
        };
        const auto write_entry = [&](const IndexEntry& entry, std::size_t segment) -> Status {
            if (!touched_[segment] || dropped(entry.location.pack)) return done();
            if (best && best->id == entry.id) {
                if (is_better(entry.location, best->location)) best = entry;
                return done();
            }
            TRY(write_best());
            best = entry;
            return done();
        };
        TRY(survey_.index().for_each_in_order(write_entry));
        TRY(write_best());
        TRY_ASSIGN(const auto finished, builder.finish());
        const std::string name = index_name(survey_.keys().label, finished.id);
        TRY(writer->finish(name));
        return std::optional<ObjectInfo>(ObjectInfo{name, finished.size});
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
