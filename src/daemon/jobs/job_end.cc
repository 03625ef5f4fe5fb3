#include "daemon/jobs/job_end.h"

namespace custody {
namespace {

catalog::JobState state_of(const LiveJob& job, const Error& error) {
    if (error.code != Code::interrupted) return catalog::JobState::failed;
    switch (job.stop_reason()) {
        case StopReason::cancelled:
            return catalog::JobState::cancelled;
        case StopReason::service_ends:
            return catalog::JobState::interrupted;
        case StopReason::time_over:
        case StopReason::none:
            break;
    }
    return catalog::JobState::failed;
}

}  // namespace

catalog::JobEnd failed_end(const LiveJob& job, Error error) {
    catalog::JobEnd end;
    end.state = state_of(job, error);
    end.error = std::move(error);
    return end;
}

}  // namespace custody
