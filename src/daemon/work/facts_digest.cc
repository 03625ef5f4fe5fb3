#include "base/text.h"
#include "catalog/settings.h"
#include "daemon/work/facts_view.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace custody {
namespace {

constexpr const char* kTold = "digest.jobs_told";  // the newest job that a digest has counted

catalog::JobId number_of(const std::optional<std::string>& text) {
    catalog::JobId number = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), number);  // of something else: 0, all are new
    return number;
}

DigestPlan digest_of(const PlanFacts& facts, const std::map<std::string, std::uint64_t>& stored) {
    DigestPlan plan;
    plan.name = facts.plan->name;
    plan.label = facts.plan->label;
    plan.done = facts.last_success && facts.standing.failed_since == 0 && !facts.is_late;
    plan.last_success = facts.last_success;
    plan.copies = static_cast<std::uint32_t>(facts.standing.copies_present);
    plan.copies_wanted = static_cast<std::uint32_t>(facts.copies_wanted);
    const auto bytes = stored.find(plan.name);
    if (bytes != stored.end()) plan.new_bytes = bytes->second;
    return plan;
}

std::vector<std::string> lines_in(Language language, const FactsView& view) {
    const LanguageScope scope(language);
    std::vector<std::string> lines;
    for (PersonNeed& need : needs_of(view, StandingAlerts::left_out)) lines.push_back(std::move(need.text.what));
    return lines;
}

}  // namespace

Result<DigestFacts> digest_facts(const FactsInputs& inputs) {
    catalog::Settings settings(inputs.catalog);
    std::map<std::string, std::uint64_t> stored;
    catalog::JobId newest = 0;
    const auto also = [&]() -> Status {
        TRY_ASSIGN(const auto told, settings.get(kTold));
        catalog::Overview overview(inputs.catalog);
        TRY_ASSIGN(stored, overview.stored_after(number_of(told)));
        TRY_ASSIGN(const auto tally, overview.jobs_after(number_of(told)));
        newest = tally.newest;
        return done();
    };
    TRY_ASSIGN(const FactsView view, look_at_facts(inputs, also));
    DigestFacts facts;
    for (const PlanFacts& plan : view.plans) facts.plans.push_back(digest_of(plan, stored));
    for (const MediumFacts& medium : view.media) {
        if (medium.debt) {
            const std::string place = medium.registered ? medium.registered->entry.place : "";
            facts.owed.push_back({medium.name, place, medium.debt->snapshots, medium.debt->oldest_since});
        }
        if (medium.sight != nullptr && medium.sight->may_be_removed) facts.may_be_taken_out.push_back(medium.name);
    }
    const std::vector<std::string> vi = lines_in(Language::vietnamese, view), en = lines_in(Language::english, view);
    for (std::size_t i = 0; i < std::min(vi.size(), en.size()); ++i) facts.needs_person.push_back({vi[i], en[i]});
    facts.exceptions = exception_lines(*inputs.config);
    facts.not_covered = inputs.not_covered.size();
    for (const PlanView& plan : inputs.plans) {
        if (plan.next && (!facts.next_run || *plan.next < *facts.next_run)) facts.next_run = plan.next;
    }
    TRY(settings.set(kTold, std::to_string(newest)));
    return facts;
}

}  // namespace custody
