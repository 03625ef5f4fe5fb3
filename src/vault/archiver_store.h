// Where a run puts what it read: deduplicates chunks and tree nodes, forms blocks, writes packs, and makes what was stored
// reusable at checkpoints (pack, barrier, index; vault decision 8).
//
// Dedup (vault decision 6): only against packs that the session's marks do not name, that the ledger does not know to be damaged,
// that the index knows from segments this host signed, that exist in their size, and where they are sealed to a key that this
// keyring holds: an older keyring, or another one of the family that was rotated, must not rely on what it cannot open. Content
// in segments of other signers counts when the label's secret is here: each chunk is opened and hashed before it is relied upon
// (archiver_foreign.h). Packs used that no ledger entry lists (a crashed run left them) are adopted with the run's own.
// Checkpoints: every `checkpoint_bytes` or `checkpoint_ns`; after kManyCheckpoints of them both double, again and again, so that
// a run of any length leaves few index segments. Threads: one. Memory: two blocks being formed, the pack writers' bounds, 100
// bytes a chunk since the last checkpoint. Errors: whatever fails here ends the run; what the last checkpoint covered is reused
// by the next.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/worker_pool.h"
#include "vault/archiver.h"
#include "vault/archiver_foreign.h"
#include "vault/entry_objects.h"
#include "vault/history/tree.h"
#include "vault/object_check.h"
#include "vault/packs/index.h"
#include "vault/packs/pack_writer.h"
#include "vault/repository.h"
#include "vault/store/session.h"

#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace custody {

// A block in the making, of chunks copied from elsewhere; proves each copy.
class BlockBuffer {
public:
    explicit BlockBuffer(SegmentKind kind) { block_.kind = kind; }
    [[nodiscard]] bool empty() const { return block_.entries.empty(); }
    [[nodiscard]] bool full() const;
    // `checksum`: of `content`, taken from what is known to be good.
    void add(BlockEntry entry, ByteView content, Checksum128 checksum);
    // Code::memory when a part is no longer what was added. The buffer is empty then.
    [[nodiscard]] Result<RawBlock> take();

private:
    RawBlock block_;
    std::vector<Checksum128> checksums_;  // an entry each
    std::size_t references_ = 0;
};

class ChunkStore {
public:
    ChunkStore(Repository& repository, const WriterKeys& keys, const Marks& marks, WorkerPool& pool,
               const BackupOptions& options);
    ~ChunkStore();

    // What of the block is not stored yet is stored.
    [[nodiscard]] Status add(RawBlock&& block);
    // One chunk; copied only where it is not stored yet. `checksum`: of `content`, taken from what is known to be good.
    [[nodiscard]] Status add(const BlockEntry& entry, ByteView content, Checksum128 checksum);
    [[nodiscard]] Result<TreeId> add_node(const Node& node);
    // A checkpoint, when one is due.
    [[nodiscard]] Status checkpoint_if_due();
    // Everything added is stored and indexed, durable after the next barrier.
    [[nodiscard]] Status finish();
    // Objects that the entry after `now` has to list (entry_objects.h).
    [[nodiscard]] Result<std::vector<ObjectInfo>> objects_to_list(const LedgerState& now);

    // About what could not be used; once.
    [[nodiscard]] std::vector<std::string> take_warnings();
    // A used buffer for content, of any size and content; empty when there is none. Any thread.
    [[nodiscard]] Bytes spare_raw() { return content_ ? content_->spare_raw() : Bytes(); }
    [[nodiscard]] std::uint64_t added_bytes() const { return added_bytes_; }    // new content, raw
    [[nodiscard]] std::uint64_t stored_bytes() const { return stored_bytes_; }  // packs and index segments
    [[nodiscard]] const ReadBack& was_read_back() const { return read_back_; }

private:
    [[nodiscard]] Result<bool> known(ByteView id32);
    [[nodiscard]] bool usable(const Location& at);
    [[nodiscard]] bool is_usable_pack(const ObjectId& pack);
    [[nodiscard]] bool has_key_of(const Location& at) const;
    void note_passed_over(bool found_elsewhere);
    [[nodiscard]] Result<bool> known_elsewhere(const BlockEntry& entry);
    [[nodiscard]] Result<bool> is_new(const BlockEntry& entry);
    [[nodiscard]] Status open_index();
    [[nodiscard]] Status open_foreign();
    [[nodiscard]] Status add_chunk(const BlockEntry& entry, ByteView content, Checksum128 checksum);
    [[nodiscard]] Status emit(BlockBuffer& buffer, PackWriter& writer);
    [[nodiscard]] Status take_pack(FinishedPack&& pack);
    [[nodiscard]] Status read_back(const ObjectInfo& written);
    [[nodiscard]] Status flush();
    [[nodiscard]] Status write_index();
    [[nodiscard]] bool due() const;

    Repository& repository_;
    const WriterKeys& keys_;
    const Marks& marks_;
    const BackupOptions& options_;
    KeyedHash hash_;
    std::unique_ptr<Index> index_;              // opened when first asked
    std::unique_ptr<ForeignSegments> foreign_;  // of other signers; null: none, or not to be used
    Index::Usable is_usable_, is_usable_and_listed_;
    std::vector<std::string> warnings_;
    std::unordered_map<ObjectId, bool, IdHash> usable_;                     // packs looked at
    std::map<std::pair<ObjectId, std::uint32_t>, bool> segments_with_key_;  // those looked at, by their offset in the pack
    std::set<ObjectId> passed_over_;                                        // packs, for it, in the lookup at hand
    std::set<ObjectId> without_key_;                                        // packs that had something, and no other did
    std::unordered_set<ChunkId, IdHash> fresh_;                             // stored since the index was read
    BlockBuffer content_block_{SegmentKind::content}, tree_block_{SegmentKind::tree};
    std::unique_ptr<PackWriter> content_, trees_;
    std::vector<IndexEntry> entries_;  // of packs finished since the last checkpoint
    std::vector<PackRow> rows_;
    EntryObjects objects_;  // written, and relied upon
    ReadBack read_back_;
    std::uint64_t added_bytes_ = 0, stored_bytes_ = 0, at_checkpoint_bytes_ = 0;
    std::int64_t checkpoint_at_ns_ = 0;
    unsigned checkpoints_ = 0;
};

}  // namespace custody
