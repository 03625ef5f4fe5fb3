// Raw blocks in, named packs and index entries out. Compression and sealing run in the pool; blocks keep their order; one thread
// of its own appends to the pack file, hashes it and syncs it, so that the disk and the processors work at once.
//
// Ownership: lives for one run; refers to store, keys and pool. Threads: used by one thread; on_block/on_pack are called in that
// same thread from add()/flush(). Memory: at most 2*pool+4 blocks in flight. Durable: packs are finished (fsynced, named) in
// order; names are durable after ObjectStore::barrier(). Errors: the first failure is kept and returned by every later call;
// nothing is retried.
#pragma once

#include "base/result.h"
#include "base/worker_pool.h"
#include "vault/packs/index.h"
#include "vault/packs/sealer.h"
#include "vault/store/object_store.h"

#include <functional>
#include <memory>

namespace custody {

struct FinishedPack {
    ObjectId id;
    std::uint64_t size = 0;
    std::vector<PackRow> rows;
    std::vector<IndexEntry> entries;  // of every block in it, in block order
};

class PackWriter {
public:
    using OnPack = std::function<Status(FinishedPack&&)>;
    PackWriter(ObjectStore& store, const WriterKeys& keys, WorkerPool& pool, SegmentKind kind, OnPack on_pack);
    ~PackWriter();  // drops what is unfinished
    [[nodiscard]] Status add(RawBlock&& block);
    // Closes the open pack, if any, and waits until everything before is finished and reported.
    [[nodiscard]] Status flush();
    // A used buffer for the raw content of a block to come, of any size and content; empty when there is none. Any thread.
    [[nodiscard]] Bytes spare_raw();
    void give_raw(Bytes&& buffer);                     // one that was not needed after all
    [[nodiscard]] std::uint64_t stored_bytes() const;  // finished and in flight so far

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Blocks moved verbatim (repack, copy, repair): no secret is needed.
class PackAssembler {
public:
    explicit PackAssembler(ObjectStore& store);
    ~PackAssembler();
    // Appends the block (its segment header first, when it is not the one before). Returns entries' new offsets through finish().
    struct Placed {
        std::uint32_t segment_offset = 0, block_offset = 0;
    };
    [[nodiscard]] Result<Placed> add(const SegmentHeader& segment, ByteView block_bytes);
    [[nodiscard]] std::uint64_t size() const;
    // Fsynced and named; the id is in the name. `replaces`: ObjectWriter::finish_over.
    [[nodiscard]] Result<ObjectInfo> finish(bool replaces = false);
    [[nodiscard]] ObjectId id() const;  // after finish
private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace custody
