#include "daemon/jobs/run_alerts.h"

#include <optional>

namespace custody {
namespace {

std::optional<AlertKind> kind_of(MediumFault fault) {
    switch (fault) {
        case MediumFault::absent:
            return AlertKind::medium_absent;
        case MediumFault::no_room:
            return AlertKind::medium_full;
        case MediumFault::damaged:
        case MediumFault::failing:
        case MediumFault::read_only:
            return AlertKind::medium_failed;
        case MediumFault::wrong_medium:
        case MediumFault::copied:
        case MediumFault::other_disk:
        case MediumFault::with_system:
        case MediumFault::with_source:
        case MediumFault::with_medium:
        case MediumFault::disk_unknown:
        case MediumFault::in_memory:
            return AlertKind::medium_wrong;
        case MediumFault::unregistered:
        case MediumFault::place_unknown:
            return std::nullopt;
    }
    return std::nullopt;
}

// What a recorded exception allows is shown with the exceptions, and not again every night.
bool is_on_paper(const JobContext& context, const std::string& medium, const MediumFinding& finding) {
    const MediumConfig* configured = context.config->find_medium(medium);
    const bool is_excepted = configured != nullptr && configured->exception.given();
    return finding.excepted || (is_excepted && finding.fault == MediumFault::with_medium);
}

}  // namespace

AlertEvent event_of(const JobContext& context, AlertKind kind, const std::string& plan, const std::string& medium,
                    const std::string& detail) {
    AlertEvent event;
    event.kind = kind;
    event.plan = plan;
    event.medium = medium;
    event.detail = detail;
    event.job = std::to_string(context.job.id());
    if (const PlanConfig* configured = context.config->find_plan(plan)) event.label = configured->label;
    if (const MediumConfig* configured = context.config->find_medium(medium)) event.place = configured->place;
    return event;
}

void tell_probe(const JobContext& context, const std::string& medium, const MediumProbe& probe) {
    std::optional<AlertKind> raised;
    for (const MediumFinding& finding : probe.findings) {
        if (!finding.stops()) {
            if (!is_on_paper(context, medium, finding)) context.job.warn(finding.words);
            continue;
        }
        const auto kind = kind_of(finding.fault);
        if (!kind || raised) continue;
        context.alerts.raise(event_of(context, *kind, "", medium, finding.words));
        raised = kind;
    }
    for (const AlertKind kind :
         {AlertKind::medium_absent, AlertKind::medium_full, AlertKind::medium_failed, AlertKind::medium_wrong}) {
        if (kind != raised) context.alerts.resolve(kind, medium);
    }
}

void tell_medium_error(const JobContext& context, const std::string& medium, const Error& error) {
    const auto tell = [&](AlertKind kind) { context.alerts.raise(event_of(context, kind, "", medium, error.message)); };
    if (error.code == Code::no_space) tell(AlertKind::medium_full);
    if (error.code == Code::io || error.code == Code::read_only) tell(AlertKind::medium_failed);
    if (error.code == Code::not_found) tell(AlertKind::medium_absent);
    if (error.code == Code::corrupt) tell(AlertKind::verify_damage);
}

}  // namespace custody
