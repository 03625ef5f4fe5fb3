#include "daemon/service/status_facts.h"

#include "base/records/optional_json.h"

namespace custody {
namespace {

Json to_json(const PlanStatus& plan) {
    return {{"name", plan.name},
            {"label", plan.label},
            {"important", plan.important},
            {"state", plan.state},
            {"running", plan.running},
            {"last_success", or_null(plan.last_success)},
            {"last_run", or_null(plan.last_run)},
            {"next_run", or_null(plan.next_run)},
            {"last_error", plan.last_error.empty() ? Json(nullptr) : Json(plan.last_error)},
            {"copies", plan.copies},
            {"copies_wanted", plan.copies_wanted}};
}

Json to_json(const MediumStatus& medium) {
    return {{"name", medium.name},
            {"place", medium.place},
            {"custodian", medium.custodian},
            {"state", medium.state},
            {"present", medium.present},
            {"may_be_removed", medium.may_be_removed},
            {"owed_snapshots", medium.owed_snapshots},
            {"owed_since", or_null(medium.owed_since)},
            {"last_verified", or_null(medium.last_verified)},
            {"free_bytes", or_null(medium.free_bytes)},
            {"size_bytes", or_null(medium.size_bytes)}};
}

Json to_json(const NeedsPerson& need) { return {{"what", need.what}, {"safe", need.safe}, {"type", need.type}}; }

template <class Item>
Json list(const std::vector<Item>& items) {
    Json array = Json::array();
    for (const Item& item : items) array.push_back(to_json(item));
    return array;
}

}  // namespace

Json to_json(const StatusFacts& facts) {
    return {{"time", to_rfc3339_local(facts.now)},
            {"protected", facts.all_protected},
            {"plans", list(facts.plans)},
            {"media", list(facts.media)},
            {"jobs", {{"running", facts.jobs_running}, {"queued", facts.jobs_queued}}},
            {"alerts_queued", facts.alerts_queued},
            {"not_covered", facts.not_covered},
            {"exceptions", facts.exceptions},
            {"needs_person", list(facts.needs)}};
}

}  // namespace custody
