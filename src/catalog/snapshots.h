// Snapshots, and on which media their copies lie or are owed. What a vault says is the truth; this is what the service knows of
// it, so that absent media can be spoken of, too. Owner, threads, errors, durability: as Catalog.
#pragma once

#include "base/ids.h"
#include "catalog/database.h"
#include "catalog/jobs.h"
#include "catalog/words.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace custody::catalog {

struct SnapshotRecord {
    ObjectId id;  // the same on every medium
    std::string label;
    std::string plan;  // the snapshot's name
    std::string host;
    std::string kind;  // "files", "image", "stream", ...
    Time made_at;
    std::uint64_t files = 0, bytes = 0;
    std::optional<JobId> job;                 // that made it; none: from outside the service, or before a rebuild
    bool rebuilt = false;                     // known from a vault only
    std::optional<Time> ended_at;             // forgotten
    std::optional<std::string> ended_reason;  // "retention", or who asked
};

struct CopyRecord {
    ObjectId snapshot;
    MediumKey medium = 0;
    CopyState state = CopyState::present;
    Time since_at;
    std::optional<std::uint64_t> sequence;  // of the ledger entry on that medium
};

// What a medium should hold: the snapshots of these plans.
struct MediumDuty {
    MediumKey medium = 0;
    std::vector<std::string> plans;
};

struct SnapshotFilter {
    std::optional<std::string> plan, label;
    bool ended = false;  // those that were forgotten, too
    std::size_t limit = 1000;
};

class Snapshots {
public:
    explicit Snapshots(Catalog& catalog) : catalog_(catalog) {}

    // One that is known already keeps what is known of it, and takes the job.
    [[nodiscard]] Status add(const SnapshotRecord& snapshot);
    // A copy lies on the medium: read back from it, or told by its ledger. No debt is left.
    [[nodiscard]] Status present(const ObjectId& snapshot, MediumKey medium, std::optional<std::uint64_t> sequence);
    // The medium should have it; a copy that is there stays, and a debt keeps its beginning.
    [[nodiscard]] Status owe(const ObjectId& snapshot, MediumKey medium);
    // The medium has it no more, and need not (forgotten there, retired, erased).
    [[nodiscard]] Status drop_copy(const ObjectId& snapshot, MediumKey medium);
    [[nodiscard]] Status drop_copies_on(MediumKey medium);
    // It gets nothing more (retired): what it lacks is owed no longer, what it holds stays.
    [[nodiscard]] Status drop_debts_of(MediumKey medium);
    // Forgotten: it is owed to no medium any more. Copies go by drop_copy, medium by medium.
    [[nodiscard]] Status end(const ObjectId& snapshot, std::string_view reason);

    [[nodiscard]] Result<std::optional<SnapshotRecord>> find(const ObjectId& snapshot);
    [[nodiscard]] Result<std::vector<SnapshotRecord>> list(const SnapshotFilter& filter);  // newest first
    [[nodiscard]] Result<std::vector<CopyRecord>> copies_of(const ObjectId& snapshot);
    [[nodiscard]] Result<std::vector<CopyRecord>> owed_to(MediumKey medium);    // longest owed first
    [[nodiscard]] Result<std::vector<CopyRecord>> copies_on(MediumKey medium);  // present and owed

    // Debts are what these duties say from here on, and no others: each medium is owed what it lacks of its plans, as far as it
    // is live and lies on some medium. Only what a job here made, or one of these hosts (none: any) did: a vault may be shared,
    // and what another host stores there is that one's to copy. Debts that go on keep their beginning.
    [[nodiscard]] Status settle_debts(const std::vector<MediumDuty>& duties, const std::vector<std::string>& hosts);
    // How many snapshots that were not forgotten would be lost with this medium: no other one that is neither retired nor erased
    // holds them.
    [[nodiscard]] Result<std::uint64_t> only_on(MediumKey medium);

private:
    Catalog& catalog_;
};

}  // namespace custody::catalog
