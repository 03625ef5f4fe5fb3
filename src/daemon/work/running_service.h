// The work of the service: catalogue, plans, jobs, media, alerts, upkeep, joined. What custodyd plugs into Service (service.h).
//
// Ownership: owns all of its parts, in the order in which they depend on each other; the ServiceContext outlives it. Threads: as
// ServiceWork and ServiceControl say. What the API's threads ask of plans is done on the loop's thread; they wait for it, but not
// beyond the service's end. Errors of start(): a catalogue that is damaged or another's (nothing was begun then).
#pragma once

#include "daemon/alerts/alert_desk.h"
#include "daemon/media/media_keeper.h"
#include "daemon/on_change.h"
#include "daemon/service/service.h"
#include "daemon/work/control.h"
#include "daemon/work/facts.h"
#include "daemon/work/job_board.h"
#include "daemon/work/plan_runner.h"
#include "daemon/work/upkeep.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace custody {

class RunningService final : public ServiceWork, public ServiceControl {
public:
    RunningService(FileSystem& files, const Clock& clock) : files_(files), clock_(clock) {}
    ~RunningService() override;
    RunningService(const RunningService&) = delete;
    RunningService& operator=(const RunningService&) = delete;

    // ServiceWork
    [[nodiscard]] Status start(std::shared_ptr<const Config> config, ServiceContext& context, RouteTable& routes) override;
    [[nodiscard]] Status reload(std::shared_ptr<const Config> config) override;
    void stop(std::function<void()> stopped) override;
    void loop_has_ended() override { stopping_ = true; }
    [[nodiscard]] Result<StatusFacts> status() override;
    [[nodiscard]] Result<MetricsFacts> metrics() override;

    // ServiceControl
    [[nodiscard]] std::shared_ptr<const Config> config() const override;
    [[nodiscard]] const Clock& clock() const override { return clock_; }
    [[nodiscard]] catalog::Catalog& catalog() override { return *catalog_; }
    [[nodiscard]] MediaKeeper& media() override { return *keeper_; }
    [[nodiscard]] AlertDesk& alerts() override { return *desk_; }
    [[nodiscard]] Result<std::vector<PlanView>> plans() override { return runner_->views(); }
    [[nodiscard]] std::vector<Waiting> waiting() override { return runner_->waiting(); }
    [[nodiscard]] Result<catalog::JobId> run_plan(const std::string& plan, const RunRequest& request) override;
    [[nodiscard]] Result<std::vector<catalog::JobId>> run_all(const RunRequest& request) override;
    [[nodiscard]] Status cancel(catalog::JobId job, const std::string& asked_by) override;
    [[nodiscard]] Result<std::shared_ptr<JsonStream>> watch(catalog::JobId job) override;
    [[nodiscard]] Result<catalog::JobId> start_job(const catalog::NewJob& job, const std::string& exclusive_key,
                                                   Work work) override;
    void poke() override;

private:
    [[nodiscard]] Status open_parts();
    [[nodiscard]] Status open_catalog();
    void send_what_waits();
    [[nodiscard]] Status close_what_was_open();
    [[nodiscard]] Status take_plans(const Config& config);
    [[nodiscard]] Status begin_watching();
    void watch_changes();
    [[nodiscard]] Result<std::vector<catalog::Job>> unclaimed(const std::set<std::string>& present) const;
    void claim_what_was_done(const std::set<std::string>& present);
    void settle_debts(const std::set<std::string>& present);
    void bring_up_to_date(const std::string& medium);
    [[nodiscard]] JobContext context_of(LiveJob& job, std::shared_ptr<const Config> config);
    [[nodiscard]] Result<catalog::JobId> begin_job(const catalog::NewJob& job, const std::string& exclusive_key, Work work);
    [[nodiscard]] FactsInputs inputs();
    void wait_for_end();
    // On the loop's thread; interrupted, where the service ends meanwhile.
    template <class T>
    [[nodiscard]] Result<T> on_loop(std::function<Result<T>()> call);

    FileSystem& files_;
    const Clock& clock_;
    ServiceContext* context_ = nullptr;
    std::thread::id loop_thread_;
    std::atomic<bool> stopping_{false};

    std::mutex asking_;          // held while the desk asks for facts
    bool may_be_asked_ = false;  // all parts are there
    mutable std::mutex mutex_;   // of config_, terms_ and secrets_
    std::shared_ptr<const Config> config_;
    std::shared_ptr<const PlanTerms> terms_;
    LabelSecretsDoor secrets_{""};

    std::unique_ptr<catalog::Catalog> catalog_;
    std::unique_ptr<AlertDesk> desk_;
    std::unique_ptr<MediaKeeper> keeper_;
    std::unique_ptr<JobBoard> board_;
    std::unique_ptr<PlanRunner> runner_;
    std::unique_ptr<Upkeep> upkeep_;
    std::unique_ptr<ChangeWatch> watch_;
    std::set<std::string> exclusive_;        // keys of running jobs; the loop's thread only
    std::set<catalog::JobId> left_nothing_;  // interrupted jobs of which this process has found nothing; the loop's thread only
    std::function<void()> stopped_;
};

}  // namespace custody
