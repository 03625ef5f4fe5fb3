// Moving packs and blocks from store to store, and indexing what arrived; for copy and repair. Needs writer keys only.
//
// Threads: one. Memory: one buffer or block, and the index entries of a batch. Errors: corrupt for damage at the source, and what
// ends the run. Durable: nothing before ObjectStore::barrier().
#pragma once

#include "base/result.h"
#include "base/stop.h"
#include "vault/keys/keyring.h"
#include "vault/packs/index.h"
#include "vault/packs/pack_reader.h"
#include "vault/packs/pack_writer.h"

#include <map>
#include <memory>
#include <set>
#include <vector>

namespace custody {

// What one label has in a pack.
struct LabelPart {
    std::vector<PackRow> rows;
    std::vector<IndexEntry> entries;
};
struct PackContents {
    ObjectId id;
    std::uint64_t size = 0;
    std::map<LabelId, LabelPart> labels;  // those whose keys are here
    bool intact = true;                   // it hashes to its name and every block's summary opened
};

// Summaries of many labels' blocks. Threads: one.
class SummaryOpener {
public:
    explicit SummaryOpener(const Keyring& keyring) : keyring_(&keyring) {}
    // Null: the label's keys are not here.
    [[nodiscard]] const SegmentOpener* of(const LabelId& label);

private:
    struct Opened {
        std::shared_ptr<const WriterKeys> keys;
        std::unique_ptr<SegmentOpener> opener;
    };
    const Keyring* keyring_;
    std::map<LabelId, Opened> labels_;
};

// Verbatim and hashed on the way; named only when the hash is the name. corrupt: the source's pack is damaged or missing.
// `replaces`: an object of that name is damaged, and replaced in one step after all bytes are there.
[[nodiscard]] Result<std::uint64_t> copy_pack(ObjectStore& from, ObjectStore& to, const ObjectId& pack, bool replaces,
                                              const StopFlag& stop);
// Reads the pack whole. Blocks that do not open are left out. corrupt: missing or unreadable.
[[nodiscard]] Result<PackContents> list_pack(ObjectStore& store, const ObjectId& pack, SummaryOpener& opener,
                                             const StopFlag& stop);

// Index entries by label until they are written as segments signed by this host.
class IndexBatch {
public:
    void add(const PackContents& contents);
    void add(const LabelId& label, const PackRow& row, const std::vector<IndexEntry>& entries);
    [[nodiscard]] std::size_t size() const { return size_; }
    // One segment a label, and more where an id lies in several; the packs must be durable. Empties the batch.
    [[nodiscard]] Result<std::vector<WrittenSegment>> write(ObjectStore& store, const Keyring& keyring);

private:
    std::map<LabelId, LabelPart> labels_;
    std::size_t size_ = 0;
};

// Blocks moved verbatim into new packs of the usual size, each of one label.
class BlockMover {
public:
    // `replaces`: blocks that come together as in a damaged pack make that pack again, and its file is replaced by a sound one.
    BlockMover(ObjectStore& to, SummaryOpener& opener, bool replaces = false) : to_(&to), opener_(&opener), replaces_(replaces) {}
    [[nodiscard]] Status add(const SegmentHeader& segment, ByteView block_bytes);
    // Closes the open pack. All packs made since the last call, with what lies in them.
    [[nodiscard]] Result<std::vector<PackContents>> finish();
    [[nodiscard]] std::uint64_t moved_bytes() const { return moved_bytes_; }

private:
    [[nodiscard]] Status close_pack();
    ObjectStore* to_;
    SummaryOpener* opener_;
    bool replaces_;
    std::unique_ptr<PackAssembler> open_;
    std::map<LabelId, LabelPart> parts_;  // of the open pack; its id is not known yet
    std::vector<PackContents> finished_;
    std::uint64_t moved_bytes_ = 0;
};

}  // namespace custody
