#include "base/text.h"
#include "catalog/settings.h"
#include "daemon/work/facts_view.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

namespace custody {
namespace {

constexpr const char* kTold = "digest.jobs_told";  // the newest job that a digest has counted

catalog::JobId number_of(const std::optional<std::string>& text) {
    catalog::JobId number = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), number);  // of something else: 0, all are new
    return number;
}

DigestPlan digest_of(const PlanFacts& facts, const std::map<std::string, std::uint64_t>& stored, Time now) {
    DigestPlan plan;
    plan.name = facts.plan->name;
    plan.label = facts.plan->label;
    plan.done = facts.last_success && facts.standing.failed_since == 0 && !facts.is_late;
    plan.awaits_first = facts.awaits_first(now);
    if (plan.awaits_first && facts.view != nullptr) plan.first_run = facts.view->next;
    plan.last_success = facts.last_success;
    plan.copies = static_cast<std::uint32_t>(facts.standing.copies_present);
    plan.copies_wanted = static_cast<std::uint32_t>(facts.copies_wanted);
    const auto bytes = stored.find(plan.name);
    if (bytes != stored.end()) plan.new_bytes = bytes->second;
    return plan;
}

// Where the service runs since a few hours, and backs up for the first time: what was never backed up is no news then. Until the
// next morning at the latest, so that a backup that does not begin is not passed over in silence.
bool goes_on_for_the_first_time(const FactsView& view) {
    const Time now = view.inputs.now;
    return std::any_of(view.plans.begin(), view.plans.end(), [&](const PlanFacts& plan) {
        const bool is_new = plan.known_since && *plan.known_since <= now && now.ns - plan.known_since->ns <= kDay;
        return is_new && plan.awaits_first(now);
    });
}

// A plan that is still to run for the first time needs nobody.
std::vector<std::string> needs_in_words(const FactsView& view) {
    std::vector<std::string> lines;
    for (PersonNeed& need : needs_of(view, StandingAlerts::left_out)) {
        const bool is_awaited = std::any_of(view.plans.begin(), view.plans.end(), [&](const PlanFacts& plan) {
            return need.kind == AlertKind::backup_failed && need.object == plan.plan->name && plan.awaits_first(view.inputs.now);
        });
        if (!is_awaited) lines.push_back(std::move(need.text.what));
    }
    return lines;
}

// `lines` says as many in every language.
std::vector<Bilingual> lines_in_both(const std::function<std::vector<std::string>()>& lines) {
    const auto in = [&](Language language) {
        const LanguageScope scope(language);
        return lines();
    };
    std::vector<std::string> vi = in(Language::vietnamese), en = in(Language::english);
    std::vector<Bilingual> both;
    for (std::size_t i = 0; i < std::min(vi.size(), en.size()); ++i) both.push_back({std::move(vi[i]), std::move(en[i])});
    return both;
}

}  // namespace

Result<DigestFacts> digest_facts(const FactsInputs& inputs) {
    catalog::Settings settings(inputs.catalog);
    std::map<std::string, std::uint64_t> stored;
    catalog::JobId newest = 0;
    bool is_first = false;
    const auto also = [&]() -> Status {
        TRY_ASSIGN(const auto told, settings.get(kTold));
        is_first = !told;
        catalog::Overview overview(inputs.catalog);
        TRY_ASSIGN(stored, overview.stored_after(number_of(told)));
        TRY_ASSIGN(const auto tally, overview.jobs_after(number_of(told)));
        newest = tally.newest;
        return done();
    };
    TRY_ASSIGN(const FactsView view, look_at_facts(inputs, also));
    if (is_first && goes_on_for_the_first_time(view))
        return Error{Code::interrupted, say("the first backups are not over: the first digest waits for them")};
    DigestFacts facts;
    for (const PlanFacts& plan : view.plans) facts.plans.push_back(digest_of(plan, stored, inputs.now));
    for (const MediumFacts& medium : view.media) {
        if (medium.debt) {
            const std::string place = medium.registered ? medium.registered->entry.place : "";
            facts.owed.push_back({medium.name, place, medium.debt->snapshots, medium.debt->oldest_since});
        }
        if (medium.sight != nullptr && medium.sight->may_be_removed) facts.may_be_taken_out.push_back(medium.name);
    }
    facts.needs_person = lines_in_both([&] { return needs_in_words(view); });
    facts.exceptions = lines_in_both([&] { return exception_lines(*inputs.config); });
    facts.not_covered = inputs.not_covered.size();
    for (const PlanView& plan : inputs.plans) {
        if (plan.next && (!facts.next_run || *plan.next < *facts.next_run)) facts.next_run = plan.next;
    }
    TRY(settings.set(kTold, std::to_string(newest)));
    return facts;
}

}  // namespace custody
