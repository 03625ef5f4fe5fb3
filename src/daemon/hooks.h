// Hooks around a run: programs that a plan names to be run before its source is read and after the run is over (stop an
// application, mount a share; start it again).
//
// Argument vectors, never a shell; each has its time. A `before` that fails ends the run before anything is read. `after` runs
// whenever the run began, also when it failed or was cancelled, and is told how it ended; its failure fails a run that was good.
// Environment of both, besides base/process.h's: CUSTODY_PLAN, CUSTODY_LABEL, CUSTODY_HOOK ("before", "after"); of `after`
// CUSTODY_OUTCOME ("done", "failed", "interrupted"), CUSTODY_ERROR (one line, may be empty), CUSTODY_SNAPSHOT (64 hex, or empty).
//
// Ownership: none. Threads: safe. Units: ns. Errors: failed (exit code, signal, time over), not_found, denied, usage,
// interrupted.
#pragma once

#include "base/process.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

struct Hook {
    std::vector<std::string> arguments;  // empty: no hook
    std::int64_t time_limit_ns = 5 * kMinute;
    std::optional<ProcessUser> user;
};
struct RunOutcome {
    std::optional<Error> error;  // none: it is done
    std::string snapshot;        // its id; empty where there is none
};

[[nodiscard]] Status run_before_hook(const Hook& hook, const std::string& plan, const std::string& label, const StopFlag& stop);
// Not ended by a stop that ended the run: it has its whole time.
[[nodiscard]] Status run_after_hook(const Hook& hook, const std::string& plan, const std::string& label,
                                    const RunOutcome& outcome);

// before, then `work`, then after. The work's error comes first; after's is added to it in words. `work` returns the snapshot's
// id, or nothing where none was needed.
[[nodiscard]] Status run_with_hooks(const Hook& before, const Hook& after, const std::string& plan, const std::string& label,
                                    const StopFlag& stop, const std::function<Result<std::string>()>& work);

}  // namespace custody
