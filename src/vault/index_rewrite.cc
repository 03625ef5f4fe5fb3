#include "vault/index_rewrite.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace custody {
namespace {

struct SegmentUse {
    std::set<PackRow> rows;  // sizes not filled in
    std::uint64_t kept = 0;
    bool holds_dropped = false;
};

using Uses = std::map<std::size_t, SegmentUse>;

Result<Uses> look_through(const Index& index, const IsDropped& is_dropped, const IsNamed& is_named) {
    Uses uses;
    const std::vector<Index::SegmentInfo> segments = index.segments();
    TRY(index.for_each([&](const IndexEntry& entry, std::size_t segment) -> Status {
        if (!is_named(segments.at(segment).id)) return done();
        SegmentUse& use = uses[segment];
        const Location& at = entry.location;
        TRY_ASSIGN(const bool dropped, is_dropped(entry));
        if (dropped) {
            use.holds_dropped = true;
        } else {
            use.rows.insert(PackRow{at.pack, 0, at.segment_offset, at.kind});
            ++use.kept;
        }
        return done();
    }));
    return uses;
}

std::vector<PackRow> with_sizes(const std::set<PackRow>& rows, const std::vector<PackRow>& all) {
    std::map<ObjectId, std::uint64_t> sizes;
    for (const PackRow& row : all) sizes[row.pack] = row.pack_size;
    std::vector<PackRow> sized(rows.begin(), rows.end());
    for (PackRow& row : sized) row.pack_size = sizes[row.pack];
    std::sort(sized.begin(), sized.end());
    return sized;
}

// One new segment for each that held something dropped, in the order in which for_each visits them.
class Rewriter {
public:
    Rewriter(ObjectStore& store, const Index& index, const WriterKeys& keys, const Secret& signing_seed, const Uses& uses)
        : store_(store), index_(index), keys_(keys), signing_seed_(signing_seed), uses_(uses) {}

    Status add(const IndexEntry& entry, std::size_t segment) {
        if (segment != segment_) {
            TRY(close());
            TRY(open(segment));
        }
        return builder_->add(entry);
    }
    Status close() {
        if (!builder_) return done();
        TRY_ASSIGN(const IndexSegmentBuilder::Finished finished, builder_->finish());
        const std::string name = index_name(keys_.label, finished.id);
        TRY(writer_->finish(name));
        added.push_back({name, finished.size});
        builder_.reset();
        return done();
    }
    std::vector<ObjectInfo> added;

private:
    Status open(std::size_t segment) {
        const SegmentUse& use = uses_.at(segment);
        segment_ = segment;
        TRY_ASSIGN(writer_, store_.begin());
        builder_.emplace(keys_, signing_seed_, with_sizes(use.rows, index_.rows()), use.kept);
        return builder_->begin(*writer_);
    }
    ObjectStore& store_;
    const Index& index_;
    const WriterKeys& keys_;
    const Secret& signing_seed_;
    const Uses& uses_;
    std::optional<std::size_t> segment_;
    std::unique_ptr<ObjectWriter> writer_;
    std::optional<IndexSegmentBuilder> builder_;
};

}  // namespace

Result<IndexRewrite> rewrite_index_without(ObjectStore& store, const Index& index, const WriterKeys& keys,
                                           const Secret& signing_seed, const IsDropped& is_dropped, const IsNamed& is_named) {
    TRY_ASSIGN(const Uses uses, look_through(index, is_dropped, is_named));
    Rewriter rewriter(store, index, keys, signing_seed, uses);
    TRY(index.for_each([&](const IndexEntry& entry, std::size_t segment) -> Status {
        const auto use = uses.find(segment);
        if (use == uses.end() || !use->second.holds_dropped) return done();
        TRY_ASSIGN(const bool dropped, is_dropped(entry));
        return dropped ? done() : rewriter.add(entry, segment);
    }));
    TRY(rewriter.close());
    TRY(store.barrier());
    IndexRewrite result;
    result.added = std::move(rewriter.added);
    const std::vector<Index::SegmentInfo> segments = index.segments();
    for (const auto& [segment, use] : uses) {
        if (use.holds_dropped) result.replaced.push_back({index_name(keys.label, segments[segment].id), segments[segment].size});
    }
    return result;
}

}  // namespace custody
