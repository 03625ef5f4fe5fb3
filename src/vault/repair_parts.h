// The parts of one repair and what they share. Only repairer*.cc include this.
//
// Order: what stands in a wrong place -> ledger, header, marks, witnesses -> survey (every object hashed) -> what lies under
// another's name -> snapshots, packs by name -> ledger entry that names the packs still damaged -> index segments -> packs block
// by block -> reserve -> ledger entry
// -> removal of what was replaced -> what is lost. From the entry of the damaged packs on it is worked out anew, as an attempt of
// its own, where others moved the vault on below it. Threads: one, with workers inside the survey.
#pragma once

#include "vault/entry_objects.h"
#include "vault/pack_health.h"
#include "vault/pack_transfer.h"
#include "vault/replicator.h"
#include "vault/store/session.h"

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
          opener(*the_vault.keyring()),
          objects(the_vault.store()) {}

    Repository& vault;
    Repository* other;  // may be null
    const UnlockedKeyring* unlocked;
    Progress& progress;
    const StopFlag& stop;

    RepairResult result;
    std::map<std::string, std::string> damaged;  // objects still damaged, and how
    std::set<std::string> healed_live;           // of the healed, those that the ledger named then
    PackHealth health;
    SummaryOpener opener;

    const Session* session = nullptr;
    bool rescue_all = false;  // look for what snapshots lack, though no pack is damaged
    bool rescued = false;     // that was done

    // Of one attempt.
    LedgerEntry entry;                     // but for what `objects` adds
    std::vector<ObjectId> made;            // packs of new names
    EntryObjects objects;                  // those packs, and the index segments that list them
    std::vector<WrittenSegment> segments;  // made here, listing packs that the ledger names
    std::vector<std::string> to_remove;    // files, once the entry is published
    std::map<LabelId, RepairLabel> labels;
    std::size_t unreadable_snapshots = 0;  // of labels whose keys are not here
    bool record_missing = false;           // of a live snapshot whose label is not known
    std::set<LabelId> unclear_labels;      // a record or node of theirs cannot be had: what it needs is not known
    std::uint64_t base_n = 0;              // the ledger's entry that the attempt builds on, its own included
    bool published = false;                // the attempt's entry: what it says is so

    [[nodiscard]] ObjectStore& store() const { return vault.store(); }
    [[nodiscard]] const LedgerState& state() const { return vault.state(); }
    [[nodiscard]] std::vector<ObjectId> damaged_packs() const;
    void begin_attempt();  // forgets what the one before worked out
    void healed(const std::string& object);
    // Taken out of the ledger and the store by this attempt's entry. What no entry names is its writer's, or prune's.
    void retire(const std::string& object);
    // Out of the vault's content, not deleted; by a rename, with the reserve's room where there is none.
    [[nodiscard]] Result<std::string> put_aside(const std::string& object, const std::string& why);
    // What bears the name and is no file is set aside, so that an object can have it.
    [[nodiscard]] Status make_way(const std::string& object);
    // Reads the ledger again: what it no longer names was taken away lawfully, and is neither damaged nor healed; but for the
    // record of a snapshot that is live, which no entry may take away.
    [[nodiscard]] Status catch_up();
    // What is there of the packs that the ledger names, by the store's list.
    [[nodiscard]] Status look_at_packs();
    // Durable packs, then their segments, durable too. The caller says which entry names them.
    [[nodiscard]] Result<std::vector<WrittenSegment>> write_index(IndexBatch& batch);
};

// repairer_ledger.cc: the ledger's entries from their witnesses.
[[nodiscard]] Status heal_ledger(Repair& repair);
// repairer_witnesses.cc: the witnesses from ledgers.
[[nodiscard]] Status heal_witnesses(Repair& repair);
// repairer_misplaced.cc: objects whose bytes lie under another name.
[[nodiscard]] Status heal_misplaced(Repair& repair);
// repairer_grown.cc: objects that have grown, out of their own first bytes.
[[nodiscard]] Status heal_grown(Repair& repair);
// repairer_records.cc: the records of live snapshots that an entry took out of the ledger. Survey them; enter them again.
[[nodiscard]] Status survey_records(Repair& repair);
[[nodiscard]] Status enter_records(Repair& repair);
// repairer_index.cc: labels, and the index segments of this vault made again from its packs.
[[nodiscard]] Status open_labels(Repair& repair);
[[nodiscard]] Status rebuild_index(Repair& repair);
// repairer_blocks.cc: what live snapshots need of packs that no vault has whole.
[[nodiscard]] Status rescue_blocks(Repair& repair);

}  // namespace custody
