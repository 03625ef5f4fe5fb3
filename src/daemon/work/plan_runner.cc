#include "daemon/work/plan_runner.h"

#include "base/bilingual.h"
#include "base/text.h"
#include "catalog/overview.h"

#include <algorithm>
#include <utility>

namespace custody {
namespace {

std::string reason_of(const Start& start) {
    if (start.trigger != Trigger::person) return std::string(word_of(start.trigger));
    return start.reason.empty() ? "asked" : start.reason;
}

catalog::NewJob new_job(const Config& config, const std::string& plan) {
    catalog::NewJob job;
    job.kind = catalog::JobKind::backup;
    job.plan = plan;
    if (const PlanConfig* configured = config.find_plan(plan)) job.label = configured->label;
    job.asked_by = "service";
    return job;
}

// Of the log.
std::string title_of_run(const std::string& plan) {
    const LanguageScope recorded(program_language());
    return say("backup of plan '{}'", printable(plan));
}

Setback setback_of_last(const catalog::Job& last) {
    if (last.state == catalog::JobState::interrupted) return Setback::interrupted;
    if (last.end.error && last.end.error->code == Code::busy) return Setback::busy;
    if (last.end.error && last.end.error->code == Code::not_found) return Setback::medium_away;
    return Setback::permanent;
}

}  // namespace

Status PlanRunner::configure(std::shared_ptr<const Config> config, ZoneRules zone) {
    std::vector<ScheduledPlan> plans;
    for (const PlanConfig& plan : config->plans) {
        TRY_ASSIGN(ScheduledPlan scheduled, scheduled_plan(*config, plan));
        plans.push_back(std::move(scheduled));
    }
    // What can fail comes first: an error changes nothing.
    std::map<std::string, PlanHistory> known;
    for (const PlanConfig& plan : config->plans) {
        TRY_ASSIGN(known[plan.name], history_of(plan.name));
    }
    config_ = std::move(config);
    scheduler_.configure(
        std::move(plans), std::move(zone), {config_->service.jobs, config_->service.jobs_per_medium},
        [&](const std::string& plan) { return known[plan]; }, moment_of(parts_.clock));
    close_what_is_gone();
    ask();
    return done();
}

// Runs that were asked for, of plans that are no more: they would wait for ever.
void PlanRunner::close_what_is_gone() {
    const LanguageScope recorded(program_language());
    for (auto at = queued_.begin(); at != queued_.end();) {
        if (config_->find_plan(at->first) != nullptr) {
            ++at;
            continue;
        }
        catalog::JobEnd end;
        end.state = catalog::JobState::cancelled;
        end.error = Error{Code::interrupted, say("the plan was taken out of the configuration before the run began")};
        const Status closed = parts_.board.close_queued(at->second.job, end);
        if (!closed.ok()) parts_.log.error(closed.error().message);
        at = queued_.erase(at);
    }
}

// "Last" by the order of jobs. Tries of one due run that failed one after another: the number of the last one's try.
Result<PlanHistory> PlanRunner::history_of(const std::string& plan) const {
    PlanHistory history;
    catalog::JobFilter filter;
    filter.plan = plan;
    filter.kind = catalog::JobKind::backup;
    filter.limit = 1;
    catalog::Jobs jobs(parts_.catalog);
    TRY_ASSIGN(const std::vector<catalog::Job> last, jobs.list(filter));
    if (last.empty()) return history;
    history.last_attempt = last.front().begun_at.value_or(last.front().asked_at);
    for (const auto state : {catalog::JobState::done, catalog::JobState::done_with_failures}) {
        filter.state = state;
        TRY_ASSIGN(const std::vector<catalog::Job> good, jobs.list(filter));
        if (good.empty()) continue;
        const Time begun = good.front().begun_at.value_or(good.front().asked_at);
        if (!history.last_success || *history.last_success < begun) history.last_success = begun;
    }
    const catalog::JobState state = last.front().state;
    if (state != catalog::JobState::failed && state != catalog::JobState::interrupted) return history;
    history.failed = static_cast<std::uint32_t>(std::max(1, last.front().asked.attempt));
    history.setback = setback_of_last(last.front());
    return history;
}

void PlanRunner::set_media(std::set<std::string> present) {
    media_known_ = true;
    scheduler_.set_media(std::move(present), moment_of(parts_.clock));
    ask();
}

void PlanRunner::changed(const std::string& plan) {
    scheduler_.changed(plan, moment_of(parts_.clock));
    ask();
}

Result<std::shared_ptr<LiveJob>> PlanRunner::queue(const std::string& plan, const RunRequest& request) {
    const auto found = queued_.find(plan);
    if (found != queued_.end()) {
        // What a person says of the source counts, also when the run was asked for before.
        found->second.request.source_changed = found->second.request.source_changed || request.source_changed;
        return found->second.job;
    }
    catalog::NewJob job = new_job(*config_, plan);
    job.reason = request.reason.empty() ? "asked" : request.reason;
    job.asked_by = request.asked_by;
    TRY_ASSIGN(std::shared_ptr<LiveJob> live, parts_.board.open(job, title_of_run(plan)));
    queued_[plan] = {live, request};
    return live;
}

Result<catalog::JobId> PlanRunner::request(const std::string& plan, const RunRequest& request) {
    if (config_->find_plan(plan) == nullptr) {
        return Error{Code::not_found, say("no such plan: {}; 'custody plan list' names them", printable(plan))};
    }
    TRY_ASSIGN(const std::shared_ptr<LiveJob> job, queue(plan, request));
    TRY(scheduler_.request(plan, request.reason, moment_of(parts_.clock)));
    ask();
    return job->id();
}

Result<std::vector<catalog::JobId>> PlanRunner::request_all(const RunRequest& request) {
    std::vector<catalog::JobId> ids;
    for (const bool important : {true, false}) {
        for (const PlanConfig& plan : config_->plans) {
            if (config_->is_important(plan) != important) continue;
            TRY_ASSIGN(const std::shared_ptr<LiveJob> job, queue(plan.name, request));
            ids.push_back(job->id());
        }
    }
    scheduler_.request_all(request.reason, moment_of(parts_.clock));
    ask();
    return ids;
}

Result<bool> PlanRunner::withdraw(catalog::JobId job, const std::string& asked_by) {
    const auto found = std::find_if(queued_.begin(), queued_.end(), [&](const auto& one) { return one.second.job->id() == job; });
    if (found == queued_.end()) return false;
    const LanguageScope recorded(program_language());
    (void)scheduler_.withdraw(found->first);  // it may have been asked for by nobody else
    catalog::JobEnd end;
    end.state = catalog::JobState::cancelled;
    end.error = Error{Code::interrupted, say("cancelled by {} before it began", printable(asked_by))};
    const std::shared_ptr<LiveJob> live = found->second.job;
    queued_.erase(found);
    TRY(parts_.board.close_queued(live, end));
    look();
    return true;
}

// Nothing begins before the media were looked at once: else each start would take every plan for one whose media are away.
void PlanRunner::ask() {
    if (stopping_ || !config_ || !media_known_) return;
    const LanguageScope recorded(program_language());  // whoever asked
    const Decision decision = scheduler_.due(moment_of(parts_.clock));
    if (decision.clock_moved_ns != 0) {
        AlertEvent event;
        event.kind = AlertKind::clock_jump;
        event.detail = say("the clock was set by {}", human_seconds(static_cast<double>(decision.clock_moved_ns) / kSecond));
        parts_.log.warning(event.detail);
        parts_.alerts.raise(std::move(event));
    }
    for (const Start& start : decision.start) begin(start);
    {
        const std::lock_guard lock(mutex_);
        waiting_ = decision.waiting;
    }
    look();
    parts_.loop.cancel(timer_);
    timer_ = parts_.loop.after(std::max(decision.wake_in_ns, kSecond / 10), [this] { ask(); });
}

Result<std::shared_ptr<LiveJob>> PlanRunner::job_for(const Start& start, bool& source_changed) {
    if (const auto found = queued_.find(start.plan); found != queued_.end()) {
        const Queued queued = std::move(found->second);
        queued_.erase(found);
        source_changed = queued.request.source_changed;
        return queued.job;
    }
    catalog::NewJob job = new_job(*config_, start.plan);
    job.reason = reason_of(start);
    job.attempt = static_cast<int>(start.attempt);
    return parts_.board.open(job, title_of_run(start.plan));
}

void PlanRunner::begin(const Start& start) {
    scheduler_.started(start, moment_of(parts_.clock));
    PlanRun run{start.plan, start.medium, false};
    auto job = job_for(start, run.source_changed);
    if (!job.ok()) {
        PlanRunEnd end;
        end.record.state = catalog::JobState::failed;
        end.record.error = job.error();
        end.setback = Setback::busy;  // the disk of the catalogue may have room again
        parts_.loop.post([this, start, end] { ended(start.plan, start.medium, end); });
        return;
    }
    const std::shared_ptr<LiveJob> live = std::move(job).value();
    parts_.log.info(say("job {}, {}: begins on medium '{}' ({})", live->id(), live->title(), printable(start.medium),
                        describe(start.trigger)));
    TimerId limit = 0;
    const PlanConfig* plan = config_->find_plan(start.plan);
    if (plan != nullptr && plan->time_limit_ns > 0)
        limit = parts_.loop.after(plan->time_limit_ns, [live] { live->request_stop(StopReason::time_over); });
    auto end = std::make_shared<PlanRunEnd>();
    parts_.board.run(
        live,
        [this, live, run, end, config = config_] {
            const JobContext context = parts_.context(*live, config);
            *end = run_plan_backup(context, run);
            return end->record;
        },
        [this, limit, end, plan_name = start.plan, medium = start.medium](const catalog::JobEnd& record) {
            parts_.loop.cancel(limit);
            end->record = record;  // of a body that threw, too
            ended(plan_name, medium, *end);
        });
}

void PlanRunner::ended(const std::string& plan, const std::string& medium, const PlanRunEnd& end) {
    const auto wait = scheduler_.finished(plan, end.end, end.setback, moment_of(parts_.clock));
    parts_.log.info(say("backup of plan '{}' on medium '{}': {}", printable(plan), printable(medium),
                        end.record.error ? end.record.error->message : std::string(catalog::word_of(end.record.state))));
    if (end.end == Scheduler::End::failure) tell_failure(plan, end, wait);
    parts_.changed();
    ask();
}

void PlanRunner::tell_failure(const std::string& plan, const PlanRunEnd& end, std::optional<std::int64_t> wait) {
    if (end.setback == Setback::interrupted || !end.record.error) return;  // the next start tells
    const bool is_damage = end.record.error->code == Code::corrupt;
    if (wait && !is_damage && !end.source_absent) return;  // it is tried again, and told if that does not help
    AlertEvent event;
    event.kind = end.source_absent ? AlertKind::source_absent
                 : is_damage       ? AlertKind::reconcile_damage
                                   : AlertKind::backup_failed;
    event.plan = plan;
    event.detail = end.record.error->message;
    const auto history = history_of(plan);
    if (history.ok()) event.last_success = history->last_success;
    if (const PlanConfig* configured = config_->find_plan(plan)) {
        event.label = configured->label;
        // Nothing else of important data fails as this does: nobody waits for what may come with it.
        if (config_->is_important(*configured)) event.severity = AlertSeverity::critical;
    }
    parts_.alerts.raise(std::move(event));
}

void PlanRunner::stop() {
    stopping_ = true;
    parts_.loop.cancel(timer_);
    for (auto& [plan, queued] : queued_) {
        catalog::JobEnd end;
        end.state = catalog::JobState::interrupted;
        end.error = Error{Code::interrupted, say("the service ended before it began")};
        const Status closed = parts_.board.close_queued(queued.job, end);
        if (!closed.ok()) parts_.log.error(closed.error().message);
    }
    queued_.clear();
}

void PlanRunner::look() {
    auto views = scheduler_.view(moment_of(parts_.clock));
    const std::lock_guard lock(mutex_);
    views_ = std::move(views);
}

std::vector<PlanView> PlanRunner::views() const {
    const std::lock_guard lock(mutex_);
    return views_;
}

std::vector<Waiting> PlanRunner::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
}

}  // namespace custody
