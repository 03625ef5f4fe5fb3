// What of one label's packs is in use: marked from references alone, with the writer's keys.
//
// Ownership: refers to the store, which outlives it. Threads: one. Errors: corrupt when index or references are damaged; then
// nothing of the label may be freed. Memory: 32 bytes and overhead a tree node, 12 to 23 bytes a chunk and a live block, and as
// much again a live block where doubles are looked for.
#pragma once

#include "vault/history/ledger.h"
#include "vault/index_places.h"
#include "vault/packs/format.h"
#include "vault/packs/index.h"
#include "vault/packs/pack_reader.h"
#include "vault/prune/live_ids.h"
#include "vault/tree_reader.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace custody {

using Census = std::map<std::string, ObjectInfo>;  // what lies in the store, by name

struct PackUse {
    ObjectId id;
    std::uint64_t size = 0;                        // in the store; 0 when missing
    std::uint64_t header_bytes = kPackHeaderSize;  // of that, what no repacking saves
    bool in_store = false;
    bool in_ledger = false;
    SegmentKind kind = SegmentKind::content;
    std::uint64_t live_bytes = 0;         // stored blocks with something live in them
    std::uint64_t raw = 0, live_raw = 0;  // contents, unpacked
    bool damaged = false;                 // as the ledger knows; then live is in it only what lies nowhere else
    bool needed = false;                  // in no ledger entry, or damaged, and yet the only place of something live
    [[nodiscard]] bool is_sound() const { return in_store && !damaged; }
};

// Whether what the index says of a place is so, proven by its content.
using ProvePlace = std::function<Result<bool>(const IndexEntry&)>;

class LabelSurvey {
public:
    static Result<std::unique_ptr<LabelSurvey>> open(ObjectStore& store, std::shared_ptr<const WriterKeys> keys);

    // Everything below `root` is live from now on. Polled often: `check` may end it.
    [[nodiscard]] Status mark(const TreeId& root, const std::function<Status()>& check);
    // Counts anew what is in use, over every index entry: of a damaged pack only what no other holds. corrupt: the index is not
    // whole. With `prove`, of what lies in several blocks under the very same key one place counts as in use, which is proven;
    // those of other keys, and of ids of which none is proven, all do.
    [[nodiscard]] Status count(const Census& census, const LedgerState& ledger, const ProvePlace& prove = nullptr);

    // As of the last count(), where something live is in no pack that is there: what, in words. Else empty.
    [[nodiscard]] std::string lack() const;

    [[nodiscard]] const std::vector<PackUse>& packs() const { return packs_; }
    [[nodiscard]] const PackUse* find(const ObjectId& pack) const;
    [[nodiscard]] bool is_live(ByteView id32) const { return live_.contains(id32); }
    [[nodiscard]] bool is_live_block(const ObjectId& pack, std::uint32_t block_offset) const;
    // What key is needed there; nothing where the segment's header cannot be read.
    [[nodiscard]] std::optional<SealedTo> key_at(const Location& at) const;
    // Packs that a segment lists, by the segment's position in index().segments(); as of the last count().
    [[nodiscard]] const std::vector<std::set<PackRow>>& rows_of_segments() const { return segment_rows_; }

    [[nodiscard]] Index& index() { return *index_; }
    [[nodiscard]] const WriterKeys& keys() const { return *keys_; }
    [[nodiscard]] const SegmentOpener& opener() const { return opener_; }

private:
    LabelSurvey(ObjectStore& store, std::shared_ptr<const WriterKeys> keys);
    Status check_index(const Census& census, const LedgerState& ledger);
    std::size_t place_of(const IndexEntry& entry, const Census& census, const LedgerState& ledger);
    void count_live(const IndexEntry& entry, std::size_t place);
    void note_row(const IndexEntry& entry, std::size_t place, std::size_t segment);
    [[nodiscard]] bool counts_as_live(const IndexEntry& entry) const;
    Status keep_places(std::vector<IndexEntry> places, const ProvePlace& prove, FlatSet64& kept) const;
    Status leave_out_doubles(const ProvePlace& prove);
    Status adopt_needed(bool damaged);
    Result<bool> is_elsewhere_for_others(const IndexEntry& damaged);
    static std::uint64_t block_key(std::size_t place, std::uint32_t offset) { return std::uint64_t{place} << 32 | offset; }

    ObjectStore& store_;
    std::shared_ptr<const WriterKeys> keys_;
    SegmentOpener opener_;
    BlockSource blocks_;
    std::unique_ptr<Index> index_;
    std::unique_ptr<TreeReader> reader_;
    std::unordered_set<TreeId, IdHash> visited_;  // whole ids: a collision here would hide live data
    LiveIds live_;
    std::vector<PackUse> packs_;
    std::unordered_map<ObjectId, std::size_t, IdHash> places_;
    FlatSet64 live_blocks_;
    std::vector<std::set<PackRow>> segment_rows_;
    std::vector<FlatSet64> noted_rows_;  // the same, quicker to ask
    std::map<PackRow, std::uint64_t> pack_sizes_;
};

}  // namespace custody
