#include "daemon/config/rotation_check.h"

#include "base/text.h"

namespace custody {
namespace {

const ExceptionText* exception_of(const Config& config, const PlanConfig& plan) {
    if (plan.exception.given()) return &plan.exception;
    const LabelConfig* label = config.find_label(plan.label);
    return label != nullptr && label->exception.given() ? &label->exception : nullptr;
}

}  // namespace

Judgement judge_rotation(FileSystem& files, const Config& config, const ZoneRules& zone, const RotationPlaces& places) {
    Judgement result;
    for (const PlanConfig& plan : config.plans) {
        const auto* source = std::get_if<FilesSource>(&plan.source);
        if (plan.label != "log" || source == nullptr) continue;
        const auto interval = longest_interval(plan, zone);
        if (!interval) continue;  // refused already (judge.h)
        const Position at = plan.at.of("schedule");
        const auto report = read_rotation(files, source->paths, places);
        if (!report.ok()) {
            result.notes.push_back({at, "plan",
                                    say("B12: how long the files of plan {} are kept cannot be read: {}", printable(plan.name),
                                        report.error().message)});
            continue;
        }
        for (const std::string& line : report->not_understood) {
            result.notes.push_back({at, "plan", say("B12: not understood, and not counted: {}", line)});
        }
        const Status enough = check_log_interval(*report, plan.name, *interval);
        if (enough.ok()) continue;
        if (const ExceptionText* exception = exception_of(config, plan)) {
            result.exceptions.push_back({"B12", in_both([&] { return say("plan {}", printable(plan.name)); }), in_both([&] {
                                             return check_log_interval(*report, plan.name, *interval).error().message;
                                         }),
                                         exception->text, at});
        } else {
            result.faults.push_back({at, "plan", enough.error().message});
        }
    }
    return result;
}

}  // namespace custody
