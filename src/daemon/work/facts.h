// What the service knows, gathered into what status, metrics and digest say (docs/API.md says when a plan counts as protected).
// Pure but for the catalogue, which is asked within one moment, and the keyring's file, which says whether a recovery kit is
// proven. What is said is in the language of the thread (base/text.h); a digest speaks both. Threads: any. Time: well under 100
// ms with 100,000 jobs and 200 plans, where `terms` are given.
#pragma once

#include "catalog/database.h"
#include "daemon/alerts/alert_sink.h"
#include "daemon/alerts/delivery.h"
#include "daemon/alerts/digest.h"
#include "daemon/alerts/event_rules.h"
#include "daemon/api/metrics.h"
#include "daemon/config/config.h"
#include "daemon/media/media_keeper.h"
#include "daemon/schedule/scheduled_plan.h"
#include "daemon/schedule/zone.h"
#include "daemon/service/status_facts.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace custody {

// The longest time between two runs that each plan's schedule allows (judge.h, longest_interval), by name; absent: nothing can be
// said. Worked out once a configuration: a millisecond a schedule.
struct PlanTerms {
    std::map<std::string, std::int64_t, std::less<>> longest_ns;
};
[[nodiscard]] std::shared_ptr<const PlanTerms> plan_terms(const Config& config, const ZoneRules& zone);

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
    std::vector<std::string> not_covered;      // discover/coverage.h
    std::vector<NeedsPerson> further;          // of the service itself
    std::shared_ptr<const PlanTerms> terms{};  // null: worked out anew, by this machine's zone
};
[[nodiscard]] Result<StatusFacts> status_facts(const FactsInputs& inputs);
[[nodiscard]] Result<MetricsFacts> metrics_facts(const FactsInputs& inputs);
// What was told last is remembered in the catalogue's settings, so that "new" means since the last digest. Without what the
// alerter adds of itself (Alerter::send_digest): standing alerts, and how many were lost. interrupted: it would be the first one,
// and backups that a new service makes for the first time are not over; a day after they became due at the latest they are told.
[[nodiscard]] Result<DigestFacts> digest_facts(const FactsInputs& inputs);
// Alerts of what only time brings, so that no job would ever tell it: media that owe copies for too long (copy_owed), plans that
// are late or were never backed up and whose runs have not told so (backup_failed, ended by the plan's next good run), no proven
// recovery kit (kit_stale). Ends them when they are over, and what nothing else would ever end: what stands of plans and media
// that the configuration names no more, keys that nothing waits for. For every quarter of an
// hour or so; `inputs.standing` must be true.
[[nodiscard]] Status raise_from_facts(const FactsInputs& inputs, AlertSink& alerts);

}  // namespace custody
