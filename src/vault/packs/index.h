// The index of one label in one vault: chunk or tree id -> where it lies. Immutable sorted segments, sealed with the summary
// key in 16 KiB pages, read by pread (a mapped file on a pulled disk would be a SIGBUS).
//
// In memory: per segment the first id and SHA-256 of each page (64 bytes a 16 KiB page) and a blocked Bloom filter (12 bits an
// entry); one bounded page cache for all. 20 million entries: 1.04 GB on disk, under 50 MB in memory. File: header | pages |
// table (sealed: pack rows, page firsts, page digests, filter) | footer signed by the writer; byte by byte in index_format.h.
// The signature covers header and table, the table the digest of each page: so a host that trusts only its own signature can
// trust every entry without reading the whole file.
// Ownership: store and keys outlive the index. Threads: lookup is safe from many, also beside add_pending and reload, which
// serve one thread, as the rest does. A lookup that finds a segment gone (a prune merged it) reloads by itself.
#pragma once

#include "base/crypto.h"
#include "base/result.h"
#include "vault/keys/label_keys.h"
#include "vault/packs/format.h"
#include "vault/store/object_store.h"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <unordered_set>
#include <vector>

namespace custody {

inline constexpr std::size_t kIndexPageSize = 16 * 1024;
inline constexpr std::size_t kIndexEntrySize = 52;  // id 32, row u32, block offset u32, block size u32, offset u32, length u32

struct IndexEntry {
    std::array<Byte, 32> id{};
    Location location;
};
// A segment of a pack as an index segment's table lists it.
struct PackRow {
    ObjectId pack;
    std::uint64_t pack_size = 0;
    std::uint32_t segment_offset = 0;
    SegmentKind kind = SegmentKind::content;
    auto operator<=>(const PackRow&) const = default;
};

// Streams a segment in id order into `writer`; memory: the table only. Entries may repeat; the first of equal ids is kept.
class IndexSegmentBuilder {
public:
    IndexSegmentBuilder(const WriterKeys& keys, const Secret& signing_seed, std::vector<PackRow> rows, std::uint64_t expected);
    ~IndexSegmentBuilder();
    [[nodiscard]] Status begin(ObjectWriter& writer);
    [[nodiscard]] Status add(const IndexEntry& entry);  // ids ascending; location.pack/segment_offset must be in rows
    struct Finished {
        ObjectId id;
        std::uint64_t size = 0;
        std::uint64_t entries = 0;
    };
    [[nodiscard]] Result<Finished> finish();  // the caller names the object index_name(label, id)
private:
    struct State;
    std::unique_ptr<State> state_;
};

// Sorts and writes entries in memory (a checkpoint: a few hundred thousand at most). Returns what was published.
[[nodiscard]] Result<IndexSegmentBuilder::Finished> write_index_segment(ObjectStore& store, const WriterKeys& keys,
                                                                        const Secret& signing_seed,
                                                                        std::vector<IndexEntry> entries,
                                                                        std::vector<PackRow> rows);

// An index segment in the store, with the packs that it lists.
struct WrittenSegment {
    ObjectInfo object;
    std::vector<ObjectId> packs;
};
[[nodiscard]] std::vector<ObjectId> packs_of(const std::vector<PackRow>& rows);  // unique, sorted

// Which segments count: for deduplication only the writer's own, unless the label's secret is here; for reading all.
struct IndexTrust {
    bool everyone = true;
    SignerId only{};
};

class Index {
public:
    // Opens every segment of the label that is in the store. Damaged segments: `damaged()` names them; reading goes on without.
    static Result<std::unique_ptr<Index>> open(ObjectStore& store, const WriterKeys& keys, IndexTrust trust,
                                               std::size_t cache_bytes = 16 * 1024 * 1024);
    virtual ~Index() = default;

    // Not known: nullopt. corrupt: a page that should answer is damaged, and no other segment does. Where several packs hold it,
    // the first place not refused by `usable` (null: any); those of ask_last() after the others.
    using Usable = std::function<bool(const Location& at)>;
    [[nodiscard]] virtual Result<std::optional<Location>> lookup(ByteView id32, const Usable* usable) const = 0;
    // These packs answer only for what no other holds: known to be damaged. Before any lookup, and again beside none.
    virtual void ask_last(std::set<ObjectId> packs) = 0;
    // Segments that appeared or went since are picked up; pending entries of packs that a new segment lists are dropped.
    [[nodiscard]] virtual Status reload() = 0;
    // In memory, before a checkpoint publishes them; looked up first.
    virtual void add_pending(const IndexEntry& entry) = 0;
    // Every entry of every segment, segment by segment, in id order within one. For prune, verify, copy.
    // corrupt: a page is damaged; busy: a prune removed a segment meanwhile. Pending entries are not visited.
    using Visit = std::function<Status(const IndexEntry& entry, std::size_t segment)>;
    [[nodiscard]] virtual Status for_each(const Visit& visit) const = 0;
    // The same, merged in id order over all segments (equal ids in segment order), for building a merged segment in bounded
    // memory.
    [[nodiscard]] virtual Status for_each_in_order(const Visit& visit) const = 0;
    struct SegmentInfo {
        ObjectId id;
        SignerId signer;
        std::uint64_t entries = 0;
        std::uint64_t size = 0;
    };
    [[nodiscard]] virtual std::vector<SegmentInfo> segments() const = 0;
    [[nodiscard]] virtual std::vector<PackRow> rows() const = 0;  // of all segments, unique, sorted
    // With the rows of its table; ends with the first error of `visit`.
    using VisitSegment = std::function<Status(const SegmentInfo& segment, const std::vector<PackRow>& rows)>;
    [[nodiscard]] virtual Status for_each_segment(const VisitSegment& visit) const = 0;
    struct Damage {
        std::string object;
        Error error;
    };
    // As the last reload found it.
    [[nodiscard]] virtual const std::vector<Damage>& damaged() const = 0;
};

}  // namespace custody
