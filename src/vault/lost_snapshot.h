// A snapshot whose record is lost or damaged: what can still be told of it, so that it can be ended without breaking a hold or a
// lawful term that is known, and what to do about it; also about one that lacks something else. Threads: as the repository.
// Errors: io.
#pragma once

#include "vault/repository.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

struct LostRecord {
    ObjectId id;
    LedgerSnapshot ledger;
    bool missing = false;                  // its file is not there; else damaged
    std::optional<LabelId> label;          // as the ledger says, or the index segments that came with it
    std::string label_name;                // empty: not known here
    bool destroyed = false;                // the label: nobody could read it anyway
    std::optional<Snapshot> before_grown;  // bytes were appended to its file: what it says without them
};

// Of a live snapshot of which read_snapshot() says corrupt.
[[nodiscard]] Result<LostRecord> look_at_lost(Repository& repository, const ObjectId& id);
// "label business, made 2026-11-20T02:00:00+07:00 at the latest (12ab34cd)".
[[nodiscard]] std::string describe(const LostRecord& lost);
// "its record was lost", or that it was damaged.
[[nodiscard]] std::string why_lost(const LostRecord& lost);
// What a person does about it, complete: 'custody forget' is only named where it would not be refused, or with what comes before
// it. Every command says this. Of a live snapshot.
[[nodiscard]] std::string way_out_of_lost(Repository& repository, const ObjectId& id, Time now);
// The same of snapshots whose record is sound and which lack a tree or content: what a backup of the same sources stores anew
// heals them too, as far as the sources still have it. "heal it with ...; where no copy is left, ... 'custody forget 12ab34cd'".
[[nodiscard]] std::string way_out_of_broken(Repository& repository, const std::vector<ObjectId>& ids, Time now);
// Of that, what there is to do where nothing heals them; empty when none of them is live and read. Where a forget would be
// refused, until when, or what comes before it.
[[nodiscard]] std::string way_to_end_broken(Repository& repository, const std::vector<ObjectId>& ids, Time now);
// Why it may not end now; empty when it may. One whose label is not known counts as of the label with the longest term.
[[nodiscard]] std::string protection_of(const LostRecord& lost, Time now);

}  // namespace custody
