// One copy of snapshots to another vault of the family: the steps of replicator.h, and what it knows while it runs.
//
// The order is that of every writer (docs/LOCKING.md): session, marks, ledger; packs, barrier, index segments, barrier, snapshot
// objects, the packs looked for again, ledger entry. What was copied before an interruption is found again by its name or by the
// index segments written so far. What bears a name at the target, and no entry names, may be what a crash or a bad medium left:
// it is read back, and replaced where it is damaged. With CopyOptions::read_back whatever this copy writes is read back from the
// medium: packs when they are indexed, index segments and snapshot objects before the entry.
//
// Ownership: refers to both repositories, session, progress and stop flag, which outlive it. Threads: one. Memory: 32 bytes a
// pack, the index entries of a batch, and what Reachability takes. Errors: what ends the run; damage is named in `result`.
#pragma once

#include "vault/already_there.h"
#include "vault/entry_objects.h"
#include "vault/pack_transfer.h"
#include "vault/reachability.h"
#include "vault/replicator.h"
#include "vault/store/session.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace custody {

inline constexpr std::size_t kCopyBatchEntries = 300'000;  // of an index, held in memory
// A block of the source that has to move into a pack of another name, because prune may take away its own at the target.
struct CopiedBlock {
    ObjectId pack;
    std::uint32_t block_offset = 0;
    auto operator<=>(const CopiedBlock&) const = default;
};

struct CopiedLabel {
    std::shared_ptr<const WriterKeys> keys;
    std::unique_ptr<SegmentOpener> opener;
    std::unique_ptr<BlockSource> from_blocks, to_blocks;
    std::unique_ptr<Index> from, to;
    std::unique_ptr<Reachability> reach;  // of snapshots made with that key
    std::uint32_t epoch = 0;
    KeyTag key;
};

// A snapshot of which the target has, or will have with this batch, all but the record.
struct ReadySnapshot {
    ObjectId id;
    std::shared_ptr<const WriterKeys> keys;  // of its label
    Time order;
    Bytes bytes;
};

class Copier {
public:
    struct Means {
        Session& session;
        Progress& progress;
        const StopFlag& stop;
        const CopyOptions& options;
    };
    Copier(Repository& from, Repository& to, const Means& means)
        : from_(from),
          to_(to),
          session_(means.session),
          progress_(means.progress),
          stop_(means.stop),
          options_(means.options),
          opener_(*to.keyring()),
          mover_(to.store(), opener_, true),
          damage_known_(to.state().last_damage),
          objects_(to.store()),
          there_(to) {}

    // Looks at what the target has; before everything else.
    Status prepare();
    // For the progress line: what the target lacks; of bytes only when everything is copied.
    void expect(const std::vector<ObjectId>& chosen, bool everything);
    // `by_name`: a person named it.
    Status copy(const ObjectId& id, bool by_name);
    // Publishes what is left, and judges what the target had already.
    Status finish();
    CopyResult result;

private:
    Result<CopiedLabel*> label_copy(std::shared_ptr<const WriterKeys> keys);
    Result<std::optional<Location>> find(CopiedLabel& label, ByteView id, SegmentKind kind);
    [[nodiscard]] bool is_damaged_there(const ObjectId& pack) const { return to_.state().damaged_packs.contains(pack); }
    void look_for(CopiedLabel& label, const SnapshotClear& snapshot);
    [[nodiscard]] static bool opens_with_its_key(const CopiedLabel& label, const BlockSource& blocks, const Location& at);
    Result<std::optional<Location>> target_place(CopiedLabel& label, ByteView id, SegmentKind kind);
    Result<std::optional<Location>> source_place(CopiedLabel& label, ByteView id, SegmentKind kind, bool is_at_target);
    Result<bool> has_references(const BlockSource& blocks, const Location& at);
    Result<std::vector<BlockEntry>> read_references(const Location& at);
    Result<bool> bring(const Location& at, CopiedLabel& label);
    Result<bool> bring_pack(const ObjectId& pack);
    Result<bool> bring_block(const Location& at, CopiedLabel& label);
    Result<bool> source_pack_is_intact(const ObjectId& pack);
    Status move_marked_blocks();
    Status read_back(const ObjectInfo& written);
    Status judge_read_back(const ObjectInfo& pack, const Result<PackContents>& contents);
    void note_read_back(std::uint64_t bytes);
    Status write_index();
    Status publish_batch();
    Status await_prune();
    Status store_record(const ReadySnapshot& ready);
    Status publish(const ReadySnapshot& ready);
    bool fails(const ObjectId& pack, const std::string& why);
    Status leave_out(const ObjectId& id, ClosedLabel label);
    Status leave_out_damaged(const ObjectId& id, const std::string& what, const std::string& why);
    Status tell_lost_at_source(const ObjectId& id, const std::string& why);
    Status judge_present();

    Repository& from_;
    Repository& to_;
    Session& session_;
    Progress& progress_;
    const StopFlag& stop_;
    const CopyOptions& options_;
    std::optional<Error> bad_medium_;  // something read back otherwise: ends the copy, whoever takes the error for the snapshot's
    SummaryOpener opener_;
    BlockMover mover_;
    std::map<LabelId, CopiedLabel> labels_;
    std::unordered_set<ObjectId, IdHash> at_target_;       // packs in the target's store when this began, none cut short
    std::unordered_set<ObjectId, IdHash> whole_;           // source packs that are wholly at the target, hashed there
    std::unordered_set<ObjectId, IdHash> intact_sources_;  // hashed at the source
    std::map<ObjectId, std::string> failed_;               // packs that cannot be had, and why
    std::set<CopiedBlock> moved_;                          // blocks of marked packs, moved or waiting
    std::map<CopiedBlock, std::pair<Location, CopiedLabel*>> to_move_;
    const std::uint64_t damage_known_;  // by the target's ledger, when this began
    EntryObjects objects_;              // of the target, that the snapshots refer to
    IndexBatch batch_;
    std::uint64_t batch_bytes_ = 0;
    std::vector<ReadySnapshot> ready_;
    std::string why_broken_;  // of the snapshot at hand
    AlreadyThere there_;
    std::vector<ObjectId> present_;                       // asked for, and live at the target
    std::map<CopiedBlock, const BlockSource*> readable_;  // blocks of tree nodes, and where their references were read
    std::pair<CopiedBlock, std::vector<BlockEntry>> just_read_;
    ProgressState state_;
};

}  // namespace custody
