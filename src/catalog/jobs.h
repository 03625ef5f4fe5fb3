// Jobs: what was asked for, how far it came and how it ended. A job's record is durable before its work begins, and every step of
// it when the call returns, so that a crash loses none and invents none.
//
// States: queued -> running -> done | done_with_failures | failed | cancelled | interrupted; waiting_for_key from and to queued
// and running; a queued or waiting one may end, too. What has ended never changes again. Ids only grow and are never used twice:
// the order of jobs is theirs, not that of times, for clocks are set back. Owner, threads, errors: as Catalog; not_found (no such
// job), failed (a step that its state does not allow).
#pragma once

#include "base/ids.h"
#include "catalog/database.h"
#include "catalog/words.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace custody::catalog {

using JobId = std::int64_t;
using MediumKey = std::int64_t;  // a row of the media register

struct NewJob {
    JobKind kind = JobKind::backup;
    std::optional<std::string> plan;  // none: asked for without one
    std::optional<std::string> label;
    std::string reason;    // "schedule", "missed", "change", or the words of who asked
    std::string asked_by;  // "service", or the account
    int attempt = 1;
    std::optional<MediumKey> medium;
    std::optional<VaultId> vault;
};

struct JobCounts {
    std::uint64_t items_new = 0, items_changed = 0, items_unchanged = 0, items_failed = 0;
    std::uint64_t bytes_scanned = 0, bytes_read = 0, bytes_new = 0, bytes_stored = 0;
};
struct ReconcileResult {  // the snapshot against its source (B8)
    std::uint64_t items = 0, bytes = 0, changed = 0, unreadable = 0, damaged = 0;
};
struct ReadBackResult {  // the new objects from the medium
    std::uint64_t objects = 0, bytes = 0, damaged = 0;
};

struct JobEnd {
    JobState state = JobState::done;  // one of the last five
    std::optional<ObjectId> snapshot;
    std::optional<std::uint64_t> sequence;  // of the ledger entry
    JobCounts counts;
    std::optional<ReconcileResult> reconciled;  // none: did not come to it
    std::optional<ReadBackResult> read_back;
    std::vector<std::string> warnings;  // the first kMaxJobWarnings are kept, all are counted
    std::optional<Error> error;
};

struct JobPhase {
    std::string name;
    Time begun_at;
    std::optional<Time> ended_at;  // none: open, or unknown (interrupted)
    PhaseOutcome outcome = PhaseOutcome::open;
};

struct Job {
    JobId id = 0;
    NewJob asked;
    JobState state = JobState::queued;
    Time asked_at;
    std::optional<Time> begun_at;    // none: never did
    std::optional<Time> ended_at;    // none: open, or unknown (a crash)
    std::optional<Time> noticed_at;  // when a start found it open and closed it as interrupted
    std::string last_phase;
    JobEnd end;  // `state` as above; without the warnings, which details() gives
    std::uint64_t warnings = 0;
    bool summarised = false;  // phases and warnings were dropped after their term
};

struct JobDetails {
    Job job;
    std::vector<JobPhase> phases;
    std::vector<std::string> warnings;
};

struct JobFilter {
    std::optional<std::string> plan;
    std::optional<std::string> label;
    std::optional<JobKind> kind;
    std::optional<JobState> state;
    std::optional<JobId> before;  // only older ones: the next page
    std::size_t limit = 50;       // at most 1000
};

inline constexpr std::size_t kMaxJobWarnings = 100;
inline constexpr std::int64_t kMaxJobPhases = 100;

class Jobs {
public:
    explicit Jobs(Catalog& catalog) : catalog_(catalog) {}

    [[nodiscard]] Result<JobId> add(const NewJob& job);  // queued
    [[nodiscard]] Status start(JobId id);                // running; its beginning is that of the first start
    [[nodiscard]] Status wait_for_key(JobId id);
    [[nodiscard]] Status use_medium(JobId id, MediumKey medium, const std::optional<VaultId>& vault);
    // Ends the open phase as done. Above kMaxJobPhases only the last one's name is kept.
    [[nodiscard]] Status begin_phase(JobId id, std::string_view name);
    [[nodiscard]] Status warn(JobId id, std::string_view text);
    // Ends the open phase, too, with the outcome that fits the state.
    [[nodiscard]] Status end(JobId id, const JobEnd& end);
    // At the start of the service, before any job is added: what is open was cut off. It becomes interrupted, its end and that of
    // its phase stay unknown. Those jobs, oldest first.
    [[nodiscard]] Result<std::vector<Job>> close_interrupted();
    // The ledger shows that an interrupted job's snapshot was done: it is entered, the state stays.
    [[nodiscard]] Status enter_snapshot(JobId id, const ObjectId& snapshot, std::uint64_t sequence);

    [[nodiscard]] Result<Job> find(JobId id);
    [[nodiscard]] Result<JobDetails> details(JobId id);
    [[nodiscard]] Result<std::vector<Job>> list(const JobFilter& filter);  // newest first
    [[nodiscard]] Result<std::vector<Job>> open();                         // queued, running, waiting; oldest first

private:
    Catalog& catalog_;
};

[[nodiscard]] bool is_open(JobState state);

}  // namespace custody::catalog
