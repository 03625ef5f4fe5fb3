// The parts of one repair and what they share. Only repairer*.cc include this.
//
// Order: ledger, header, marks, witnesses -> survey (every object hashed) -> snapshots, packs by name -> ledger entry that names
// the packs still damaged -> index segments -> packs block by block -> reserve -> ledger entry -> removal of what was replaced ->
// what is lost. Threads: one, with workers inside
// the survey.
#pragma once

#include "vault/pack_health.h"
#include "vault/pack_transfer.h"
#include "vault/replicator.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace custody {

// A label whose writer keys are here, in the vault under repair.
struct RepairLabel {
    std::shared_ptr<const WriterKeys> keys;
    std::shared_ptr<const LabelSecrets> secrets;  // null: not unlocked
    std::unique_ptr<SegmentOpener> opener;
    std::unique_ptr<BlockSource> blocks;
    std::unique_ptr<Index> index;
    std::vector<Snapshot> snapshots;
};

struct Repair {
    Repair(Repository& the_vault, Repository* the_other, const UnlockedKeyring* the_unlocked, Progress& the_progress,
           const StopFlag& the_stop)
        : vault(the_vault),
          other(the_other),
          unlocked(the_unlocked),
          progress(the_progress),
          stop(the_stop),
          opener(*the_vault.keyring()) {}

    Repository& vault;
    Repository* other;  // may be null
    const UnlockedKeyring* unlocked;
    Progress& progress;
    const StopFlag& stop;

    RepairResult result;
    std::map<std::string, std::string> damaged;  // objects still damaged, and how
    PackHealth health;
    SummaryOpener opener;
    LedgerEntry entry;
    std::vector<std::string> to_remove;  // files, once the entry is published
    std::map<LabelId, RepairLabel> labels;
    std::size_t unreadable_snapshots = 0;  // of labels whose keys are not here

    [[nodiscard]] ObjectStore& store() const { return vault.store(); }
    [[nodiscard]] const LedgerState& state() const { return vault.state(); }
    [[nodiscard]] std::vector<ObjectId> damaged_packs() const;
    void healed(const std::string& object);
    // In the entry, or taken out of what this very run added.
    void retire(const std::string& object);
    [[nodiscard]] Status write_index(IndexBatch& batch);
};

// repairer_ledger.cc: the ledger's entries from their witnesses, and the witnesses from ledgers.
[[nodiscard]] Status heal_ledger(Repair& repair);
[[nodiscard]] Status heal_witnesses(Repair& repair);
// repairer_index.cc: labels, and the index segments of this vault made again from its packs.
[[nodiscard]] Status open_labels(Repair& repair);
[[nodiscard]] Status rebuild_index(Repair& repair);
// repairer_blocks.cc: what live snapshots need of packs that no vault has whole.
[[nodiscard]] Status rescue_blocks(Repair& repair);

}  // namespace custody
