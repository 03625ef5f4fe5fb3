#include "daemon/work/next_runs.h"

#include <optional>
#include <queue>
#include <tuple>

namespace custody {
namespace {

// One plan on its way through time.
struct Course {
    NextRun run;
    std::optional<Cron> cron;
    Windows not_between;
};

struct Later {
    bool operator()(const Course& a, const Course& b) const {
        return std::tie(a.run.at, a.run.plan) > std::tie(b.run.at, b.run.plan);
    }
};

// A time of the schedule that lies within a window begins when the window opens; several such are one run.
std::optional<Time> following(const Course& course, const ZoneRules& zone) {
    if (!course.cron) return std::nullopt;
    const auto slot = course.cron->next_after(course.run.at, zone);
    return slot ? course.not_between.next_opening(*slot, zone) : std::nullopt;
}

std::optional<Course> course_of(const Config& config, const PlanView& view, const ZoneRules& zone, Time now) {
    const PlanConfig* plan = config.find_plan(view.name);
    if (plan == nullptr) return std::nullopt;  // gone from the configuration while it runs
    Course course;
    course.run.plan = view.name;
    if (auto scheduled = scheduled_plan(config, *plan); scheduled.ok()) {
        course.cron = std::move(scheduled->cron);
        course.not_between = std::move(scheduled->not_between);
    }
    course.run.at = now;
    if (view.is_due && !view.is_running) {
        course.run.trigger = view.next_trigger;
        course.run.is_due = true;
        return course;
    }
    const auto first = view.next ? view.next : following(course, zone);  // a running one: by its schedule
    if (!first) return std::nullopt;
    course.run.at = *first;
    course.run.trigger = view.next ? view.next_trigger : Trigger::schedule;
    return course;
}

}  // namespace

std::vector<NextRun> next_runs(const Config& config, const std::vector<PlanView>& views, const ZoneRules& zone, Time now,
                               std::size_t count) {
    std::priority_queue<Course, std::vector<Course>, Later> courses;
    for (const PlanView& view : views) {
        if (auto course = course_of(config, view, zone, now)) courses.push(std::move(*course));
    }
    std::vector<NextRun> runs;
    while (runs.size() < count && !courses.empty()) {
        Course course = courses.top();
        courses.pop();
        runs.push_back(course.run);
        const auto next = following(course, zone);
        if (!next) continue;
        course.run.at = *next;
        course.run.trigger = Trigger::schedule;
        course.run.is_due = false;
        courses.push(std::move(course));
    }
    return runs;
}

}  // namespace custody
