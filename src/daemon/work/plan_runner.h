// Runs the plans: asks the scheduler what begins, gives each run a job and a thread, tells the scheduler how it ended, and people
// where a plan failed for good.
//
// Ownership: refers to its parts, which outlive it. Threads: the loop's; views() and waiting() on any. Errors: those of the
// catalogue; a run that cannot even be entered in it is a failed run, logged and alerted.
#pragma once

#include "daemon/alerts/alert_sink.h"
#include "daemon/config/config.h"
#include "daemon/jobs/job_context.h"
#include "daemon/jobs/plan_backup.h"
#include "daemon/schedule/scheduler.h"
#include "daemon/service/event_loop.h"
#include "daemon/work/control.h"
#include "daemon/work/job_board.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace custody {

class PlanRunner {
public:
    struct Parts {
        EventLoop& loop;
        const Clock& clock;
        catalog::Catalog& catalog;
        JobBoard& board;
        AlertSink& alerts;
        const ServiceLog& log;
        // For one job, on its thread.
        std::function<JobContext(LiveJob&, std::shared_ptr<const Config>)> context;
        std::function<void()> changed;  // plans or jobs have changed
    };
    PlanRunner(Parts parts, std::uint64_t seed) : parts_(std::move(parts)), scheduler_(seed) {}
    ~PlanRunner() { parts_.loop.cancel(timer_); }
    PlanRunner(const PlanRunner&) = delete;
    PlanRunner& operator=(const PlanRunner&) = delete;

    // At the start, after what was open was closed; and at each reload. An error changes nothing.
    [[nodiscard]] Status configure(std::shared_ptr<const Config> config, ZoneRules zone);
    void set_media(std::set<std::string> present);
    void changed(const std::string& plan);
    [[nodiscard]] Result<catalog::JobId> request(const std::string& plan, const RunRequest& request);
    [[nodiscard]] Result<std::vector<catalog::JobId>> request_all(const RunRequest& request);
    // A run that was asked for and has not begun. False: there is none of that number.
    [[nodiscard]] Result<bool> withdraw(catalog::JobId job, const std::string& asked_by);
    // Asks the scheduler now: something has changed, or its time has come.
    void ask();
    // Begins nothing more.
    void stop();

    [[nodiscard]] std::vector<PlanView> views() const;
    [[nodiscard]] std::vector<Waiting> waiting() const;

private:
    struct Queued {
        std::shared_ptr<LiveJob> job;
        RunRequest request;
    };
    [[nodiscard]] Result<PlanHistory> history_of(const std::string& plan) const;
    [[nodiscard]] Result<std::shared_ptr<LiveJob>> queue(const std::string& plan, const RunRequest& request);
    [[nodiscard]] Result<std::shared_ptr<LiveJob>> job_for(const Start& start, bool& source_changed);
    void close_what_is_gone();
    void begin(const Start& start);
    void ended(const std::string& plan, const std::string& medium, const PlanRunEnd& end);
    void tell_failure(const std::string& plan, const PlanRunEnd& end, std::optional<std::int64_t> wait);
    void look();

    Parts parts_;
    Scheduler scheduler_;
    std::shared_ptr<const Config> config_;
    std::map<std::string, Queued> queued_;  // by plan
    TimerId timer_ = 0;
    bool media_known_ = false, stopping_ = false;

    mutable std::mutex mutex_;
    std::vector<PlanView> views_;
    std::vector<Waiting> waiting_;
};

}  // namespace custody
