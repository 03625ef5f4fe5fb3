// Everything that reading a snapshot's names and content needs, opened together: keys, index, blocks, trees.
//
// Ownership: refers to repository and snapshot's vault, which outlive it; owns the rest. Threads: immutable after open; trees
// and blocks are safe from many. Errors: wrong_key when the label's keys are not here, naming the label.
#pragma once

#include "base/result.h"
#include "vault/packs/index.h"
#include "vault/packs/pack_reader.h"
#include "vault/packs/sealer.h"
#include "vault/repository.h"
#include "vault/tree_reader.h"

#include <memory>

namespace custody {

class SnapshotAccess {
public:
    static Result<std::unique_ptr<SnapshotAccess>> open(Repository& repository, const Snapshot& snapshot,
                                                        const UnlockedKeyring& unlocked);
    [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }
    [[nodiscard]] const TreeId& root() const { return snapshot_.summary.root; }
    [[nodiscard]] const WriterKeys& keys() const { return *keys_; }
    [[nodiscard]] const BlockSource& blocks() const { return *blocks_; }
    [[nodiscard]] TreeReader& trees() { return *trees_; }

private:
    SnapshotAccess() = default;
    Snapshot snapshot_;
    std::shared_ptr<const WriterKeys> keys_;
    std::shared_ptr<const LabelSecrets> secrets_;
    std::unique_ptr<Index> index_;
    std::unique_ptr<SegmentOpener> opener_;
    std::unique_ptr<BlockSource> blocks_;
    std::unique_ptr<TreeReader> trees_;
};

}  // namespace custody
