#include "vault/index_places.h"

#include <algorithm>
#include <set>
#include <utility>

namespace custody {
namespace {

constexpr std::uint32_t kFirstEpoch = 1;

bool is_same_key(const Location& a, const Location& b, const KeyOfPlace& key_of) {
    if (a.pack == b.pack && a.segment_offset == b.segment_offset) return true;
    return key_of && key_of(a) == key_of(b);
}

// Takes out of `entries`, which are in id order, all but one place of each id. What is given back is in id order too.
std::vector<IndexEntry> take_further_places(std::vector<IndexEntry>& entries, const KeyOfPlace& key_of) {
    std::vector<IndexEntry> first, further;
    std::size_t further_of_id = 0;  // where those of the id at hand begin
    for (IndexEntry& entry : entries) {
        if (first.empty() || first.back().id != entry.id) {
            further_of_id = further.size();
            first.push_back(entry);
            continue;
        }
        const auto repeats = [&](const IndexEntry& kept) { return is_same_key(kept.location, entry.location, key_of); };
        if (repeats(first.back())) continue;
        if (std::any_of(further.begin() + static_cast<std::ptrdiff_t>(further_of_id), further.end(), repeats)) continue;
        further.push_back(entry);
    }
    entries = std::move(first);
    return further;
}

std::vector<PackRow> rows_of(const std::vector<IndexEntry>& entries, const std::vector<PackRow>& all) {
    std::set<std::pair<ObjectId, std::uint32_t>> used;
    for (const IndexEntry& entry : entries) used.emplace(entry.location.pack, entry.location.segment_offset);
    std::vector<PackRow> rows;
    for (const PackRow& row : all) {
        if (used.contains({row.pack, row.segment_offset})) rows.push_back(row);
    }
    return rows;
}

}  // namespace

SealedTo sealed_to(const SegmentHeader& segment, const WriterKeys& keys) {
    return {segment.key, segment.epoch, keys.knows(segment.key)};
}

bool opens_wherever(const SealedTo& one, const SealedTo& other) {
    if (one.key == other.key) return true;
    return one.is_known && (other.is_known || one.epoch == kFirstEpoch) && one.epoch <= other.epoch;
}

Result<std::vector<WrittenSegment>> write_all_places(ObjectStore& store, const WriterKeys& keys, const Secret& signing_seed,
                                                     std::vector<IndexEntry> entries, const std::vector<PackRow>& rows,
                                                     const KeyOfPlace& key_of) {
    std::stable_sort(entries.begin(), entries.end(), [](const IndexEntry& a, const IndexEntry& b) { return a.id < b.id; });
    std::vector<WrittenSegment> written;
    while (!entries.empty()) {
        std::vector<IndexEntry> further = take_further_places(entries, key_of);
        std::vector<PackRow> of_these = rows_of(entries, rows);
        std::vector<ObjectId> packs = packs_of(of_these);
        TRY_ASSIGN(const IndexSegmentBuilder::Finished segment,
                   write_index_segment(store, keys, signing_seed, std::move(entries), std::move(of_these)));
        written.push_back({{index_name(keys.label, segment.id), segment.size}, std::move(packs)});
        entries = std::move(further);
    }
    return written;
}

}  // namespace custody
