#include "restore/snapshot_access.h"

#include "base/text.h"

namespace custody {

Result<std::unique_ptr<SnapshotAccess>> SnapshotAccess::open(Repository& repository, const Snapshot& snapshot,
                                                             const UnlockedKeyring& unlocked) {
    std::unique_ptr<SnapshotAccess> access(new SnapshotAccess());
    access->snapshot_ = snapshot;
    const LabelId& label = snapshot.clear.label;
    if (repository.keyring() != nullptr) access->keys_ = repository.keyring()->writer_keys(label);
    TRY_ASSIGN(access->secrets_, unlocked.secrets(label));
    if (access->keys_ == nullptr || access->secrets_ == nullptr) {
        return Error{Code::wrong_key,
                     say("this keyring has no secret of the label {}: use the custodian's keyring or a recovery kit",
                         snapshot.summary.label)};
    }
    TRY_ASSIGN(access->index_, Index::open(repository.store(), *access->keys_, IndexTrust{}));
    access->index_->ask_last(known_damaged(repository.state()));
    access->opener_ = std::make_unique<SegmentOpener>(*access->keys_, access->secrets_.get());
    access->blocks_ = std::make_unique<BlockSource>(repository.store(), *access->opener_);
    access->trees_ = std::make_unique<TreeReader>(*access->index_, *access->blocks_, *access->keys_);
    return access;
}

}  // namespace custody
