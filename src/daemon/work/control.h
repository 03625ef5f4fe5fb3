// What the API's handlers ask of the running service. Safe from any thread; calls return within a moment, the work goes on
// elsewhere. Ownership: lives as long as the ServiceWork that is it. Errors: interrupted, when the service ends.
#pragma once

#include "catalog/database.h"
#include "catalog/jobs.h"
#include "daemon/alerts/alert_desk.h"
#include "daemon/config/config.h"
#include "daemon/jobs/job_context.h"
#include "daemon/schedule/scheduled_plan.h"
#include "daemon/service/status_facts.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace custody {

struct RunRequest {
    std::string reason;    // of the person; may be empty for one plan
    std::string asked_by;  // the account
    bool source_changed = false;
};

class ServiceControl {
public:
    using Work = std::function<catalog::JobEnd(const JobContext&)>;

    virtual ~ServiceControl() = default;
    [[nodiscard]] virtual std::shared_ptr<const Config> config() const = 0;
    [[nodiscard]] virtual const Clock& clock() const = 0;
    [[nodiscard]] virtual catalog::Catalog& catalog() = 0;
    [[nodiscard]] virtual MediaKeeper& media() = 0;
    [[nodiscard]] virtual AlertDesk& alerts() = 0;
    [[nodiscard]] virtual Result<StatusFacts> status() = 0;
    // As the scheduler sees them, by name.
    [[nodiscard]] virtual Result<std::vector<PlanView>> plans() = 0;
    [[nodiscard]] virtual std::vector<Waiting> waiting() = 0;

    // The job's record exists when it returns (queued). One that is queued already is returned again. not_found.
    [[nodiscard]] virtual Result<catalog::JobId> run_plan(const std::string& plan, const RunRequest& request) = 0;
    [[nodiscard]] virtual Result<std::vector<catalog::JobId>> run_all(const RunRequest& request) = 0;
    // not_found; refused: it has ended.
    [[nodiscard]] virtual Status cancel(catalog::JobId job, const std::string& asked_by) = 0;
    // Of one that has ended, the record alone.
    [[nodiscard]] virtual Result<std::shared_ptr<JsonStream>> watch(catalog::JobId job) = 0;
    // Other work as a job of its own, on a thread of its own. busy: a job of that kind runs on that medium (`exclusive_key`, may
    // be empty).
    [[nodiscard]] virtual Result<catalog::JobId> start_job(const catalog::NewJob& job, const std::string& exclusive_key,
                                                           Work work) = 0;
    // Asks the scheduler again soon: media or settings changed.
    virtual void poke() = 0;
};

}  // namespace custody
