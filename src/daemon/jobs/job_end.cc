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

std::optional<AlertKind> medium_alert(const Error& error) {
    switch (error.code) {
        case Code::io:
        case Code::read_only:
            return AlertKind::medium_failed;
        case Code::no_space:
            return AlertKind::medium_full;
        case Code::corrupt:
            return AlertKind::verify_damage;
        default:
            return std::nullopt;
    }
}

AlertEvent medium_event(const JobContext& context, AlertKind kind, const MediumConfig& medium, std::string detail) {
    AlertEvent event;
    event.kind = kind;
    event.medium = medium.name;
    event.place = medium.place;
    event.job = std::to_string(context.job.id());
    event.detail = std::move(detail);
    return event;
}

void tell_of_medium(const JobContext& context, const MediumConfig& medium, const Error& error) {
    if (const auto kind = medium_alert(error)) context.alerts.raise(medium_event(context, *kind, medium, error.message));
}

}  // namespace custody
