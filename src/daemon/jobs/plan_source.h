// The source of a plan, opened, guarded and closed again around one backup: hooks, mounts that must be there, a btrfs snapshot's
// view, a file system held still, the sameness of a command's output, a bandwidth limit.
//
// Threads: one run of a plan at a time; `back_up` is called at most once, on this thread or on one that is joined before the call
// returns. Errors: of hooks, guard (not_found: the source is absent, or all at once empty), opening, and those of `back_up`.
#pragma once

#include "daemon/jobs/job_context.h"
#include "daemon/schedule/retry.h"
#include "vault/archiver.h"
#include "vault/sources/source.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace custody {

// Paths and devices that the source lies on, for duty B1; none of a server that is asked by name. Looks at nothing.
[[nodiscard]] std::vector<std::string> places_of(const SourceConfig& source);

struct PlanSourceRequest {
    const PlanConfig& plan;                // of the job's configuration
    std::vector<std::string> own_folders;  // keyring, vaults, cache, state: never backed up by a file source, kept live
    bool may_have_moved = false;           // a person said: this is the source now (GuardSettings)
};
// What is known when it is over, also after an error.
struct PlanSourceNotes {
    std::vector<std::string> warnings;
    std::vector<std::string> remarks;  // all is as it should be: where it was read from, what is left out on purpose; logged here
    bool source_absent = false;        // not mounted, not there, or all at once empty: for the alert of that name
    Stage stage = Stage::other;        // that an error came from: source_server, or other
    bool server_answered = false;      // a database server spoke to us
    bool unchanged = false;            // a command whose output is the same as last time: nothing to store
};
struct OpenedPlanSource {
    Source& source;
    std::vector<std::string> plan_facts;                     // for BackupOptions
    std::function<Status(const BackupResult&)> may_publish;  // for BackupOptions: the guard's last word
};
using BackUp = std::function<Result<BackupResult>(OpenedPlanSource&)>;

// Nothing: there was nothing to store (notes.unchanged).
[[nodiscard]] Result<std::optional<BackupResult>> back_up_plan_source(const JobContext& context, Repository& repository,
                                                                      const PlanSourceRequest& request, PlanSourceNotes& notes,
                                                                      const BackUp& back_up);

}  // namespace custody
