// What the service knows, gathered into what status, metrics and digest say. Pure but for the catalogue, which is asked within
// one moment. Threads: any. Time: well under 100 ms with 100,000 jobs.
#pragma once

#include "catalog/database.h"
#include "daemon/alerts/delivery.h"
#include "daemon/alerts/digest.h"
#include "daemon/alerts/event_rules.h"
#include "daemon/api/metrics.h"
#include "daemon/config/config.h"
#include "daemon/media/media_keeper.h"
#include "daemon/schedule/scheduled_plan.h"
#include "daemon/service/status_facts.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace custody {

struct FactsInputs {
    std::shared_ptr<const Config> config;
    catalog::Catalog& catalog;
    Time now, started;
    std::vector<PlanView> plans;  // as the scheduler sees them
    std::vector<Waiting> waiting;
    std::vector<MediumSight> media;
    std::vector<AlertRecord> standing;
    OutboxState outbox;
    std::vector<AlertTrouble> troubles;
    std::vector<std::string> not_covered;  // discover/coverage.h
    std::vector<NeedsPerson> further;      // of the service itself
};
[[nodiscard]] Result<StatusFacts> status_facts(const FactsInputs& inputs);
[[nodiscard]] Result<MetricsFacts> metrics_facts(const FactsInputs& inputs);
// What was told last is remembered in the catalogue's settings, so that "new" means since the last digest.
[[nodiscard]] Result<DigestFacts> digest_facts(const FactsInputs& inputs);

}  // namespace custody
