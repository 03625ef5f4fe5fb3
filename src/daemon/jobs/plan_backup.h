// The work of a backup job: one run of a plan, from the probe of its medium to the copies on the others and the record of it all.
//
// Phases: probe, source (hooks, guard), backup (stored, read back, reconciled), copy NAME for each further medium, retention.
// Threads: the job's own. Errors are in the end: it is to be entered by the caller (LiveJob::end), and told to the scheduler.
#pragma once

#include "daemon/jobs/job_context.h"
#include "daemon/schedule/scheduler.h"

#include <string>

namespace custody {

struct PlanRun {
    std::string plan;             // in the job's configuration
    std::string medium;           // that it is written to first
    bool source_changed = false;  // a person said so (custody plan run --source-changed)
};
struct PlanRunEnd {
    catalog::JobEnd record;
    Scheduler::End end = Scheduler::End::failure;
    Setback setback = Setback::permanent;
    bool source_absent = false;  // not there, or all at once empty: told as that and not as a failed backup
};
[[nodiscard]] PlanRunEnd run_plan_backup(const JobContext& context, const PlanRun& run);

}  // namespace custody
